"""One job, from its arrival to its result: the process that forks a candidate, relays, measures and kills.

It is a fork of the warm worker itself, made for this job alone: what a candidate's memory can still hold of the worker's
is what was there before any job came, never another candidate's code or predictions.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import select
import tempfile
from pathlib import Path
from typing import Any

import bounds  # type: ignore[import-not-found]
import child  # type: ignore[import-not-found]
import folders  # type: ignore[import-not-found]
import walls  # type: ignore[import-not-found]
import watch  # type: ignore[import-not-found]
import wire  # type: ignore[import-not-found]

TICK_S = 0.02  # how often memory, threads and the job's folder are looked at
ROOM_KB, ROOM_FILES = 1024, 64  # of a slot's own file system above a job's limits: who is over them is ended, not full
MAX_WAITING = 8 << 20  # bytes of frames that may wait for a slow host before the candidate has to wait too


class Keeper:
    """Keeps one candidate."""

    def __init__(self, options: argparse.Namespace, rules: int, control: int, out: int) -> None:
        self.options, self.rules, self.control, self.out = options, rules, control, out
        self.given: list[Path] = []  # the file of what was handed in

    def prepare(self) -> None:
        """Make the job's folder and the candidate's process, which builds its walls and then waits for its job."""
        self.folder = Path(tempfile.mkdtemp(prefix="job-", dir=self.options.scratch))
        program = self.folder / child.PROGRAM
        program.mkdir(mode=0o700)
        if self.options.uid is not None:
            for path in (self.folder, program):
                os.chown(path, self.options.uid, self.options.uid)
        scratch = Path(self.options.scratch)
        self.mount = scratch if scratch.is_mount() else None
        self.frames, channel = os.pipe()
        self.log, log_in = os.pipe()
        orders, self.orders = os.pipe()
        self.own = walls.status("self", "VmSize", "VmData", "RssAnon", "RssShmem", "VmSwap", "VmRSS")
        setup = child.Setup(
            folder=str(self.folder),
            rules=self.rules,
            devices=self.options.device,
            keeps=self.mount is None,
            uid=self.options.uid,
            bounded=not self.options.device,
            size_kb=self.own["VmSize"],
            data_kb=self.own["VmData"],
            gpu=self.options.gpu,
            share=self.options.gpu_share,
        )
        parent = os.getpid()
        self.pid = os.fork()
        if self.pid == 0:
            child.main(setup, parent, log_in, channel, orders)
        for fd in (channel, log_in, orders):
            os.close(fd)

    def serve(self) -> bool:
        """Take one job and answer it; False when the host has closed its end instead."""
        while True:
            order = self.receive()
            if order is None:
                return False
            if order.type == wire.JOB:  # a stop for a job that had ended meanwhile is late, not wrong
                break
        if os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            raise ChildProcessError("the process that was to run the job is gone before it came")
        self.tell(wire.BEGUN, {})
        try:
            result = self.keep(order.meta, order.blob)
        finally:
            folders.remove(self.folder)
            for given in self.given:
                given.unlink()
        self.tell(wire.RESULT, result)
        return True

    def receive(self) -> Any:
        """The host's next message, None when it is gone; not a byte more is read."""
        head = self._exactly(wire.HEAD.size)
        if not head:
            return None
        type, meta_size, given = wire.parse_head(head, (wire.JOB, wire.STOP), wire.MAX_JOB, wire.MAX_GIVEN)
        return wire.Message(type, wire.parse_meta(self._exactly(meta_size)), self._exactly(given))

    def _exactly(self, size: int) -> bytes:
        data = bytearray()
        while len(data) < size and (part := os.read(self.control, size - len(data))):
            data += part
        return bytes(data)

    def tell(self, type: bytes, meta: dict[str, Any]) -> None:
        self.write(bytearray(wire.encode(type, meta)))

    def write(self, data: bytearray) -> None:
        """Write all of it, however slowly the host reads."""
        while data:
            select.select([], [self.out], [])
            with contextlib.suppress(BlockingIOError):
                del data[: os.write(self.out, data[: 1 << 20])]

    def hand_over(self, job: dict[str, Any], arrays: bytes) -> None:
        """Write the program's files and the arrays, and give the process its job."""
        if arrays:  # not in the folder, whose size is the candidate's own to use
            file, name = tempfile.mkstemp(suffix=".safetensors", dir=self.options.given or self.options.scratch)
            os.close(file)
            self.given = [Path(name)]
            self.given[0].write_bytes(arrays)
            self.given[0].chmod(0o644)  # the candidate's own user reads it
            job["settings"]["weights"] = name
        if self.options.own_mount:
            text_kb = sum(len(text.encode()) for text in job["program"].values()) >> 10
            size_kb = (job["limits"]["scratch_mb"] << 10) + text_kb + ROOM_KB
            walls.memory_folder(self.options.scratch, size_kb, folders.MAX_FILES + ROOM_FILES)
        for name, text in job["program"].items():
            if Path(name).name != name:
                raise ValueError(f"a program's file name is a plain name, got {name!r}")
            path = self.folder / child.PROGRAM / name
            path.write_text(text, encoding="utf-8")
            if self.options.uid is not None:
                os.chown(path, self.options.uid, self.options.uid)
        with open(self.orders, "wb") as handle, contextlib.suppress(BrokenPipeError):  # a dead process is told of later
            handle.write(json.dumps(job).encode())

    def keep(self, job: dict[str, Any], arrays: bytes) -> dict[str, Any]:
        """Stay with the candidate from the moment it has its job to its end; what the result says."""
        life = watch.Life(self.pid, job["limits"], self.own, self.folder, self.mount, forks=self.rules < 0)
        try:
            try:
                self.hand_over(job, arrays)
            except ValueError as error:
                return {"error": str(error)}
            for fd in (self.frames, self.log, self.out):
                os.set_blocking(fd, False)
            relay = Relay(life, self.frames, self.log)
            while not self._turn(life, relay):
                life.police(held=len(relay.out) >= MAX_WAITING)
        finally:
            life.kill()
        self.write(relay.out)
        return life.verdict(relay.last, relay.walls_up, relay.log.text())

    def _turn(self, life: Any, relay: Relay) -> bool:
        """Wait for whatever comes first and see to it; whether the process is gone and everything it said was read."""
        gone = life.reap()
        poll = select.poll()
        wanted = relay.wanted()
        for fd in wanted:
            poll.register(fd, select.POLLIN)
        if relay.out:
            poll.register(self.out, select.POLLOUT)
        if not gone:
            poll.register(self.control, select.POLLIN)
            if life.handle is not None:
                poll.register(life.handle, select.POLLIN)
        ready = {fd for fd, _ in poll.poll(0 if gone else life.wait_ms(TICK_S))}
        if self.out in ready:
            with contextlib.suppress(BlockingIOError):
                del relay.out[: os.write(self.out, relay.out[: 1 << 20])]
        if self.control in ready:
            self.receive()  # a stop, or the host's end: both end the job
            life.kill("stopped", "")
        # only a turn that listened to everything can tell that nothing more comes: its last word waits behind large frames
        return not relay.take(ready) and gone and relay.heard(wanted)


class Relay:
    """What comes out of a candidate's process, bounded, on its way to the host."""

    def __init__(self, life: Any, frames: int, log: int) -> None:
        self.life = life
        self.log = watch.Log(life.limits["log_kb"] << 10)
        self.out = bytearray()
        self.last: dict[str, Any] | None = None  # what the process said of its own end
        self.walls_up = False
        self._gate = bounds.Gate(life.limits.get("frames") or (), life.limits["frames_mb"] << 20)
        self._decoder = wire.Decoder((wire.FRAME, wire.DONE, child.WALLS_UP), self._gate)
        self._frames, self._log = frames, log
        self._open = {frames, log}

    def wanted(self) -> set[int]:
        """The descriptors to read from; frames wait while the host is slow."""
        return self._open - ({self._frames} if len(self.out) >= MAX_WAITING else set())

    def heard(self, wanted: set[int]) -> bool:
        """Whether these are all the descriptors that are open."""
        return self._open <= wanted

    def take(self, ready: set[int]) -> bool:
        """Read what is there; whether there was anything."""
        mine = ready & self._open
        for fd in mine:
            try:
                data = os.read(fd, 1 << 20)
            except BlockingIOError:
                continue
            if not data:
                self._open.discard(fd)
                os.close(fd)
            elif fd == self._log:
                self.log.add(data)
            elif self.last is None:
                self._pass_on(data)
        return bool(mine)

    def _pass_on(self, data: bytes) -> None:
        try:
            for message in self._decoder.feed(data):
                if message.type == child.WALLS_UP:
                    self.walls_up = True
                elif message.type == wire.DONE:
                    self.last = message.meta
                    self.life.hurry(1.0)
                    return
                else:
                    self._gate.open(message.blob)
                    self.out += wire.framed(
                        wire.FRAME, message.text, message.blob + wire.SPENT.pack(*self.life.spent())
                    )
        except ValueError as error:  # not a message, or over a bound
            self.last = {}
            self.life.refuse(f"the frames of this program were stopped: {error}")
