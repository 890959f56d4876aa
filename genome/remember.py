"""What was read off a text, kept for the next time that the same text comes."""

from __future__ import annotations

import functools
import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import TypeVar, TypeVarTuple, Unpack

R = TypeVar("R")
Rest = TypeVarTuple("Rest")

_ENTRY = 100  # characters that an entry counts beyond its text, so that even empty texts cannot be too many


def by_text(most: int) -> Callable[[Callable[[str, Unpack[Rest]], R]], Callable[[str, Unpack[Rest]], R]]:
    """A decorator for a pure function of a text and of further hashable values: its results are kept, those asked for last the
    longest, for texts of `most` characters together.

    `functools.lru_cache` counts entries; a thousand programs of the longest kind would fill the memory.
    """

    def decorate(function: Callable[[str, Unpack[Rest]], R]) -> Callable[[str, Unpack[Rest]], R]:
        kept: OrderedDict[object, R] = OrderedDict()
        lock = threading.Lock()
        held = 0

        @functools.wraps(function)
        def remembered(text: str, *rest: *Rest) -> R:
            nonlocal held
            key = (text, *rest)
            with lock:
                if key in kept:
                    kept.move_to_end(key)
                    return kept[key]
            result = function(text, *rest)
            size = len(text) + _ENTRY
            with lock:
                if key not in kept and size <= most:  # another thread may have been as quick
                    kept[key] = result
                    held += size
                while held > most:
                    oldest, _ = kept.popitem(last=False)
                    held -= len(oldest[0]) + _ENTRY  # type: ignore[index]
            return result

        return remembered

    return decorate
