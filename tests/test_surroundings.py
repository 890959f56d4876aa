"""Programs with all but one segment in common are found, whatever parent they are of."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

import genome

_TEXTS = st.sampled_from(["x = 1\n", "x = 1  # again\n", "x = 2\n", "y = (\n", "def f():\n    return 3\n"])


def program(texts: list[str]) -> dict[str, str]:
    names = ("stem", "body", "head")
    return {
        "program.py": "".join(
            f"# EVOLVE-BLOCK-START {name}\n{text}# EVOLVE-BLOCK-END\n" for name, text in zip(names, texts, strict=True)
        )
    }


@given(st.lists(_TEXTS, min_size=3, max_size=3), st.lists(_TEXTS, min_size=3, max_size=3))
def test_two_programs_are_alike_around_a_segment_when_they_differ_nowhere_else(a: list[str], b: list[str]) -> None:
    one, two = program(a), program(b)
    ours, theirs = genome.surroundings(one), genome.surroundings(two)
    apart = set(genome.changed_segments(one, two))
    for name in ("stem", "body", "head"):
        assert (ours[name] == theirs[name]) == (apart <= {name})
