"""Table tasks: the host measures a program by its text, opens no sandbox, runs nothing of it, and whatever it writes is its own fault."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from agents.table import TableExaminer, evaluated
from cli import app
from graph.create import create, read_config
from graph.resolve import resolve
from graph.run import go
from memory.ledger import Ledger
from memory.records import Candidate, Evaluation
from memory.report import open_front
from tasks import ScoreError, Table, TaskError, literal, literals, load_task

ROOT = Path(__file__).resolve().parent.parent
runner = CliRunner()

PROGRAM = """SIZES = (1, 2, 3, 4)

# EVOLVE-BLOCK-START shape
SHAPE = [4, 4, 4]
# EVOLVE-BLOCK-END
"""
TOML = """title = "Shapes"
description = "Three sizes."
contract = "`SHAPE` must be a list of three of `SIZES`."
roots = ["SHAPE"]

[[objective]]
name = "waste"
goal = "min"
reference = 12.0

[[objective]]
name = "room"
goal = "max"
reference = 0.0
"""
EVALUATE = """from tasks import literal


def evaluate(files, data, seed):
    shape = literal(files, "SHAPE")
    return {"waste": float(sum(shape)), "room": float(max(shape))}
"""


def task_at(folder: Path, evaluate: str = EVALUATE, toml: str = TOML, program: str = PROGRAM) -> Path:
    folder.mkdir(parents=True)
    for name, text in (("task.toml", toml), ("evaluate.py", evaluate), ("program.py", program)):
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def shapes(tmp_path: Path) -> Path:
    return task_at(tmp_path / "shapes")


def run_of(task: Path | str, folder: Path, began: Any = None, **settings: Any) -> dict[str, Any]:
    """A whole run in this process, and its summary; `began` is told of its folder and its ledger."""
    said = {"search.generations": 3, "search.initial": 6, "search.population": 4, **settings}
    create(
        resolve(None, {"task": str(task), **{key.replace("__", "."): value for key, value in said.items()}}, {}), folder
    )
    return asyncio.run(go(folder, began))


def outcome(task: Path, program: str, seed: int = 0) -> Evaluation:
    loaded = load_task(task)
    table = loaded.prepare()
    assert isinstance(table, Table)
    return evaluated(loaded, table, {"program.py": program}, Evaluation("k", "g01-00", "table", seed, "running"))


def test_a_run_opens_no_sandbox_and_keeps_nothing_but_what_its_ledger_has(shapes: Path, tmp_path: Path) -> None:
    # a backend that is not there: whoever opened a sandbox would fail
    result = run_of(shapes, tmp_path / "runs" / "one", sandbox__backend="docker", sandbox__device="cuda")
    assert result["children"] == 6 + 4 + 4
    assert result["evaluations"] > 5
    assert result["best"]["objectives"]["waste"] < result["seed_candidate"]["objectives"]["waste"]
    assert not (tmp_path / "runs" / "one" / "candidates").exists()
    assert runner.invoke(app, ["export", str(tmp_path / "runs" / "one"), "--to", str(tmp_path / "best")]).exit_code == 0
    assert outcome(shapes, (tmp_path / "best" / "program.py").read_text()).objectives == result["best"]["objectives"]


def test_no_agent_of_a_table_task_is_told_that_programs_are_trained(shapes: Path, tmp_path: Path) -> None:
    run_of(shapes, tmp_path / "runs" / "one", search__eot=1.0)
    with Ledger.open(tmp_path / "runs" / "one" / "ledger.sqlite", read_only=True) as ledger:
        told = {call.agent: call.messages[0]["content"] for call in ledger.calls()}
    assert set(told) >= {"architect", "critic"}
    for said in told.values():
        assert "measured by the task's own evaluator; only measured numbers count" in said
        assert "train" not in said
        assert "PyTorch" not in said


def test_equal_seeds_give_equal_runs(shapes: Path, tmp_path: Path) -> None:
    def story(name: str) -> list[Any]:
        run_of(shapes, tmp_path / "runs" / name)
        with Ledger.open(tmp_path / "runs" / name / "ledger.sqlite", read_only=True) as ledger:
            return [(c.id, c.files, c.objectives, c.failure) for c in ledger.candidates()]

    assert story("one") == story("two")


def test_a_stopped_run_goes_on_where_it_stood_and_a_replay_repeats_it(shapes: Path, tmp_path: Path) -> None:
    class Enough(BaseException):
        """The process ends here."""

    def stop_soon(_: Path, ledger: Ledger) -> None:
        put, left = ledger.close_ticket, [7]

        def counted(evaluation: Evaluation) -> None:
            left[0] -= 1
            if not left[0]:
                raise Enough
            put(evaluation)

        ledger.close_ticket = counted  # type: ignore[method-assign]

    def story(folder: Path) -> list[Any]:
        with Ledger.open(folder / "ledger.sqlite", read_only=True) as ledger:
            return [(c.id, c.files, c.objectives, c.failure) for c in ledger.candidates()]

    whole, stopped, again = (tmp_path / "runs" / name for name in ("whole", "stopped", "again"))
    run_of(shapes, whole)
    with pytest.raises(Enough):
        run_of(shapes, stopped, stop_soon)
    assert len(story(stopped)) < len(story(whole))
    asyncio.run(go(stopped))
    create(read_config(whole), again, whole)
    asyncio.run(go(again))
    assert story(stopped) == story(whole) == story(again)


def test_an_outcome_is_the_last_word_so_nothing_is_measured_again(shapes: Path, tmp_path: Path) -> None:
    run_of(shapes, tmp_path / "runs" / "one", search__reruns=2)
    with Ledger.open(tmp_path / "runs" / "one" / "ledger.sqlite", read_only=True) as ledger:
        seeds = {e.train_seed for e in ledger.evaluations()}
        assert ledger.meta()["least"] == 1
    assert seeds == {1}


def test_a_table_that_declares_noise_is_asked_again_with_other_seeds(tmp_path: Path) -> None:
    noisy = EVALUATE.replace("float(sum(shape))", "float(sum(shape)) + seed % 97 / 100")
    task = task_at(tmp_path / "noisy", noisy, TOML + "\n[noise]\nwaste = 0.9\n")
    run_of(task, tmp_path / "runs" / "one", search__reruns=2)
    with Ledger.open(tmp_path / "runs" / "one" / "ledger.sqlite", read_only=True) as ledger:
        assert ledger.meta()["least"] == 3
        assert ledger.known("seed").n == 3
        assert len({e.train_seed for e in ledger.trainings("seed")}) == 3


def test_equal_programs_share_one_evaluation(shapes: Path, tmp_path: Path) -> None:
    asked = tmp_path / "asked.txt"
    noted = f"open({str(asked)!r}, 'a').write('x')"
    task = task_at(tmp_path / "counting", EVALUATE.replace("    shape =", f"    {noted}\n    shape ="))
    loaded = load_task(task)
    table = loaded.prepare()
    assert isinstance(table, Table)
    meta = {
        "objectives": [
            {"name": o.name, "unit": "", "goal": o.goal, "reference": o.reference} for o in loaded.objectives
        ]
    }
    one, twin = (Candidate(f"g01-0{n}", 1, n, "mutate", files=loaded.files, fingerprint="f") for n in (0, 1))
    with Ledger.create(tmp_path / "ledger.sqlite", meta) as ledger:

        async def both() -> list[Evaluation]:
            examiner = TableExaminer(loaded, table, ledger, 1)
            for candidate in (one, twin):
                ledger.put_candidate(candidate)
            try:
                return list(await asyncio.gather(examiner.train(one), examiner.train(twin)))
            finally:
                examiner.close()

        first, second = asyncio.run(both())
    assert first == second
    assert asked.read_text() == "x"


@pytest.mark.parametrize(
    ("program", "failure", "says"),
    [
        ('SHAPE = ["a", 2]', "contract", "TypeError"),
        ("SHAPE = [1, 2, 3", "contract", "cannot be read"),
        ("SIZES = 1", "contract", "must define SHAPE"),
        ("SHAPE = [1] * 3", "contract", "plain value"),
        ("SHAPE = [1]\nSHAPE += [2]", "contract", "nothing else"),
        ("SHAPE = [1]\nSHAPE = [2]", "contract", "twice"),
        ("SHAPE = [1e400]", "nan", "waste is inf"),
        ("SHAPE = " + "[" * 5000 + "]" * 5000, "contract", ""),
        ("SHAPE = [" + "9" * 5000 + "]", "contract", ""),
        ("import os\nSHAPE = [os.getpid()]", "contract", "nothing else"),
    ],
)
def test_whatever_a_program_says_is_its_own_failure(shapes: Path, program: str, failure: str, says: str) -> None:
    done = outcome(shapes, program)
    assert (done.status, done.failure, done.objectives) == ("done", failure, None)
    assert says in done.message


@pytest.mark.parametrize(
    ("body", "failure", "says"),
    [
        ("raise ScoreError('shape', 'three sizes, please')", "shape", "three sizes, please"),
        ("raise ScoreError('nonsense', 'x')", "contract", "x"),
        ("raise ScoreError('lost', 'x')", "contract", "x"),
        ("return {'waste': 1.0}", "contract", "must return waste, room; it returned waste"),
        ("return None", "contract", "NoneType"),
        ("return {'waste': 'much', 'room': 1}", "contract", "much"),
        ("return {'waste': float('nan'), 'room': 1}", "nan", "waste is nan"),
    ],
)
def test_an_evaluator_names_the_kind_of_failure_and_every_objective(
    tmp_path: Path, body: str, failure: str, says: str
) -> None:
    text = f"from tasks import ScoreError\n\n\ndef evaluate(files, data, seed):\n    {body}\n"
    done = outcome(task_at(tmp_path / "odd", text), PROGRAM)
    assert (done.failure, done.objectives) == (failure, None)
    assert says in done.message


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.tuples(inner, inner),
    max_leaves=20,
)


@given(st.dictionaries(st.from_regex(r"[A-Z]{1,8}", fullmatch=True), plain))
def test_literals_reads_back_what_a_program_says(values: Mapping[str, Any]) -> None:
    text = '"""A program."""\n' + "\n".join(f"{name} = {value!r}  # a comment" for name, value in values.items())
    assert literals(text) == dict(values)
    for name, value in values.items():
        assert literal({"program.py": text}, name) == value


@given(st.text())
def test_literals_reads_any_text_or_refuses_it_as_a_fault_of_the_program(text: str) -> None:
    try:
        found = literals(text)
    except ScoreError as error:
        found = {"failure": error.failure}
    assert found == {"failure": "contract"} or all(name.isidentifier() for name in found)


@pytest.mark.parametrize(
    ("file", "old", "new", "says"),
    [
        ("task.toml", 'title = "Shapes"', 'title = "Shapes"\nmetric = "mse"', "'metric'; it is of tasks that train"),
        ("task.toml", 'title = "Shapes"', 'title = "Shapes"\ncontrakt = "x"', "did you mean 'contract'?"),
        ("task.toml", 'goal = "min"', 'goal = "max"', "the first has the goal 'min'"),
        ("task.toml", 'roots = ["SHAPE"]\n', "", "the key 'roots' is missing"),
        ("evaluate.py", "def evaluate(", "def measure(", "missing: evaluate"),
        ("evaluate.py", "from tasks import literal", "from takss import literal", "cannot import 'takss'"),
        ("evaluate.py", "from tasks import literal", "1 / 0\nfrom tasks import literal", "ZeroDivisionError"),
        ("program.py", "SHAPE = [4, 4, 4]", "SHAPE = [4, 4, 4]\nimport math", "'math' is not allowed"),
    ],
)
def test_what_is_wrong_with_a_table_task_is_one_line(shapes: Path, file: str, old: str, new: str, says: str) -> None:
    text = (shapes / file).read_text()
    assert text.count(old) == 1
    (shapes / file).write_text(text.replace(old, new))
    done = runner.invoke(app, ["task", "check", str(shapes)])
    assert done.exit_code == 2
    assert done.stderr.count("\n") == 1
    assert says in done.stderr


def test_a_folder_with_harness_and_evaluator_is_refused(shapes: Path) -> None:
    (shapes / "harness.py").write_text("")
    with pytest.raises(TaskError, match="keep the one that this task is"):
        load_task(shapes)


def test_the_check_measures_the_seed_and_finds_an_evaluator_that_hides_chance(shapes: Path, tmp_path: Path) -> None:
    done = runner.invoke(app, ["task", "check", str(shapes)])
    assert done.exit_code == 0
    assert "waste 12, room 4" in done.stdout
    assert "none: evaluate.py has no test(files, data)" in done.stdout
    noisy = task_at(tmp_path / "noisy", EVALUATE.replace("float(sum(shape))", "float(seed)"))
    done = runner.invoke(app, ["task", "check", str(noisy)])
    assert done.exit_code == 2
    assert "another waste with another seed" in done.stderr


def test_a_seed_that_its_evaluator_refuses_fails_the_check_and_starts_no_run(tmp_path: Path) -> None:
    task = task_at(tmp_path / "odd", program=PROGRAM.replace("[4, 4, 4]", '["a"]'))
    done = runner.invoke(app, ["task", "check", str(task)])
    assert done.exit_code == 1
    assert "the seed fails with contract" in done.stderr
    done = runner.invoke(app, ["run", str(task), "--name", "odd", "-q"])
    assert done.exit_code == 1
    assert "the seed program of task 'odd' failed (contract)" in done.stderr


def test_test_values_are_worked_out_by_the_report_alone_and_each_look_is_counted(tmp_path: Path) -> None:
    looked = tmp_path / "looked.txt"
    tester = f"\n\ndef test(files, data):\n    open({str(looked)!r}, 'a').write('x')\n    return 42.0\n"
    task, folder = task_at(tmp_path / "tested", EVALUATE + tester), tmp_path / "runs" / "one"
    run_of(task, folder)
    assert not looked.exists()
    for times in (1, 2):
        done = runner.invoke(app, ["report", str(folder), "--json"])
        assert done.exit_code == 0
        told = json.loads(done.stdout)
        assert told["openings"] == times
        assert {row["test"] for row in told["rows"]} == {42.0}
        assert told["lines"]["added"] >= told["lines"]["children"] > 0
    assert "nothing was trained" in (folder / "report" / "report.html").read_text()


def test_a_table_without_test_values_has_a_report_all_the_same(shapes: Path, tmp_path: Path) -> None:
    folder = tmp_path / "runs" / "one"
    run_of(shapes, folder)
    done = runner.invoke(app, ["report", str(folder)])
    assert done.exit_code == 0
    assert "–" in done.stdout
    with Ledger.open(folder / "ledger.sqlite") as ledger:
        loaded = load_task(shapes)
        assert {row.test for row in open_front(ledger, loaded, loaded.prepare(), folder).rows} == {None}
        assert ledger.openings() == []


def test_nothing_of_a_table_can_be_trained_again(shapes: Path, tmp_path: Path) -> None:
    folder = tmp_path / "runs" / "one"
    run_of(shapes, folder)
    done = runner.invoke(app, ["report", str(folder), "--retrain", "2"])
    assert done.exit_code == 1
    assert "nothing of it is trained" in done.stderr


def test_a_run_refuses_a_table_whose_source_or_evaluator_changed(tmp_path: Path) -> None:
    table = tmp_path / "table.txt"
    table.write_text("3")
    prepared = "\n\ndef prepare(options):\n    return int(open(options['source']).read())\n"
    task = task_at(tmp_path / "sourced", EVALUATE + prepared, TOML + f'\n[data]\nsource = "{table}"\n')
    folder = tmp_path / "runs" / "one"
    run_of(task, folder)
    table.write_text("4")
    done = runner.invoke(app, ["report", str(folder)])
    assert done.exit_code == 2
    assert "another source than its task" in done.stderr
    table.write_text("3")
    (task / "evaluate.py").write_text(EVALUATE + prepared + "\n# changed\n")
    assert "another evaluate.py than its task" in runner.invoke(app, ["report", str(folder)]).stderr


def test_a_missing_source_is_told_before_a_run_is_made(tmp_path: Path) -> None:
    done = runner.invoke(app, ["run", "nasbench201", "--name", "none", "-q"])
    assert done.exit_code == 2
    assert "needs its table" in done.stderr
    assert not (tmp_path / "runs" / "none").exists()


def test_a_new_table_task_passes_its_check_at_once(tmp_path: Path) -> None:
    done = runner.invoke(app, ["task", "new", "own", "--shape", "table", "--at", str(tmp_path)])
    assert done.exit_code == 0
    assert "evaluate.py" in done.stderr
    done = runner.invoke(app, ["task", "check", str(tmp_path / "own")])
    assert done.exit_code == 0, done.stderr
    assert "val_loss 0.5677, cost 12" in done.stdout
    assert runner.invoke(app, ["task", "new", "other", "--shape", "round", "--at", str(tmp_path)]).exit_code == 2


def test_the_example_of_the_guide_is_a_task_that_works(tmp_path: Path) -> None:
    guide = (ROOT / "docs" / "tasks.md").read_text(encoding="utf-8").partition("## Table tasks")[2]
    files = dict(re.findall(r"^```\w+ ([\w.]+)\n(.*?)^```$", guide, re.MULTILINE | re.DOTALL))
    assert set(files) == {"evaluate.py", "program.py", "task.toml"}
    task = task_at(tmp_path / "widths", files["evaluate.py"], files["task.toml"], files["program.py"])
    done = runner.invoke(app, ["task", "check", str(task)])
    assert done.exit_code == 0, done.stderr
    assert "a made-up table of 4 sizes" in done.stdout
    result = run_of(task, tmp_path / "runs" / "one")
    assert len(result["front"]) > 1
    assert outcome(task, "WIDTHS = [8]").message == "WIDTHS must be a list of three of (8, 16, 32, 64); got [8]"
