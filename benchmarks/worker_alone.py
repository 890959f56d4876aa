"""The sandbox's worker and one harness, alone on a machine that has torch and numpy and nothing else of this project:

    python worker_alone.py --worker sandbox/worker --harness tasks/mnist1d/harness.py --program tasks/mnist1d/program.py
    python worker_alone.py ... --device cuda --out gpu.jsonl

Copy this file, the worker's folder and a harness with its program. One JSON object a check goes to standard output: `held` is
true, false, or null where the check cannot be made here (`why`). Exit code 0 when all that could be made held. Data of the
shape of MNIST-1D is made up on the spot. With `--device cuda` the checks of GPUs are made too; where the walls keep CUDA
from starting, what would have to be opened is searched for and named.
"""

from __future__ import annotations

import argparse
import glob
import importlib.util
import json
import os
import platform
import select
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

LIMITS = {
    "timeout_s": 120.0, "patience": 10.0, "memory_mb": 4096, "threads": 128, "log_kb": 64, "frames_mb": 64, "scratch_mb": 64,
}  # fmt: skip
START_S, GRACE_S = 180.0, 5.0
TRY_S = 60.0  # for one start of CUDA, the first with the import of torch before it
SHARE = 0.5  # of a GPU, for each of two workers
SETTINGS = {"steps": 200, "batch": 128, "every": 50, "seed": 0}
NOTHING = "def train(program, data_dir, settings, emit):\n    emit('done')\n"
CALLS = "def train(program, data_dir, settings, emit):\n    program.live(settings, emit)\n"
SUM = """
def live(settings, emit):
    import time, torch
    began = time.perf_counter()
    total = torch.arange(1024.0, device="cuda").sum().item()
    emit("sum", {"total": total, "ms": (time.perf_counter() - began) * 1000})
"""
HOG = """
import torch

def live(settings, emit):
    kept, step, device = [], 64 << 20, settings.get("device", "cpu")
    try:
        while True:
            kept.append(torch.ones(step // 4, device=device))
    finally:
        if device == "cuda":
            part = torch.cuda.max_memory_allocated() / torch.cuda.get_device_properties(0).total_memory
            emit("took", {"part": part})
"""
MATMUL = """
import time
import torch

def live(settings, emit):
    a, b = (torch.randn(4096, 4096, device="cuda") for _ in range(2))
    for name in ("float32", "float16", "bfloat16"):
        with torch.autocast("cuda", getattr(torch, name), enabled=name != "float32"):
            for _ in range(3):
                c = a @ b
            torch.cuda.synchronize()
            began = time.perf_counter()
            for _ in range(10):
                c = a @ b
            torch.cuda.synchronize()
        ms = (time.perf_counter() - began) * 100
        emit("amp", {"dtype": name, "ms": ms, "made": str(c.dtype), "finite": bool(torch.isfinite(c).all())})
"""


class NotHeld(Exception):
    """A promise was broken; what was seen instead."""


BROKEN = (NotHeld, OSError, ValueError)  # the last two: a worker that is gone, or one that does not speak its language


def must(held: bool, seen: Any) -> None:
    if not held:
        raise NotHeld(str(seen)[-1500:])


# ---- one worker over its pipes ---------------------------------------------------------------------------------------


class Worker:
    """The worker as a child of this process, with one job at a time. Raises NotHeld when it breaks its protocol."""

    def __init__(self, folder: Path, options: Iterable[str], environment: dict[str, str]) -> None:
        import wire  # type: ignore[import-not-found]

        self.wire = wire
        self.scratch = tempfile.mkdtemp(prefix="alone-")
        os.chmod(self.scratch, 0o711)  # candidates may be another user
        command = [sys.executable, "-P", "-s", "-S", str(folder / "worker.py"), f"--scratch={self.scratch}", *options]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True, cwd="/", env=environment
        )
        self.limit = 0.0
        try:
            self.facts = self.receive(wire.READY, START_S).meta
        except BaseException:
            self.close()
            raise

    def exactly(self, size: int, until: float) -> bytes:
        assert self.process.stdout
        fd, data = self.process.stdout.fileno(), bytearray()
        while len(data) < size:
            ready, _, _ = select.select([fd], [], [], max(0.0, until - time.monotonic()))
            part = os.read(fd, size - len(data)) if ready else b""
            must(bool(part), "the worker was silent for too long" if not ready else "the worker is gone")
            data += part
        return bytes(data)

    def receive(self, types: bytes, timeout_s: float) -> Any:
        until = time.monotonic() + timeout_s
        kinds = tuple(bytes([one]) for one in types)
        type, meta, blob = self.wire.parse_head(self.exactly(self.wire.HEAD.size, until), kinds, 1 << 26, 1 << 30)
        return self.wire.Message(type, self.wire.parse_meta(self.exactly(meta, until)), self.exactly(blob, until))

    def begin(self, program: str, harness: str = CALLS, kind: str = "train", data: Path | None = None,
              settings: dict[str, Any] | None = None, given: dict[str, Any] | None = None, **limits: float) -> None:  # fmt: skip
        """Hand over a job."""
        bounds = {**LIMITS, **limits}
        self.limit, self.began = bounds["timeout_s"] * bounds["patience"], time.monotonic()
        order = {"kind": kind, "program": {"program.py": program}, "harness": harness, "settings": settings or {},
                 "data_dir": str(data) if data else None, "limits": bounds}  # fmt: skip
        assert self.process.stdin
        self.process.stdin.write(self.wire.encode(self.wire.JOB, order, self.wire.pack_arrays(given)))
        self.process.stdin.flush()
        self.receive(self.wire.BEGUN, START_S)

    def end(self) -> dict[str, Any]:
        """The result of the job, with its frames."""
        frames = []
        while (
            message := self.receive(self.wire.FRAME + self.wire.RESULT, self.limit + GRACE_S)
        ).type == self.wire.FRAME:
            frames.append((message.meta["kind"], message.meta["meta"], arrays(message.blob[: -self.wire.SPENT.size])))
        must("error" not in message.meta, message.meta.get("error"))
        return {**message.meta, "frames": frames, "took_s": time.monotonic() - self.began}

    def run(self, program: str, **how: Any) -> dict[str, Any]:
        self.begin(program, **how)
        return self.end()

    def close(self) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe:
                pipe.close()
        shutil.rmtree(self.scratch, ignore_errors=True)

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def arrays(blob: bytes) -> dict[str, Any]:
    """Arrays of a safetensors text, float32 only, as the worker sends them."""
    import numpy as np

    if not blob:
        return {}
    size = int.from_bytes(blob[:8], "little")
    head = json.loads(blob[8 : 8 + size])
    found = {}
    for name, entry in head.items():
        begin, end = (8 + size + at for at in entry["data_offsets"])
        dtype = {"F32": "<f4", "F64": "<f8", "I64": "<i8", "BOOL": "?", "U8": "u1"}[entry["dtype"]]
        found[name] = np.frombuffer(blob[begin:end], dtype).reshape(entry["shape"])
    return found


def driver_folders() -> list[str]:
    """Where the NVIDIA driver's library lies, if the loader would not look there of itself."""
    places = [*os.environ.get("LD_LIBRARY_PATH", "").split(":"), "/usr/local/nvidia/lib64", "/usr/lib/wsl/lib"]
    return sorted({os.path.realpath(place) for place in places if place and Path(place, "libcuda.so.1").exists()})


# ---- the machine -----------------------------------------------------------------------------------------------------


class Alone:
    """What all checks share: paths, data, the GPU as a process of its own sees it."""

    def __init__(self, options: argparse.Namespace, home: Path) -> None:
        self.worker, self.home = options.worker.resolve(), home
        self.harness, self.program = (
            options.harness.read_text(encoding="utf-8"),
            options.program.read_text(encoding="utf-8"),
        )
        self.paths = options.path or sorted({self.folder_of(name) for name in ("torch", "numpy")})
        self.data = home / "data"
        self.cuda = options.device == "cuda"
        self.gpu: dict[str, Any] = {}
        self.drivers: list[str] = []  # where a process that uses the GPU had its libraries from
        self.walls: tuple[str, ...] = ()  # what CUDA's checks are run with
        self.search_s = float(getattr(options, "search_s", 600.0))
        self.cpu_s = 0.0

    @staticmethod
    def folder_of(name: str) -> str:
        spec = importlib.util.find_spec(name)
        if spec is None or spec.origin is None:
            raise SystemExit(f"{name} is not installed for {sys.executable}; name its folder with --path")
        return str(Path(spec.origin).resolve().parent.parent)

    def make_data(self) -> None:
        import numpy as np

        draw = np.random.default_rng(0)
        waves = draw.normal(size=(10, 40))
        self.data.mkdir()
        for split, count in (("train", 1024), ("val", 256), ("test", 256)):
            labels = draw.integers(0, 10, count)
            signals = waves[labels] + 0.3 * draw.normal(size=(count, 40))
            np.save(self.data / f"{split}_x.npy", signals.astype(np.float32))
            if split == "train":
                np.save(self.data / "train_y.npy", labels.astype(np.int64))

    def start(self, *extra: str, folder: Path | None = None) -> Worker:
        """A worker as the jail starts it, with further options."""
        return Worker(folder or self.worker, self.options(*extra), self.environment())

    def options(self, *extra: str) -> list[str]:
        """What a worker is told. `-namespaces` and `-uid` among the further options leave these walls out."""
        walls = {} if "--no-walls" in extra else {"-namespaces": "--namespaces"}
        if walls and os.geteuid() == 0 and self.reachable():
            walls["-uid"] = f"--uid={(1 << 30) + os.getpid()}"
        given = [f"--path={path}" for path in self.paths]
        given += [f"--lib={os.path.realpath(entry.path)}" for path in self.paths for entry in os.scandir(path)]
        given += [f"--data={self.data}", *(wall for name, wall in walls.items() if name not in extra)]
        return given + [option for option in extra if option not in ("-namespaces", "-uid")]

    def environment(self) -> dict[str, str]:
        """What a worker has for its environment."""
        known = {"OMP_NUM_THREADS": "1", "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1", "LC_ALL": "C.UTF-8"}
        drivers = ":".join(dict.fromkeys([*driver_folders(), *self.drivers]))
        return known | ({"LD_LIBRARY_PATH": drivers} if drivers else {})

    def reachable(self) -> bool:
        """Whether another user can read the interpreter, the packages and the worker."""
        places = [sys.executable, os.__file__, self.worker, self.home, *self.paths]
        paths = [Path(place).resolve() for place in places]
        return all(path.stat().st_mode & 4 and all(p.stat().st_mode & 1 for p in path.parents) for path in paths)

    def gpu_options(self, share: float = SHARE) -> list[str]:
        nodes = [
            *glob.glob("/dev/nvidia[0-9]*"),
            *glob.glob("/dev/nvidia-caps/*"),
            *map("/dev/nvidia{}".format, ("ctl", "-uvm", "-uvm-tools", "-modeset")),
        ]
        part = [f"--gpu-share={share}"] if share else []
        options = [f"--gpu={self.gpu['uuid']}", *part, *(f"--device={node}" for node in nodes if os.path.exists(node))]
        return [*options, *(f"--lib={folder}" for folder in {*driver_folders(), *self.drivers}), *self.walls]

    def open(self, parts: Iterable[str]) -> None:
        """Go on with walls in which these parts are open."""
        self.worker, options = loosened(self.worker, self.home, parts)
        self.walls = tuple(options)

    def in_process(self, code: str) -> Any:
        """What a plain process with torch prints as JSON: this one must not start CUDA."""
        head = f"import sys, json; sys.path += {self.paths!r}; import torch; "
        done = subprocess.run(
            [sys.executable, "-P", "-s", "-S", "-c", head + code], capture_output=True, text=True, encoding="utf-8"
        )
        must(done.returncode == 0, done.stderr.strip().splitlines()[-1:])
        return json.loads(done.stdout)


# ---- checks on every machine -----------------------------------------------------------------------------------------


def facts(alone: Alone) -> dict[str, Any]:
    known = alone.in_process(
        "print(json.dumps([torch.__version__, torch.version.cuda, torch.backends.cudnn.version()]))"
    )
    found = {"python": platform.python_version(), "torch": known[0], "cuda": known[1], "cudnn": known[2],
             "machine": platform.machine(), "kernel": platform.release(), "cores": os.cpu_count(),
             "user": os.geteuid(), "candidates": "another user" if alone.reachable() else "the same user"}  # fmt: skip
    if alone.cuda:
        code = (
            "p = torch.cuda.get_device_properties(0); maps = open('/proc/self/maps').read().split();"
            "print(json.dumps({'gpu': p.name, 'uuid': 'GPU-' + str(p.uuid),"
            "'total_mb': p.total_memory >> 20, 'capability': [p.major, p.minor],"
            "'driver': sorted({m.rpartition('/')[0] for m in maps if '/libcuda.so' in m})}))"
        )
        alone.gpu = alone.in_process(code)
        alone.drivers = alone.gpu["driver"]
    return found | alone.gpu


def start(alone: Alone) -> dict[str, Any]:
    began = time.monotonic()
    with alone.start() as worker:
        return {"start_s": round(time.monotonic() - began, 2), **worker.facts}


def check(alone: Alone) -> dict[str, Any]:
    with alone.start() as worker:
        done = worker.run(alone.program, harness=alone.harness, kind="check", data=alone.data, settings=SETTINGS)
    must(done["failure"] is None, done["message"])
    must([kind for kind, _, _ in done["frames"]] == ["fingerprint"], done["frames"])
    return {"wall_s": done["wall_s"], **done["frames"][0][1]}


def train(alone: Alone, *extra: str, device: str = "cpu") -> dict[str, Any]:
    import numpy as np

    with alone.start(*extra) as worker:
        settings = {**SETTINGS, "device": device}
        done = worker.run(alone.program, harness=alone.harness, data=alone.data, settings=settings)
    must(done["failure"] is None, done["message"])
    found = [(kind, meta.get("split"), values) for kind, meta, values in done["frames"]]
    must({(kind, split) for kind, split, _ in found} >= {("predict", "val"), ("predict", "test")}, found)
    must(any(kind == "weights" and values for kind, _, values in found), "no weights came")
    finite = all(np.isfinite(array).all() for _, _, values in found for array in values.values())
    must(finite, "predictions or weights are not finite")
    return {name: round(done[name], 3) for name in ("wall_s", "cpu_s", "peak_memory_mb")} | {"frames": len(found)}


def audit(alone: Alone, *extra: str, device: str = "cpu") -> dict[str, Any]:
    """A training's predictions made again by code and weights alone, then by the list of operations alone, counted and timed."""
    import numpy as np

    settings = {**SETTINGS, "device": device}
    clean = (alone.worker / "clean.py").read_text(encoding="utf-8")

    def done(kind: str, **how: Any) -> dict[str, Any]:
        with alone.start(*extra) as worker:
            found = worker.run(how.pop("program", alone.program), kind=kind, data=alone.data, **how)
        must(found["failure"] is None, found["message"])
        return {
            str(meta.get("split") or meta.get("what") or name): (meta, given) for name, meta, given in found["frames"]
        }

    def near(found: dict[str, Any], *splits: str) -> float:
        return max(float(np.abs(found[s][1]["scores"] - told[s][1]["scores"]).max()) for s in splits)

    bare = done("audit", harness=alone.harness, settings=settings)
    told = done("train", harness=alone.harness, settings=settings)
    kept = told["weights"][1]
    must(bare["layout"][0]["weights"] == {n: list(v.shape) for n, v in kept.items()}, bare["layout"])
    own = done("audit", harness=alone.harness, settings=settings, given=kept)
    must("paths" in own["graph"][1], own["graph"][0])
    texts = {n: v for source in ("graph", "step") for n, v in own[source][1].items() if v.dtype == np.uint8}
    lists = {n: json.loads(v.tobytes()) for n, v in texts.items()}
    step = {n: lists.pop(n) for n in ("learn", "update")}
    stored = {f"w:{n}": v for n, v in kept.items()}
    alike = {**lists, "step": step, "examples": {"val": [0], "test": [0]}, "followed": 1}
    alone_ = done("audit", program="", harness=clean, settings=settings | alike, given=stored)
    pair = {who: {"paths": lists["paths"], "step": step} for who in ("own", "seed")}
    x = np.load(alone.data / "val_x.npy")[:20]
    given = {f"{who}/{n}": v for who in pair for n, v in {**stored, "x": x}.items()}
    times = done("train", program="", harness=clean, settings=settings | {"pair": pair}, given=given)
    found = {"by_code": near(own, "val", "test"), "by_list": near(alone_, "val", "test")}
    must(max(found.values()) < 1e-2, found)
    seen = {what: {k: v for k, v in times[what][0].items() if k != "what"} for what in ("latency", "step")}
    return {**found, "measured": alone_["measured"][0], **seen}


def audit_cpu(alone: Alone) -> dict[str, Any]:
    return audit(alone)


def train_cpu(alone: Alone) -> dict[str, Any]:
    seen = train(alone)
    alone.cpu_s = seen["wall_s"]
    return seen


def overhead(alone: Alone) -> dict[str, Any]:
    with alone.start() as worker:
        times = []
        for _ in range(55):
            done = worker.run("", harness=NOTHING)
            must(done["failure"] is None, done["message"])
            times.append(done["took_s"] * 1000)
    kept = sorted(times[5:])
    return {
        "jobs": len(kept),
        "p50_ms": round(statistics.median(kept), 1),
        "p95_ms": round(kept[int(len(kept) * 0.95)], 1),
    }


def faults(alone: Alone) -> dict[str, Any]:
    """An endless loop ends at its limit, a memory hog is told as memory, and the next candidate is unaffected."""
    with alone.start() as worker:
        loop = worker.run("def live(settings, emit):\n    while True: pass", timeout_s=1.0)
        must(loop["failure"] == "timeout", loop)
        # by the processor, as the limit is: by the clock a busy machine takes longer
        must(loop["cpu_s"] < 2.0, f"ended after {loop['cpu_s']:.2f} s of the processor, the limit was 1 s")
        hog = worker.run(HOG, memory_mb=300)
        must(hog["failure"] == "memory", hog)
        well = worker.run("", harness=NOTHING)
        must(well["failure"] is None, well)
    return {"loop_back_s": round(loop["took_s"], 2), "hog": hog["message"].splitlines()[-1]}


# ---- checks of a GPU -------------------------------------------------------------------------------------------------


def works(alone: Alone, *extra: str, folder: Path | None = None) -> str:
    """The error of a sum on the GPU behind these walls; empty when it comes out right."""
    try:
        with alone.start(*alone.gpu_options(), *extra, folder=folder) as worker:
            done = worker.run(SUM)
    except BROKEN as error:
        return str(error)
    right = done["failure"] is None and done["frames"][0][1]["total"] == 1024 * 1023 / 2
    return "" if right else done["message"] or "a wrong sum"


OPEN = """
def enforce(rules, _enforce=enforce):
    for path in {paths!r}:
        for rights in (READ | WRITE_FILE | TRUNCATE, WRITE_FILE | TRUNCATE):  # the second ruleset guards no reading
            try:
                allow(rules, path, rights)
            except OSError:
                pass
    _enforce(rules)
"""  # for paths that mean another file in each process


def loosened(worker: Path, home: Path, parts: Iterable[str]) -> tuple[Path, list[str]]:
    """A copy of the worker with some things opened, and its options.

    A part is `read:PATH`, `own:PATH` (read and written, as the candidate's process sees it), `use:PATH` or `call:NAME or number`.
    """
    folder = Path(tempfile.mkdtemp(prefix="open-", dir=home))
    shutil.copytree(worker, folder, dirs_exist_ok=True)
    folder.chmod(0o755)
    split = [part.split(":", 1) for part in parts]
    names = [name for kind, name in split if kind == "call"]
    with (folder / "syscalls.py").open("a", encoding="utf-8") as handle:
        handle.write(f"\nfor _name in {names!r}:\n    ALLOWED[_name] = CHECKED.pop(_name, None) or (int(_name),) * 2\n")
    with (folder / "walls.py").open("a", encoding="utf-8") as handle:
        handle.write(OPEN.format(paths=[name for kind, name in split if kind == "own"]))
    options = {"read": "--lib", "use": "--device"}
    return folder, [f"{options[kind]}={name}" for kind, name in split if kind in options]


PROBE = """
import json, os, sys
import child, seccomp, walls, worker
options = worker.arguments(json.loads(sys.argv[1]))
sys.path += options.path
walls.own_namespaces() if options.namespaces else None
worker.warm_up(True)
for line in sys.stdin:
    parts = json.loads(line)
    inward, outward = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            for name in parts["call"]:
                seccomp.ALLOWED[name] = seccomp.CHECKED.pop(name, None) or (int(name),) * 2
            job = options.scratch + "/" + str(os.getpid())
            os.mkdir(job, 0o700)
            if options.uid is not None:
                os.chown(job, options.uid, options.uid)
            reads = [*worker.interpreter(), *options.lib, *worker.driver_reads(), *parts["read"]]
            devices = [*options.device, *parts["use"]]
            exec(OPEN.format(paths=parts["own"]), vars(walls))
            known = dict(
                folder=job, rules=walls.ruleset(walls.common_rules(reads, options.scratch, devices)), devices=devices,
                keeps=False, uid=options.uid, bounded=False, size_kb=0, data_kb=0, cores=1, gpu=options.gpu,
                share=options.gpu_share,
            )
            setup = child.Setup(**{name: known[name] for name in child.Setup._fields})
            child.enter(setup, os.getppid(), os.open(os.devnull, os.O_WRONLY), outward, os.open(os.devnull, os.O_RDONLY))
            told = WHAT
        except BaseException as error:
            told = f"{type(error).__name__}: {error}"
        os.write(child.CHANNEL, json.dumps(told).encode()) if told else None
        os._exit(0 if not told else 1)
    os.close(outward)
    error = os.read(inward, 4096).decode()
    os.close(inward)
    status = os.waitpid(pid, 0)[1]
    print(json.dumps(error if error or not status else f"it ended with status {status}"), flush=True)
"""  # what a worker's fork does up to CUDA's start, over and over, with other parts of the walls open each time


class Prober:
    """One process that tries `what`, an expression that is empty when all went well, behind walls with some parts open."""

    def __init__(self, alone: Alone, options: Sequence[str], what: str = "child.take_gpu(setup)") -> None:
        self.scratch = tempfile.mkdtemp(prefix="probe-", dir=alone.home)
        os.chmod(self.scratch, 0o711)
        given = [f"--scratch={self.scratch}", *alone.options(*options)]
        head = f"import sys; sys.path.insert(0, {str(alone.worker)!r}); OPEN = {OPEN!r}\n"
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-s", "-S", "-c", head + PROBE.replace("WHAT", what), json.dumps(given)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True, cwd="/",
            env=alone.environment(), text=True, encoding="utf-8",
        )  # fmt: skip

    def tried(self, parts: Iterable[str]) -> str:
        """What went wrong with these parts open; empty when nothing did."""
        opened: dict[str, list[str]] = {"read": [], "own": [], "use": [], "call": []}
        for part in parts:
            kind, _, name = part.partition(":")
            opened[kind].append(name)
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(json.dumps(opened) + "\n")
        self.process.stdin.flush()
        ready, _, _ = select.select([self.process.stdout], [], [], TRY_S)
        line = self.process.stdout.readline() if ready else ""
        must(bool(line), "the probe is gone, or hangs")
        return str(json.loads(line))

    def close(self) -> None:
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.communicate()


def minimal(parts: Sequence[str], enough: Callable[[list[str]], bool]) -> list[str]:
    """A smallest list of `parts` that is enough, when all of them are (Junker 2004, QuickXplain)."""

    def search(given: list[str], fresh: bool, rest: list[str]) -> list[str]:
        if fresh and enough(given):
            return []
        if len(rest) == 1:
            return rest
        left, right = rest[: len(rest) // 2], rest[len(rest) // 2 :]
        second = search([*given, *left], bool(left), right)
        first = search([*given, *second], bool(second), left)
        return [*first, *second]

    return search([], True, list(parts)) if parts else []


class OutOfTime(Exception):
    """The search is stopped."""


def openable(worker: Path) -> list[str]:
    """All that `to_open` may open in the walls of this worker."""
    spec = importlib.util.spec_from_file_location("alone_syscalls", worker / "syscalls.py")
    assert spec
    assert spec.loader
    table = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(table)
    tops = [top for top in ("/proc", "/sys", "/etc", "/dev", "/run", "/var", "/usr", "/opt") if os.path.isdir(top)]
    column = ("x86_64", "aarch64").index(platform.machine())
    known = {numbers[column] for numbers in (table.ALLOWED | table.CHECKED).values()}
    calls = [*table.CHECKED, *(number for number in range(table.YOUNG + 50) if number not in known)]
    return ["own:/proc/self", *(f"read:{top}" for top in tops), "use:/dev", "use:/tmp", *(f"call:{c}" for c in calls)]


def to_open(parts: list[str], enough: Callable[[list[str]], bool], search_s: float = 600.0) -> tuple[list[str], bool]:
    """Which of these parts must be open so that it is enough, ["nothing helps"] when all of them are not, and whether the search
    came to its end: out of time it answers with the shortest list that was seen to be enough.
    """
    until, seen = time.monotonic() + search_s, []

    def tried(some: list[str]) -> bool:
        if time.monotonic() > until:
            raise OutOfTime
        held = enough(some)
        if held:
            seen.append(some)
        return held

    try:
        if not tried(parts):
            return ["nothing helps"], True
        needed = minimal(parts, tried)
        for top in [part for part in needed if part.startswith(("read:", "use:"))]:
            kind, _, path = top.partition(":")
            below = [f"{kind}:{entry.path}" for entry in os.scandir(path) if not entry.name.isdigit()]
            others = [part for part in needed if part != top]
            if tried([*others, *below]):
                needed = [*others, *minimal(below, lambda some, others=others: tried([*others, *some]))]  # type: ignore[misc]
    except OutOfTime:
        return min(seen, key=len, default=["nothing was tried"]), False
    return needed, True


def cuda_walls(alone: Alone) -> dict[str, Any]:
    """Whether CUDA starts behind the walls; else what it needs open, and that is left open for the checks to come."""
    error = works(alone)
    if not error:
        return {"walls": True}
    told: dict[str, Any] = {"error": error[-600:]}
    told["without_walls"] = works(alone, "--no-walls")[-300:] or "works"
    alone.walls, told["opened"] = ("--no-walls",), ["not looked for"]
    if told["without_walls"] == "works":
        alone.walls = ()
        for wall in ("-namespaces", "-uid"):
            told[f"without{wall}"] = works(alone, wall)[-300:] or "works"
        prober = Prober(alone, alone.gpu_options())
        try:
            told["opened"], told["search_ended"] = to_open(
                openable(alone.worker), lambda some: not prober.tried(some), alone.search_s
            )
        finally:
            prober.close()
        if ":" in told["opened"][0]:
            alone.open(told["opened"])
            told["with_these_open"] = works(alone)[-300:] or "works"
        else:
            alone.walls = ("--no-walls",)
    raise NotHeld(json.dumps(told))


def first_touch(alone: Alone) -> dict[str, Any]:
    """What starting CUDA costs a fork, and what is left of it where that is done while the process waits."""
    seen: dict[str, list[float]] = {"cold": [], "ahead": [], "back_to_back": []}
    for name, share, rest_s in (("cold", 0.0, 0.0), ("ahead", SHARE, 3.0), ("back_to_back", SHARE, 0.0)):
        with alone.start(*alone.gpu_options(share)) as worker:
            for _ in range(3):
                time.sleep(rest_s)
                done = worker.run(SUM)
                must(done["failure"] is None, done["message"])
                seen[name].append(done["took_s"] * 1000)
    return {f"{name}_ms": round(statistics.median(times), 1) for name, times in seen.items()}


def train_cuda(alone: Alone) -> dict[str, Any]:
    seen = train(alone, *alone.gpu_options(), device="cuda")
    return {**seen, "cpu_wall_s": alone.cpu_s}


def audit_cuda(alone: Alone) -> dict[str, Any]:
    return audit(alone, *alone.gpu_options(), device="cuda")


def exact_cuda(alone: Alone) -> dict[str, Any]:
    """Two processes, the same program: fingerprints are the same, and so are the predictions of equal weights."""
    seen = []
    for _ in range(2):
        with alone.start(*alone.gpu_options()) as worker:
            told = {**SETTINGS, "device": "cuda"}
            done = worker.run(alone.program, harness=alone.harness, kind="check", data=alone.data, settings=told)
            must(done["failure"] is None, done["message"])
            seen.append(done["frames"][0][1]["behaviour"])
            done = worker.run(alone.program, harness=alone.harness, data=alone.data, settings=told)
            must(done["failure"] is None, done["message"])
            scores = [values["scores"] for _, meta, values in done["frames"] if meta.get("split") == "test"]
            seen.append(scores[-1])
    must(seen[0] == seen[2], f"fingerprints {seen[0]} and {seen[2]}")
    apart = float(abs(seen[1] - seen[3]).max())
    return {"behaviour": seen[0], "two_trainings_apart": apart, "spread": float(seen[1].std())}


def two_on_one(alone: Alone) -> dict[str, Any]:
    """One takes all it can get and runs out; its neighbour trains on, with its own part of the card."""
    with alone.start(*alone.gpu_options()) as greedy, alone.start(*alone.gpu_options()) as modest:
        modest.begin(alone.program, harness=alone.harness, data=alone.data, settings={**SETTINGS, "device": "cuda"})
        greedy.begin(HOG, settings={"device": "cuda"})
        full, well = greedy.end(), modest.end()
        must(full["failure"] == "memory", full["message"])
        part = full["frames"][0][1]["part"]
        must(part <= SHARE + 0.01, f"it took {part:.2f} of the card, its part is {SHARE}")
        must(well["failure"] is None, well["message"])
        again = greedy.run(SUM)
        must(again["failure"] is None, again["message"])
    return {"part": round(part, 3), "message": full["message"].splitlines()[-1][:200], "neighbour_s": well["wall_s"]}


def amp(alone: Alone) -> dict[str, Any]:
    with alone.start(*alone.gpu_options()) as worker:
        done = worker.run(MATMUL)
    must(done["failure"] is None, done["message"])
    seen = {meta["dtype"]: meta for _, meta, _ in done["frames"]}
    must(all(meta["finite"] and meta["made"] == f"torch.{name}" for name, meta in seen.items()), seen)
    return {f"{name}_ms": round(meta["ms"], 3) for name, meta in seen.items()}


CHECKS: tuple[Callable[[Alone], dict[str, Any]], ...] = (facts, start, check, train_cpu)
GPU_CHECKS: tuple[Callable[[Alone], dict[str, Any]], ...] = (
    cuda_walls, train_cuda, audit_cuda, exact_cuda, two_on_one, first_touch, amp
)  # fmt: skip
LAST_CHECKS: tuple[Callable[[Alone], dict[str, Any]], ...] = (audit_cpu, faults, overhead)  # a GPU's time is dearer


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--worker", type=Path, required=True, help="the worker's folder")
    parser.add_argument("--harness", type=Path, required=True, help="a task's harness.py")
    parser.add_argument("--program", type=Path, required=True, help="the program that it trains")
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu", help="cuda makes the checks of a GPU too")
    parser.add_argument("--path", action="append", default=[], help="a folder to import torch and numpy from")
    parser.add_argument("--only", nargs="+", metavar="CHECK", help="make these checks alone")
    parser.add_argument("--out", type=Path, help="a file for the lines, besides standard output")
    parser.add_argument("--search-s", type=float, default=600.0, help="seconds to look for what CUDA needs opened")
    options = parser.parse_args(argv)
    options.path = [str(Path(path).resolve()) for path in options.path]
    sys.path[:0] = [str(options.worker.resolve())]
    sys.path += options.path
    held = True
    if options.out:
        options.out.write_text("", encoding="utf-8")
    with tempfile.TemporaryDirectory(prefix="worker-alone-") as folder:
        alone = Alone(options, Path(folder))
        alone.home.chmod(0o755)
        alone.make_data()
        for one in (*CHECKS, *GPU_CHECKS, *LAST_CHECKS):
            if options.only and one.__name__ not in (*options.only, "facts"):  # the GPU is known from the facts
                continue
            line: dict[str, Any] = {"check": one.__name__, "held": None}
            began = time.monotonic()
            if one in GPU_CHECKS and not alone.gpu:
                line["why"] = "no GPU was found" if alone.cuda else "not asked for: --device cuda"
            else:
                try:
                    line |= {"held": True, **one(alone)}
                except BROKEN as error:
                    line |= {"held": False, "why": f"{type(error).__name__}: {error}"}
                    held = False
            line["s"] = round(time.monotonic() - began, 2)
            print(json.dumps(line), flush=True)
            if options.out:
                with options.out.open("a", encoding="utf-8") as handle:
                    handle.write(json.dumps(line) + "\n")
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
