"""In a whole run: who would be an elite by a cheat is struck, the reason is kept, and nothing is learnt from it as a success."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from endpoint import Body, Endpoint, answer_offline
from world import SMALL, evolve, summary_of, tiny_task

import genome
from memory.ledger import Ledger
from memory.verify import verify
from tasks import load_task

pytestmark = pytest.mark.slow

FORWARD = "    def forward(self, x):\n"
# the part's numbers are left out of the stored weights, so that the program seems smaller than it is
SHY = f"    def state_dict(self, *a, **k):\n        return k.get('destination')\n\n{FORWARD}        x = x * 1.0%d\n"


def test_a_cheat_that_would_be_an_elite_is_struck_and_the_reason_kept(tmp_path: Path) -> None:
    folder = tiny_task(tmp_path)
    parts = genome.segments(load_task(folder).files)
    given: list[str] = []

    def answer(body: Body) -> tuple[str, str]:
        asked = re.search(r"Segments? (?:to change|that differ)[^:\n]*: `(\w+)`", body["messages"][-1]["content"])
        if asked and FORWARD in (text := parts[asked[1]]):
            given.append(asked[1])
            text = text.replace(FORWARD, SHY % len(given))
            return f"It is smaller now.\n\n```python segment={asked[1]}\n{text}\n```", "stop"
        return answer_offline(body)

    with Endpoint(answer) as server:
        done = evolve(
            "run", str(folder), "--name", "a", "--json", *SMALL, "--model", "loopback", "--set", "search.eot=0",
            env={"OPENAI_BASE_URL": server.url, "OPENAI_API_KEY": "none"},
        )  # fmt: skip
    result = summary_of(done)
    assert result["failures"]["audit"] > 0
    with Ledger.open(Path(os.environ["EVOLVE_RUNS"]) / "a" / "ledger.sqlite", read_only=True) as ledger:
        assert verify(ledger) == []
        struck = [c for c in ledger.candidates() if c.failure == "audit"]
        assert {c.message for c in struck} == {a.fault for a in ledger.audits() if a.fault}
        assert all("are not those of the training" in c.message for c in struck)
        # kept until a commit took in what its audit had found, and by nobody from then on
        kept = {c.id: [s.number for s in ledger.selections() if c.id in (*s.archive, *s.population)] for c in struck}
        assert all(number < (c.audited or 0) for c in struck for number in kept[c.id])
        assert not kept.keys() & {one["id"] for one in result["front"]}
        assert {e.delta for c in struck for e in ledger.evidence(child=c.id)} == {None}
        claimed = {e.candidate: e.objectives for e in ledger.evaluations() if e.candidate in {c.id for c in struck}}
        assert any(values and values["params"] < 5210 for values in claimed.values())  # what it tried stays on record
        sound = {a.candidate for a in ledger.audits() if not a.fault}
        assert set(ledger.selections()[-1].archive) <= sound
    shown = evolve("show", "a", struck[0].id)
    assert "audit" in shown.stdout
    assert "are not those of the training" in shown.stdout


@pytest.mark.parametrize(
    ("untold", "instead"),
    [
        ('emit("built", {}, {})', "pass"),
        ('emit("progress", {"step": step}, {})', "pass"),
        ("    write_step(model", "    (lambda *given: None)(model"),
    ],
)
def test_what_an_older_harness_does_not_tell_is_held_against_nobody(tmp_path: Path, untold: str, instead: str) -> None:
    folder = tiny_task(tmp_path)
    harness = (folder / "harness.py").read_text()
    assert harness.count(untold) == 1
    (folder / "harness.py").write_text(harness.replace(untold, instead))
    given = ("run", str(folder), "--name", "old", "--json", *SMALL, "--model", "offline", "--set", "search.eot=0")
    given += ("--generations", "1", "--initial", "2", "--slots", "1")
    assert summary_of(evolve(*given))["failures"].keys().isdisjoint({"audit", "unproven"})
    with Ledger.open(Path(os.environ["EVOLVE_RUNS"]) / "old" / "ledger.sqlite", read_only=True) as ledger:
        found = ledger.audits()
        assert len(found) > 1
        assert {(a.fault, a.unproven) for a in found} == {("", "")}
        assert not any("work" in a.measured for a in found)
