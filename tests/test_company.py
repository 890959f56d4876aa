"""Authors see the best compromise and what is furthest from their parent, never their parent again."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

import genome
from graph.company import company
from graph.pareto import hypervolume
from memory.records import Candidate
from tasks import Objective

OBJECTIVES = (Objective("val_error", "%", "min", 90.0), Objective("params", "", "min", 20000.0))


def program(id: str, stem: int, head: int, error: float, params: float) -> Candidate:
    text = "".join(
        f"# EVOLVE-BLOCK-START {name}\nx = {value}\n# EVOLVE-BLOCK-END\n"
        for name, value in (("stem", stem), ("head", head))
    )
    return Candidate(
        id,
        1,
        0,
        "mutate",
        files={"program.py": text},
        status="evaluated",
        objectives={"val_error": error, "params": params},
    )


values = st.tuples(st.integers(0, 2), st.integers(0, 2), st.floats(0, 100), st.integers(1, 30000))
some = st.lists(values, min_size=1, max_size=8).map(
    lambda found: [program(f"g01-{n:02d}", *one) for n, one in enumerate(found)]
)


@given(some, st.integers(0, 4))
def test_no_two_of_the_company_and_no_parent_share_their_code(known: list[Candidate], most: int) -> None:
    parent = known[0]
    chosen = company([parent], known, OBJECTIVES, most)
    assert len(chosen) <= most
    shown = [parent, *(one for id in chosen for one in known if one.id == id)]
    for n, one in enumerate(shown):
        assert all(genome.changed_segments(one.files, other.files) for other in shown[:n])
    codes = {genome.fingerprint(one.files) for one in known}
    assert len(chosen) == min(most, len(codes) - 1)


@given(some)
def test_the_best_compromise_comes_first(known: list[Candidate]) -> None:
    parent = known[0]
    others = [one for one in known if genome.changed_segments(one.files, parent.files)]
    chosen = company([parent], known, OBJECTIVES, 1)
    if others:
        first = next(one for one in known if one.id == chosen[0])
        assert hypervolume([first], OBJECTIVES) == max(hypervolume([one], OBJECTIVES) for one in others)


def test_the_best_that_is_no_variant_of_those_shown_comes_next() -> None:
    parent = program("g01-00", 0, 0, 5.0, 3000)
    best, near = program("a", 1, 0, 1.0, 1000), program("b", 2, 0, 2.0, 1000)
    far, further = program("c", 2, 2, 60.0, 9000), program("d", 2, 1, 40.0, 9000)
    assert company([parent], [best, near, far, further], OBJECTIVES, 2) == ("a", "d")
