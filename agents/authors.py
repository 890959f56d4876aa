"""The Architect and the Breeder: a brief becomes a prompt, a reply becomes a program."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Literal

import genome
from agents.chat import Chat, Messages, Question
from agents.contract import Proposal
from agents.personas import Persona, load_persona
from agents.prompts import render, wordings
from agents.quote import block, clean, span
from agents.replies import ReplyError, parse_reply
from agents.words import derived_seed, describe_lessons, describe_objectives, fenced_code, fenced_files, fenced_segments
from memory.ledger import Ledger
from memory.numbers import bare_change
from memory.records import Candidate, Evidence
from tasks import Task

_TRIED = 6  # most steps from the same parent that a prompt lists
_ADVICE = {
    "unparsable": "Keep exactly to the form of the answer.",
    "unchanged": "Make a change that alters what the built model or its optimiser does.",
    "duplicate": "That program was tried before. Make a different change, of another kind.",
    "syntax": "Mend the error and check that every bracket and string is closed.",
    "contract": "Keep the names and the imports that the rules name, and make sure that the changed code is used.",
    "shape": "Follow the tensor shapes from the input to the output, and mend the layer that does not fit.",
    "nan": "Make the change numerically safe: smaller steps, a normalisation, or a bounded activation.",
    "memory": "Use much less memory.",
    "timeout": "Make it much faster: one training step must cost about what it costs the parent.",
    "crash": "Mend the error.",
    "refused": "Do without files, network and processes.",
}


class ModelAuthor(ABC):
    """What Architect and Breeder share: asking, reading the reply, splicing, and repairing with the exact error."""

    agent: Literal["architect", "breeder"]

    def __init__(self, task: Task, ledger: Ledger, chat: Chat, run_seed: int) -> None:
        self._task, self._ledger, self._chat, self._run_seed = task, ledger, chat, run_seed

    async def propose(self, child: Candidate, attempt: int) -> Proposal:
        """The child's program; see `agents.contract.Author`."""
        parents = [self._ledger.known(p) for p in child.parents]
        persona = load_persona(child.persona or "plain")
        messages = self._opening(child, parents, persona) if attempt == 0 else self._again(child, attempt)
        call = await self._chat.ask(
            Question(
                key=self.key(child, attempt),
                candidate=child.id,
                generation=child.generation,
                agent=self.agent,
                persona=child.persona,
                model=child.model or "offline",
                temperature=child.temperature or 0.0,
                seed=derived_seed(self._run_seed, child.id, attempt),
                messages=messages,
            )
        )
        base = parents[0].files
        if call.refusal:
            return Proposal(base, "", "unanswered", call.refusal)
        try:
            reply = parse_reply(call.reply, self._allowed(child, parents), call.finish)
            return Proposal(genome.replace(base, reply.changes), reply.rationale)
        except (ReplyError, genome.GenomeError) as e:
            return Proposal(base, "", e.failure, e.message)

    def key(self, child: Candidate, attempt: int) -> str:
        return f"{child.id}/{self.agent}/{attempt}"

    def _again(self, child: Candidate, attempt: int) -> Messages:
        """The conversation so far and what was wrong with its last answer."""
        last = self._ledger.call(self.key(child, attempt - 1))
        if last is None or child.failure is None:
            raise ValueError(f"candidate {child.id} has no failed answer {attempt - 1} to repair")
        complaint = render(
            "repair",
            failure=child.failure,
            message=block(child.message, "text"),
            advice=_ADVICE.get(child.failure, "Mend the error."),
        )
        own = {"role": "assistant", "content": clean(last.reply)}  # its own words, in its own turn
        return [*last.messages, own, {"role": "user", "content": complaint}]

    def _opening(self, child: Candidate, parents: Sequence[Candidate], persona: Persona) -> Messages:
        return [
            {"role": "system", "content": render("system", voice=persona.voice.strip())},
            {"role": "user", "content": self._brief(child, parents)},
        ]

    def _common(self, child: Candidate, parents: Sequence[Candidate], segment: str, allowed: str) -> dict[str, str]:
        return {
            "task": self._task.name,
            "description": self._task.description.strip(),
            "objectives": describe_objectives(self._task, parents, self._ledger.known("seed")),
            "thought": self._thought(child).strip(),
            "reply_form": render(
                "reply_form",
                segment=segment,
                allowed=allowed,
                contract=self._task.contract,
                imports=", ".join(f"`{name}`" for name in self._task.imports),
            ).strip(),
        }

    def _thought(self, child: Candidate) -> str:
        """The lessons that the child cites, or the pair of segments that stands for them in the paper's form."""
        if child.pair:
            elite, name = child.pair
            texts = {who: genome.segments(self._ledger.known(who).files).get(name, "") for who in (elite, "seed")}
            return render("pair", changed=name, elite=fenced_code(texts[elite]), seed=fenced_code(texts["seed"]))
        lessons = {lesson.id: lesson for lesson in self._ledger.lessons()}
        return render("lessons", lessons=describe_lessons([lessons[i] for i in child.lessons]))

    def _wording(self, child: Candidate, name: str) -> str:
        """The instruction in the version that the child's plan drew; as it came with the program where none was drawn."""
        found = next((w.text for w in self._ledger.wordings() if w.id == child.prompt), None)
        return found or wordings()[name]

    @abstractmethod
    def _brief(self, child: Candidate, parents: Sequence[Candidate]) -> str:
        """The user's message of the first attempt."""

    @abstractmethod
    def _allowed(self, child: Candidate, parents: Sequence[Candidate]) -> dict[str, str]:
        """The segments that may change, with their present text in the first parent."""


class Architect(ModelAuthor):
    """Mutation: one segment of one parent is rewritten (LLM Guided Evolution, section 3.2)."""

    agent = "architect"

    def _brief(self, child: Candidate, parents: Sequence[Candidate]) -> str:
        segment, intent = child.segment or "", child.intent or "tune"
        return render(
            "architect",
            **self._common(child, parents, segment, f"Change only segment `{segment}`."),
            program=fenced_files(parents[0].files),
            tried=_tried(self._ledger.evidence(parent=parents[0].id), child),
            segment=segment,
            intent=intent,
            intent_text=self._wording(child, f"intent/{intent}"),
        )

    def _allowed(self, child: Candidate, parents: Sequence[Candidate]) -> dict[str, str]:
        segment = child.segment or ""
        return {segment: genome.segments(parents[0].files)[segment]}


class Breeder(ModelAuthor):
    """Crossover: two parents become one child, segment by segment and by name (so that no merge can land in the wrong place)."""

    agent = "breeder"

    def _brief(self, child: Candidate, parents: Sequence[Candidate]) -> str:
        a, b = parents
        differing = genome.changed_segments(a.files, b.files)
        names = ", ".join(f"`{name}`" for name in differing)
        theirs = genome.segments(b.files)
        return render(
            "breeder",
            **self._common(child, parents, differing[0], f"Change only these segments: {names}."),
            program_a=fenced_files(a.files),
            program_b=fenced_segments({name: theirs[name] for name in differing}),
            segments=names,
            instruction=self._wording(child, "breeder"),
        )

    def _allowed(self, child: Candidate, parents: Sequence[Candidate]) -> dict[str, str]:
        mine = genome.segments(parents[0].files)
        return {name: mine[name] for name in genome.changed_segments(parents[0].files, parents[1].files)}


def _tried(steps: Sequence[Evidence], child: Candidate) -> str:
    """What was measured before from this parent on this segment, in earlier generations only, so that the prompt does not
    depend on which sibling finished first."""
    lines = []
    for e in [s for s in steps if s.generation < child.generation and s.segment == child.segment][-_TRIED:]:
        change = ", ".join(f"{k} {bare_change(v)}" for k, v in e.delta.items()) if e.delta else f"failed: {e.failure}"
        added = [line[1:].strip() for line in clean(e.diff).split("\n") if line[:1] == "+" and line[:3] != "+++"]
        lines.append(f"- {change}: {span('; '.join(added)[:240])}")
    return "\n".join(lines) or "Nothing yet."
