"""What a task promises: it loads or says why not, its data is made once with the labels apart, and scores are the host's."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from world import tiny_task

from tasks import ScoreError, TaskError, load_task, task_names, write_scaffold
from tasks.data import PUBLIC
from tasks.scoring import score

ROOT = Path(__file__).parents[1]


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A task folder of the user's own, fresh from the scaffold."""
    return write_scaffold("own", tmp_path / "tasks")


def edit(folder: Path, old: str, new: str, file: str = "task.toml") -> None:
    text = (folder / file).read_text()
    assert text.count(old) == 1
    (folder / file).write_text(text.replace(old, new))


# ---- loading


def test_every_task_that_ships_loads() -> None:
    assert "mnist1d" in task_names()
    assert "scaffold" not in task_names()
    for name in task_names():
        task = load_task(name)
        assert task.name == name
        assert task.default_fidelity in task.fidelities
        assert "EVOLVE-BLOCK-START" in task.files["program.py"]


def test_a_task_loads_by_folder_and_by_the_path_of_its_toml(own: Path) -> None:
    assert load_task(own) == load_task(str(own)) == load_task(own / "task.toml")


def test_loading_a_task_imports_neither_torch_nor_numpy() -> None:
    code = "import sys, tasks; tasks.load_task('mnist1d'); print({'torch', 'numpy', 'mnist1d'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def test_an_unknown_name_lists_the_nearest() -> None:
    with pytest.raises(TaskError, match=r"no task 'mnist-1d' .*nearest: mnist1d"):
        load_task("mnist-1d")


def test_a_folder_without_toml_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(TaskError, match=r"no task\.toml in this folder; `evolve task new NAME`"):
        load_task(tmp_path)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('metric = "error', 'metrik = "error', "unknown key 'metrik'; did you mean 'metric'?"),
        ("timeout_s = 60.0", "timeout = 60.0", "unknown key 'fidelity.quick.timeout'; did you mean 'timeout_s'?"),
        ('name = "params"\ngoal', 'name = "params"\ngaol', "unknown key 'objective.1.gaol'; did you mean 'goal'?"),
        ('title = "Three', '# title = "Three', "the key 'title' is missing"),
        ('default_fidelity = "quick"', 'default_fidelity = "slow"', "expected one of quick, full; got 'slow'"),
        ("steps = 1000,", "steps = 0,", "expected a whole number of steps of at least 1, got 0"),
        ("steps = 1000,", "steps = 1000, seed = 1,", "seed is set by whoever trains"),
        (
            'name = "params"',
            'name = "speed"',
            "after the first, expected one of params, flops, latency_ms; got 'speed'",
        ),
        ("val_error = 2.2", "val_err = 2.2", "for one of val_error, params; got val_err = 2.2"),
        ('metric = "error_percent"', 'metric = "accuracy"', "metric: Input should be 'error_percent' or 'mse'"),
        ('metric = "error_percent"', 'metric = "mse"\nprogram = ["../x.py", "program.py"]', "got '../x.py'"),
        ('metric = "error_percent"', 'metric = "mse"\nprogram = ["net.py"]', "expected program.py, the entry"),
        ("[data]", "[data", "cannot be read as TOML: "),
    ],
)
def test_what_is_wrong_in_task_toml_is_told_in_one_line(own: Path, old: str, new: str, says: str) -> None:
    edit(own, old, new)
    with pytest.raises(TaskError) as caught:
        load_task(own)
    message = str(caught.value)
    assert message.startswith(f"{own / 'task.toml'}: ")
    assert says in message
    assert "\n" not in message


def test_a_missing_program_is_named(own: Path) -> None:
    (own / "program.py").unlink()
    with pytest.raises(TaskError, match=r"program\.py: expected a file of the seed program"):
        load_task(own)


# ---- data


def test_mnist1d_is_the_published_set_cut_by_class(shared_cache: Path) -> None:
    task = load_task("mnist1d")
    data = task.prepare(shared_cache)
    arrays = {name: np.load(data.public / f"{name}.npy") for name in PUBLIC}
    assert {n: (a.shape, a.dtype.name) for n, a in arrays.items()} == {
        "train_x": ((3500, 40), "float32"),
        "train_y": ((3500,), "int64"),
        "val_x": ((500, 40), "float32"),
        "test_x": ((1000, 40), "float32"),
    }
    assert abs(np.bincount(data.labels["val"]) - 50).max() <= 1
    # facts of the published pickle: the first test labels, and unit variance over all 5,000 signals
    everything = np.concatenate([arrays[f"{s}_x"] for s in ("train", "val", "test")])
    assert everything.std() == pytest.approx(1, abs=1e-4)
    assert everything.mean() == pytest.approx(0, abs=1e-4)
    assert len(np.unique(everything, axis=0)) == 5000  # no signal is in two splits


def test_making_mnist1d_leaves_the_global_generators_alone(tmp_path: Path) -> None:
    np.random.seed(5)
    wanted = np.random.rand()
    np.random.seed(5)
    load_task("mnist1d").prepare(tmp_path)
    assert np.random.rand() == wanted


def test_labels_of_validation_and_test_are_not_in_the_public_folder(own: Path, tmp_path: Path) -> None:
    data = load_task(own).prepare(tmp_path / "cache")
    assert sorted(p.name for p in data.public.rglob("*")) == sorted(f"{n}.npy" for n in PUBLIC)
    assert set(data.labels) == {"val", "test"}


def test_data_is_made_once_and_anew_when_its_source_or_options_change(own: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    first = load_task(own).prepare(cache)
    (first.public / "train_x.npy").touch()
    stamp = (first.public / "train_x.npy").stat().st_mtime_ns
    again = load_task(own).prepare(cache)
    assert again.public == first.public
    assert (again.public / "train_x.npy").stat().st_mtime_ns == stamp
    edit(own, "noise = 0.06", "noise = 0.04")
    assert load_task(own).prepare(cache).public != first.public


def test_data_are_made_anew_when_anything_that_they_are_made_from_changes(
    own: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file beside data.py that this imports, one that that imports, and one byte of what `source` names; the program is none."""
    monkeypatch.syspath_prepend(str(own))
    (own / "data.py").write_text(
        "import numpy as np\nimport helper\n\n\ndef make(options):\n"
        "    x = helper.scaled(np.fromfile(options['source'], 'u1').astype('f4').reshape(-1, 2))\n"
        "    y = np.arange(len(x)) % 2\n"
        "    return {f'{split}_{key}': part for split in ('train', 'val', 'test') for key, part in (('x', x), ('y', y))}\n"
    )
    (own / "helper.py").write_text("from parts.scale import SCALE\n\n\ndef scaled(x):\n    return x * SCALE\n")
    (own / "parts").mkdir()
    (own / "parts" / "scale.py").write_text("SCALE = 2\n")
    (own / "raw.bin").write_bytes(bytes(range(8)))
    edit(own, "noise = 0.06", 'source = "raw.bin"\nnoise = 0.06')

    def first_input() -> list[float]:
        for name in [name for name in sys.modules if name.split(".")[0] in ("helper", "parts")]:
            del sys.modules[name]
        return np.load(load_task(own).prepare(tmp_path / "cache").public / "train_x.npy")[1].tolist()

    assert first_input() == [4, 6]
    (own / "parts" / "scale.py").write_text("SCALE = 30\n")
    assert first_input() == [60, 90]
    (own / "raw.bin").write_bytes(bytes(range(1, 9)))
    assert first_input() == [90, 120]
    (own / "program.py").write_text((own / "program.py").read_text() + "# nothing that data are made from\n")
    before = sorted((tmp_path / "cache").iterdir())
    assert first_input() == [90, 120]
    assert sorted((tmp_path / "cache").iterdir()) == before


def test_half_a_cache_is_made_whole(own: Path, tmp_path: Path) -> None:
    first = load_task(own).prepare(tmp_path)
    (first.public / "val_x.npy").unlink()
    assert np.load(load_task(own).prepare(tmp_path).public / "val_x.npy").shape == (400, 2)


def test_many_may_prepare_at_once(own: Path, tmp_path: Path) -> None:
    task, found = load_task(own), []
    threads = [threading.Thread(target=lambda: found.append(task.prepare(tmp_path).note)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(list(tmp_path.glob("own-*"))) == 1
    assert not list(tmp_path.glob(".own-*"))  # nothing half-made stays


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("def make(options): return 1 / 0", "make.options. failed with ZeroDivisionError"),
        ("def made(options): pass", "expected a function make"),
        ("import nonexistent_package", "cannot import 'nonexistent_package'"),
        ("def make(options): return {'train_x': [1]}", "must return a dict of train_x"),
        (
            "import numpy as np\ndef make(o):\n    a = {f'{s}_{k}': np.zeros((4, 1)) for s in ('train', 'val', 'test')"
            " for k in 'xy'}\n    a['val_x'] = np.zeros((3, 1))\n    return a",
            r"got \(3, 1\) and \(4, 1\)",
        ),
        (
            "import numpy as np\ndef make(o):\n    return {f'{s}_{k}': np.full((4, 1), np.nan) for s in"
            " ('train', 'val', 'test') for k in 'xy'}",
            "train_x: 4 numbers are not finite, the first in row 0; clean the data",
        ),
    ],
)
def test_faulty_data_is_told_in_one_line(own: Path, tmp_path: Path, code: str, says: str) -> None:
    (own / "data.py").write_text(code)
    with pytest.raises(TaskError, match=says):
        load_task(own).prepare(tmp_path)


def test_a_cache_that_cannot_be_written_names_the_cure(own: Path, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where a folder should be")
    with pytest.raises(TaskError, match="set EVOLVE_CACHE to a writable folder"):
        load_task(own).prepare(tmp_path / "cache")


# ---- fresh examples


def test_fresh_signals_of_mnist1d_are_of_the_published_kind_and_none_of_them(shared_cache: Path) -> None:
    task = load_task("mnist1d")
    data, drawn = task.prepare(shared_cache), task.fresh(2**70, shared_cache)
    assert drawn is not None
    assert (drawn.x.shape, drawn.x.dtype.name, np.bincount(drawn.y).tolist()) == ((10_000, 40), "float32", [1000] * 10)
    published = np.concatenate([np.load(data.public / f"{s}_x.npy") for s in ("train", "val", "test")])
    both = np.concatenate([published, drawn.x])
    assert len(np.unique(both, axis=0)) == 15_000
    # one source: the mean signals of a class lie apart by no more than chance has them, a few hundredths of the spread
    ours, theirs = drawn.x[drawn.y == 3].mean(0), np.load(data.public / "train_x.npy")
    theirs = theirs[np.load(data.public / "train_y.npy") == 3].mean(0)
    assert np.abs(ours - theirs).max() < 0.25


def test_fresh_examples_depend_on_the_seed_alone_and_leave_the_global_generators(
    shared_cache: Path, tmp_path: Path
) -> None:
    task = load_task(tiny_task(tmp_path))  # which draws fewer
    task.prepare(shared_cache)
    np.random.seed(5)
    wanted = np.random.rand()
    np.random.seed(5)
    first, again, other = task.fresh(1, shared_cache), task.fresh(1, shared_cache), task.fresh(2, shared_cache)
    assert np.random.rand() == wanted
    assert first is not None
    assert again is not None
    assert other is not None
    assert (first.x == again.x).all()
    assert not (first.x == other.x).any()


def test_the_scaffold_draws_fresh_examples_and_a_task_may_have_none(own: Path) -> None:
    drawn = load_task(own).fresh(3)
    assert drawn is not None
    assert (drawn.x.shape, drawn.y.shape) == ((5000, 2), (5000,))
    edit(own, "def fresh(", "def draw(", "data.py")
    assert load_task(own).fresh(3) is None


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("return 1 / 0", r"fresh\(options, seed\) failed with ZeroDivisionError"),
        ("return [1]", "must return a dict of x, y; got list"),
        ("return {'x': np.zeros((9, 2), np.float32)}", "must return a dict of x, y; got keys x"),
        (
            "return {'x': np.zeros((9, 2), np.int64), 'y': np.zeros(9, np.int64)}",
            r"expected float32 \(n, 2\) .*got int64",
        ),
        ("return {'x': np.zeros((9, 3), np.float32), 'y': np.zeros(9, np.int64)}", r"got float32 \(9, 3\)"),
        (
            "return {'x': np.zeros((9, 2), np.float32), 'y': np.zeros(8, np.int64)}",
            r"one n > 0 .*got \(9, 2\) and \(8,\)",
        ),
        ("return {'x': np.zeros((0, 2), np.float32), 'y': np.zeros(0, np.int64)}", r"one n > 0 .*got \(0, 2\)"),
        (
            "return {'x': np.full((9, 2), np.inf, np.float32), 'y': np.zeros(9, np.int64)}",
            "fresh x: 18 numbers are not finite",
        ),
        ("return {'x': np.zeros((9, 2), np.float32), 'y': np.full(9, 3)}", "the label 3, which no example of make"),
    ],
)
def test_faulty_fresh_examples_are_told_in_one_line(own: Path, body: str, says: str) -> None:
    with (own / "data.py").open("a") as f:
        f.write(f"\n\ndef fresh(options, seed):\n    {body}\n")
    with pytest.raises(TaskError, match=says) as caught:
        load_task(own).fresh(0)
    assert "\n" not in str(caught.value)


# ---- scores


@given(st.data())
def test_error_percent_counts_the_wrong(data: st.DataObject) -> None:
    labels = np.array(data.draw(st.lists(st.integers(0, 4), min_size=1, max_size=50)))
    guesses = np.array(data.draw(st.lists(st.integers(0, 4), min_size=len(labels), max_size=len(labels))))
    scale = data.draw(st.floats(0.125, 1e3, width=32))
    scores = (np.eye(5)[guesses] * scale).astype(np.float32)
    assert score("error_percent", scores, labels) == pytest.approx(100 * np.mean(guesses != labels))


def test_equal_scores_for_all_classes_are_never_right() -> None:
    assert score("error_percent", np.zeros((3, 2), np.float32), np.array([0, 0, 1])) == 100


def test_mse_forgives_a_last_axis_of_one() -> None:
    assert score("mse", np.array([[1.0], [3.0]], np.float32), np.array([1.0, 1.0])) == 2


@pytest.mark.parametrize(
    ("metric", "predictions", "failure"),
    [
        ("error_percent", np.zeros((2, 3), np.float32), "contract"),
        ("error_percent", np.zeros((3, 1), np.float32), "contract"),
        ("error_percent", np.zeros(3, np.float32), "contract"),
        ("error_percent", np.zeros((3, 3), np.int64), "contract"),
        ("error_percent", np.full((3, 3), np.nan, np.float32), "nan"),
        ("error_percent", np.full((3, 3), -np.inf, np.float32), "nan"),
        ("mse", np.zeros((3, 2), np.float32), "contract"),
        ("mse", np.full(3, np.inf, np.float32), "nan"),
    ],
)
def test_what_cannot_be_scored_is_a_failure_of_the_candidate(
    metric: str, predictions: np.ndarray, failure: str
) -> None:
    with pytest.raises(ScoreError) as caught:
        score(metric, predictions, np.array([0, 1, 2]))
    assert caught.value.failure == failure
