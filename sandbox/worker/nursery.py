"""The nursery: imports torch once for all slots of a run, and forks a warm worker whenever the host asks for one.

Run by the host as `python -P -s -S nursery.py OPTION ...` with a socket of packets as standard input. A packet of the host's has the
further options of one worker and its three streams; the answers are its process id, and later how it ended. It takes no job and reads
no data, so that every fork begins with what was there before any candidate. Its workers die with it, and it ends with the host.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import sys
import time
import traceback
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))  # an isolated interpreter does not look beside its script

import walls  # type: ignore[import-not-found]
import worker  # type: ignore[import-not-found]

MAX_PACKET = 1 << 16
LAST_S = 10.0  # workers whose host is gone have so long to end by themselves, which removes their folders


def bear(common: list[str], own: list[str], streams: list[int]) -> int:
    """A worker in a session of its own with nothing open but its streams; its process id."""
    parent = os.getpid()
    pid = os.fork()
    if pid:
        return pid
    try:
        os.setsid()
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
        os.closerange(3, 1 << 16)  # the host's socket, and whatever another worker's streams could be
        walls.prctl(walls.PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)
        options = worker.arguments([*common, *own])
        control, out = worker.streams()
        if os.read(control, 1):  # the host's word, once it has put this process into its control group
            worker.live(options, control, out)
        os._exit(0)
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(1)


def bury(host: socket.socket) -> None:
    """Tell the host of each worker that has ended, and how."""
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if not pid:
            return
        host.send(json.dumps({"ended": pid, "code": os.waitstatus_to_exitcode(status)}).encode())


def serve(host: socket.socket, common: list[str]) -> None:
    """Until the host closes its end."""
    ends, end = os.pipe()
    for fd in (ends, end):
        os.set_blocking(fd, False)
    signal.set_wakeup_fd(end)
    signal.signal(signal.SIGCHLD, lambda number, frame: None)
    while True:
        ready, _, _ = select.select([host.fileno(), ends], [], [])
        if ends in ready:
            os.read(ends, 1 << 16)
            bury(host)
        if host.fileno() in ready:
            packet, streams, _, _ = socket.recv_fds(host, MAX_PACKET, 3)
            if not packet:
                return
            pid = bear(common, json.loads(packet), streams)
            for stream in streams:
                os.close(stream)
            host.send(json.dumps({"born": pid}).encode())


def main() -> None:
    host = socket.socket(fileno=os.dup(0))
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    common = sys.argv[1:]
    worker.ready_to_fork(worker.arguments(common))
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # the host is gone in the middle
        serve(host, common)
    until = time.monotonic() + LAST_S
    while time.monotonic() < until:
        try:
            if not os.waitpid(-1, os.WNOHANG)[0]:
                time.sleep(0.01)
        except ChildProcessError:
            break
    os._exit(0)


if __name__ == "__main__":
    main()
