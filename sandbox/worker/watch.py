"""What the worker knows of a candidate's process from outside: time, memory, threads, folder; and how it is killed."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

import folders  # type: ignore[import-not-found]
import walls  # type: ignore[import-not-found]

WAITS_S = 0.2  # how often the waits of all its threads are read

_ENDED: dict[int, tuple[str, str]] = {
    signal.SIGSYS: ("refused", "the program made a system call that the sandbox does not allow"),
    signal.SIGXCPU: ("timeout", "the program used more processor time than its limit"),
    signal.SIGXFSZ: ("refused", "the program wrote a file larger than its folder may hold"),
    signal.SIGKILL: ("memory", "the system killed the program, most likely for its memory"),
}


class Log:
    """Standard output and error up to a bound; counts what it drops."""

    def __init__(self, bound: int) -> None:
        self.bound, self.kept, self.dropped = bound, bytearray(), 0

    def add(self, data: bytes) -> None:
        room = max(0, self.bound - len(self.kept))
        self.kept += data[:room]
        self.dropped += max(0, len(data) - room)

    def text(self) -> str:
        text = self.kept.decode("utf-8", "replace")
        return text + (f"\n[{self.dropped} bytes more were dropped]" if self.dropped else "")


def descendants(pid: int) -> list[int]:
    """Every living process below `pid`, nearest first."""
    parents: dict[int, list[int]] = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat", "rb") as handle:
                    parent = int(handle.read().rpartition(b")")[2].split()[1])
            except OSError:
                continue
            parents.setdefault(parent, []).append(int(name))
    found, queue = [], [pid]
    while queue:
        below = parents.get(queue.pop(0), [])
        found += below
        queue += below
    return found


class Life:
    """One candidate's process, from the moment it has its job to the death of everything below it."""

    def __init__(
        self, pid: int, limits: dict[str, Any], own: dict[str, int], folder: Path, mount: Path | None, forks: bool
    ) -> None:
        self.forks = forks
        began = time.monotonic()
        self.pid, self.limits, self.began = pid, limits, began
        self.folder, self.mount = folder, mount  # the folder's own file system, where it has one
        self.own_kb = own["RssAnon"] + own["RssShmem"] + own["VmSwap"]  # inherited pages, which the worker has paid for
        self.own_rss_kb = own["VmRSS"]
        self.deadline = began + limits["timeout_s"] * limits["patience"]  # the guard
        self.hurried = False
        self.reason: tuple[str, str] | None = None  # why the worker killed it
        self.status: int | None = None
        self.wall_s = self.cpu_s = self.before_s = 0.0
        self.before_s = self.spent()[0]  # building its walls took some
        self.waits = Waits() if Waits.told() else None
        if self.waits:
            self.waits.look([pid])
            self.waits.total_s = 0.0
        self.held_s = 0.0  # while it could send nothing, since the host was slow to read
        self.peak_kb = 0
        self.looked = self.waits_looked = began
        try:
            self.handle: int | None = os.pidfd_open(pid)
        except OSError:
            self.handle = None

    def hurry(self, seconds: float) -> None:
        """It has said its last word: it may tidy up this long."""
        self.hurried = True
        self.deadline = min(self.deadline, time.monotonic() + seconds)

    def wait_ms(self, tick_s: float) -> float:
        """How long the worker may sleep before it must look again."""
        return max(0.0, min(tick_s, self.deadline - time.monotonic())) * 1000

    def spent(self) -> tuple[float, float]:
        """Seconds of the processor, and by the clock, that the program has used since it has its job; with what it started."""
        wall_s = time.monotonic() - self.began
        if self.status is not None:
            return self.cpu_s, wall_s
        try:
            cpu_s = time.clock_gettime((~self.pid << 3) | 2) - self.before_s
        except OSError:
            return self.cpu_s, wall_s
        return cpu_s + (_spent_below(self.pid) if self.forks else 0.0), wall_s

    def reap(self) -> bool:
        """Whether the process has ended; the first time, takes its accounts and ends what it left behind."""
        if self.status is not None:
            return True
        pid, status, usage = os.wait4(self.pid, os.WNOHANG)
        if pid == 0:
            return False
        self.status = status
        self.wall_s = time.monotonic() - self.began
        self.cpu_s += usage.ru_utime + usage.ru_stime
        self.peak_kb = max(self.peak_kb, usage.ru_maxrss - self.own_rss_kb)
        if self.handle is not None:
            os.close(self.handle)
            self.handle = None
        self._end_strays()
        return True

    def _end_strays(self) -> None:
        """Kill every process that came down to this subreaper."""
        until = time.monotonic() + 5
        while time.monotonic() < until:
            try:
                pid, _, usage = os.wait4(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid:
                self.cpu_s += usage.ru_utime + usage.ru_stime
                continue
            for stray in descendants(os.getpid()):
                _kill(stray)
            time.sleep(0.001)

    def kill(self, kind: str = "stopped", message: str = "") -> None:
        """End it now, for the first reason given; without any if it has ended already."""
        if self.status is not None:
            return
        self.reason = self.reason or (kind, message)
        _kill(self.pid)
        until = time.monotonic() + 5
        while not self.reap() and time.monotonic() < until:
            time.sleep(0.0005)

    def refuse(self, message: str) -> None:
        """End it for what it sent, which may be read only after it has ended by itself."""
        self.reason = self.reason or ("refused", message)
        self.kill()

    def police(self, held: bool = False) -> None:
        """Kill the process when it is over one of its limits. Looks at most every few milliseconds.

        `held`: the host is slow to read what it sends, so that it may have to wait.
        """
        now = time.monotonic()
        if self.status is not None:
            return
        if now >= self.deadline and self.hurried:
            self.kill("late", "")
            return
        if now - self.looked < 0.005 and now < self.deadline:
            return
        self.held_s += now - self.looked if held else 0.0
        self.looked = now
        pids = descendants(os.getpid()) if self.forks else [self.pid]  # with those whose parent has died
        if not self.hurried and (message := self._late(now, pids)):
            self.kill("timeout", message)
            return
        used_kb = threads = 0
        for pid in pids:
            try:
                seen = walls.status(pid, "RssAnon", "RssShmem", "VmSwap", "Threads")
            except OSError:
                continue
            used_kb += max(0, seen["RssAnon"] + seen["RssShmem"] + seen["VmSwap"] - self.own_kb)
            threads += seen["Threads"]
        self.peak_kb = max(self.peak_kb, used_kb)
        if used_kb > self.limits["memory_mb"] << 10:
            self.kill("memory", f"the program used more than its {self.limits['memory_mb']} MB of memory")
        if threads > self.limits["threads"]:
            self.kill("refused", f"{threads} threads at once; the limit is {self.limits['threads']}")
        most = self.limits["scratch_mb"] << 20
        size, count = folders.taken(self.mount) if self.mount else folders.size(self.folder, most)
        if size > most or count > folders.MAX_FILES:
            self.kill(
                "refused", f"the job's folder may hold {self.limits['scratch_mb']} MB in {folders.MAX_FILES} files"
            )

    def _late(self, now: float, pids: list[int]) -> str:
        """Why its time is over; empty when it is not. What it waited for a processor or for the host is not its time."""
        most, (cpu_s, wall_s) = self.limits["timeout_s"], self.spent()
        asleep_s = 0.0
        if self.waits:
            near = max(cpu_s, self._own_s(wall_s)) >= most or now >= self.deadline
            if near or now - self.waits_looked > WAITS_S:
                self.waits.look(pids)
                self.waits_looked = now
            asleep_s = max(0.0, self._own_s(wall_s) - cpu_s)
        if cpu_s + asleep_s >= most:
            if asleep_s < most / 10:
                return f"the program used up its {most:g} s of processor time"
            asleep = f"{asleep_s:.3g} s asleep, or waiting for something other than a processor"
            return f"the program used up its {most:g} s: {cpu_s:.3g} s of processor time and {asleep}"
        if now < self.deadline:
            return ""
        used = (
            f"after {wall_s:.3g} s by the clock the program had used {cpu_s:.3g} s of its {most:g} s of processor time"
        )
        if self.waits:
            return f"{used}, and waited {self.waits.total_s:.3g} s for one: the machine is too busy"
        return f"{used}; is the machine too busy, or does the program wait for something?"

    def _own_s(self, wall_s: float) -> float:
        """Seconds by the clock in which it ran or slept: nothing of it waited for a processor, and the host kept up."""
        return wall_s - self.held_s - (self.waits.total_s if self.waits else 0.0)

    def verdict(self, last: dict[str, Any] | None, up: bool, log: str) -> dict[str, Any]:
        """The result for the host. `last` is what the process said of itself: good for a failure, never for a score."""
        result = {
            "failure": None, "message": "", "log": log, "stopped": False,
            "wall_s": self.wall_s, "cpu_s": self.cpu_s, "peak_memory_mb": self.peak_kb / 1024,
        }  # fmt: skip
        last = last or {}
        reason = self.reason[0] if self.reason else None
        if reason == "stopped":
            return {**result, "stopped": True}
        if reason not in (None, "late"):
            return {**result, "failure": reason, "message": self.reason[1] if self.reason else ""}
        if isinstance(last.get("error"), str) and not up:
            return {**result, "error": last["error"]}
        if "failure" in last:
            return {**result, "failure": last["failure"], "message": str(last.get("message", ""))[:8000]}
        if not up:
            return {**result, "error": f"a process ended before its walls stood (wait status {self.status})"}
        status = self.status or 0
        if os.WIFSIGNALED(status):
            number = os.WTERMSIG(status)
            kind, message = _ENDED.get(number, ("crash", f"the program died of signal {signal.Signals(number).name}"))
            return {**result, "failure": kind, "message": message}
        code = os.waitstatus_to_exitcode(status)
        message = f"the program ended its own process (exit code {code}) before the harness was done"
        return {**result, "failure": "crash", "message": message}


class Waits:
    """How long the threads of some processes were ready to run and had no processor, as the kernel tells of each in its `schedstat`."""

    def __init__(self) -> None:
        self.total_s = 0.0
        self._seen: dict[int, int] = {}  # thread -> nanoseconds

    @staticmethod
    def told() -> bool:
        """Whether this kernel counts it: this process has been run before."""
        try:
            with open("/proc/self/schedstat", "rb") as handle:
                return int(handle.read().split()[2]) > 0
        except (OSError, IndexError, ValueError):
            return False

    def look(self, pids: list[int]) -> None:
        """Add what they have waited since the last look. Who began and ended between two looks is missed."""
        for pid in pids:
            try:
                threads = os.listdir(f"/proc/{pid}/task")
            except OSError:
                continue
            for name in threads:
                try:
                    with open(f"/proc/{pid}/task/{name}/schedstat", "rb") as handle:
                        waited = int(handle.read().split()[1])
                except (OSError, IndexError):
                    continue
                self.total_s += max(0, waited - self._seen.get(int(name), 0)) / 1e9
                self._seen[int(name)] = waited


def _spent_below(program: int) -> float:
    """Processor seconds of what a program has started, living and waited for."""
    spent = 0
    for pid in descendants(os.getpid()):
        try:
            with open(f"/proc/{pid}/stat", "rb") as handle:
                ticks = [int(field) for field in handle.read().rpartition(b")")[2].split()[11:15]]
        except OSError:
            continue
        spent += sum(ticks[2:] if pid == program else ticks)
    return spent / os.sysconf("SC_CLK_TCK")


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return
