"""The graphics processors of this machine, found without torch.

The driver shows each card as a folder of /proc/driver/nvidia/gpus and as a node /dev/nvidiaN. A card counts when both are
there: containers and permissions take away the node. A card that is cut into slices (MIG) is as many cards as it has slices.
What only the driver's own program knows, slices and compute modes, nvidia-smi is asked, and never told to change.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

PROC, DEV = Path("/proc/driver/nvidia"), Path("/dev")
_NODES = ("nvidiactl", "nvidia-uvm", "nvidia-uvm-tools", "nvidia-modeset")
_SMI = os.pathsep.join(("/usr/bin", "/usr/local/nvidia/bin", "/run/opengl-driver/bin"))
_SLICE = re.compile(r"^\s+MIG\s+(\S+)\s+Device\s+\d+:\s+\(UUID:\s*(MIG-[^)\s]+)\)", re.MULTILINE)


class Gpu(NamedTuple):
    """One card, or one slice of a card."""

    minor: int  # the number of its node
    uuid: str  # what CUDA_VISIBLE_DEVICES and the container engine know it by; numbers change with their order
    name: str

    def nodes(self, dev: Path = DEV, proc: Path = PROC) -> list[str]:
        """The device nodes that a process needs for this card and no other; of a slice, those of all slices of its card."""
        paths = [dev / f"nvidia{self.minor}", *(dev / name for name in _NODES)]
        if self.uuid.startswith("MIG-"):
            rights = sorted((proc / "capabilities" / f"gpu{self.minor}" / "mig").glob("gi*/**/access"))
            paths += [dev / "nvidia-caps" / f"nvidia-cap{_facts(right).get('DeviceFileMinor', '')}" for right in rights]
        return [str(path) for path in paths if path.exists()]


class Look(NamedTuple):
    """What there is, and what is in the way of the first card that is not among it."""

    gpus: tuple[Gpu, ...]
    why: str = ""  # with its cure; empty when no card was left out


def look(proc: Path = PROC, dev: Path = DEV) -> Look:
    """The cards that a process here could use, in the order of the bus, of those that CUDA_VISIBLE_DEVICES names if it is set."""
    cards = [_facts(file) for file in sorted((proc / "gpus").glob("*/information"))]
    # a card that nothing has started yet has question marks in its name
    known = [card for card in cards if "?" not in card.get("GPU UUID", "?") and card.get("Device Minor", "").isdigit()]
    here = [card for card in known if (dev / f"nvidia{card['Device Minor']}").exists()]
    if not cards:
        return Look((), "the NVIDIA driver is loaded and finds no card; see that one is in the machine or passed to it")
    if not known:
        return Look((), f"the NVIDIA driver has not started its {len(cards)} cards yet; run nvidia-smi once as root")
    if not here:
        nodes = ", ".join(f"{dev}/nvidia{card['Device Minor']}" for card in known)
        why = f"the NVIDIA driver has {len(cards)} cards, but none of {nodes} is here; run nvidia-smi as root, or pass it in"
        return Look((), why)
    modes = {fields[0]: fields[1:] for fields in _rows(_ask("--query-gpu=uuid,compute_mode", "--format=csv,noheader"))}
    found, reasons = [], []
    for card in here:
        uuid, minor, name = card["GPU UUID"], int(card["Device Minor"]), card.get("Model", "")
        mode = modes.get(uuid, ["Default"])[0]
        if mode != "Default":
            reasons.append(
                f"{uuid} is in compute mode {mode}, and a slot needs two processes on it; as root: nvidia-smi -i {uuid} -c DEFAULT"
            )
        elif any((proc / "capabilities" / f"gpu{minor}" / "mig").glob("gi*")):
            slices = list(_slices(uuid))
            found += [Gpu(minor, part, f"{name} {size}") for size, part in slices]
            reasons += (
                [] if slices else [f"{uuid} is cut into slices (MIG), and nvidia-smi -L, which names them, does not"]
            )
        else:
            found.append(Gpu(minor, uuid, name))
    return _chosen(found, next(iter(reasons), ""))


def _chosen(found: list[Gpu], why: str) -> Look:
    """Those that CUDA_VISIBLE_DEVICES names, by UUID, by its beginning, or by number in the order of the bus."""
    wanted = os.environ.get("CUDA_VISIBLE_DEVICES")
    if wanted is None or not found:
        return Look(tuple(found), why)
    names = [name.strip() for name in wanted.split(",") if name.strip()]
    chosen = [
        gpu for n, gpu in enumerate(found) if any(name == str(n) or (name[:1].isalpha() and gpu.uuid.startswith(name)) for name in names)
    ]  # fmt: skip
    has = ", ".join(f"{n} {gpu.uuid}" for n, gpu in enumerate(found))
    return Look(
        tuple(chosen), "" if chosen else f"CUDA_VISIBLE_DEVICES={wanted} names none of: {has}; unset it or name one"
    )


def gpus(proc: Path = PROC, dev: Path = DEV) -> tuple[Gpu, ...]:
    """The cards that a process here could use, in the order of the bus."""
    return look(proc, dev).gpus


def missing_gpu(proc: Path = PROC, dev: Path = DEV) -> str:
    """What this machine lacks for a card that can be used, with its cure; empty when there is one."""
    if not (proc / "version").exists():
        return "no NVIDIA driver is loaded; install it, or see that it loads (nvidia-smi)"
    found, why = look(proc, dev)
    if not found:
        return why
    absent = [str(dev / name) for name in _NODES[:2] if not (dev / name).exists()]
    if absent:
        return f"{' and '.join(absent)} is not there, which CUDA needs; run as root: nvidia-modprobe -u -c 0"
    return ""


def _facts(file: Path) -> dict[str, str]:
    try:
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return {}
    return {name.strip(): value.strip() for name, _, value in (line.partition(":") for line in lines)}


def _ask(*arguments: str) -> str:
    """What nvidia-smi answers; empty where it is not there or fails."""
    program = shutil.which("nvidia-smi") or shutil.which("nvidia-smi", path=_SMI)
    if program is None:
        return ""
    try:
        done = subprocess.run(
            [program, *arguments], capture_output=True, text=True, timeout=30, encoding="utf-8", errors="replace"
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout if done.returncode == 0 else ""


def _rows(text: str) -> list[list[str]]:
    return [[field.strip() for field in line.split(",")] for line in text.splitlines() if "," in line]


def _slices(uuid: str) -> Iterator[tuple[str, str]]:
    """Size and UUID of each slice of a card."""
    for card in re.split(r"^(?=GPU \d+:)", _ask("-L"), flags=re.MULTILINE):
        if f"(UUID: {uuid})" in card:
            yield from _SLICE.findall(card)
