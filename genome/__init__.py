"""What evolves: the text of a program, one file or several, cut into named segments.

A program is `dict[str, str]`, file name -> text, and changes only in its segments. It is compared, checked and
fingerprinted by its syntax tree and never run here. Its faults are GenomeError with a failure kind.
"""

from __future__ import annotations

from genome.compare import changed_segments, diff, same_code, surroundings
from genome.contract import check, check_seed
from genome.errors import GenomeError
from genome.markers import Part, cut, merge, replace, segments, splice, validate_markers
from genome.source import fingerprint
from genome.traits import traits

__all__ = [
    "GenomeError",
    "Part",
    "changed_segments",
    "check",
    "check_seed",
    "cut",
    "diff",
    "fingerprint",
    "merge",
    "replace",
    "same_code",
    "segments",
    "splice",
    "surroundings",
    "traits",
    "validate_markers",
]
