"""The table tasks that ship: `nk` is what it says it is, `nasbench201` reads the table that it is given, and gives its rows back."""

from __future__ import annotations

import csv
import itertools
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.table import evaluated
from memory.records import Evaluation
from tasks import Table, Task, TaskError, load_task

ROOT = Path(__file__).resolve().parent.parent
REAL = Path(
    os.environ.get("EVOLVE_NASBENCH201") or ROOT.parent / "shared" / "data" / "nasbench201" / "nb201_merged.csv"
)
OPERATIONS = ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3")
COLUMNS = [f"{name}_{kind}" for name in ("c10", "c100", "in16") for kind in ("val_12", "test_200")]
NK = load_task("nk")
LANDSCAPE = NK.prepare()
cells = st.lists(st.sampled_from(("none", "skip", "pool", "conv1", "conv3")), min_size=12, max_size=12)


def nk_program(cell: list[str]) -> dict[str, str]:
    return {
        "program.py": "\n".join(f"{n} = {cell[4 * i : 4 * i + 4]}" for i, n in enumerate(("STEM", "MIDDLE", "TOP")))
    }


def arch(cell: tuple[str, ...]) -> str:
    a, b, c, d, e, f = cell
    return f"|{a}~0|+|{b}~0|{c}~1|+|{d}~0|{e}~1|{f}~2|"


def sample(path: Path, rows: int = 125) -> Path:
    """A table in the benchmark's form: row n has n hundredths of a percent, and 50 more on test."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["index", "arch_str", *COLUMNS])
        for n, cell in enumerate(itertools.islice(itertools.product(OPERATIONS, repeat=6), rows)):
            writer.writerow([n, arch(cell), *[n / 100, 50 + n / 100] * 3])
    return path


def with_table(source: Path, dataset: str = "cifar10") -> tuple[Task, Table]:
    task = load_task("nasbench201").with_data({"source": str(source), "dataset": dataset})
    table = task.prepare()
    assert isinstance(table, Table)
    return task, table


def program(cell: tuple[str, ...]) -> dict[str, str]:
    return {"program.py": f"CELL = {list(cell)}\n"}


def outcome(task: Task, table: Table, files: dict[str, str]) -> Evaluation:
    return evaluated(task, table, files, Evaluation("k", "c", "table", 0, "running"))


@given(cells, st.integers(0, 11), st.sampled_from(("none", "skip", "pool", "conv1", "conv3")))
def test_nk_a_place_moves_its_own_share_and_those_of_the_three_before_it(cell: list[str], at: int, other: str) -> None:
    assert isinstance(LANDSCAPE, Table)
    changed = [*cell[:at], other, *cell[at + 1 :]]
    before, after = LANDSCAPE.test(nk_program(cell)), LANDSCAPE.test(nk_program(changed))
    assert before is not None
    assert after is not None
    assert 0 <= after <= 1
    assert abs(after - before) <= 4 / 12  # four shares of twelve, each in 0..1


@given(cells)
def test_nk_validation_is_off_by_the_same_little_each_time(cell: list[str]) -> None:
    assert isinstance(LANDSCAPE, Table)
    first, second = (LANDSCAPE.evaluate(nk_program(cell), seed) for seed in (0, 1))
    assert first == second
    assert first["cost"] == sum({"none": 0, "skip": 1, "pool": 2, "conv1": 4, "conv3": 9}[one] for one in cell)
    assert 0 < abs(first["val_loss"] - (LANDSCAPE.test(nk_program(cell)) or 0)) < 0.08  # eight standard deviations


def test_nk_another_landscape_is_another_function() -> None:
    other = NK.with_data({"landscape": 1}).prepare()
    assert isinstance(LANDSCAPE, Table)
    assert isinstance(other, Table)
    assert other.test(NK.files) != LANDSCAPE.test(NK.files)
    assert "landscape 1" in other.note


def test_nasbench201_gives_each_row_of_its_table_back(tmp_path: Path) -> None:
    task, table = with_table(sample(tmp_path / "t.csv"), "imagenet16")
    assert table.note == "NAS-Bench-201, imagenet16: 125 architectures of t.csv"
    for n, cell in enumerate(itertools.islice(itertools.product(OPERATIONS, repeat=6), 125)):
        found = outcome(task, table, program(cell))
        assert found.objectives is not None
        assert found.objectives["val_error"] == pytest.approx(100 - n / 100)
        assert table.test(program(cell)) == pytest.approx(50 - n / 100)


@pytest.mark.parametrize(
    ("operation", "params", "flops"),
    [("none", 73_306, 7_783_040), ("skip_connect", 73_306, 7_783_040), ("nor_conv_3x3", 1_531_546, 220_119_680)],
)
def test_nasbench201_counts_as_the_benchmark_does(tmp_path: Path, operation: str, params: int, flops: int) -> None:
    _, table = with_table(sample(tmp_path / "t.csv", 15_625))
    said = table.evaluate(program((operation,) * 6), 0)
    assert (said["params"], said["flops"]) == (params, flops)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('CELL = ["none"]', "list of six"),
        ('CELL = ["none"] * 6', "plain value"),
        ("CELL = [[], [], [], [], [], []]", "list of six"),
        ('CELL = ["none", "none", "none", "none", "none", "conv_9x9"]', "list of six"),
        (f"CELL = {['avg_pool_3x3'] * 6}", "the table has no row for |avg_pool_3x3~0|"),
    ],
)
def test_nasbench201_a_cell_that_is_none_is_its_programs_failure(tmp_path: Path, text: str, says: str) -> None:
    task, table = with_table(sample(tmp_path / "t.csv"))
    found = outcome(task, table, {"program.py": text})
    assert found.failure == "contract"
    assert says in found.message


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "No such file"),
        ("a,b\n1,2\n", "missing: arch_str, c10_val_12, c10_test_200"),
        ("arch_str,c10_val_12,c10_test_200\n|none~0|,much,1\n", "no table there"),
        ("arch_str,c10_val_12,c10_test_200\n|none~0|\n", "no table there"),
    ],
)
def test_nasbench201_a_table_that_is_none_is_one_line(tmp_path: Path, content: str | None, says: str) -> None:
    if content is not None:
        (tmp_path / "t.csv").write_text(content)
    with pytest.raises(TaskError, match=says) as told:
        with_table(tmp_path / "t.csv")
    assert "\n" not in str(told.value)


def test_nasbench201_an_unknown_data_set_names_those_that_are_known(tmp_path: Path) -> None:
    with pytest.raises(TaskError, match="one of cifar10, cifar100, imagenet16"):
        with_table(sample(tmp_path / "t.csv"), "cifar11")


@pytest.mark.skipif(not REAL.is_file(), reason="needs the table of NAS-Bench-201; name it with EVOLVE_NASBENCH201")
def test_nasbench201_finds_the_best_published_cell_in_the_real_table() -> None:
    task, table = with_table(REAL)
    best = ("nor_conv_3x3", "nor_conv_3x3", "nor_conv_3x3", "skip_connect", "nor_conv_3x3", "nor_conv_1x1")
    errors = [table.test(program(cell)) for cell in itertools.product(OPERATIONS, repeat=6)]
    assert len(errors) == 15_625
    assert table.test(program(best)) == min(error for error in errors if error is not None)
    assert outcome(task, table, task.files).failure is None
