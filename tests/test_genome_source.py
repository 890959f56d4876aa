"""A program read stretch by stretch, and out of what is remembered, is read as if it were read whole and for the first time."""

from __future__ import annotations

import ast
import hashlib
import random
from collections.abc import Callable
from dataclasses import fields

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from agents.offline.architect import random_edit
from genome import GenomeError, changed_segments, check, cut, fingerprint, replace
from genome.forbidden import forbidden
from genome.remember import by_text
from genome.source import Source, read, read_whole
from genome.tree import normalise, serialise, tree_of
from genome.units import Unit, units
from tasks import load_task

IMPORTS = ["torch", "math"]
LINES = st.sampled_from(
    [
        *("# EVOLVE-BLOCK-START a", "# EVOLVE-BLOCK-END", "# EVOLVE-BLOCK-START b", "# EVOLVE-BLOCK-END", "", "# note"),
        *("import torch", "import math, torch", "from torch import nn as n", "from torch import *", "import os"),
        *(
            "class A:",
            "    '''said'''",
            "    width = 1",
            "    def f(self): return self.f_back",
            "def f(x):",
            "    return x",
        ),
        *("else:", "@n.jit", "x = [", "]", "'''", "\\", "pass", "'bare'", "if __name__ == '__main__': x = 1"),
        *(
            "torch = n",
            "h = torch.hub",
            "h.load(1)",
            "self.f_back = 1",
            "print(1)",
            "exec('x')",
            "\f",
            "    ",
            "\r",
            "x = 1",
        ),
    ]
)
TEXTS = st.lists(LINES, max_size=14).map("\n".join)


def as_told(unit: Unit) -> dict[str, object]:
    """Everything of a unit, with its members instead of its owner."""
    told = {f.name: getattr(unit, f.name) for f in fields(unit) if f.name not in {"owner", "members"}}
    return {**told, "owner": unit.owner and unit.owner.name, "members": [as_told(member) for member in unit.members]}


def read_or_fault(way: Callable[[str, str], Source], text: str) -> Source | str:
    try:
        return way("program.py", text)
    except GenomeError as fault:
        return str(fault)


def everything(source: Source) -> object:
    told = [as_told(unit) for unit in source.units()]
    return source.code, told, source.straddling(), source.forbidden(IMPORTS, {"program"})


@given(TEXTS)
@example(
    "import torch\n# EVOLVE-BLOCK-START a\nimport math\nx = 1\n# EVOLVE-BLOCK-END\nfrom torch import *\nimport torch\n"
)
@example(
    "def f(x):\n    h = torch.hub\n# EVOLVE-BLOCK-START a\nh = torch.hub\n# EVOLVE-BLOCK-END\nimport torch\nh.load(1)\n"
)
def test_what_is_read_by_stretches_is_what_is_read_whole(text: str) -> None:
    whole = read_or_fault(read_whole, text)
    by_stretches = read_or_fault(read, text)
    if isinstance(whole, str) or isinstance(by_stretches, str):
        assert by_stretches == whole
        return
    assert everything(by_stretches) == everything(whole)
    tree = normalise(ast.parse(text))
    assert whole.code == serialise(tree)
    assert whole.forbidden(IMPORTS, {"program"}) == forbidden("program.py", tree, IMPORTS, {"program"})
    assert [unit.code for unit in whole.units()] == [unit.code for unit in units(tree)]


def test_tasks_are_read_by_stretches_a_segment_inside_a_class_whole() -> None:
    for name in ("mnist1d", "cifar10"):
        text = load_task(name).files["program.py"]
        assert len(read("program.py", text).stretches) == len(cut(text))
    inside = "class A:\n# EVOLVE-BLOCK-START a\n    x = 1\n# EVOLVE-BLOCK-END\n    y = 2\n"
    assert len(read("program.py", inside).stretches) == 1


def test_imports_that_a_marker_parts_are_put_in_order_as_one_run() -> None:
    text = "import torch\n# EVOLVE-BLOCK-START a\n{}\nx = 1\n# EVOLVE-BLOCK-END\n"
    one, other = ({"program.py": text.format(imports)} for imports in ("import math", "import math\nimport torch"))
    assert fingerprint(one) == fingerprint(other)
    assert changed_segments(one, other) == ["a"]  # by itself it does differ


def test_fingerprints_are_those_that_older_ledgers_hold() -> None:
    for name in ("mnist1d", "cifar10"):
        files = load_task(name).files
        digest = hashlib.sha256()
        for file in sorted(files):
            content = serialise(normalise(ast.parse(files[file])))
            digest.update(f"{file}\0{len(content)}\0{content}\0".encode())
        assert fingerprint(files) == digest.hexdigest()[:16]


@given(st.integers(0, 10_000))
def test_a_check_says_the_same_however_often_and_after_whatever_it_is_asked(seed: int) -> None:
    rng, task = random.Random(seed), load_task("mnist1d")
    parent = random_edit(task.files, rng)
    child = random_edit(parent, rng)
    spoilt = replace(child, {"head": "import os\n" + "x = (\n" * rng.randrange(2)})

    def said(program: dict[str, str]) -> str:
        try:
            check(program, parent, task.roots, task.imports)
        except GenomeError as e:
            return str(e)
        return ""

    first = [said(child), said(spoilt)]
    assert [said(child), said(spoilt)] == first
    check(child, task.files, task.roots, task.imports)
    assert [said(child), said(spoilt)] == first


def test_what_is_remembered_is_bounded_by_the_characters_of_its_texts() -> None:
    asked: list[str] = []

    @by_text(most=3_000)
    def twice(text: str) -> str:
        asked.append(text)
        return text * 2

    texts = [f"{n:04}" * 200 for n in range(20)]  # 800 characters each, and 100 that an entry costs
    assert [twice(text) for text in texts] == [text * 2 for text in texts]
    assert [twice(text) for text in texts[-3:]] == [text * 2 for text in texts[-3:]]
    assert asked == texts  # the last three were remembered
    twice(texts[-4])
    twice(texts[-2])
    assert asked == [*texts, texts[-4]]
    assert [twice("y" * 5_000), twice("y" * 5_000)] == ["y" * 10_000] * 2  # longer than all that may be kept
    assert len(asked) == 23
    twice(texts[-2])
    assert len(asked) == 23  # and leaves the rest alone


@pytest.mark.parametrize("times", [1, 4, 5])
def test_a_depth_that_the_interpreter_miscounts_is_no_fault_of_a_text(
    times: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As CPython 3.11 does now and then where other threads parse: it is asked again, and if that does not help says what all callers expect."""
    usual, left = ast.parse, [SystemError("AST constructor recursion depth mismatch (before=195, after=33)")] * times

    def miscounting(text: str, filename: str) -> ast.Module:
        if left:
            raise left.pop()
        return usual(text, filename)

    monkeypatch.setattr(ast, "parse", miscounting)
    if times < 5:
        assert ast.dump(tree_of("x = 1\n")) == ast.dump(usual("x = 1\n"))
    else:
        with pytest.raises(RecursionError, match="mismatch"):
            tree_of("x = 1\n")
