"""Cutting, splicing, comparing and fingerprinting programs."""

from __future__ import annotations

import ast
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genome import (
    GenomeError,
    changed_segments,
    cut,
    diff,
    fingerprint,
    merge,
    replace,
    segments,
    splice,
    validate_markers,
)

settings.register_profile("undated", deadline=None)  # other work on the machine must not fail a test
settings.load_profile("undated")

PROGRAM = {
    "program.py": '''"""A small net."""
import math
import torch
from torch import nn

# EVOLVE-BLOCK-START stem
class Stem(nn.Module):
    """Lifts one channel to many."""

    width = 16

    def forward(self, x):
        return x * 2.0  # doubled
# EVOLVE-BLOCK-END

# EVOLVE-BLOCK-START head
def head(x):
    return x + 1
# EVOLVE-BLOCK-END

def build_model():
    return nn.Sequential(Stem(), head)
''',
    "extra.py": "# EVOLVE-BLOCK-START extra\nDEPTH = 3\n# EVOLVE-BLOCK-END\n",
}

# Texts that are mostly markers and strange line ends.
PIECES = st.sampled_from(
    [
        "# EVOLVE-BLOCK-START a",
        "# EVOLVE-BLOCK-START b",
        "#EVOLVE-BLOCK-START",
        "# EVOLVE-BLOCK-END",
        "  # EVOLVE-BLOCK-END a",
        "# EVOLVE-BLOCK-STARTLE",
        "x = 1",
        "    ",
        "\n",
        "\r\n",
        "\r",
        "\f",
        "\v",
        "\u2028",
        "\x85",
        "\x1c",
        "\0",
        '"""',
    ]
)
MESSY = st.lists(st.one_of(PIECES, st.text(max_size=5)), max_size=30).map("".join)
CODE = st.lists(st.sampled_from(["x = 1", "y = [", "'''", "# note", "", "\tz", "é = 'ü'"]), max_size=6).map("\n".join)


@given(st.one_of(MESSY, st.text()))
def test_what_is_cut_is_spliced_back_byte_for_byte(text: str) -> None:
    assert splice(cut(text)) == text


@given(MESSY)
def test_sound_marking_and_cut_agree_about_the_segments(text: str) -> None:
    try:
        validate_markers({"program.py": text})
    except GenomeError:
        pass
    else:
        starts = [line for line in text.replace("\r", "\n").split("\n") if "EVOLVE-BLOCK-START " in line]
        assert len(segments({"program.py": text})) == len(starts) > 0


@given(CODE, st.sampled_from(["stem", "head", "extra"]), st.sampled_from(["\n", "\r\n"]))
def test_replace_changes_only_the_named_segment(code: str, name: str, end: str) -> None:
    files = {file: text.replace("\n", end) for file, text in PROGRAM.items()}
    child = replace(files, {name: code})
    new = segments(child)
    old = segments(files)
    assert {n: t for n, t in new.items() if n != name} == {n: t for n, t in old.items() if n != name}
    assert new[name].replace(end, "\n").removesuffix("\n") == code.removesuffix("\n")
    assert replace(child, {name: old[name]}) == files


@given(MESSY)
def test_replacing_segments_by_themselves_changes_no_byte(text: str) -> None:
    files = {"program.py": text}
    try:
        own = segments(files)
    except GenomeError:
        return
    assert replace(files, own) == files


def test_replace_refuses_unknown_names_and_marker_lines() -> None:
    with pytest.raises(GenomeError, match="no segment is named 'neck'; the segments are: stem, head, extra"):
        replace(PROGRAM, {"neck": "x = 1"})
    for text in ("# EVOLVE-BLOCK-END\n", "x = 1\n  #EVOLVE-BLOCK-START y\n"):
        with pytest.raises(GenomeError, match="EVOLVE-BLOCK lines") as caught:
            replace(PROGRAM, {"stem": text})
        assert caught.value.failure == "contract"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("x = 1\n", "no segment"),
        ("# EVOLVE-BLOCK-START a\n", "block 'a' has no EVOLVE-BLOCK-END"),
        ("# EVOLVE-BLOCK-END\n", "line 1: EVOLVE-BLOCK-END without a START"),
        ("# EVOLVE-BLOCK-START\n# EVOLVE-BLOCK-END\n", "line 1: a START needs a name"),
        ("# EVOLVE-BLOCK-START a b\n# EVOLVE-BLOCK-END\n", "line 1: a START needs a name"),
        (
            "# EVOLVE-BLOCK-START a\n# EVOLVE-BLOCK-START b\n# EVOLVE-BLOCK-END\n",
            "line 2: a START inside the block opened at",
        ),
        ("# EVOLVE-BLOCK-START a\n# EVOLVE-BLOCK-END\n" * 2, "line 3: segment 'a' is already at program.py, line 1"),
        ("# EVOLVE-BLOCK-START a\n# EVOLVE-BLOCK-END b\n", "line 2: the END of 'b' closes 'a'"),
    ],
)
def test_malformed_marking_is_reported_with_its_line(text: str, fault: str) -> None:
    with pytest.raises(GenomeError) as caught:
        validate_markers({"program.py": text})
    assert caught.value.failure == "contract"
    assert fault in caught.value.message


def test_sound_marking_passes() -> None:
    validate_markers(PROGRAM)
    validate_markers({"program.py": "# EVOLVE-BLOCK-START a\r\n# EVOLVE-BLOCK-END a\r\n"})


SAME = {
    "comments": ("  # doubled", "  # twice as much"),
    "formatting": ("x * 2.0", "(x\n                * 2.0)"),
    "docstring changed": ("Lifts one channel to many.", "Something else."),
    "docstring removed": ('    """Lifts one channel to many."""\n', ""),
    "order of imports": ("import math\nimport torch\n", "import torch\nimport math\n"),
    "imports on one line": ("import math\nimport torch\n", "import torch, math\n"),
    "idle pass": ("    return x + 1\n", "    pass\n    return x + 1\n"),
    "number written otherwise": ("2.0", "2.00"),
    "blank lines": ("\ndef build_model", "\n\n\n\ndef build_model"),
}


@pytest.mark.parametrize("case", SAME)
def test_fingerprint_does_not_see(case: str) -> None:
    old, new = SAME[case]
    assert old in PROGRAM["program.py"]
    assert fingerprint({**PROGRAM, "program.py": PROGRAM["program.py"].replace(old, new)}) == fingerprint(PROGRAM)


DIFFERENT = {
    "a constant": ("2.0", "2.5"),
    "its type": ("2.0", "2"),
    "a name": ("width", "breadth"),
    "an operator": ("x + 1", "x - 1"),
    "a base class": ("Stem(nn.Module)", "Stem"),
    "an import": ("import math\n", ""),
}


@pytest.mark.parametrize("case", DIFFERENT)
def test_fingerprint_sees(case: str) -> None:
    old, new = DIFFERENT[case]
    changed = fingerprint({**PROGRAM, "program.py": PROGRAM["program.py"].replace(old, new)})
    assert changed != fingerprint(PROGRAM)
    assert len(changed) == 16


def test_fingerprint_counts_file_names_and_not_their_order() -> None:
    assert fingerprint(dict(reversed(PROGRAM.items()))) == fingerprint(PROGRAM)
    assert fingerprint({"program.py": PROGRAM["program.py"], "other.py": PROGRAM["extra.py"]}) != fingerprint(PROGRAM)


def test_fingerprint_keeps_the_order_of_imports_that_bind_one_name() -> None:
    first, second = "from a import x\nfrom b import x\n", "from b import x\nfrom a import x\n"
    assert fingerprint({"p.py": first}) != fingerprint({"p.py": second})


def test_fingerprint_keeps_the_order_of_star_imports() -> None:
    first, second = "from a import *\nfrom b import *\n", "from b import *\nfrom a import *\n"
    assert fingerprint({"p.py": first}) != fingerprint({"p.py": second})


def test_fingerprint_is_pinned() -> None:
    """Ledgers keep fingerprints: a change here makes every stored one worthless."""
    assert fingerprint(PROGRAM) == "c14194728ce35b8d"


CONSTANTS = st.one_of(
    st.integers(0, 10**6),
    st.floats(0, allow_nan=False, allow_infinity=False, allow_subnormal=False),
    st.text(max_size=8),
    st.booleans(),
    st.none(),
    st.binary(max_size=4),
)


@given(CONSTANTS, CONSTANTS)
def test_fingerprint_is_changed_by_any_changed_constant(a: object, b: object) -> None:
    same = type(a) is type(b) and a == b
    one, other = ({"p.py": f"def f(x={value!r}):\n    return [x, {value!r}]\n"} for value in (a, b))
    assert (fingerprint(one) == fingerprint(other)) == same


@given(st.sampled_from(sorted(PROGRAM)), st.data())
def test_fingerprint_is_unchanged_by_any_comment(file: str, data: st.DataObject) -> None:
    lines = PROGRAM[file].split("\n")
    at = data.draw(st.integers(0, len(lines)))
    note = data.draw(st.text(st.characters(blacklist_characters="\r\n\0", blacklist_categories=["Cs"])))
    lines.insert(at, "#" + note)
    assert fingerprint({**PROGRAM, file: "\n".join(lines)}) == fingerprint(PROGRAM)


@given(st.sampled_from(sorted(PROGRAM)))
def test_fingerprint_is_unchanged_by_reprinting_the_tree(file: str) -> None:
    assert fingerprint({**PROGRAM, file: ast.unparse(ast.parse(PROGRAM[file]))}) == fingerprint(PROGRAM)


def test_a_syntax_error_names_file_segment_line_text_and_caret() -> None:
    child = replace(PROGRAM, {"head": "def head(x):\n\treturn x + * 1\n"})
    with pytest.raises(GenomeError) as caught:
        fingerprint(child)
    assert caught.value.failure == "syntax"
    assert caught.value.message == (
        "program.py, line 18 (segment 'head', line 2 of it): invalid syntax\n    \treturn x + * 1\n    \t           ^"
    )


@pytest.mark.parametrize(
    "text",
    [
        "x = '\ud800'",
        "x = 1\0",
        "(" * 5000,
        "-" * 200_000 + "1",
        "1" + "+1" * 50_000,
        "x = " + "1" * 5000,
        "x = 'a",
        "f(",
        "\\",
    ],
    ids=lambda text: repr(text[:8]),
)
def test_text_that_does_not_parse_is_a_fault_of_the_program(text: str) -> None:
    with pytest.raises(GenomeError) as caught:
        fingerprint({"p.py": text})
    assert caught.value.failure == "syntax"
    assert len(caught.value.message) < 600


def test_hexadecimal_giants_and_deep_trees_have_a_fingerprint() -> None:
    deep = "x = " + "a." * 800 + "b"
    assert fingerprint({"p.py": "x = 0x" + "f" * 9000}) != fingerprint({"p.py": deep})


@given(st.text(max_size=200))
def test_any_text_has_a_fingerprint_or_a_syntax_error(text: str) -> None:
    try:
        outcome = f"{len(fingerprint({'p.py': text}))} digits"
    except GenomeError as error:
        outcome = error.failure
    assert outcome in {"16 digits", "syntax"}


def test_changed_segments_names_changes_of_code_in_order() -> None:
    child = replace(
        PROGRAM,
        {
            "extra": "DEPTH = 4\n",
            "stem": segments(PROGRAM)["stem"].replace("16", "8"),
            "head": "def head(x): return x+1",
        },
    )
    assert changed_segments(PROGRAM, child) == ["stem", "extra"]
    assert changed_segments(PROGRAM, PROGRAM) == []


def test_a_comment_in_a_nested_segment_is_no_change() -> None:
    text = "class A:\n    # EVOLVE-BLOCK-START size\n    size = 1\n    # EVOLVE-BLOCK-END\n"
    assert changed_segments({"p.py": text}, {"p.py": text.replace("= 1", "= 1  # one")}) == []
    assert changed_segments({"p.py": text}, {"p.py": text.replace("= 1", "= 2")}) == ["size"]


def test_diff_has_a_heading_for_each_changed_segment() -> None:
    child = replace(PROGRAM, {"extra": "DEPTH = 4\nWIDTH = 2"})
    assert diff(PROGRAM, child) == "=== segment extra\n@@ -1 +1,2 @@\n-DEPTH = 3\n+DEPTH = 4\n+WIDTH = 2\n"
    assert diff(PROGRAM, PROGRAM) == ""


def test_merge_takes_the_named_segments_of_b_and_nothing_else() -> None:
    other = replace(PROGRAM, {"stem": "class Stem: ...\n", "head": "def head(x): return x\n"})
    child = merge(PROGRAM, other, ["head"])
    assert segments(child) == {**segments(PROGRAM), "head": segments(other)["head"]}
    assert merge(PROGRAM, other, segments(other)) == other
    with pytest.raises(GenomeError, match="no segment is named 'neck'"):
        merge(PROGRAM, other, ["neck"])


@pytest.mark.parametrize(
    "line", ["# EVOLVE-BLOCK-START a" + " " * 100_000 + "b\n", "#" * 200_000 + "\n", "x = 1\n" * 40_000, "\r" * 200_000]
)
def test_cutting_200_kb_takes_no_time(line: str) -> None:
    begin = time.process_time()
    assert splice(cut(line)) == line
    diff({"p.py": line}, {"p.py": line + "y\n"})
    assert time.process_time() - begin < 2
