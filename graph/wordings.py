"""Which wordings of an instruction stand, which are retired, and which is rephrased next. Pure functions."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

from graph.bandit import Tally, beats, draw, thompson
from memory.records import Wording

_MOST_STANDING = 3  # versions of one text: a run's children are too few to tell more apart
_ENOUGH = 5  # children of a version before it can be retired
_HOPELESS = 0.05  # chance of being better than its parent below which a version is retired

Versions = Mapping[str, Sequence[Wording]]


def by_name(wordings: Sequence[Wording]) -> dict[str, list[Wording]]:
    """All versions of each text, oldest first."""
    names = sorted({w.name for w in wordings})
    return {name: sorted((w for w in wordings if w.name == name), key=lambda w: w.version) for name in names}


def standing(versions: Versions, tallies: Mapping[str, Tally]) -> dict[str, list[Wording]]:
    """The versions of each text that may be given to an author.

    A version goes when, after enough children, the chance that it brings more for its tokens than the version it was made from
    is below 5 %. The text that came with the program always stays. Should the parent come to do as badly, the version is back.
    """
    return {name: [w for w in found if not retired(w, tallies)] for name, found in versions.items()}


def retired(wording: Wording, tallies: Mapping[str, Tally]) -> bool:
    """Whether this version is clearly worse than its parent."""
    ours = tallies.get(wording.id, Tally())
    if wording.parent is None or ours.trials < _ENOUGH:
        return False
    theirs = tallies.get(f"{wording.name}@{wording.parent}", Tally())
    return theirs.trials > 0 and beats(ours, theirs) < _HOPELESS


def next_to_rephrase(
    versions: Versions, tallies: Mapping[str, Tally], floor: float, most: int, rng: random.Random
) -> list[Wording]:
    """At most `most` wordings, of different texts, from which new versions are to be made.

    A text is open to rephrasing when each of its standing versions has been tried, and there is room for one more. Of its
    versions the one that serves best is the likeliest parent.
    """
    found = standing(versions, tallies)
    names = [
        name
        for name, ours in found.items()
        if len(ours) < _MOST_STANDING and all(tallies.get(w.id, Tally()).trials for w in ours)
    ]
    chosen = []
    for name in rng.sample(names, min(most, len(names))):
        chances = thompson({w.id: 1.0 for w in found[name]}, tallies, floor)
        parent = draw(chances, rng)
        chosen.append(next(w for w in found[name] if w.id == parent))
    return chosen
