"""What walls this machine's kernel offers a jail: asked once, in a process of its own, with the code that will build them."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import NamedTuple

_ASK = Path(__file__).parent / "worker" / "walls.py"


class Walls(NamedTuple):
    """What a worker can put round itself here."""

    landlock: int = 0  # the version, 0 for none: 1 files, 4 TCP, 6 signals and abstract sockets
    seccomp: bool = False  # filters are known to the kernel, and system calls of this machine to us
    namespaces: bool = False  # a network of its own, and so on, for a process of this user


@cache
def walls() -> Walls:
    """The walls there are. Takes about 0.05 s, the first time."""
    if sys.platform != "linux":
        return Walls()
    asked = subprocess.run([sys.executable, "-I", "-S", str(_ASK)], capture_output=True, text=True, encoding="utf-8")
    try:
        return Walls(**json.loads(asked.stdout))
    except (ValueError, TypeError):  # it died on the way: of walls that cannot be asked for there are none
        return Walls()


def missing_walls() -> list[str]:
    """What this machine lacks for the jail, each with its cure; empty when it can hold."""
    if sys.platform != "linux":
        return ["it needs Linux; use Docker here"]
    missing = []
    if walls().landlock < 1:
        missing.append("no Landlock, so no wall round files (kernel 5.13 or later with lsm=landlock; or use Docker)")
    if not walls().seccomp:
        missing.append("no seccomp filters, so no wall round the network (CONFIG_SECCOMP_FILTER; or use Docker)")
    return missing
