"""Every kind of edit, on programs of several styles: what it writes parses, stays in its segment, and runs."""

from __future__ import annotations

import ast
import json
import os
import random
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.offline import EDIT_KINDS, random_edit
from agents.offline.architect import attempt
from agents.offline.source import segments_of, splice
from tests.offline_programs import PROGRAMS

RUNNER = Path(__file__).parent / "offline_runner.py"


def trials(jobs: list[dict]) -> list[dict[str, str]]:
    """What becomes of programs that our own edits wrote, in a process of their own."""
    done = subprocess.run(
        [sys.executable, str(RUNNER)],
        input=json.dumps(jobs),
        capture_output=True,
        text=True,
        timeout=900,
        env={"PATH": os.environ["PATH"], "OMP_NUM_THREADS": "1"},
        check=True,
    )
    return json.loads(done.stdout)


def edits(name: str, kind: str, times: int) -> list[tuple[str, dict[str, str]]]:
    """(segment, child) of up to `times` edits of one kind on each segment of a sample program."""
    files = {"program.py": PROGRAMS[name][0]}
    rng = random.Random(f"{name}/{kind}")
    found = []
    for segment in segments_of(files):
        for n in range(times):
            edit = attempt(files, segment, kind, rng, boldness=n / times)
            if edit is not None:
                found.append((segment, splice(files, {segment: edit.text})))
    return found


@pytest.mark.parametrize("kind", EDIT_KINDS)
def test_an_edit_parses_and_changes_its_segment_alone(kind: str) -> None:
    children = [(name, segment, child) for name in PROGRAMS for segment, child in edits(name, kind, 4)]
    assert children, f"{kind} applies to none of the sample programs"
    for name, segment, child in children:
        parent = segments_of({"program.py": PROGRAMS[name][0]})
        after = segments_of(child)
        assert ast.dump(ast.parse(child["program.py"])) != ast.dump(ast.parse(PROGRAMS[name][0]))
        assert [n for n in after if after[n].text != parent[n].text] == [segment]
        assert list(after) == list(parent)


def test_nearly_all_random_edits_run_and_do_something_else_than_their_parent() -> None:
    rng = random.Random(11)
    jobs = []
    for text, given_shape, wanted in PROGRAMS.values():
        jobs.append({"program": text, "input": given_shape, "output": wanted})
        for _ in range(20):
            child = random_edit({"program.py": text}, rng)
            jobs.append({"program": child["program.py"], "input": given_shape, "output": wanted})
    results = trials(jobs)
    parents = results[::21]
    children = [(parents[n // 21], result) for n, result in enumerate(results) if n % 21]
    assert [p["error"] for p in parents] == [""] * len(PROGRAMS)
    valid = [(p, r) for p, r in children if not r["error"]]
    assert len(valid) >= 0.95 * len(children), [r["error"] for _, r in children if r["error"]]
    assert sum(p["behaviour"] != r["behaviour"] for p, r in valid) >= 0.95 * len(valid)


def test_each_kind_runs_where_it_applies() -> None:
    jobs, kinds = [], []
    for kind in EDIT_KINDS:
        for name, (_, given_shape, wanted) in PROGRAMS.items():
            for _, child in edits(name, kind, 1)[:1]:
                jobs.append({"program": child["program.py"], "input": given_shape, "output": wanted})
                kinds.append(kind)
    errors = defaultdict(list)
    for kind, result in zip(kinds, trials(jobs), strict=True):
        errors[kind].append(result["error"])
    assert {k: e for k, e in errors.items() if sum(map(bool, e)) > len(e) / 4} == {}


def test_a_line_of_edits_keeps_running() -> None:
    jobs = []
    for text, given_shape, wanted in PROGRAMS.values():
        for seed in range(3):
            rng, files = random.Random(seed), {"program.py": text}
            for _ in range(5):
                files = random_edit(files, rng)
            jobs.append({"program": files["program.py"], "input": given_shape, "output": wanted})
    errors = [result["error"] for result in trials(jobs) if result["error"]]
    assert len(errors) <= 0.15 * len(jobs), errors


def test_a_new_optimiser_is_told_the_decay_in_its_own_terms() -> None:
    files = {"program.py": PROGRAMS["mnist1d"][0]}
    files["program.py"] = re.sub(
        r"AdamW\(.*\)", "AdamW(model.parameters(), lr=0.01, weight_decay=0.2)", files["program.py"]
    )
    made = {}
    for seed in range(40):
        edit = attempt(files, "optimiser", "optimiser", random.Random(seed), boldness=0.5)
        assert edit is not None
        call = re.search(r"torch\.optim\.(\w+)\((.*)\)", edit.text)
        assert call is not None
        made[call[1]] = call[2]
    assert made["NAdam"].endswith("decoupled_weight_decay=True")
    assert "weight_decay=0.002," in made["SGD"]
    assert "weight_decay=0.0001" in made["RMSprop"]


def test_random_edits_are_the_same_for_the_same_generator_and_say_when_there_is_nothing_to_edit() -> None:
    files = {"program.py": PROGRAMS["mnist1d"][0]}
    assert random_edit(files, random.Random(4)) == random_edit(files, random.Random(4))
    with pytest.raises(ValueError, match="no edit kind applies"):
        random_edit({"program.py": "print(1)"}, random.Random(4))


@given(st.sampled_from(sorted(PROGRAMS)), st.sampled_from(list(EDIT_KINDS)), st.integers(0, 10**6), st.data())
@settings(max_examples=150, deadline=None)
def test_broken_programs_are_left_alone(name: str, kind: str, seed: int, data: st.DataObject) -> None:
    text = PROGRAMS[name][0]
    a = data.draw(st.integers(0, len(text)))
    b = data.draw(st.integers(a, min(len(text), a + 80)))
    files = {"program.py": text[:a] + data.draw(st.text(max_size=12)) + text[b:]}
    for segment in segments_of(files):
        edit = attempt(files, segment, kind, random.Random(seed))
        if edit is not None:
            ast.parse(splice(files, {segment: edit.text})["program.py"])
