"""A network's parts are told by its check, counted once, and given to the segments that they stand in; nobody is believed in it."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from world import module

from memory.anatomy import MOST, by_segment, heard
from sandbox.worker import anatomy as worker
from sandbox.worker.anatomy import anatomy

TASKS = Path(__file__).parents[1] / "tasks"
PIECES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=90),
    lambda inner: st.lists(inner, max_size=10) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=20,
)
FIELDS = ("name", "kind", "file", "line", "params", "own", "times", "in", "out")
TOLD = st.lists(st.fixed_dictionaries(dict.fromkeys(FIELDS, PIECES)) | PIECES, max_size=50) | PIECES


def told(folder: Path, body: str, x: torch.Tensor) -> tuple[dict[str, str], list[dict[str, Any]], nn.Module]:
    """A program with this body, its network's parts, and the network."""
    files = {"program.py": f"import torch\nfrom torch import nn\n{body}"}
    (folder / "program.py").write_text(files["program.py"])
    program = module("anatomy_program", folder / "program.py")
    model = program.build_model()
    parts = anatomy(program, model, x)
    assert sum(part["own"] for part in parts) == sum(p.numel() for p in model.parameters())
    return files, parts, model


def shipped(task: str, x: torch.Tensor) -> dict[str, tuple[int, int, Any, Any]]:
    """Parameters, times and shapes of each segment of a shipped task's program."""
    path = TASKS / task / "program.py"
    program = module(f"anatomy_{task}", path)
    parts = json.loads(json.dumps(anatomy(program, program.build_model(), x)))
    return told_of({"program.py": path.read_text()}, parts)


def told_of(files: dict[str, str], parts: Any) -> dict[str, tuple[int, int, Any, Any]]:
    return {name: (s["params"], s["times"], s["in"], s["out"]) for name, s in by_segment(files, heard(parts)).items()}


def test_the_segments_of_the_papers_network_are_told_with_their_parameters_and_shapes() -> None:
    assert shipped("mnist1d", torch.zeros(3, 40)) == {
        "stem": (150, 1, [1, 40], [25, 19]),
        "body": (3800, 1, [25, 19], [25, 5]),
        "head": (1260, 1, [25, 5], [10]),
        "": (0, 1, [40], [10]),
    }


def test_a_segment_inside_another_counts_for_itself_alone() -> None:
    found = shipped("cifar10", torch.zeros(3, 3, 32, 32))
    assert sum(params for params, *_ in found.values()) == 518_230
    assert found == {
        "gate": (1464, 5, [12, 16, 16], [12, 16, 16]),
        "block": (409_536, 5, [12, 16, 16], [12, 16, 16]),
        "fct": (180, 1, [3, 32, 32], [12, 16, 16]),
        "eve": (1248, 1, [12, 16, 16], [48, 8, 8]),
        "me": (98_112, 3, [48, 8, 8], [96, 4, 4]),
        "aggregator": (7690, 1, [3, 32, 32], [10]),
    }


SHARED = """
# EVOLVE-BLOCK-START part
class Part(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(4, 4)

    def forward(self, x):
        return torch.relu(self.linear(x))
# EVOLVE-BLOCK-END


# EVOLVE-BLOCK-START pair
class Pair(nn.Module):
    def __init__(self, part):
        super().__init__()
        self.part = part
        self.last = nn.Linear(4, 2)

    def forward(self, x):
        return self.last(self.part(self.part(x)))
# EVOLVE-BLOCK-END


class Network(nn.Module):
    def __init__(self):
        super().__init__()
        part = Part()
        self.one, self.two = Pair(part), Pair(part)
        self.two.last.weight = self.one.last.weight

    def forward(self, x):
        return self.one(x) + self.two(x)


def build_model():
    return Network()
"""


def test_what_is_shared_or_used_twice_is_counted_once(tmp_path: Path) -> None:
    files, parts, _ = told(tmp_path, SHARED, torch.zeros(3, 4))
    assert told_of(files, parts) == {
        "part": (20, 1, [4], [4]),
        "pair": (8 + 2 + 2, 2, [4], [2]),
        "": (0, 1, [4], [2]),
    }


FUNCTIONS = """
# EVOLVE-BLOCK-START body
def body(width):
    return nn.Sequential(nn.Linear(4, width), nn.ReLU(), nn.Linear(width, 2))
# EVOLVE-BLOCK-END


def build_model():
    return body(8)
"""


def test_a_network_that_functions_build_stands_outside_the_segments(tmp_path: Path) -> None:
    files, parts, _ = told(tmp_path, FUNCTIONS, torch.zeros(3, 4))
    assert [(p["name"], p["kind"], p["file"], p["in"], p["out"]) for p in parts] == [
        ("", "Sequential", None, [4], [2]),
        ("0", "Linear", None, [4], [8]),
        ("1", "ReLU", None, [8], [8]),
        ("2", "Linear", None, [8], [2]),
    ]
    assert told_of(files, parts) == {"": (58, 1, [4], [2])}


DEEP = """
# EVOLVE-BLOCK-START block
class Base(nn.Module):
    @torch.no_grad()
    def forward(self, x):
        return self.linear(x), x


class Block(Base):
    linear: nn.Module
# EVOLVE-BLOCK-END


# EVOLVE-BLOCK-START network
class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.blocks = nn.ModuleList(Block() for _ in range(100))
        for block in self.blocks:
            block.linear = nn.Linear(4, 4)

    def forward(self, x):
        for block in self.blocks:
            x, _ = block(x)
        return x.T
# EVOLVE-BLOCK-END


def build_model():
    return Network()
"""


def test_of_very_many_parts_each_class_is_told_once_for_all(tmp_path: Path) -> None:
    files, parts, _ = told(tmp_path, DEEP, torch.zeros(3, 4))
    assert [(p["name"], p["times"], p["own"], p["params"]) for p in parts] == [
        ("", 1, 0, 2000),
        ("blocks.0", 100, 2000, 20),
    ]
    assert told_of(files, parts) == {"block": (2000, 100, [4], None), "network": (0, 1, [4], None)}


@pytest.mark.parametrize(
    "forward",
    ["raise ValueError(x)", "return self.part(x, 1)", "return torch.zeros(5) @ x", "return self.missing"],
)
def test_whatever_goes_wrong_in_the_pass_tells_nothing_and_fails_nothing(tmp_path: Path, forward: str) -> None:
    (tmp_path / "program.py").write_text(
        SHARED.replace("import torch", "").replace("return self.one(x) + self.two(x)", forward)
    )
    text = (tmp_path / "program.py").read_text()
    (tmp_path / "program.py").write_text(f"import torch\nfrom torch import nn\n{text}")
    program = module("failing", tmp_path / "program.py")
    model = program.build_model()
    assert anatomy(program, model, torch.zeros(3, 4)) == []
    assert all(not m._forward_hooks and m.training for m in model.modules())
    assert anatomy(object(), model, torch.zeros(3, 4)) == []  # a program that is no file


def test_the_model_and_the_random_numbers_are_as_they_were(tmp_path: Path) -> None:
    drawn = SHARED.replace("torch.relu(self.linear(x))", "self.linear(x) + torch.rand(4)")
    _, _, model = told(tmp_path, drawn, torch.zeros(3, 4))
    program = module("again", tmp_path / "program.py")
    model.one.eval()  # type: ignore[union-attr, operator]
    modes = [m.training for m in model.modules()]
    before = (torch.random.get_rng_state(), random.getstate(), np.random.get_state()[1].tolist())  # type: ignore[union-attr, index]
    weights = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    assert anatomy(program, model, torch.zeros(3, 4))
    after = (torch.random.get_rng_state(), random.getstate(), np.random.get_state()[1].tolist())  # type: ignore[union-attr, index]
    assert torch.equal(before[0], after[0])
    assert before[1:] == after[1:]
    assert modes == [m.training for m in model.modules()]
    assert all(torch.equal(weights[name], tensor) for name, tensor in model.state_dict().items())


def test_long_names_do_not_make_the_answer_large(tmp_path: Path) -> None:
    long = SHARED.replace("Part", "Ä" * 3000).replace("part", "ö" * 3000)
    (tmp_path / "program.py").write_text(f"import torch\nfrom torch import nn\n{long}", encoding="utf-8")
    program = module("long_names", tmp_path / "program.py")
    parts = anatomy(program, program.build_model(), torch.zeros(3, 4))
    assert max(len(part["name"]) for part in parts) == worker.LONGEST
    assert len(json.dumps(parts)) <= worker.ROOM


@given(TOLD)
def test_what_anybody_may_tell_is_kept_where_it_has_the_form_of_a_part_and_dropped_where_not(said: Any) -> None:
    parts = heard(said)
    assert len(parts) <= MOST
    assert all(tuple(part) == FIELDS and part in said for part in parts)
    assert len(json.dumps(parts)) < MOST * 4000  # what goes into the ledger is small, and plain JSON
    found = by_segment({"program.py": FUNCTIONS}, parts)
    assert sum(s["params"] for s in found.values()) <= sum(part["own"] for part in parts)


def test_a_true_part_is_heard_and_each_untrue_field_drops_it() -> None:
    part = {"name": "stem", "kind": "Stem", "file": "program.py", "line": 3, "params": 5, "own": 5, "times": 1}
    part |= {"in": [1, 40], "out": None}
    assert heard([part]) == (part,)
    lies = {
        "name": ["a\nb", 3, "a" * 81, None],
        "kind": ["\ud800"],
        "file": [3],
        "line": [True, -1, 1.0],
        "params": [float("nan"), 10**400, -1, None, "5", True],
        "own": [None],
        "times": [None],
        "in": [[1.5], "ab", [1] * 9, [-1], {}],
        "out": [[None]],
    }
    assert [
        heard([{**part, key: lie}]) for key, values in lies.items() for lie in values if heard([{**part, key: lie}])
    ] == []
