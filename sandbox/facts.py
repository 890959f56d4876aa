"""What this machine can wall off, found out by asking the kernel and the engine, not by reading version numbers."""

from __future__ import annotations

import platform
import shutil
from typing import Any, NamedTuple

from sandbox.cgroup import attempt
from sandbox.contract import SandboxUnavailable
from sandbox.gpus import PROC, gpus, missing_cuda, missing_gpu, missing_runtime
from sandbox.kernel import walls


class Fact(NamedTuple):
    """One line of `evolve doctor`."""

    name: str
    ok: bool
    detail: str
    cure: str = ""  # what to do about it, empty when nothing is needed


def _engine() -> list[Fact]:
    from sandbox.engine import connect
    from sandbox.image import image_status

    try:
        client = connect(timeout_s=5)
    except SandboxUnavailable as error:
        return [Fact("docker engine", False, str(error), "install and start Docker, or use the jail")]
    try:
        info: dict[str, Any] = client.info()
        version = f"{info.get('ServerVersion')}, cgroup v{info.get('CgroupVersion', '1')}, {client.api.base_url}"
        facts = [Fact("docker engine", True, version)]
        status = image_status(client)
    finally:
        client.close()
    if not status.exists:
        facts.append(Fact("sandbox image", False, "missing", "evolve sandbox build (--offline without a registry)"))
    else:
        torch = "its own torch" if status.has_torch else "torch lent by the host"
        detail = f"{status.id}, {status.size_mb} MB, Python {status.python}, {torch}"
        facts.append(
            Fact("sandbox image", status.usable, detail, "" if status.usable else "evolve sandbox build --again")
        )
    if (PROC / "version").exists():
        missing = missing_runtime(info)
        facts.append(Fact("gpu in containers", not missing, missing or "the engine can pass cards on"))
    return facts


def _gpu() -> Fact:
    missing = missing_gpu() or missing_cuda()
    cards = ", ".join(f"{gpu.name} ({gpu.uuid})" for gpu in gpus())
    return Fact("gpu", not missing, missing or cards, "none needed to run on the CPU" if missing else "")


def _cgroup() -> Fact:
    made, detail = attempt()
    cure = "" if made else "none needed; for the kernel's own bound: systemd-run --user --scope evolve ..., or Docker"
    return Fact("cgroup", made, detail, cure)


def probe() -> list[Fact]:
    """What the sandboxes can do on this machine, in the order in which a reader wants to know. Takes about 0.2 s."""
    abi, seccomp, namespaces = walls()
    more = [word for least, word in ((1, "files"), (4, "TCP"), (6, "signals, abstract sockets")) if abi >= least]
    kernel = "kernel 5.13 or later with Landlock among its lsm="
    return [
        *_engine(),
        _gpu(),
        Fact("landlock", abi >= 1, f"version {abi}: {', '.join(more) or 'nothing'}", "" if abi else kernel),
        Fact("seccomp", seccomp, f"filters on {platform.machine()}", "" if seccomp else "CONFIG_SECCOMP_FILTER"),
        Fact("namespaces", namespaces, "a network of its own for each jail", "none needed: seccomp denies sockets"),
        _cgroup(),
        Fact("debootstrap", shutil.which("debootstrap") is not None, "for images without a registry"),
    ]
