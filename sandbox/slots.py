"""How many candidates this machine trains at once."""

from __future__ import annotations

import os
import re
from pathlib import Path


def gpus(devices: Path = Path("/dev")) -> int:
    """Graphics processors that the driver shows here, without importing torch."""
    return sum(bool(re.fullmatch(r"nvidia\d+", p.name)) for p in devices.glob("nvidia*"))


def default_slots() -> int:
    """One slot a GPU, or one a core that this process may use where there is no GPU."""
    return gpus() or len(os.sched_getaffinity(0))
