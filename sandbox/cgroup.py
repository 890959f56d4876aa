"""A control group round each slot of the jail, where this user may make one: the kernel's own bound on memory and tasks.

Version 1 has a tree for each controller, version 2 one for all. Nothing here needs a service or a package: a group is a
folder, its limits are files (kernel documentation: admin-guide/cgroup-v1/memory, admin-guide/cgroup-v2).
"""

from __future__ import annotations

import contextlib
import itertools
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

PREFIX = "evolve-jail-"  # then the host's process id and its start in ticks, so that it is known whose it was
PROC = Path("/proc/self")  # where a process reads which groups it is in
_numbers = itertools.count()


class Tree(NamedTuple):
    """Where groups of one kind can be made."""

    version: int
    controller: str  # memory, pids; both for version 2
    mount: Path
    own: Path  # the folder of the group that this process is in


class Group:
    """One group: what is put in it, and everything that comes of that, stays within its limits."""

    def __init__(self, folders: tuple[Path, ...]) -> None:
        self.folders = folders

    def add(self, pid: int) -> None:
        """Move a process into it. Raises OSError."""
        for folder in self.folders:
            (folder / "cgroup.procs").write_text(str(pid), encoding="utf-8")

    def limit(self, memory_mb: int, tasks: int) -> None:
        """Set its bounds: memory with swap, processes and threads. Raises OSError when memory cannot be bounded."""
        for folder in self.folders:
            size = str(memory_mb << 20)
            if (folder / "memory.limit_in_bytes").exists():
                # the bound with swap is never below the one without, so it moves last on the way down, first on the way up
                for name in ("memory.limit_in_bytes", "memory.memsw.limit_in_bytes", "memory.limit_in_bytes"):
                    with contextlib.suppress(OSError):
                        (folder / name).write_text(size, encoding="utf-8")
                if (folder / "memory.limit_in_bytes").read_text(encoding="utf-8").strip() != size:
                    raise OSError(f"{folder}: the memory limit does not hold")
            elif (folder / "memory.max").exists():
                (folder / "memory.max").write_text(size, encoding="utf-8")
                with contextlib.suppress(OSError):  # absent in a kernel without swap
                    (folder / "memory.swap.max").write_text("0", encoding="utf-8")
            with contextlib.suppress(OSError):
                (folder / "pids.max").write_text(str(tasks), encoding="utf-8")

    def remove(self) -> None:
        """End what is still in it, then the group; what cannot be removed stays for the next start. Never raises."""
        until = time.monotonic() + 5
        for folder in self.folders:
            while folder.exists():
                with contextlib.suppress(OSError):
                    folder.rmdir()
                    break
                with contextlib.suppress(OSError, ValueError):
                    for pid in (folder / "cgroup.procs").read_text(encoding="utf-8").split():
                        os.kill(int(pid), signal.SIGKILL)
                if time.monotonic() > until:
                    return
                time.sleep(0.002)


def trees(proc: Path | None = None) -> list[Tree]:
    """The trees of groups with memory and, where it is one of its own, pids; first the memory's. Empty without cgroups."""
    proc = proc or PROC
    try:
        mine = [line.split(":", 2) for line in os.fsdecode((proc / "cgroup").read_bytes()).splitlines()]
        mounts = [line.split() for line in os.fsdecode((proc / "mountinfo").read_bytes()).splitlines()]
    except OSError:
        return []
    found = []
    for wanted in ("memory", "pids", ""):
        path = next((path for _, names, path in mine if wanted in names.split(",") and (wanted or not names)), None)
        for fields in mounts:
            root, point, rest = fields[3], Path(fields[4]), fields[fields.index("-") + 1 :]
            fits = rest[0] == "cgroup" and wanted in rest[2].split(",") if wanted else rest[0] == "cgroup2"
            if path is None or not fits:
                continue
            inside = os.path.relpath(path, root) if path.startswith(root) else "."  # another namespace's view
            own = Path(os.path.normpath(point / inside))
            found.append(Tree(1 if wanted else 2, wanted or "memory pids", point, own if own.exists() else point))
            break
    first = [tree for tree in found if tree.version == 1]
    return (
        first if any(tree.controller == "memory" for tree in first) else [tree for tree in found if tree.version == 2]
    )


def parents(tree: Tree) -> list[Path]:
    """Folders that could hold a group of ours, nearest first.

    In version 2 a group with processes in it cannot pass memory on to groups below it, so ours goes beside it or higher,
    below the first that passes it on already.
    """
    way = [tree.own, *tree.own.parents]
    way = way[: way.index(tree.mount) + 1] if tree.mount in way else [tree.mount]
    if tree.version == 1:
        return way
    found = []
    for folder in way:
        with contextlib.suppress(OSError):
            if "memory" in (folder / "cgroup.subtree_control").read_text(encoding="utf-8").split():
                found.append(folder)
    return found


def make(memory_mb: int, tasks: int, proc: Path | None = None) -> Group:
    """A new group with these bounds. Raises OSError with the reason when this user cannot have one here."""
    found = trees(proc)
    if not found:
        raise OSError("no control groups are mounted")
    name = f"{PREFIX}{os.getpid()}-{_born(os.getpid())}-{next(_numbers)}"
    folders: list[Path] = []
    try:
        for tree in found:
            if folder := _made(tree, name):
                folders.append(folder)
            elif tree.controller != "pids":  # tasks are counted by the keeper too; memory is what the kernel must hold
                where = tree.own if tree.version == 1 else "any group that passes memory on"
                raise OSError(f"no group can be made below {where}")
        group = Group(tuple(folders))
        group.limit(memory_mb, tasks)
    except BaseException:
        Group(tuple(folders)).remove()
        raise
    return group


def _made(tree: Tree, name: str) -> Path | None:
    for parent in parents(tree):
        with contextlib.suppress(OSError):
            (parent / name).mkdir()
            return parent / name
    return None


def _born(pid: int | str, proc: Path = Path("/proc")) -> str:
    """When a process started, in ticks since the boot, which groups do not outlive; "" if it is gone."""
    try:
        return (proc / str(pid) / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[19]
    except OSError:
        return ""


def clear_orphans(found: list[Tree] | None = None) -> list[Path]:
    """Remove the empty groups of processes that are no more; which. A group with a process in it cannot be removed."""
    removed = []
    for tree in trees() if found is None else found:
        for folder, below, _ in os.walk(tree.mount):
            for name in [name for name in below if name.startswith(PREFIX)]:
                pid, _, rest = name.removeprefix(PREFIX).partition("-")
                if pid.isdigit() and _born(pid) != rest.partition("-")[0]:
                    with contextlib.suppress(OSError):
                        Path(folder, name).rmdir()
                        removed.append(Path(folder, name))
    return removed


def attempt() -> tuple[bool, str]:
    """Whether the jail can have a group here, found by making one and putting a process into it; and what came of it."""
    try:
        group = make(64, 8)
    except OSError as error:
        return False, f"{error.strerror or error}; the jail measures memory itself"
    sleeper = None
    try:
        sleeper = subprocess.Popen([sys.executable, "-I", "-S", "-c", "input()"], stdin=subprocess.PIPE)
        group.add(sleeper.pid)
        where = ", ".join(str(folder.parent) for folder in group.folders)
        return True, f"version {trees()[0].version}, memory and tasks of each slot bounded below {where}"
    except OSError as error:
        return (
            False,
            f"a process cannot be moved into a group ({error.strerror or error}); the jail measures memory itself",
        )
    finally:
        if sleeper is not None:
            sleeper.kill()
            sleeper.communicate()
        group.remove()
