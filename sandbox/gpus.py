"""Where candidates compute: the cards of this machine shared out to slots, what is missing for them, and a card that is lost."""

from __future__ import annotations

import importlib.util
import os
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Literal, NamedTuple

from sandbox.cards import DEV, PROC, Gpu, gpus, missing_gpu
from sandbox.contract import Job, JobResult, Limits, SandboxError, SandboxUnavailable

HOST_MB = 2048  # of main memory that CUDA takes in each process: its context, cuBLAS and cuDNN
SLOT_MB = 2 * HOST_MB  # in a slot: the process that runs, and the next one, which has started CUDA and waits
_DRIVER = ("/usr/lib", "/usr/lib64", "/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib/nvidia",
           "/usr/local/nvidia/lib64", "/usr/local/nvidia/lib", "/run/opengl-driver/lib")  # fmt: skip


class Seats(NamedTuple):
    """The slots of a run that share its cards, in one sandbox or several."""

    gpus: tuple[Gpu, ...] = ()
    first: int = 0  # number of this sandbox's first slot among them
    total: int = 0  # of all of them

    def gpu(self, slot: int) -> Gpu | None:
        """The card of this sandbox's slot with this index; None where there are none."""
        return self.gpus[(self.first + slot) % len(self.gpus)] if self.gpus else None

    @property
    def share(self) -> float:
        """The part of its card that each slot has: alike for all, since any of them may serve any job.

        What CUDA itself takes is not known before it runs: the worker's child takes that off (`child.part`).
        """
        return 1 / -(-self.total // len(self.gpus))


class Place(NamedTuple):
    """Where candidates train."""

    device: Literal["cpu", "cuda"]
    gpus: tuple[Gpu, ...] = ()
    why: str = ""  # what is missing for a GPU; empty with one, and where none was asked for


def missing_runtime(info: dict[str, Any]) -> str:
    """What a container engine, by what it says of itself, lacks to pass a card on; empty when it can."""
    cdi = any("nvidia.com/gpu" in str(device.get("ID", "")) for device in info.get("DiscoveredDevices") or ())
    if cdi or any(name.startswith("nvidia") for name in info.get("Runtimes") or {}):
        return ""
    return (
        "the container engine has no nvidia runtime; install nvidia-container-toolkit, then: "
        "nvidia-ctk runtime configure --runtime=docker, and restart the engine; or use the jail"
    )


def missing_cuda(folder: Path | None = None) -> str:
    """Why the torch installed beside this Python (or in `folder`) cannot use a card; empty when it can. Imports nothing."""
    if folder is None:
        spec = importlib.util.find_spec("torch")
        if spec is None or spec.origin is None:
            return "torch is not installed; install the project's requirements"
        folder = Path(spec.origin).parent
    try:
        text = (folder / "version.py").read_text(encoding="utf-8")
    except OSError as error:
        return f"torch's version.py cannot be read ({error.strerror}); install torch again"
    cuda = re.search(r"^cuda\b[^=\n]*=\s*(.+)$", text, re.MULTILINE)
    if cuda is None or cuda.group(1).strip() == "None":
        return "torch is built without CUDA; install a build with it (the package index's own has it)"
    return ""


def find_place(device: str, backend: str, proc: Path = PROC, dev: Path = DEV) -> Place:
    """Where a run with this `sandbox.device` trains in this backend (`docker`, `jail` or `none`).

    `auto` takes the cards where nothing is missing, else the cores, and says why. Raises SandboxUnavailable when `cuda`
    was asked for and something is missing.
    """
    if device == "cpu":
        return Place("cpu")
    why = missing_gpu(proc, dev)
    if not why and backend == "docker":
        why = _missing_in_docker()
    elif not why:
        why = missing_cuda()
    if not why:
        return Place("cuda", gpus(proc, dev))
    if device == "cuda":
        raise SandboxUnavailable(f"sandbox.device is cuda, but {why}")
    return Place("cpu", (), why)


def _missing_in_docker() -> str:
    from sandbox.engine import connect
    from sandbox.image import image_status

    client = connect()
    try:
        # an image with its own torch is asked by its first worker
        return missing_runtime(client.info()) or ("" if image_status(client).has_torch else missing_cuda())
    finally:
        client.close()


def driver_folders() -> list[str]:
    """Folders that hold the driver's library, wherever the loader of this process would find it."""
    folders = [*os.environ.get("LD_LIBRARY_PATH", "").split(":"), *_DRIVER]
    return sorted({os.path.realpath(folder) for folder in folders if folder and Path(folder, "libcuda.so.1").exists()})


# ---- a lost card -----------------------------------------------------------------------------------------------------

_LOST = re.compile(
    r"no CUDA-capable device|No CUDA GPUs are available|no NVIDIA driver|busy or unavailable|\bGPU is lost|fallen off the bus"
    r"|device (?:is )?lost|uncorrectable|ECC error|driver shutting down|initialization error|initialisation error"
    r"|system not yet initialized|system driver mismatch|version mismatch|driver version is insufficient|no kernel image"
    r"|unspecified launch failure|CUDA error: unknown error|hardware stack error|_STATUS_NOT_INITIALIZED|NVML",
    re.IGNORECASE,
)

PROBE = Job(
    id="probe",
    kind="check",
    program={"program.py": ""},
    harness="""
import torch

def check(program, data_dir, settings, emit):
    total = torch.arange(1024.0, device=settings["device"]).sum().item()
    emit("alive", {"total": total}, {})
""",
    data_dir=None,
    settings={"device": "cuda"},
    limits=Limits(timeout_s=30.0, memory_mb=64, scratch_mb=1),  # no sandbox is made for less
)


def looks_lost(result: JobResult) -> bool:
    """Whether a failure reads like that of a card that is gone. A candidate can write such words too, hence the probe."""
    return result.failure not in (None, "memory", "timeout") and _LOST.search(result.message) is not None


async def why_lost(result: JobResult, ask: Callable[[Job], Awaitable[JobResult]]) -> str:
    """Why the card under this result is gone, found by a program of ours on the same slot; empty when it is not.

    A candidate's word decides nothing: it only has the card looked at.
    """
    if not looks_lost(result):
        return ""
    try:
        probe = await ask(PROBE)
    except SandboxError as error:
        return str(error)
    if probe.failure is None and [frame.meta.get("total") for frame in probe.frames] == [1024 * 1023 / 2]:
        return ""
    return (probe.message.splitlines() or ["a sum on it came out wrong"])[-1]
