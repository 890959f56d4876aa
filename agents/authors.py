"""Whoever makes children: a brief becomes a prompt, a reply becomes a program."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import genome
from agents.briefs import Briefs
from agents.chat import Chat, Messages, Question
from agents.complaints import complaint
from agents.contract import ROLE_OF, Proposal
from agents.ideas import NoIdea, asked_for, idea_of
from agents.quote import clean
from agents.replies import ReplyError, parse_reply
from agents.scope import scope_of
from agents.words import opening
from memory.ledger import Ledger
from memory.records import Candidate
from memory.seeds import seed_for
from tasks import Task


class ModelAuthor:
    """See `agents.contract.Author`. It speaks as the Architect where a child is a mutation, as the Breeder where it is a cross.

    The two differ by their brief, and by their scope: the segments that a reply may change.
    """

    def __init__(self, task: Task, ledger: Ledger, chat: Chat, run_seed: int, terms: str) -> None:
        """`terms` says how a program is measured, see `agents.terms`."""
        self._task, self._ledger, self._chat, self._run_seed = task, ledger, chat, run_seed
        self._briefs = Briefs(task, ledger, terms)

    async def propose(self, child: Candidate, attempt: int) -> Proposal:
        """The child's program; see `agents.contract.Author`."""
        parents = [self._ledger.known(p, child.after) for p in child.parents]
        scope = scope_of(child, parents)
        messages = self._opening(child, parents, scope) if attempt == 0 else self._again(child, attempt)
        whose = _asker(child, attempt)
        call = await self._chat.ask(
            Question(
                key=self.key(child, attempt),
                candidate=whose,
                generation=child.generation,
                agent=ROLE_OF[child.operator],
                persona=child.persona,
                model=child.model or "offline",
                temperature=child.temperature or 0.0,
                seed=seed_for(self._run_seed, whose, attempt),
                messages=messages,
            )
        )
        base, model = parents[0].files, call.stand_in or child.model
        if call.refusal:
            return Proposal(base, "", "unanswered", call.refusal, model, final=True)
        try:
            others = {name: text for name, text in genome.segments(base).items() if name not in scope}
            answer, finish = idea_of(call.reply, child.idea, self._ideas(child, attempt), call.finish)
            reply = parse_reply(answer, scope, finish, others)
            return Proposal(genome.replace(base, reply.changes), reply.rationale, model=model)
        except (ReplyError, genome.GenomeError) as e:
            return Proposal(base, "", e.failure, e.message, model, final=isinstance(e, NoIdea))

    def key(self, child: Candidate, attempt: int) -> str:
        return f"{_asker(child, attempt)}/{ROLE_OF[child.operator]}/{attempt}"

    def _ideas(self, child: Candidate, attempt: int) -> int:
        """How many children this answer is asked for: one at a repair."""
        return 1 if attempt else len(self._ledger.asked_by(_asker(child, attempt))) + 1

    def _opening(self, child: Candidate, parents: Sequence[Candidate], scope: Mapping[str, str]) -> Messages:
        return [
            opening(self._task, child.persona or "plain"),
            {"role": "user", "content": self._briefs.write(child, parents, scope) + asked_for(self._ideas(child, 0))},
        ]

    def _again(self, child: Candidate, attempt: int) -> Messages:
        """The conversation so far and what was wrong with its last answer; of several ideas this child's alone."""
        last = self._ledger.call(self.key(child, attempt - 1))
        if last is None or child.failure is None:
            raise ValueError(f"candidate {child.id} has no failed answer {attempt - 1} to repair")
        told = self._ledger.attempt(child.id, attempt - 1)
        trained = told is not None and told.evaluation is not None and not self._task.is_table
        wrong = complaint(child.failure, child.message, trained)
        count = self._ideas(child, attempt - 1)
        answer, _ = idea_of(last.reply, child.idea, count, last.finish)
        *before, brief = last.messages
        brief = {**brief, "content": brief["content"].removesuffix(asked_for(count))}
        own = {"role": "assistant", "content": clean(answer)}  # its own words, in its own turn
        return [*before, brief, own, {"role": "user", "content": wrong}]


def _asker(child: Candidate, attempt: int) -> str:
    """The child whose call it is: of several that one reply holds the first, but each is repaired by itself."""
    return child.id if attempt else child.asked_by or child.id
