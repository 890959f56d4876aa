"""A program that fails in training goes back to its author, with what it did until then, and only the program it ends with counts."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest
from endpoint import Body, Endpoint
from stoppers import one_part_task
from world import differences, evolve, kill, ledger_of, problems, running, runs, summary_of, wait_for

from memory.ledger import Ledger

HEAD = '''
class Head(nn.Module):
    """NAME"""

    def __init__(self, channels, length, classes):
        super().__init__()
        self.flatten = nn.Flatten()
        self.linear = nn.Linear(channels * length, classes)
        self.calls = 0
        self.kept = []

    def forward(self, x):
        scores = self.linear(self.flatten(x)) * SCALE
        self.calls += self.training
        if self.calls >= 30:
PAYLOAD
        return scores
'''
# what a head does from the 30th step of 40 on; validation is looked at after 20
FAULTS = {
    "nan": "scores = scores * float('nan')",
    "crash": "raise RuntimeError('on purpose')",
    "shape": "return scores @ torch.zeros(7, 7)",
    "memory": "self.kept.append(torch.ones(10 ** 9))",
    "timeout": "while True: pass",
    "refused": "import os\nos.kill(os.getppid(), 9)",
    "contract": "scores = scores if self.training else scores[:, :3]",
}
MODEL = ("--model", "loopback", "--set", "search.eot=0", "--set", "search.reruns=0", "--set", "racing.rungs=[]")


def head(name: str, scale: float, fault: str = "pass") -> str:
    filled = HEAD.replace("NAME", name).replace("SCALE", str(scale))
    return filled.replace("PAYLOAD", textwrap.indent(fault, " " * 12))


def mending() -> Callable[[Body], tuple[str, str]]:
    """A model whose first answers fail in training, one fault after the other, and which mends each when it is told."""
    left = iter(FAULTS)

    def answer(body: Body) -> tuple[str, str]:
        *_, last, complaint = (m["content"] for m in body["messages"])
        if complaint.startswith("Your answer was not accepted."):
            (name,) = re.findall(r'"""(\w+)"""', last)
            return _reply(head(f"{name} mended", 1 + list(FAULTS).index(name) / 50)), "stop"
        name = next(left)
        return _reply(head(name, 1, FAULTS[name])), "stop"

    return answer


def _reply(text: str) -> str:
    return f"As asked.\n\n```python segment=head\n{text}```\n"


def told(ledger: Ledger, child: str, attempt: int) -> str:
    call = ledger.call(f"{child}/architect/{attempt}")
    assert call is not None
    return call.messages[-1]["content"]


@pytest.mark.slow
def test_each_failure_in_training_is_told_to_its_author_and_mended(tmp_path: Path) -> None:
    """Killed between a training that failed and the one of the mended program, resumed and replayed."""
    task = one_part_task(tmp_path, timeout_s=6)
    given = ("run", str(task), "--generations", "1", "--initial", str(len(FAULTS)), "--sandbox", "jail", "--slots", "2",
             "--set", "sampling.parallel=1", *MODEL)  # fmt: skip
    with Endpoint(mending()) as server:
        env = {"OPENAI_BASE_URL": server.url, "OPENAI_API_KEY": "none"}
        with running(*given, "--name", "cut", "--quiet", env=env) as process:
            wait_for(runs() / "cut", lambda ledger: bool(_failed(ledger)), process)
            kill(process)
        summary = summary_of(evolve("resume", "cut", "--json", env=env))
    assert problems("cut") == []
    with ledger_of("cut") as ledger:
        children = ledger.candidates(generation=1)
        first = {c.id: ledger.attempt(c.id, 0) for c in children}
        assert sorted(a.failure for a in first.values() if a and a.failure) == sorted(FAULTS)
        assert [(c.status, c.repairs, c.n) for c in children] == [("evaluated", 1, 1)] * len(FAULTS)
        for child in children:
            attempt, call = first[child.id], ledger.call(f"{child.id}/architect/0")
            assert attempt is not None
            assert call is not None
            assert call.failure == attempt.failure
            assert [e.failure for e in ledger.evaluations() if e.key == attempt.evaluation] == [attempt.failure]
            assert f"Problem: {attempt.failure}" in told(ledger, child.id, 1)
            assert re.search(r"step 20: score [\d.]+, training loss [\d.]+", told(ledger, child.id, 1))
            assert None not in child.scores
            assert [e.attempt for e in ledger.trainings(child.id)] == [1]
            assert "mended" in (runs() / "cut" / "candidates" / child.id / "program.py").read_text()
    said = evolve("show", "cut", children[0].id).stdout
    assert re.search(r"answers +1 failed in training: \w+; 2 fit", said)
    assert summary["evaluations"] == 1 + 2 * len(FAULTS)  # all that was paid
    summary_of(evolve("replay", "cut", "--name", "again", "--json"))
    assert differences(runs() / "cut", runs() / "again") == []


def _failed(ledger: Ledger) -> list[str]:
    return [e.key for e in ledger.evaluations("done") if e.failure]


def test_nothing_is_trained_again_beyond_the_budget_of_trainings(tmp_path: Path) -> None:
    """The seed and two children are all that there is room for, and both fail: neither is asked again, also in a replay."""
    task = one_part_task(tmp_path, timeout_s=6)
    with Endpoint(mending()) as server:
        env = {"OPENAI_BASE_URL": server.url, "OPENAI_API_KEY": "none"}
        given = ("--max-evaluations", "3", "--initial", "2", "--sandbox", "jail", "--slots", "1", "--json", *MODEL)
        summary_of(evolve("run", str(task), "--name", "poor", *given, env=env))
    with ledger_of("poor") as ledger:
        assert ledger.trained() == 3
        children = ledger.candidates(1)
        attempts = [[a.failure for a in ledger.attempts(c.id)] for c in children]
    # the two ask at once: either may be answered first, and fails by what it was answered
    given_to = [re.findall(r'"""(\w+)"""', c.files["program.py"])[-1] for c in children]
    assert sorted(given_to) == ["crash", "nan"]
    assert [(c.failure, c.repairs) for c in children] == [(fault, 0) for fault in given_to]
    assert attempts == [[fault] for fault in given_to]
    summary_of(evolve("replay", "poor", "--name", "again", "--json"))
    assert differences(runs() / "poor", runs() / "again") == []
