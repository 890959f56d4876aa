"""What is left out of a program that is shown beside another one is never code."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import genome
from genome.notes import without_notes
from tasks import load_task, task_names

_PIECES = st.lists(
    st.sampled_from(
        [
            "def f(x):\n",
            '    """Says what it does."""\n',
            '    """Of\n\n    several lines."""\n',
            "    # a note\n",
            "    x = 1  # why\n",
            "    y = '# no note'\n",
            '    z = """a\n\n    # b\n    """\n',
            "\n",
            "    return x\n",
            "class A:\n",
            '    def g(self): "one line"; return 1\n',
            "# at the top\n",
            "t = (1,  # inside\n     2)\n",
            "    pass\n",
            "(\n",
        ]
    ),
    max_size=12,
).map("".join)


@given(_PIECES)
def test_the_code_stays_what_it_was(text: str) -> None:
    bare = without_notes(text)
    assert genome.same_code(bare, text) or bare == text
    assert len(bare) <= len(text)


@given(st.text())
def test_any_text_can_be_given(text: str) -> None:
    without_notes(text)


@pytest.mark.parametrize("name", task_names())
def test_programs_that_ship_keep_their_code(name: str) -> None:
    for text in genome.segments(load_task(name).files).values():
        bare = without_notes(text)
        assert genome.same_code(bare, text)
        if "def " in text:
            assert '"""' not in bare
            assert "#" not in bare
        else:
            assert bare == text
