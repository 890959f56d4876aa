"""A warm worker: has torch imported, and forks for each job that arrives on standard input.

In a container it is run as `python -P -s -S worker.py --path SITE_PACKAGES --lib PATH ... --scratch FOLDER` and imports torch
itself; in the jail it is a fork of the nursery. It needs nothing of the project but this folder. Each job gets a fork of its own, the
keeper, which forks the candidate's walled process. Both trust the host and nobody below: what a candidate sends is bounded, relayed and
never interpreted; time and memory are measured outside its process; every descendant is dead before a result is sent.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import glob
import itertools
import os
import signal
import sys
import sysconfig
import traceback
from pathlib import Path
from typing import Any

HERE = str(Path(__file__).resolve().parent)
sys.path.insert(0, HERE)  # an isolated interpreter does not look beside its script

import folders  # type: ignore[import-not-found]  # noqa: E402
import keeper  # type: ignore[import-not-found]  # noqa: E402
import walls  # type: ignore[import-not-found]  # noqa: E402
import wire  # type: ignore[import-not-found]  # noqa: E402


def arguments(argv: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--path", action="append", default=[], help="a folder to import torch and numpy from")
    parser.add_argument("--lib", action="append", default=[], help="a file or folder that candidates may read")
    parser.add_argument("--data", action="append", default=[], help="a folder of data that candidates may read")
    parser.add_argument("--device", action="append", default=[], help="a device node that candidates may use")
    parser.add_argument("--gpu", default="", help="what CUDA knows this slot's GPU by; candidates see no other")
    parser.add_argument("--gpu-share", type=float, default=0.0, help="the part of its memory that a candidate may take")
    parser.add_argument("--scratch", required=True, help="the folder in which job folders are made and thrown away")
    parser.add_argument("--given", help="the folder for what the host hands in; else the scratch folder")
    parser.add_argument("--uid", type=int, help="the user that candidates become, when the worker runs as root")
    parser.add_argument("--namespaces", action="store_true", help="leave the host's network, IPC and mounts first")
    parser.add_argument("--no-walls", action="store_true", help="run candidates without any wall")
    return parser.parse_args(argv)


def entries(folder: str) -> list[str]:
    """What lies in a library folder, without packages of any Python: those are named one by one."""
    try:
        names = os.listdir(folder)
    except OSError:
        return []
    foreign = ("site-packages", "dist-packages")
    return [f"{folder}/{name}" for name in names if name not in foreign and not name.startswith("python")]


def interpreter() -> list[str]:
    """The paths that Python and the C library read from, apart from any installed package."""
    stdlib = {sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib")}
    folders = [*stdlib, f"{sys.base_prefix}/lib", "/usr/lib", "/usr/lib64", "/lib", "/lib64", "/usr/local/lib"]
    return [HERE, *(path for folder in folders for path in entries(os.path.realpath(folder)))]


def driver_reads() -> list[str]:
    """The paths, apart from its libraries, that the NVIDIA driver reads from to start CUDA."""
    facts = ["/proc/driver/nvidia", "/proc/devices", "/proc/modules", "/proc/sys/vm", "/sys/module/nvidia"]
    buses = ["/sys/bus/pci/devices", "/sys/devices/system/node", "/sys/devices/system/memory"]
    return facts + buses + glob.glob("/sys/devices/pci*")


def warm_up(gpu: bool) -> None:
    """Import what training needs and take one step of each common kind, so that no candidate pays for lazy imports.

    CUDA does not survive a fork, so nothing here may start it. The first backward pass of a process does, to count the
    devices, and would be told none: where candidates have a GPU it is left to them.
    """
    os.environ.update(CUDA_VISIBLE_DEVICES="", PYTORCH_NVML_BASED_CUDA_CHECK="1")
    import torch

    torch.set_num_threads(1)
    torch.set_num_interop_threads(1)
    model = torch.nn.Sequential(torch.nn.Conv1d(1, 2, 3), torch.nn.BatchNorm1d(2), torch.nn.ReLU(), torch.nn.Flatten())
    for kind in (torch.optim.SGD, torch.optim.AdamW):
        optimizer = kind(model.parameters(), lr=1e-3)
        scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 2)
        loss = torch.nn.functional.cross_entropy(model(torch.zeros(2, 1, 5)), torch.zeros(2, dtype=torch.long))
        if gpu:
            for parameter in model.parameters():
                parameter.grad = torch.zeros_like(parameter)
        else:
            loss.backward()
        optimizer.step()
        scheduler.step()
    gc.collect()
    gc.freeze()  # so that a candidate's collector does not copy the worker's pages


def serve(options: argparse.Namespace, control: int, out: int, namespaces: str) -> None:
    """Have a keeper ready for each job, and the next one while it runs, until the host closes its end.

    Whoever holds the turn, a byte in a pipe, talks with the host; this process reads none of the jobs itself.
    """
    rules = -1
    if not options.no_walls:
        libs = [*interpreter(), *options.lib, *options.data, *(driver_reads() if options.gpu else ())]
        libs += [options.given] if options.given else []
        rules = walls.ruleset(walls.common_rules(libs, options.scratch, options.device))
    facts = {
        "pid": os.getpid(), "landlock": walls.landlock_abi(), "namespaces": namespaces, "mount": options.own_mount,
        "threads": walls.status("self", "Threads")["Threads"], "python": sys.version.split()[0],
        "torch": str(sys.modules["torch"].__version__), "cuda": sys.modules["torch"].version.cuda,
    }  # fmt: skip
    os.write(out, wire.encode(wire.READY, facts))
    turn = os.pipe()
    os.write(turn[1], b".")
    own = os.getpid()
    for at in itertools.count():
        if os.fork() == 0:
            code = 1
            try:
                walls.prctl(walls.PR_SET_CHILD_SUBREAPER, 1)
                walls.prctl(walls.PR_SET_PDEATHSIG, signal.SIGKILL)
                if os.getppid() == own and one_job(keeper.Keeper(options, rules, control, out), turn):
                    code = 0
            except Exception:
                traceback.print_exc()
            finally:
                os._exit(code)
        if at and os.wait()[1] != 0:  # the host is gone, or a fault of ours: it will start another worker
            return


def one_job(made: Any, turn: tuple[int, int]) -> bool:
    """Get ready, wait for the turn, serve, pass the turn on; False when there are no more jobs."""
    made.prepare()
    os.read(turn[0], 1)
    served = made.serve()
    os.write(turn[1], b".")
    return bool(served)


def ready_to_fork(options: argparse.Namespace) -> None:
    """Make this process one whose forks have everything that training needs, and cost little."""
    sys.path += options.path
    sys.dont_write_bytecode = True
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the host's to answer
    warm_up(bool(options.gpu))
    walls.huge_pages()
    walls.prctl(walls.PR_SET_DUMPABLE, 0)  # no candidate of the same user may look into this process


def streams() -> tuple[int, int]:
    """Where the host's messages come from and the worker's go to: what anybody prints must not end up between two of them."""
    control, out = os.dup(0), os.dup(1)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    return control, out


def live(options: argparse.Namespace, control: int, out: int) -> None:
    """Build what the slot has of its own, serve, and leave nothing behind; never returns."""
    walls.prctl(walls.PR_SET_DUMPABLE, 1)  # else the maps of a user namespace are root's to write
    namespaces = walls.own_namespaces(user=options.uid is None) if options.namespaces else ""
    files = folders.MAX_FILES + keeper.ROOM_FILES
    options.own_mount = bool(namespaces) and walls.memory_folder(options.scratch, keeper.ROOM_KB, files)
    walls.prctl(walls.PR_SET_DUMPABLE, 0)
    serve(options, control, out, namespaces)
    with contextlib.suppress(OSError):  # in a container it is a mount
        if options.own_mount:
            walls.no_memory_folder(options.scratch)
        for folder in filter(None, (options.scratch, options.given)):
            folders.remove(Path(folder))  # when the host was killed nobody else does it
    os._exit(0)  # tearing torch down takes longer than the host wants to wait


def main() -> None:
    options = arguments()
    control, out = streams()
    ready_to_fork(options)
    live(options, control, out)


if __name__ == "__main__":
    main()
