"""Who is to blame: whatever is raised while the host handles what a candidate wrote is that candidate's failure."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from tasks import ScoreError

Given = ParamSpec("Given")
Made = TypeVar("Made")

_LONGEST = 300  # characters of an error's text


def of_candidate(work: Callable[Given, Made], *given: Given.args, **named: Given.kwargs) -> Made:
    """What `work` makes of something that a candidate wrote, and of nothing else: it touches no file and no ledger.

    Raises ScoreError alone, with the kind of the candidate's failure and a message for its author.
    """
    try:
        return work(*given, **named)
    except ScoreError:
        raise
    except Exception as e:
        raise ScoreError("contract", blamed(e)) from e


def blamed(error: Exception) -> str:
    """What the author of a program is told of an error that what it sent has caused here."""
    return f"what the program sent cannot be used: {type(error).__name__}: {' '.join(str(error).split())[:_LONGEST]}"
