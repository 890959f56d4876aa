"""What a candidate sends is small by contract: refused before it is parsed, read beside the event loop, never a surprise."""

from __future__ import annotations

import asyncio
import json
import os
import struct
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.numpy
from hypothesis import given
from hypothesis import strategies as st
from sandboxes import LIMITS, Bench, bench

from sandbox.contract import Limits
from sandbox.warm import Received, frame_of
from sandbox.worker import wire
from sandbox.worker.bounds import META_BYTES, SMALL_BYTES, Bound, Gate

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
)


def message(meta: Any, blob: bytes = b"") -> Received:
    return Received(
        wire.FRAME,
        meta if isinstance(meta, bytes) else json.dumps(meta).encode(),
        bytearray(blob + wire.SPENT.pack(0.0, 0.0)),
    )


def blob(table: Any, numbers: bytes = b"") -> bytes:
    text = table if isinstance(table, bytes) else json.dumps(table).encode()
    return struct.pack("<Q", len(text)) + text + numbers


def depth(value: Any) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if inner is None else 1 + max(map(depth, inner), default=0)


@given(ANYTHING, st.integers(0, 6))
def test_the_depth_of_json_is_told_by_its_bytes(value: Any, deepest: int) -> None:
    assert wire.shallow(json.dumps(value).encode(), deepest) == (depth(value) <= deepest)


@pytest.mark.parametrize("text", [b'"' + b'\\"' * (1 << 20), b'"\\' * (1 << 20), b'"' * (2 << 20), b"[" * (2 << 20)])
def test_depth_is_told_in_one_reading_whatever_is_read(text: bytes) -> None:
    began = time.thread_time()
    wire.shallow(text, 16)
    assert time.thread_time() - began < 2


def test_json_with_too_many_values_is_not_built() -> None:
    assert wire.parsed(b"[" + b"[]," * 9 + b"[]]", 2, 20) == [[]] * 10
    with pytest.raises(ValueError, match="at most 1000000 values"):
        wire.parsed(b"[" + b"[]," * (2 << 20) + b"[]]", 16, 1_000_000)


@given(ANYTHING | st.binary(max_size=99), ANYTHING | st.dictionaries(st.text(max_size=3), ANYTHING), st.binary())
def test_no_frame_from_inside_can_raise_anything_but_a_value_error(meta: Any, table: Any, numbers: bytes) -> None:
    for told in (meta, {"kind": "x", "meta": meta}, {"kind": "x", "meta": {}}):
        for arrays in (b"", numbers, blob(table, numbers), blob({"x": table}, numbers)):
            if not isinstance(told, bytes) and not isinstance(meta, bytes):
                try:
                    frame_of(message(told, arrays), Gate((), 1 << 20))
                except ValueError:
                    continue


ENTRY = {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}
UNREADABLE: dict[str, bytes] = {
    "the same numbers twice": blob({"a": ENTRY, "b": ENTRY}, b"1234"),
    "a gap between numbers": blob({"a": ENTRY, "b": {**ENTRY, "data_offsets": [8, 12]}}, bytes(12)),
    "numbers of nobody": blob({"a": ENTRY}, bytes(8)),
    "numbers that are not there": blob({"a": {**ENTRY, "shape": [1 << 30], "data_offsets": [0, 4 << 30]}}, b"1234"),
    "a product that overflows": blob({"a": {**ENTRY, "shape": [1 << 31] * 3, "data_offsets": [0, 4]}}, b"1234"),
    "an axis below zero": blob({"a": {**ENTRY, "shape": [-1, -1]}}, b"1234"),
    "an axis that is true": blob({"a": {**ENTRY, "shape": [True]}}, b"1234"),
    "too many axes": blob({"a": {**ENTRY, "shape": [1] * 17}}, b"1234"),
    "a name twice": blob(b'{"a":%b,"a":%b}' % ((json.dumps(ENTRY).encode(),) * 2), b"1234"),
    "a name of control characters": blob({"\x1b[2J": ENTRY}, b"1234"),
    "a name of half a character": blob({"\ud800": ENTRY}, b"1234"),
    "a name that is too long": blob({"a" * 201: ENTRY}, b"1234"),
    "a name of no characters": blob({"": ENTRY}, b"1234"),
    "a table of bytes that are no text": blob(b'{"\xff":1}', b"1234"),
    "a table in another encoding": blob(json.dumps({"a": ENTRY}).encode("utf-16"), b"1234"),
    "notes": blob({"__metadata__": {"a": "b"}, "a": ENTRY}, b"1234"),
    "a table that is a list": blob([ENTRY], b"1234"),
    "a deep table": blob(b'{"a":' + b"[" * 100 + b"]" * 100 + b"}"),
    "a dtype of nobody": blob({"a": {**ENTRY, "dtype": "F128"}}, b"1234"),
    "a table longer than the frame": struct.pack("<Q", 1 << 60) + b"{}",
    "half a length": b"1234",
}


@pytest.mark.parametrize("what", UNREADABLE)
def test_arrays_that_are_not_as_they_were_packed_are_refused(what: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        frame_of(message({"kind": "x", "meta": {}}, UNREADABLE[what]), Gate((), 1 << 20))


BOUNDS = (Bound("note", 2, 100), Bound("numbers", 9, 100, arrays=2, array_bytes=64))


def test_each_kind_is_held_to_its_own_bounds() -> None:
    def sent(*kinds: str, **arrays: Any) -> str:
        gate = Gate(BOUNDS, 10_000)
        try:
            for kind in kinds:
                frame_of(message({"kind": kind, "meta": {}}, wire.pack_arrays(arrays)), gate)
        except ValueError as error:
            return str(error)
        return ""

    assert sent("note", "note", "numbers") == ""
    assert "more than 2 frames" in sent("note", "note", "note")
    assert "may send note, numbers" in sent("other")
    assert "no arrays" in sent("note", x=np.zeros(1))
    assert sent("numbers", x=np.zeros(4), y=np.zeros(4)) == ""
    assert "2 arrays of 64 bytes" in sent("numbers", x=np.zeros(1 << 10))
    assert "at most 2 arrays" in sent("numbers", x=np.zeros(0), y=np.zeros(0), z=np.zeros(0))
    with pytest.raises(ValueError, match="do not take"):
        frame_of(message({"kind": "numbers", "meta": {}}, blob(b"{" + b" " * 800 + b"}")), Gate(BOUNDS, 10_000))
    with pytest.raises(ValueError, match="may have 100 bytes"):
        frame_of(message({"kind": "note", "meta": {"x": "y" * 100}}), Gate(BOUNDS, 10_000))


def test_all_frames_of_a_job_are_counted_together() -> None:
    gate = Gate((), 1 << 30)
    text = json.dumps({"kind": "x", "meta": {"y": "z" * (META_BYTES - 100)}}).encode()
    for _ in range(SMALL_BYTES // len(text)):
        frame_of(message(text), gate)
    with pytest.raises(ValueError, match="together"):
        frame_of(message(text), gate)


def test_bounds_are_counted_before_a_frame_is_kept_and_the_last_word_stands_whatever_follows() -> None:
    decoder = wire.Decoder((wire.FRAME, wire.DONE), Gate((), 200))
    frame = wire.encode(wire.FRAME, {"kind": "x", "meta": {}}, b"x" * 80)
    stream = decoder.feed(frame + wire.encode(wire.DONE, {"failure": None}) + b"junk" * 100)
    assert [next(stream).type, next(stream).type] == [wire.FRAME, wire.DONE]
    decoder = wire.Decoder((wire.FRAME, wire.DONE), Gate((), 200))
    assert len(list(decoder.feed(frame))) == 1
    head = wire.HEAD.pack(wire.MAGIC, wire.FRAME, wire.VERSION, 22, 80)
    with pytest.raises(ValueError, match="together"):  # without its arrays
        list(decoder.feed(head + frame[wire.HEAD.size :][:22]))


# ---- what it costs the host ------------------------------------------------------------------------------------------

RAW = """
import json, os, struct

def send(text, blob=b""):
    data = memoryview(struct.pack("<2scBIQ", b"GE", b"F", 1, len(text), len(blob)) + text + blob)
    while data:
        data = data[os.write(3, data):]

def table(text, numbers=b""):
    return struct.pack("<Q", len(text)) + text + numbers

KIND = b'{"kind":"weights","meta":{}}'
EMPTY = '{"dtype":"F32","shape":[0],"data_offsets":[0,0]}'

def attack(data_dir, settings, emit):
    PAYLOAD
"""
ATTACKS = {
    "44 MB of brackets where names should be": 'send(KIND, table(b"[" * (44 << 20)))',
    "44 MB of closed brackets": 'send(KIND, table(b"[" + b"[]," * (14 << 20) + b"[]]"))',
    "300,000 empty arrays": """send(KIND, table(("{" + ",".join(f'"{n}":{EMPTY}' for n in range(300000)) + "}").encode()))""",
    "as many empty arrays as may come, again and again": """
    for _ in range(99): send(KIND, table(("{" + ",".join(f'"{n}":{EMPTY}' for n in range(4000)) + "}").encode()))""",
    "JSON nested 970 deep": """send(b'{"kind":"x","meta":{"a":' + b"[" * 970 + b"]" * 970 + b"}}")""",
    "as much JSON as may come, again and again": """
    for _ in range(999): send(b'{"kind":"x","meta":{"a":[' + b"[]," * 21000 + b"[]]}}")""",
    "a frame as large as may come": 'send(KIND, table(b\'{"a":{"dtype":"U8","shape":[67108864],"data_offsets":[0,67108864]}}\', bytes(64 << 20)))',
    "empty frames without end": """
    while True: send(b'{"kind":"x","meta":{}}')""",
}  # fmt: skip
# without bounds 300,000 empty arrays took 527 MB and 20 s. What counts is what this process computed meanwhile: a busy machine is
# deaf by itself now and then
MOST_GROWTH_MB, MOST_BLOCK_S = 300, 2.5


def resident_mb() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / (1 << 20)


class Watched:
    """The event loop of a bench, watched: how long it was deaf at most, how much this process computed meanwhile, how much it grew."""

    def __init__(self, box: Bench) -> None:
        self.box, self.block_s, self.deaf_s, self.grown_mb = box, 0.0, 0.0, 0.0

    async def _watch(self) -> None:
        base = resident_mb()
        while True:
            began, computed = time.monotonic(), time.process_time()
            await asyncio.sleep(0.005)
            self.deaf_s = max(self.deaf_s, time.monotonic() - began - 0.005)
            self.block_s = max(self.block_s, time.process_time() - computed)
            self.grown_mb = max(self.grown_mb, resident_mb() - base)

    def run(self, program: str, limits: Limits) -> Any:
        async def both() -> Any:
            watch = asyncio.create_task(self._watch())
            try:
                return await self.box.sandbox.run(self.box.job(program, limits=limits))
            finally:
                watch.cancel()

        return self.box.wait(both())


@pytest.mark.parametrize("what", ATTACKS)
def test_no_frame_makes_the_host_large_or_deaf(request: pytest.FixtureRequest, what: str) -> None:
    watched = Watched(bench("jail", request.config))
    limits = Limits(timeout_s=20, memory_mb=300, log_kb=64, frames_mb=80)
    result = watched.run(RAW.replace("PAYLOAD", ATTACKS[what]), limits)
    print(f"{what}: {watched.grown_mb:.0f} MB, deaf {1000 * watched.deaf_s:.0f} ms, {result.failure} {result.message}")
    fits = what == "a frame as large as may come"
    assert result.failure == (None if fits else "refused"), result.message
    assert watched.grown_mb < MOST_GROWTH_MB
    assert watched.block_s < MOST_BLOCK_S


ENDED = """
import os, sys
from pathlib import Path
sys.path.insert(0, {worker!r})
import keeper, walls, watch, wire
limits = dict(timeout_s=60, patience=10, memory_mb=300, scratch_mb=1, threads=9, log_kb=1, frames_mb=1)
frames, channel = os.pipe()
log, log_in = os.pipe()
pid = os.fork()
if not pid:
    os.write(channel, {sent!r})
    os._exit(0)
own = walls.status("self", "VmSize", "VmData", "RssAnon", "RssShmem", "VmSwap", "VmRSS")
life = watch.Life(pid, limits, own, Path("."), None, forks=False)
os.close(channel), os.close(log_in)
relay = keeper.Relay(life, frames, log)
os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
assert life.reap()
while relay.take({{frames, log}}):
    pass
print(life.verdict(relay.last, True, "")["failure"])
"""


@pytest.mark.parametrize(
    ("sent", "failure"),
    [
        (b"GE and so on, but not a message", "refused"),
        (wire.encode(wire.FRAME, {"kind": "x", "meta": {}}, b"no arrays"), "refused"),
        (wire.encode(wire.FRAME, {"kind": "x", "meta": {}}), "crash"),  # nothing but its early end is wrong
    ],
)
def test_what_was_sent_is_refused_also_when_its_process_was_gone_first(sent: bytes, failure: str) -> None:
    script = ENDED.format(worker=str(Path(wire.__file__).parent), sent=sent)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, encoding="utf-8")
    assert (done.stdout.strip(), done.stderr) == (failure, "")


def test_honest_frames_of_a_deep_network_pass(request: pytest.FixtureRequest) -> None:
    arrays = {f"blocks.{n}.attention.projection.weight": np.full((3, n % 4), n, np.float32) for n in range(4000)}
    saved = safetensors.numpy.save(arrays)
    assert frame_of(message({"kind": "x", "meta": {}}, saved), Gate((), 1 << 30)).arrays.keys() == arrays.keys()
    program = (
        "import torch\ndef attack(data_dir, settings, emit):\n"
        "    emit('weights', {}, {f'blocks.{n}.attention.projection.weight': torch.ones(2, 2) for n in range(4000)})\n"
    )
    result = bench("jail", request.config).run(program, limits=LIMITS)
    assert (result.failure, [len(f.arrays) for f in result.frames if f.kind == "weights"]) == (None, [4000])
