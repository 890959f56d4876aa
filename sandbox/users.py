"""Which user a candidate of the jail becomes where the jail runs as root, also as root of a user namespace."""

from __future__ import annotations

import itertools
import os
from pathlib import Path

UID_BASE = 0x40000000  # far above any user of this machine; 64 slots for each process id
A_PROCESS = 64
ENOUGH = 1 << 17  # ids to choose from
CHOWN, SETGID, SETUID = 0, 6, 7  # capabilities that it takes


def slot_user(index: int, proc: Path = Path("/proc/self"), passwd: Path = Path("/etc/passwd")) -> int | None:
    """A user id, and group id, for the candidates of a slot: nobody's, and another for each slot and process.

    In a user namespace it is one of those that exist there, and as many slots and processes differ as there are ids. None
    where there is none, or where this process may not become another user.
    """
    status = dict(
        line.split(":\t", 1)
        for line in (proc / "status").read_text(encoding="utf-8", errors="replace").splitlines()
        if ":\t" in line
    )
    able = int(status["CapEff"], 16)
    groups = proc / "setgroups"  # not in old kernels
    if not all(able >> bit & 1 for bit in (CHOWN, SETGID, SETUID)) or (
        groups.exists() and groups.read_text(encoding="utf-8").strip() == "deny"
    ):
        return None
    there = _both(_mapped(proc / "uid_map"), _mapped(proc / "gid_map"))
    at = os.getpid() * A_PROCESS + index % A_PROCESS
    if any(UID_BASE + at in ids for ids in there):
        return UID_BASE + at
    known = {
        0,
        *(int(Path(f"/proc/sys/kernel/overflow{kind}").read_text(encoding="utf-8")) for kind in ("uid", "gid")),
        *_users(passwd),
    }
    highest = (number for ids in sorted(there, key=lambda ids: -ids.stop) for number in reversed(ids))
    free = list(itertools.islice((number for number in highest if number not in known), ENOUGH))
    return free[at % (max(A_PROCESS, len(free) // A_PROCESS * A_PROCESS)) % len(free)] if free else None


def _mapped(file: Path) -> list[range]:
    """The ids that exist in this user namespace (user_namespaces(7))."""
    lines = [[int(part) for part in line.split()] for line in file.read_text(encoding="utf-8").splitlines()]
    return [range(first, first + count) for first, _, count in lines]


def _both(users: list[range], groups: list[range]) -> list[range]:
    met = [range(max(a.start, b.start), min(a.stop, b.stop)) for a in users for b in groups]
    return [ids for ids in met if ids]


def _users(passwd: Path) -> set[int]:
    """Numbers of the accounts, and of their groups."""
    if not passwd.exists():
        return set()
    fields = [line.split(":") for line in passwd.read_text(encoding="utf-8", errors="replace").splitlines()]
    return {int(number) for line in fields for number in line[2:4] if number.isdigit()}
