"""A warm worker: imports torch once, then forks one walled process for each job that arrives on standard input.

Run by the host as `python -P -s -S worker.py --path SITE_PACKAGES --lib PATH ... --scratch FOLDER`; it needs nothing of
the project but this folder. It trusts its host and nobody below: what a candidate's process sends is bounded, relayed,
never interpreted; time and memory are measured here; every descendant is dead before a result is sent.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import os
import select
import shutil
import signal
import sys
import sysconfig
import time
from pathlib import Path
from typing import Any

HERE = str(Path(__file__).resolve().parent)
sys.path.insert(0, HERE)  # an isolated interpreter does not look beside its script

import child  # type: ignore[import-not-found]  # noqa: E402
import walls  # type: ignore[import-not-found]  # noqa: E402
import watch  # type: ignore[import-not-found]  # noqa: E402
import wire  # type: ignore[import-not-found]  # noqa: E402

TICK_S = 0.02  # how often memory, threads and the job's folder are looked at
MAX_WAITING = 8 << 20  # bytes of frames that may wait for a slow host before the candidate has to wait too


def arguments(argv: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--path", action="append", default=[], help="a folder to import torch and numpy from")
    parser.add_argument("--lib", action="append", default=[], help="a file or folder that candidates may read")
    parser.add_argument("--device", action="append", default=[], help="a device node that candidates may use")
    parser.add_argument("--scratch", required=True, help="the folder in which job folders are made and thrown away")
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


def warm_up() -> None:
    """Import what training needs and take one step of each common kind, so that no candidate pays for lazy imports."""
    import torch

    torch.set_num_threads(1)
    torch.set_num_interop_threads(1)
    model = torch.nn.Sequential(torch.nn.Conv1d(1, 2, 3), torch.nn.BatchNorm1d(2), torch.nn.ReLU(), torch.nn.Flatten())
    for kind in (torch.optim.SGD, torch.optim.AdamW):
        optimizer = kind(model.parameters(), lr=1e-3)
        scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 2)
        torch.nn.functional.cross_entropy(model(torch.zeros(2, 1, 5)), torch.zeros(2, dtype=torch.long)).backward()
        optimizer.step()
        scheduler.step()
    gc.collect()
    gc.freeze()  # so that a candidate's collector does not copy the worker's pages


class Worker:
    """Reads jobs, forks, watches, answers."""

    def __init__(self, options: argparse.Namespace, control: int, out: int, namespaces: str) -> None:
        self.options, self.control, self.out = options, control, out
        self.namespaces = namespaces
        self.libs = [*interpreter(), *options.lib]
        self.count = 0
        self.orders = wire.Decoder((wire.JOB, wire.STOP, wire.QUIT), wire.MAX_JOB, 0)
        self.waiting: list[Any] = []

    def tell(self, type: bytes, meta: dict[str, Any], blob: bytes = b"") -> None:
        view = memoryview(wire.encode(type, meta, blob))
        while view:
            try:
                view = view[os.write(self.out, view) :]
            except BlockingIOError:
                select.select([], [self.out], [])

    def serve(self) -> None:
        """Answer jobs until the host closes its end."""
        self.tell(wire.READY, {
            "pid": os.getpid(), "landlock": walls.landlock_abi(), "namespaces": self.namespaces,
            "threads": walls.status("self", "Threads")["Threads"], "python": sys.version.split()[0],
            "torch": str(sys.modules["torch"].__version__),
        })  # fmt: skip
        while True:
            while self.waiting:
                message = self.waiting.pop(0)
                if message.type == wire.QUIT:
                    return
                if message.type == wire.JOB:  # a stop for a job that has ended meanwhile is late, not wrong
                    self.tell(wire.RESULT, self.run(message.meta))
            select.select([self.control], [], [])
            if not self.listen():
                return

    def listen(self) -> bool:
        """Take in what the host sent; False when it is gone."""
        data = os.read(self.control, 1 << 20)
        self.waiting += self.orders.feed(data)
        return bool(data)

    def run(self, job: dict[str, Any]) -> dict[str, Any]:
        """Run one job to its end and say how it ended."""
        self.count += 1
        folder = Path(self.options.scratch) / f"job-{self.count}"
        program = folder / child.PROGRAM
        program.mkdir(parents=True, mode=0o700)
        for name, text in job["program"].items():
            if Path(name).name != name:
                return {"error": f"a program's file name is a plain name, got {name!r}"}
            (program / name).write_text(text, encoding="utf-8")
        if self.options.uid is not None:
            for path in (folder, program, *program.iterdir()):
                os.chown(path, self.options.uid, self.options.uid)
        try:
            return self.watch(job, folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def watch(self, job: dict[str, Any], folder: Path) -> dict[str, Any]:
        limits = job["limits"]
        frames, channel = os.pipe()
        log, log_in = os.pipe()
        own = walls.status("self", "VmSize", "VmData", "RssAnon", "RssShmem", "VmRSS")
        setup = child.Setup(
            folder=str(folder),
            libs=self.libs,
            devices=self.options.device,
            uid=self.options.uid,
            walled=not self.options.no_walls,
            bounded=not self.options.device,
            size_kb=own["VmSize"],
            data_kb=own["VmData"],
            cores=len(os.sched_getaffinity(0)),
        )
        parent = os.getpid()
        began = time.monotonic()
        pid = os.fork()
        if pid == 0:
            child.main(job, setup, parent, log_in, channel)
        os.close(channel)
        os.close(log_in)
        self.tell(wire.BEGUN, {})
        life = watch.Life(pid, limits, own, folder, began, forks=self.options.no_walls)
        try:
            return self.relay(life, frames, log)
        finally:
            life.kill()
            os.close(frames)
            os.close(log)

    def relay(self, life: Any, frames: int, log: int) -> dict[str, Any]:
        """Pass frames on, keep the log, police, until the process is gone; then say what became of it."""
        decoder = wire.Decoder(
            (wire.FRAME, wire.DONE, child.WALLS_UP),
            wire.MAX_META,
            life.limits["frames_mb"] << 20,
            life.limits["frames_mb"] << 20,
        )
        kept = watch.Log(life.limits["log_kb"] << 10)
        out = bytearray()
        last: dict[str, Any] | None = None
        up = False
        for fd in (frames, log, self.out):
            os.set_blocking(fd, False)
        sources = {frames, log}
        poll = select.poll()
        poll.register(self.control, select.POLLIN)
        poll.register(life.handle, select.POLLIN) if life.handle is not None else None
        while True:
            for fd in (frames, log):
                wanted = fd in sources and (fd != frames or len(out) < MAX_WAITING)
                poll.register(fd, select.POLLIN) if wanted else _forget(poll, fd)
            poll.register(self.out, select.POLLOUT) if out else _forget(poll, self.out)
            gone = life.reap()
            ready = {fd for fd, _ in poll.poll(0 if gone else life.wait_ms(TICK_S))}
            for fd in ready & sources:
                data = _read(fd)
                if data == b"":
                    sources.discard(fd)
                elif fd == log:
                    kept.add(data)
                elif data and last is None:
                    try:
                        for message in decoder.feed(data):
                            if message.type == child.WALLS_UP:
                                up = True
                            elif message.type == wire.DONE:
                                last = message.meta
                                life.hurry(1.0)
                            elif last is None:
                                out += wire.encode(wire.FRAME, message.meta, message.blob)
                    except wire.WireError as error:
                        life.kill("refused", f"the frames of this program were stopped: {error}")
                        last = {}
            if self.out in ready and out:
                with contextlib.suppress(BlockingIOError):
                    del out[: os.write(self.out, out[: 1 << 20])]
            if self.control in ready:
                here = self.listen()
                stops = [m for m in self.waiting if m.type in (wire.STOP, wire.QUIT)]
                self.waiting = [m for m in self.waiting if m.type != wire.STOP]
                if stops or not here:
                    life.kill("stopped", "")
                if not here:
                    self.waiting = [wire.Message(wire.QUIT, {}, b"")]
            if gone and not (ready & sources):
                break
            life.police()
        life.kill()
        while out:  # the host reads until it has the result
            select.select([], [self.out], [])
            del out[: os.write(self.out, out[: 1 << 20])]
        os.set_blocking(self.out, True)
        return life.verdict(last, up, kept.text())


def _forget(poll: select.poll, fd: int) -> None:
    try:
        poll.unregister(fd)
    except KeyError:
        return


def _read(fd: int) -> bytes | None:
    """What is there now; b"" at the end, None for nothing yet."""
    try:
        return os.read(fd, 1 << 20)
    except BlockingIOError:
        return None


def main() -> None:
    options = arguments()
    sys.path += options.path
    sys.dont_write_bytecode = True
    control, out = os.dup(0), os.dup(1)  # what anybody prints must not end up between two messages
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the host's to answer
    namespaces = walls.own_namespaces() if options.namespaces else ""
    walls.prctl(walls.PR_SET_CHILD_SUBREAPER, 1)
    warm_up()
    walls.huge_pages()
    walls.prctl(walls.PR_SET_DUMPABLE, 0)  # no candidate of the same user may look into this process
    Worker(options, control, out, namespaces).serve()
    shutil.rmtree(options.scratch, ignore_errors=True)  # when the host was killed nobody else does it
    os._exit(0)  # tearing torch down takes longer than the host wants to wait


if __name__ == "__main__":
    main()
