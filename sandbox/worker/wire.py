"""Messages between the host, the warm worker and the candidate's process: length, JSON, arrays as safetensors.

A message is `GE` + type (1 byte) + version (1 byte) + length of the JSON (u32) + length of the blob (u64), little
endian, then the JSON object, then the blob. Both lengths are checked against a bound before a byte of either is kept.
Nothing is ever pickled.
"""

from __future__ import annotations

import json
import struct
from typing import Any, NamedTuple

HEAD = struct.Struct("<2scBIQ")
MAGIC = b"GE"
VERSION = 1

# host to worker
JOB, STOP = b"J", b"S"
# worker to host
READY, BEGUN, RESULT = b"R", b"B", b"E"
# candidate's process to worker; frames are relayed to the host under the same type
FRAME, DONE = b"F", b"D"

MAX_META = 1 << 20  # bytes of JSON in a message that a candidate may have written
MAX_JOB = 64 << 20  # bytes of JSON in a job: program and harness texts
MAX_GIVEN = 4 << 30  # bytes of arrays handed in with a job


class WireError(ValueError):
    """What came is not a message, or breaks a bound."""


class Message(NamedTuple):
    type: bytes
    meta: dict[str, Any]
    blob: bytes


def encode(type: bytes, meta: dict[str, Any], blob: bytes = b"") -> bytes:
    """One message, ready to be written."""
    text = json.dumps(meta, separators=(",", ":")).encode()
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


def parse_meta(text: bytes) -> dict[str, Any]:
    """The JSON object of a message. Raises WireError."""
    try:
        meta = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise WireError(f"a message's JSON does not parse: {error}") from error
    if not isinstance(meta, dict):
        raise WireError(f"a message's JSON is an object, got {type(meta).__name__}")
    return meta


class Decoder:
    """Turns bytes that arrive in any pieces into messages; bounds are checked as soon as a head is complete."""

    def __init__(self, types: tuple[bytes, ...], max_meta: int, max_blob: int, max_frames: int | None = None) -> None:
        self.types, self.max_meta, self.max_blob = types, max_meta, max_blob
        self.left = max_frames  # bytes that frames may still have, None for any number
        self._buffer = bytearray()
        self._head: tuple[bytes, int, int] | None = None

    def feed(self, data: bytes) -> list[Message]:
        """The messages that `data` completes. Raises WireError; after that the decoder is of no use."""
        self._buffer += data
        messages: list[Message] = []
        while True:
            if self._head is None:
                if len(self._buffer) < HEAD.size:
                    return messages
                self._head = parse_head(bytes(self._buffer[: HEAD.size]), self.types, self.max_meta, self.max_blob)
                if self.left is not None and self._head[0] == FRAME:
                    self.left -= HEAD.size + self._head[1] + self._head[2]
                    if self.left < 0:
                        raise WireError("all frames together are over their limit of bytes")
            type, meta_size, blob_size = self._head
            end = HEAD.size + meta_size + blob_size
            if len(self._buffer) < end:
                return messages
            meta = parse_meta(bytes(self._buffer[HEAD.size : HEAD.size + meta_size]))
            messages.append(Message(type, meta, bytes(self._buffer[HEAD.size + meta_size : end])))
            del self._buffer[:end]
            self._head = None


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
