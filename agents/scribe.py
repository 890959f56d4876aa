"""The Scribe: another wording of an instruction that goes into the authors' prompts.

After Promptbreeder (Fernando et al. 2023), with one difference that matters: a new wording replaces nothing. It is a
version beside the others, with its parent and its record, and is drawn or retired by what its children bring.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from agents.blanks import even
from agents.chat import Chat, Question
from agents.contract import Rephrasing
from agents.fences import ReplyError, fenced, unparsable
from agents.meant import meant
from agents.prompts import holes, render
from agents.quote import block, span
from agents.words import opening
from memory.ledger import Ledger
from memory.records import Wording
from memory.seeds import seed_for
from tasks import Task

_LEAST = 20  # characters of an instruction that says something
_FORBIDDEN = re.compile(
    r"[`#{}<>|]|~~~|EVOLVE-BLOCK|segment\s*=", re.IGNORECASE
)  # what the form of our prompts is made of


class Scribe:
    """Asks a model for a wording and refuses what cannot stand in a prompt; see `agents.contract.Rephraser`."""

    def __init__(self, task: Task, ledger: Ledger, chat: Chat, run_seed: int) -> None:
        self._task, self._ledger, self._chat, self._run_seed = task, ledger, chat, run_seed

    async def rephrase(
        self, generation: int, order: Rephrasing, persona: str, model: str, temperature: float
    ) -> tuple[Wording | None, str]:
        """The new version, or None with the reason why the reply cannot be one."""
        key = f"rephrase-g{generation:02d}-{order.number}/scribe/0"
        call = await self._chat.ask(
            Question(
                key=key,
                candidate=None,
                generation=generation,
                agent="scribe",
                persona=persona,
                model=model,
                temperature=temperature,
                seed=seed_for(self._run_seed, key),
                messages=[
                    opening(self._task, persona),
                    {"role": "user", "content": self._brief(order)},
                ],
            )
        )
        if call.refusal:
            self._ledger.judge_call(key, "unanswered")
            return None, call.refusal
        try:
            text = read_wording(call.reply, call.finish, order)
        except ReplyError as e:
            self._ledger.judge_call(key, e.failure)
            return None, e.message
        self._ledger.judge_call(key, None)
        version = max(w.version for w in order.versions) + 1
        return Wording(order.wording.name, version, text, order.wording.version, generation, key), ""

    def _brief(self, order: Rephrasing) -> str:
        reader = "breeder" if order.wording.name == "breeder" else "architect"
        kept = holes(order.wording.text)
        return render(
            "scribe",
            reader=reader,
            instruction=order.wording.name,
            wording=block(order.wording.text, "text"),
            record=order.record,
            others="\n".join(f"- {span(w.text)}" for w in order.versions if w != order.wording) or "None.",
            most=longest(order),
            kept=" Keep " + ", ".join(f"{{{{{hole}}}}}" for hole in sorted(kept)) + " as they are." if kept else "",
        )


def longest(order: Rephrasing) -> int:
    """Most characters of a new wording: twice the text that came with the program, so that no chain of versions swells."""
    return 2 * len(min(order.versions, key=lambda w: w.version).text)


def read_wording(reply: str, finish: str, order: Rephrasing) -> str:
    """The wording in a Scribe's reply, as one paragraph.

    Raises ReplyError: not one fenced block, too short or too long, a hole lost or made up, signs of which prompts are built, or
    a text that is there already.
    """
    blocks = [b for b in fenced(even(meant(reply, finish))).blocks if b.text.strip()]
    if len(blocks) != 1 or not blocks[0].closed:
        raise unparsable(f"expected one closed fenced block with the wording, came {len(blocks)}")
    text = " ".join(blocks[0].text.split())
    base = min(order.versions, key=lambda w: w.version).text
    if holes(text) != holes(base):
        raise unparsable(f"expected the holes {sorted(holes(base))}, came {sorted(holes(text))}")
    bare = text
    for hole in holes(base):
        bare = bare.replace(f"{{{{{hole}}}}}", "")
    if found := _FORBIDDEN.search(bare):
        raise unparsable(f"a wording is plain sentences; came {found[0]!r}")
    if not bare.isprintable():
        raise unparsable("a wording is plain sentences; came signs that cannot be printed")
    if not _LEAST <= len(text) <= longest(order):
        raise unparsable(f"expected {_LEAST} to {longest(order)} characters, came {len(text)}")
    same = [w for w in order.versions if _alike(w.text, text)]
    if same:
        kind = "unchanged" if order.wording in same else "duplicate"
        raise ReplyError(kind, f"says word for word what {same[0].id} says")
    return text


def _alike(a: str, b: str) -> bool:
    """Whether two texts differ in case, punctuation and spaces alone."""
    return _words(a) == _words(b)


def _words(text: str) -> Sequence[str]:
    return re.findall(r"\w+", text.casefold())
