"""Messages between the host, the warm worker and the candidate's process: length, JSON, arrays as safetensors.

A message is `GE` + type (1 byte) + version (1 byte) + length of the JSON (u32) + length of the blob (u64), little
endian, then the JSON object, then the blob. Both lengths are checked against a bound before a byte of either is kept.
Nothing is ever pickled.
"""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Iterator
from typing import Any, NamedTuple, Protocol

HEAD = struct.Struct("<2scBIQ")
MAGIC = b"GE"
VERSION = 1

# host to worker
JOB, STOP = b"J", b"S"
# worker to host
READY, BEGUN, RESULT = b"R", b"B", b"E"
# candidate's process to worker; frames are relayed to the host under the same type
FRAME, DONE = b"F", b"D"

# behind a frame's arrays, from the worker: seconds of the program's processor, and by the clock, since it has its job
SPENT = struct.Struct("<dd")
MAX_META = 64 << 10  # bytes of JSON in the last word of a candidate's process
MAX_WORD = 64 << 20  # bytes of JSON in what the worker itself says, the log of a job among it
DEEPEST = 16  # lists and tables within one another in what a candidate may have written
MAX_JOB = 64 << 20  # bytes of JSON in a job: program and harness texts
MAX_GIVEN = 4 << 30  # bytes of arrays handed in with a job


class WireError(ValueError):
    """What came is not a message, or breaks a bound."""


class Message(NamedTuple):
    type: bytes
    meta: dict[str, Any]
    blob: bytes
    text: bytes = b""  # the JSON as it came


class Admission(Protocol):
    """What frames are held against; `bounds.Gate` is one."""

    most_meta: int
    most_blob: int

    def admit(self, meta: dict[str, Any], meta_bytes: int, blob_bytes: int) -> Any:
        """Raises ValueError for a frame that may not come, before its arrays do."""


def encode(type: bytes, meta: dict[str, Any], blob: bytes = b"") -> bytes:
    """One message, ready to be written."""
    return framed(type, json.dumps(meta, separators=(",", ":")).encode(), blob)


def framed(type: bytes, text: bytes, blob: bytes) -> bytes:
    """One message of JSON that is text already."""
    return HEAD.pack(MAGIC, type, VERSION, len(text), len(blob)) + text + blob


def parse_head(head: bytes, types: tuple[bytes, ...], max_meta: int, max_blob: int) -> tuple[bytes, int, int]:
    """Type, length of the JSON, length of the blob. Raises WireError on anything unexpected or over its bound."""
    magic, type, version, meta_size, blob_size = HEAD.unpack(head)
    if magic != MAGIC or version != VERSION or type not in types:
        raise WireError("expected a message, got other bytes")
    if meta_size > max_meta:
        raise WireError(f"a message's JSON may have {max_meta} bytes, this one says {meta_size}")
    if blob_size > max_blob:
        raise WireError(f"arrays may have {max_blob} bytes here, this message says {blob_size}")
    return type, meta_size, blob_size


def parse_meta(text: bytes, deepest: int | None = None) -> dict[str, Any]:
    """The JSON object of a message, nested at most so deep where a candidate wrote it. Raises WireError."""
    try:
        meta = json.loads(text) if deepest is None else parsed(text, deepest)
    except (ValueError, RecursionError) as error:
        raise (
            error if isinstance(error, WireError) else WireError(f"a message's JSON does not parse: {error}")
        ) from error
    if not isinstance(meta, dict):
        raise WireError(f"a message's JSON is an object, got {type(meta).__name__}")
    return meta


def parsed(text: bytes, deepest: int, most: int | None = None) -> Any:
    """What JSON says that a candidate may have written, its depth and its values bounded before they are built.

    Raises WireError, and ValueError for what is no JSON. Each value takes some sixty bytes.
    """
    plain = text.decode()  # UTF-8 and nothing else: what is looked at here is then what is parsed
    if not shallow(text, deepest):
        raise WireError(f"JSON is nested at most {deepest} deep here, and closes what it opens")
    if most is not None and sum(map(text.count, (b",", b"[", b"{"))) > most:
        raise WireError(f"JSON has at most {most} values here")
    return json.loads(plain)


# to its end or that of the text, without a step back: the time is that of reading once, whatever it says
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)', re.DOTALL)
_ALL_BUT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_ONE_KIND = bytes.maketrans(b"{}", b"[]")


def shallow(text: bytes, deepest: int) -> bool:
    """Whether lists and tables lie at most so deep in one another in this JSON, told by its bytes: nothing is built."""
    brackets = _STRING.sub(b"", text).translate(_ONE_KIND, _ALL_BUT_BRACKETS)
    for _ in range(deepest):
        if not brackets:
            break
        brackets = brackets.replace(b"[]", b"")  # takes the innermost off everywhere at once
    return not brackets


class Decoder:
    """Turns bytes that arrive in any pieces into messages; bounds are checked as soon as they can be."""

    def __init__(self, types: tuple[bytes, ...], gate: Admission, max_meta: int = MAX_META) -> None:
        """`gate` is for frames; any other message is JSON of at most `max_meta` bytes."""
        self.types, self.gate, self.max_meta = types, gate, max_meta
        self._buffer = bytearray()
        self._head: tuple[bytes, int, int] | None = None
        self._known: tuple[dict[str, Any], bytes] | None = None

    def feed(self, data: bytes) -> Iterator[Message]:
        """The messages that `data` completes, one by one: a fault in what follows takes none back.

        Raises ValueError; after that the decoder is of no use.
        """
        self._buffer += data
        while True:
            if self._head is None:
                if len(self._buffer) < HEAD.size:
                    return
                self._head = self._begin(bytes(self._buffer[: HEAD.size]))
            type, meta_size, blob_size = self._head
            at = HEAD.size + meta_size
            if self._known is None:
                if len(self._buffer) < at:
                    return
                text = bytes(self._buffer[HEAD.size : at])
                self._known = parse_meta(text, DEEPEST), text
                if type == FRAME:
                    self.gate.admit(self._known[0], meta_size, blob_size)
            if len(self._buffer) < at + blob_size:
                return
            meta, text = self._known
            message = Message(type, meta, bytes(memoryview(self._buffer)[at : at + blob_size]), text)
            del self._buffer[: at + blob_size]
            self._head = self._known = None
            yield message

    def _begin(self, head: bytes) -> tuple[bytes, int, int]:
        if head[2:3] == FRAME:
            return parse_head(head, self.types, self.gate.most_meta, self.gate.most_blob)
        return parse_head(head, self.types, self.max_meta, 0)


_DTYPES = {
    "float64": "F64", "float32": "F32", "float16": "F16",
    "int64": "I64", "int32": "I32", "int16": "I16", "int8": "I8",
    "uint64": "U64", "uint32": "U32", "uint16": "U16", "uint8": "U8", "bool": "BOOL",
}  # fmt: skip


def pack_arrays(arrays: dict[str, Any] | None) -> bytes:
    """Arrays or tensors as safetensors bytes; empty for none. Half floats of 8 exponent bits travel as float32.

    Raises TypeError for a dtype that safetensors has no name for.
    """
    if not arrays:
        return b""
    import numpy as np

    head: dict[str, Any] = {}
    bodies = []
    at = 0
    for name, array in arrays.items():
        if hasattr(array, "detach"):  # a torch tensor, told by its face so that this file needs no torch
            array = array.detach().cpu()
            array = (array.float() if "bfloat16" in str(array.dtype) else array).numpy()
        array = np.ascontiguousarray(array) if np.ndim(array) else np.asarray(array)
        if array.dtype.name not in _DTYPES or array.dtype.byteorder == ">":
            raise TypeError(f"array {name!r} has dtype {array.dtype}; send one of: {', '.join(_DTYPES)}")
        body = array.tobytes()
        shape = list(array.shape)
        head[str(name)] = {"dtype": _DTYPES[array.dtype.name], "shape": shape, "data_offsets": [at, at + len(body)]}
        bodies.append(body)
        at += len(body)
    text = json.dumps(head, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return b"".join([struct.pack("<Q", len(text)), text, *bodies])


_NUMPY = {name: kind for kind, name in _DTYPES.items()}
MAX_NAME = 200  # characters of an array's name
MAX_AXES = 16
MAX_AXIS = 1 << 31


def unpack_arrays(blob: bytes | bytearray, most: int) -> dict[str, Any]:
    """The arrays, `most` or fewer, of safetensors bytes that a candidate may have written, not copied. Raises WireError.

    How long the table of their names may be is for the caller to bound. Stricter than the format asks: names are printable,
    each once, and the numbers lie one after the other without overlap, so that nothing is larger than it came.
    """
    import numpy as np

    if not blob:
        return {}
    size = int.from_bytes(blob[:8], "little")
    text = bytes(memoryview(blob)[8 : 8 + size])
    if size > len(blob) - 8 or not shallow(text, 3):
        raise WireError("arrays begin with a table of their names, dtypes and shapes")
    try:
        table = json.loads(text.decode(), object_pairs_hook=_once)
        if len(table) > most:
            raise WireError(f"at most {most} arrays may come here, these are {len(table)}")
        begin, at, arrays = 8 + size, 0, {}
        for name, entry in sorted(table.items(), key=lambda one: one[1]["data_offsets"]):
            kind, count, first = np.dtype(_NUMPY[entry["dtype"]]), 1, entry["data_offsets"][0]
            if not (
                isinstance(name, str) and name.isprintable() and 0 < len(name) <= MAX_NAME and name != "__metadata__"
            ):
                raise WireError(f"an array's name is 1 to {MAX_NAME} printable characters")
            if len(entry["shape"]) > MAX_AXES:
                raise WireError(f"an array has at most {MAX_AXES} axes")
            for axis in entry["shape"]:
                if type(axis) is not int or not 0 <= axis <= MAX_AXIS:
                    raise WireError("an axis is a whole number")
                count *= axis
            if first != at or entry["data_offsets"] != [at, at + count * kind.itemsize]:
                raise WireError("each array takes the bytes that its shape needs, right behind the one before")
            at += count * kind.itemsize
            if begin + at > len(blob):
                break
            arrays[name] = np.frombuffer(blob, kind, count, begin + first).reshape(entry["shape"])
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError, OverflowError) as error:
        raise error if isinstance(error, WireError) else WireError(f"arrays cannot be read: {error!r:.200}") from error
    if begin + at != len(blob):
        raise WireError("the bytes of the arrays are not those that their shapes need")
    return arrays


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON table whose names are each there once. Raises WireError."""
    table = dict(pairs)
    if len(table) != len(pairs):
        raise WireError("a name is there twice")
    return table
