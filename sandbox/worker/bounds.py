"""How large the frames of a job may be: known before it begins, held against each frame before more of it is kept.

The keeper counts them on their way out, the host again as they arrive, byte for byte alike. Only the standard library.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

META_BYTES = 64 << 10  # of JSON in a frame, unless its kind says otherwise
NAMED_BYTES = 256  # of the header for each array: its name, dtype, shape and place
SMALL_BYTES = 4 << 20  # of JSON and of headers in all frames of a job: parsed, they take some twenty times as much
DEEPEST = 16  # lists and tables within one another in a frame's JSON


class OverBound(ValueError):
    """A frame that its job may not send; the message says which bound it breaks."""


class Bound(NamedTuple):
    """What the frames of one kind may be."""

    kind: str
    frames: int  # in a job
    meta_bytes: int = META_BYTES
    arrays: int = 0  # in a frame
    array_bytes: int = 0  # of all arrays of a frame together

    @property
    def header_bytes(self) -> int:
        """Of the table of names, dtypes and shapes that arrays begin with."""
        return (self.arrays + 1) * NAMED_BYTES if self.arrays else 0

    @property
    def blob_bytes(self) -> int:
        """Of everything behind the JSON."""
        return 8 + self.header_bytes + self.array_bytes if self.arrays else 0


class Gate:
    """Lets the frames of one job through while they keep to their bounds."""

    def __init__(self, bounds: Iterable[Sequence[Any]], total_bytes: int) -> None:
        """`bounds` of the only kinds that may come; of none of them any kind may, within generous ones."""
        self._bounds = {bound.kind: bound for bound in (Bound(*one) for one in bounds)}
        self._any = self._last = Bound("", 10_000, META_BYTES, 4096, total_bytes)
        self._left, self._small = total_bytes, SMALL_BYTES
        self._seen: Counter[str] = Counter()
        every = list(self._bounds.values()) or [self._any]
        self.most_meta = max(bound.meta_bytes for bound in every)
        self.most_blob = max(bound.blob_bytes for bound in every)

    def admit(self, meta: dict[str, Any], meta_bytes: int, blob_bytes: int) -> None:
        """Whether a frame with this JSON and so many bytes may come, before its arrays do. Raises OverBound."""
        kind = meta.get("kind")
        if not isinstance(kind, str) or not isinstance(meta.get("meta"), dict):
            raise OverBound("a frame has a kind and an object")
        bound = self._bounds.get(kind) if self._bounds else self._any
        if bound is None:
            known = ", ".join(self._bounds)
            raise OverBound(f"a frame of kind {kind[:40]!r}; this job may send {known}")
        self._seen[bound.kind] += 1
        if self._seen[bound.kind] > bound.frames:
            raise OverBound(f"more than {bound.frames} frames {_of(bound)}in one job")
        if meta_bytes > bound.meta_bytes:
            raise OverBound(f"a frame {_of(bound)}may have {bound.meta_bytes} bytes of JSON, this one has {meta_bytes}")
        if blob_bytes > bound.blob_bytes:
            most = f"{bound.arrays} arrays of {bound.array_bytes} bytes together" if bound.arrays else "no arrays"
            raise OverBound(f"a frame {_of(bound)}may have {most}, this one says {blob_bytes} bytes")
        self._spend(meta_bytes, meta_bytes + blob_bytes)
        self._last = bound

    def open(self, blob: bytes | bytearray) -> int:
        """The most arrays that the last frame may bring, when their table is short enough to be parsed. Raises OverBound."""
        bound = self._last
        if blob:
            size = int.from_bytes(blob[:8], "little")
            if size > bound.header_bytes:
                raise OverBound(f"the names and shapes of at most {bound.arrays} arrays do not take {size} bytes")
            self._spend(size, 0)
        return bound.arrays

    def _spend(self, small: int, total: int) -> None:
        self._small -= small
        self._left -= total
        if self._small < 0:
            raise OverBound(f"JSON and names of arrays of all frames together are over {SMALL_BYTES} bytes")
        if self._left < 0:
            raise OverBound("all frames together are over their limit of bytes")


def _of(bound: Bound) -> str:
    return f"of kind {bound.kind!r} " if bound.kind else ""
