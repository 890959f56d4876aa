"""What data.py may give: whatever holds the numbers is taken, cast where nothing is lost, and told in one line where it cannot be."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tasks import Data, TaskError, load_task, write_scaffold
from tasks.arrays import classes, inputs, numbers, still_apart
from tasks.beside import importable

MAKE = """
{more}
import numpy as np

def make(options):
    x = np.random.default_rng(0).normal(size=(24, 2))
    y = np.arange(24) % 3
    {body}
    return {{
        "train_x": x[:12], "train_y": y[:12], "val_x": x[12:18], "val_y": y[12:18], "test_x": x[18:], "test_y": y[18:],
    }}
"""
FRAME = """
class Frame:
    def __init__(self, x): self.x = x
    def __array__(self, dtype=None, copy=None): return self.x
    def __getitem__(self, at): return Frame(self.x[at])
"""
BROKEN = """
class Broken:
    def __array__(self, dtype=None, copy=None): raise OSError("no power")
    def __getitem__(self, at): return self
"""


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A task folder of the user's own, fresh from the scaffold."""
    return write_scaffold("own", tmp_path / "tasks")


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert text.count(old) == 1
    path.write_text(text.replace(old, new))


def made(own: Path, body: str, more: str = "", metric: str = "error_percent") -> Data:
    """The data of a task whose make() says `body` of its inputs x (24, 2), float64, and labels y (24,) from 0 to 2."""
    (own / "data.py").write_text(MAKE.format(body=body, more=more))
    edit(own / "task.toml", 'metric = "error_percent"', f'metric = "{metric}"')
    return load_task(own).prepare(own.parent / "cache")


def refused(own: Path, body: str, more: str = "", metric: str = "error_percent") -> str:
    with pytest.raises(TaskError) as caught:
        made(own, body, more, metric)
    message = str(caught.value)
    assert message.startswith(f"{own / 'data.py'}: ")
    assert not list((own.parent / "cache").glob("*")), "what is refused is kept"
    return message


POINTS = np.random.default_rng(0).normal(size=(24, 2))
LABELS = np.arange(24) % 3


@pytest.mark.parametrize(
    ("body", "casts"),
    [
        ("x = x.astype(np.float32)", ""),
        ("pass", "float64 inputs as float32"),
        ("x = x.astype(np.float32).astype(np.longdouble)", "inputs as float32"),
        ("x = x.astype('>f8')", "float64 inputs as float32"),
        ("x = np.asfortranarray(x)", "float64 inputs as float32"),
        ("x.setflags(write=False)", "float64 inputs as float32"),
        ("x = x.tolist()", "float64 inputs as float32"),
        ("x = [tuple(row) for row in x]", "float64 inputs as float32"),
        ("x = x.astype(object)", "float64 inputs as float32"),
        ("x = np.ma.masked_array(x)", "float64 inputs as float32"),
        ("import torch; x = torch.tensor(x, requires_grad=True)", "float64 inputs as float32"),
        ("import torch; x = torch.tensor(x, dtype=torch.float32)", ""),
        ("import torch; x = list(torch.tensor(x, dtype=torch.float32))", ""),
        ("import torch; x = torch.nn.Parameter(torch.tensor(x, dtype=torch.float32))", ""),
        ("import scipy.sparse as s; x = s.csr_matrix(x); ", "float64 inputs as float32"),
        ("x = Frame(x)", "float64 inputs as float32"),
    ],
)
def test_whatever_holds_the_numbers_of_the_inputs_is_taken(own: Path, body: str, casts: str) -> None:
    data = made(own, body, FRAME)
    assert np.array_equal(np.load(data.public / "train_x.npy"), POINTS[:12].astype(np.float32))
    assert np.load(data.public / "train_x.npy").dtype == np.float32
    assert data.casts.endswith(casts if casts else data.casts)
    assert bool(data.casts) is bool(casts)


@pytest.mark.parametrize(
    "body",
    [
        *(f"y = y.astype('{kind}')" for kind in ("i1", "i2", "i4", "u1", "u2", "u4", "u8", ">i4", "f4", "f8", "f2", "O")),
        "y = y[:, None]",
        "y = y.tolist()",
        "import torch; y = torch.tensor(y, dtype=torch.int32)",
        "import torch; y = torch.tensor(y, dtype=torch.bfloat16)",
    ],
)  # fmt: skip
def test_labels_of_any_type_are_whole_numbers_of_64_bits(own: Path, body: str) -> None:
    data = made(own, body)
    y = np.concatenate([np.load(data.public / "train_y.npy"), data.labels["val"], data.labels["test"]])
    assert y.dtype == np.int64
    assert np.array_equal(y, LABELS)


def test_labels_may_be_true_and_false(own: Path) -> None:
    assert made(own, "y = y > 1").labels["val"].tolist() == [0, 0, 1, 0, 0, 1]


@pytest.mark.parametrize(
    "body", ["y = x[:, 0]", "y = y", "y = x", "y = y.astype(bool)", "y = (100 * x).astype(np.uint8)"]
)
def test_labels_of_a_regression_are_float32(own: Path, body: str) -> None:
    assert made(own, body, metric="mse").labels["val"].dtype == np.float32


@pytest.mark.parametrize("kind", ["uint8", "int8", "int16", "int32", "int64"])
def test_whole_numbers_as_inputs_stay_what_they_are(own: Path, kind: str) -> None:
    assert np.load(made(own, f"x = (9 + x).astype('{kind}')").public / "val_x.npy").dtype == kind


@pytest.mark.parametrize("kind", ["uint16", "uint32", "uint64"])
def test_whole_numbers_that_torch_does_not_compute_with_become_int64(own: Path, kind: str) -> None:
    data = made(own, f"x = (9 + x).astype('{kind}')")
    assert np.load(data.public / "val_x.npy").dtype == np.int64
    assert data.casts == f"{kind} inputs as int64"


def test_an_archive_of_arrays_is_as_good_as_a_dict(own: Path) -> None:
    data = made(own, "pass")
    arrays = {f"{s}_x": np.load(data.public / f"{s}_x.npy") for s in ("train", "val", "test")}
    arrays |= {"train_y": np.load(data.public / "train_y.npy"), **{f"{s}_y": y for s, y in data.labels.items()}}
    np.savez(own / "all.npz", **arrays)
    (own / "data.py").write_text(
        f"import numpy as np\ndef make(options):\n    return np.load({str(own / 'all.npz')!r})\n"
    )
    again = load_task(own).prepare(own.parent / "cache")
    assert np.array_equal(np.load(again.public / "test_x.npy"), arrays["test_x"])


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("x = [[1, 2], [3]] * 12", "train_x has rows of different lengths or shapes; pad or cut them to one"),
        ("x = np.array([np.zeros(i % 2 + 1) for i in range(24)], dtype=object)", "rows of different lengths"),
        ("import torch; x = [torch.zeros(i % 2 + 1) for i in range(24)]", "rows of different lengths"),
        ("import torch; x = torch.zeros(24, 2, device='meta')", "train_x cannot be made an array (Tensor: "),
        ("x = Broken(); y = Broken()", "cannot be made an array (Broken: no power)"),
        ("x = np.ma.masked_less(x, 0)", "entries are masked; fill them or drop their rows"),
        ("x = x + 0j", "complex numbers; keep real and imaginary part as two features"),
        ("x = np.zeros((24, 2), 'M8[D]')", "it holds dates; make numbers of them"),
        ("x = np.zeros((24, 2), 'm8[D]')", "it holds times; make numbers of them"),
        ("x = np.full((24, 2), 'a')", "it holds text; number it"),
        ("y = np.array(['cat', 'dog', 'owl'] * 8)", "train_y must hold numbers; it holds text; number it, e.g. np.unique("),
        ("x = np.zeros((24, 2), [('a', 'f4')])", "it holds records"),
        ("x = [[1.0, None]] * 24", "it holds NoneType, float; give an array of numbers"),
        ("x[3, 1] = np.nan", "train_x: 1 numbers are not finite, the first in row 3; clean the data in make()"),
        ("x[20] = np.inf", "test_x: 2 numbers are not finite, the first in row 2"),
        ("x = x[:, 0]", "got (12,) and (12,); give train_x[:, None]"),
        ("x = x[:, :0]", "got (12, 0) and (12,)"),
        ("x, y = x[:12], y[:12]", "expected val_x as (n, features...) and val_y as (n,...), n > 0; got (0, 2) and (0,)"),
        ("x = x * 1e300", "beyond float32 (float64); scale it in make()"),
        ("x[:, 1] = 1.6e9 + np.arange(24)", "train_x[:, 1] (float64) goes from 1600000000 to 1600000011, too close for"),
        ("x = np.full((24, 2), 2**63, np.uint64)", "train_x holds 9223372036854775808, beyond int64 (uint64)"),
        ("y = y + 1", "labels run from 1 to 3, and must begin at 0; subtract 1"),
        ("y = y - 1", "labels run from -1 to 1, and must begin at 0; number the classes from 0"),
        ("y = np.eye(3)[y]", "needs whole labels (n,), got float64 (12, 3); these are one-hot: use y.argmax(1)"),
        ("y = x", "needs whole labels (n,), got float64 (12, 2); give one class number for each example"),
        ("y = y + 0.25", 'got 0.25 (float64); number the classes from 0, or set metric = "mse"'),
        ("y[12] = 3", "classes without a training example: val_y has [3]"),
        ("y[:12] = 0; y[23] = 1; y[12:18] = 0; y[18:23] = 0", "without a training example: test_y has [1]"),
        ("raise SystemExit(3)", "make(options) failed with SystemExit: 3"),
    ],
)  # fmt: skip
def test_what_cannot_be_trained_on_is_told_with_its_cure(own: Path, body: str, says: str) -> None:
    message = refused(own, body, BROKEN)
    assert says in message
    assert len(message.splitlines()) == 1


def test_splits_of_other_types_are_told_apart(own: Path) -> None:
    (own / "data.py").write_text(
        "import numpy as np\ndef make(options):\n    x = lambda t: np.ones((3, 2), t)\n    return {'train_x': x('f4'), 'val_x': x('u1'),"
        " 'test_x': x('f8'), **{f'{s}_y': np.zeros(3, int) for s in ('train', 'val', 'test')}}\n"
    )
    with pytest.raises(TaskError, match=r"alike in all splits; val_x is uint8 \(2,\), train_x float32 \(2,\)"):
        load_task(own).prepare(own.parent / "cache")


def test_labels_of_a_regression_have_one_shape(own: Path) -> None:
    (own / "data.py").write_text(
        "import numpy as np\ndef make(options):\n    x, y = np.ones((3, 2)), np.ones((3, 1))\n    return {'train_x': x, 'val_x': x,"
        " 'test_x': x, 'train_y': y, 'val_y': y[:, 0], 'test_y': y}\n"
    )
    edit(own / "task.toml", 'metric = "error_percent"', 'metric = "mse"')
    with pytest.raises(TaskError, match=r"labels alike in all splits; val_y is float32 \(\), train_y float32 \(1,\)"):
        load_task(own).prepare(own.parent / "cache")


@pytest.mark.parametrize(
    ("body", "doubts"),
    [
        ("x[12] = x[0]", ["1 of 6 validation inputs (16.7 %) are also training inputs"]),
        ("x[12:] = x[:12]", ["6 of 6 validation inputs (100 %) and 6 of 6 test inputs (100 %) are also"]),
        ("y[y == 1] = 3", ["labels run from 0 to 3, and 1 of these occur nowhere, the first is 1"]),
        ("y[12:] = 0", []),
        ("pass", []),
    ],
)
def test_what_may_be_a_mistake_is_said_and_not_refused(own: Path, body: str, doubts: list[str]) -> None:
    found = made(own, body).doubts
    assert len(found) == len(doubts)
    for said, wanted in zip(found, doubts, strict=True):
        assert wanted in said
    assert load_task(own).prepare(own.parent / "cache").doubts == found  # from the cache too


@pytest.mark.parametrize(
    "given",
    [
        torch.tensor([[0.0, 1.0], [2.0, 3.0]]).to_sparse(),
        torch.tensor([[0.0, 1.0], [2.0, 3.0]]).to(torch.float8_e5m2),
        torch.tensor([[0.0, 1.0], [2.0, 3.0]], dtype=torch.bfloat16),
        torch.tensor([[0.0, -1.0], [-2.0, -3.0]]).to(torch.complex64).conj().imag._neg_view() + torch.tensor([[0.0, 1.0], [2.0, 3.0]]),
        torch.tensor([[0.0, 2.0], [1.0, 3.0]]).T,
    ],
    ids=["sparse", "of 8 bits", "bfloat16", "negated", "transposed"],
)  # fmt: skip
def test_tensors_of_every_kind_are_arrays(given: torch.Tensor) -> None:
    assert numbers("x", given).tolist() == [[0, 1], [2, 3]]


# ---- casts


@given(st.data())
def test_labels_of_every_whole_type_keep_their_values(data: st.DataObject) -> None:
    kind = data.draw(hnp.integer_dtypes(endianness="?") | hnp.unsigned_integer_dtypes(endianness="?"))
    least, most = np.iinfo(kind).min, min(np.iinfo(kind).max, np.iinfo(np.int64).max)
    values = data.draw(st.lists(st.integers(int(least), int(most)), min_size=1, max_size=20))
    found = classes("y", numbers("y", np.array(values, kind)))
    assert found.dtype == np.int64
    assert found.tolist() == values


@given(st.data())
def test_inputs_of_every_whole_type_keep_their_values(data: st.DataObject) -> None:
    kind = data.draw(hnp.integer_dtypes(endianness="?") | hnp.unsigned_integer_dtypes(endianness="?"))
    array = data.draw(hnp.arrays(kind, hnp.array_shapes(min_dims=2, max_dims=3)))
    if array.max() > np.iinfo(np.int64).max:
        with pytest.raises(TaskError, match="beyond int64"):
            inputs("x", numbers("x", array))
        return
    found = inputs("x", numbers("x", array))
    assert found.tolist() == array.tolist()
    assert torch.from_numpy(found).max() == int(array.max())  # a type that torch computes with


@given(hnp.arrays(hnp.floating_dtypes(endianness="?"), hnp.array_shapes(min_dims=2, max_dims=3)))
def test_floats_become_float32_of_the_same_value_or_are_refused(array: np.ndarray) -> None:
    if not np.isfinite(array).all():
        with pytest.raises(TaskError, match="not finite"):
            numbers("x", array)
        return
    with np.errstate(over="ignore"):
        wanted = array.astype(np.float32)
    if not np.isfinite(wanted).all():
        with pytest.raises(TaskError, match="beyond float32"):
            inputs("x", numbers("x", array))
        return
    found = inputs("x", numbers("x", array))
    assert found.dtype == np.float32
    assert np.array_equal(found, wanted)


@given(st.floats(1e-3, 1e9), st.integers(0, 99))
def test_what_still_tells_examples_apart_is_taken(scale: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    array = np.stack([scale * (1 + rng.normal(size=50)), np.full(50, 0.1) + rng.uniform(-1e-17, 1e-17, 50)], axis=1)
    still_apart("x", array, inputs("x", array))


@given(st.floats(1e6, 1e30), st.integers(0, 99))
def test_what_float32_cannot_tell_apart_is_refused(offset: float, seed: int) -> None:
    array = offset * (1 + 1e-8 * np.random.default_rng(seed).uniform(size=(50, 1)))
    with pytest.raises(TaskError, match="too close for float32; take off the mean"):
        still_apart("x", array, inputs("x", array))


# ---- texts


def test_dates_among_the_options_reach_make_as_they_are_and_make_new_data(own: Path) -> None:
    edit(own / "task.toml", "[data]", "[data]\nstart = 2020-01-02\nuntil = 2020-01-02T03:04:05\nmost = inf")
    edit(
        own / "data.py",
        "    rng =",
        "    assert (options['start'].year, options['until'].hour) == (2020, 3)\n    rng =",
    )
    cache = own.parent / "cache"
    first = load_task(own).prepare(cache)
    assert load_task(own).prepare(cache).public == first.public
    assert load_task(own).with_data({"start": "2020-02-02"}).prepare(cache).public != first.public


def test_dates_among_the_settings_of_a_fidelity_are_told(own: Path) -> None:
    edit(own / "task.toml", "steps = 1000,", "steps = 1000, start = 2020-01-02,")
    with pytest.raises(TaskError, match=r"task\.toml: .*start: expected numbers, texts, switches .*got 2020-01-02"):
        load_task(own)


@pytest.mark.parametrize("name", ["data.py", "program.py", "harness.py", "task.toml"])
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_a_byte_order_mark_and_line_ends_of_windows_change_nothing(own: Path, name: str, ends: str) -> None:
    plain = load_task(own)
    text = (own / name).read_text()
    (own / name).write_bytes(b"\xef\xbb\xbf" + text.replace("\n", ends).encode())
    assert load_task(own) == plain
    assert load_task(own).prepare(own.parent / "cache").labels["val"].shape == (400,)


@pytest.mark.parametrize("name", ["data.py", "program.py", "harness.py"])
def test_a_file_is_read_in_the_encoding_that_it_names(own: Path, name: str) -> None:
    text = (own / name).read_text()
    (own / name).write_bytes(f'# -*- coding: latin-1 -*-\nWORD = "Größe"\n{text}'.encode("latin-1"))
    task = load_task(own)
    assert task.prepare(own.parent / "cache").labels["val"].shape == (400,)
    found: dict[str, Any] = {}
    if name != "data.py":
        first, second = task.files.get(name, task.harness).splitlines()[:2]
        exec(compile(f"{first}\n{second}\n".encode(), name, "exec"), found)  # as it lies in the sandbox, in UTF-8
        assert found["WORD"] == "Größe"


@pytest.mark.parametrize("name", ["program.py", "harness.py"])
def test_a_file_in_no_known_encoding_names_the_cure(own: Path, name: str) -> None:
    (own / name).write_bytes('WORD = "Größe"\n'.encode("latin-1"))
    with pytest.raises(TaskError, match=r"cannot be read as text .*save it as UTF-8, or name its encoding"):
        load_task(own)


def test_a_toml_in_another_encoding_names_the_cure(own: Path) -> None:
    (own / "task.toml").write_bytes('title = "Größe"\n'.encode("latin-1"))
    with pytest.raises(TaskError, match="which is UTF-8; save it so"):
        load_task(own)


# ---- what lies beside data.py


def test_data_may_import_what_lies_beside_it_and_is_made_anew_when_that_changes(own: Path) -> None:
    (own / "signals").mkdir()
    (own / "signals" / "__init__.py").write_text("from .raw import NOISE\n")
    (own / "signals" / "raw.py").write_text("import memory\nNOISE = memory.NOISE\n")
    (own / "memory.py").write_text("NOISE = 0.0\n")  # called like a package of ours
    edit(own / "data.py", "    rng =", "    from signals import NOISE\n\n    options['noise'] = NOISE\n    rng =")
    cache, ours, known = own.parent / "cache", sys.modules.get("memory"), set(sys.modules)
    first = load_task(own).prepare(cache)
    assert load_task(own).prepare(cache).public == first.public
    (own / "memory.py").write_text("NOISE = 0.5\n")
    second = load_task(own).prepare(cache)
    assert np.abs(np.load(second.public / "val_x.npy") - np.load(first.public / "val_x.npy")).max() > 0.5
    assert sys.modules.get("memory") is ours
    assert {"signals", "signals.raw"}.isdisjoint(set(sys.modules) - known)
    assert str(own) not in sys.path
    assert not list(own.rglob("__pycache__"))


def test_two_tasks_may_have_helpers_of_one_name(own: Path) -> None:
    other = write_scaffold("other", own.parent)
    for folder, noise in ((own, 0.0), (other, 0.5)):
        (folder / "helper.py").write_text(f"NOISE = {noise}\n")
        edit(folder / "data.py", "import numpy as np\n", "import numpy as np\nfrom helper import NOISE\n")
        edit(folder / "data.py", 'x, y = spirals(2000, options["noise"], rng)', "x, y = spirals(2000, NOISE, rng)")
    made = [np.load(load_task(f).prepare(own.parent / "cache").public / "val_x.npy") for f in (own, other)]
    assert np.abs(made[0] - made[1]).max() > 0.5


def test_data_that_name_no_source_look_at_nothing_where_the_command_was_called(
    own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked, walk = [], Path.rglob

    def watched(self: Path, pattern: str) -> Iterator[Path]:
        looked.append(self.resolve())
        return iter(walk(self, pattern))

    monkeypatch.setattr(Path, "rglob", watched)
    monkeypatch.chdir(own.parent)
    load_task(own).prepare(own.parent / "cache")
    assert looked
    assert own.parent not in looked


def test_data_are_made_whatever_other_threads_import_meanwhile(own: Path) -> None:
    over, interval = threading.Event(), sys.getswitchinterval()

    def importing() -> None:
        while not over.is_set():
            for number in range(50):
                sys.modules[f"_passing_{number}"] = sys
            for number in range(50):
                del sys.modules[f"_passing_{number}"]

    other = threading.Thread(target=importing)
    sys.setswitchinterval(1e-6)
    other.start()
    try:
        for _ in range(50):
            with importable(own):
                pass
    finally:
        over.set()
        other.join()
        sys.setswitchinterval(interval)


def test_a_change_of_the_program_makes_no_new_data(own: Path) -> None:
    first = load_task(own).prepare(own.parent / "cache")
    (own / "program.py").write_text((own / "program.py").read_text() + "\n# more\n")
    assert load_task(own).prepare(own.parent / "cache").public == first.public


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (
            "import nowhere",
            "cannot import 'nowhere' (No module named 'nowhere'); install it into the environment of evolve",
        ),
        ("import helper.io", "'helper' is not a package); write it there, or keep data.py one file"),
        ("from helper import K", "failed with ImportError: cannot import name 'K' from 'helper'"),
        ("import importlib; importlib.import_module('helper')", "helper.py is imported out of sight; name it"),
    ],
)
def test_an_import_that_fails_names_the_cure(own: Path, line: str, says: str) -> None:
    (own / "helper.py").write_text("")
    edit(own / "data.py", "import numpy as np\n", f"import numpy as np\n{line}\n")
    with pytest.raises(TaskError) as caught:
        load_task(own).prepare(own.parent / "cache")
    assert says in str(caught.value)


def test_a_dataclass_with_annotations_as_text_is_no_trouble(own: Path) -> None:
    text = "from __future__ import annotations\nfrom dataclasses import dataclass\n\n@dataclass\nclass Signal:\n    noise: float = 0.1\n\n"
    (own / "data.py").write_text(text + (own / "data.py").read_text())
    assert load_task(own).prepare(own.parent / "cache").labels["val"].shape == (400,)


def test_fresh_examples_that_do_not_fit_are_told_before_a_run(own: Path) -> None:
    edit(own / "data.py", 'return {"x": x, "y": y}', 'return {"x": x, "y": y + 1}')
    with pytest.raises(TaskError, match="fresh y has the label 3, which no example of make"):
        load_task(own).prepare(own.parent / "cache")


def test_fresh_examples_are_cast_as_the_others_are(own: Path) -> None:
    edit(own / "data.py", 'return {"x": x, "y": y}', 'return {"x": x.astype(float).tolist(), "y": y.astype(np.uint8)}')
    drawn = load_task(own).fresh(0)
    assert drawn is not None
    assert (drawn.x.dtype, drawn.y.dtype) == (np.float32, np.int64)
