"""The candidate's own process: walls first, then the harness, then the program; every ending becomes one last message.

Nothing said from here is believed by anybody: the worker that forked this process measures and kills, the host scores.
"""

from __future__ import annotations

import errno
import importlib.util
import json
import linecache
import os
import re
import resource
import signal
import sys
import tempfile
import time
import traceback
import types
import warnings
from pathlib import Path
from typing import Any, NamedTuple

import seccomp  # type: ignore[import-not-found]
import walls  # type: ignore[import-not-found]
import wire  # type: ignore[import-not-found]

KINDS = ("syntax", "contract", "shape", "nan", "memory", "timeout", "crash", "refused")
CHANNEL = 3  # the descriptor that frames leave through
ORDERS, RULES = (
    4,
    5,
)  # the job arrives, and the worker's Landlock rules; both closed before the candidate's code is loaded
PROGRAM = "program"  # the folder of the program's files, in the job's folder
WALLS_UP = b"W"  # the last message before any of the candidate's code is loaded
MAX_LINES = 15
CONTEXT_MB = 700  # of a card's memory that CUDA itself takes in each process, which torch does not count

_SHAPE = re.compile(
    r"shape|size of tensor|sizes? mismatch|\bsizes?\b.*\bmatch|channels|must match|cannot be multiplied|broadcast"
    r"|dimension|expected \d+D|batch_?size|same size|Target size|view size|divisible|should contain \d+ elements"
    r"|invalid for input of size",
    re.IGNORECASE,
)
_MEMORY = re.compile(
    r"can't allocate memory|out of memory|not enough memory|DefaultCPUAllocator|_ALLOC_FAILED|MemoryAllocation",
    re.IGNORECASE,
)
# of every way to touch a parameter of a lazy layer before its first forward pass
_LAZY = re.compile(r"uninitialized (parameter|buffer)", re.IGNORECASE)
_LAZY_CURE = (
    "the model has lazy layers (nn.Lazy...) whose sizes are not known yet: in build_model() run it once on an input of zeros, "
    "before the optimiser is made"
)


class Setup(NamedTuple):
    """What is decided for one process before its job is known."""

    folder: str  # the job's own folder, the only one it may write
    rules: int  # the descriptor of the worker's Landlock rules, -1 without walls
    devices: list[str]
    keeps: bool  # whether its files stay until it is dead, since what is deleted could not be counted
    uid: int | None
    bounded: bool  # whether address space may be limited (not with CUDA)
    size_kb: int  # of the worker itself: address space
    data_kb: int  # of the worker itself: private writable memory
    gpu: str = ""  # what CUDA knows the slot's GPU by
    share: float = 0.0  # of its memory, for this slot

    @property
    def walled(self) -> bool:
        return self.rules >= 0


class HarnessError(Exception):
    """The harness itself does not load: nobody's candidate is to blame."""


def enter(setup: Setup, parent: int, log: int, channel: int, orders: int) -> None:
    """Descriptors, identity, environment, file and call walls; in the order in which each can still be set."""
    os.setsid()
    for source, place in ((log, 1), (log, 2), (channel, CHANNEL), (orders, ORDERS), (max(setup.rules, 0), RULES)):
        os.dup2(source, place)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.closerange(RULES + 1, 1 << 16)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGPIPE):
        signal.signal(number, signal.SIG_DFL)
    os.umask(0o077)
    os.chdir(setup.folder)
    os.environ.clear()
    os.environ.update(HOME=setup.folder, TMPDIR=setup.folder)
    tempfile.tempdir = None  # the worker's imports have looked for theirs
    if setup.gpu:
        os.environ.update(CUDA_VISIBLE_DEVICES=setup.gpu, CUDA_DEVICE_ORDER="PCI_BUS_ID")
        os.environ.update(CUBLAS_WORKSPACE_CONFIG=":4096:8")  # else cuBLAS may add up in another order each time
    if setup.walled:
        walls.prefer_to_die()
        walls.drop_privileges(setup.uid)
    walls.prctl(walls.PR_SET_PDEATHSIG, signal.SIGKILL)  # after the change of user, which clears it
    if os.getppid() != parent:
        os._exit(1)
    if setup.walled:
        walls.prctl(walls.PR_SET_DUMPABLE, 0)
        walls.prctl(walls.PR_SET_NO_NEW_PRIVS, 1)
        own = walls.own_rules(setup.folder, setup.devices, setup.keeps)
        if setup.gpu:
            for path, rights in walls.cuda_rules(os.getpid()):
                walls.allow(RULES, path, rights)
                own.append((path, rights))
        walls.enforce(RULES)
        walls.enforce(walls.ruleset(own, only_changes=True))
        seccomp.enforce(os.getpid(), gpu=bool(setup.devices))
    else:
        os.close(RULES)


def part(total_mb: float, share: float) -> float:
    """The part of a card that one process of a slot may fill with tensors: the slot's share of what CUDA itself leaves.

    Each slot has two processes on the card, the one that runs and the next one, which waits. Raises ValueError when
    nothing is left.
    """
    contexts_mb = 2 * round(1 / share) * CONTEXT_MB
    if contexts_mb >= total_mb:
        slots = f"the {round(1 / share)} slots on it need {contexts_mb} MB for CUDA alone"
        raise ValueError(f"the card has {total_mb:.0f} MB, and {slots}; lower sandbox.slots or sandbox.per_gpu")
    return share * (total_mb - contexts_mb) / total_mb


def take_gpu(setup: Setup) -> str:
    """Start CUDA in this process with its part of the card's memory; what went wrong, empty when nothing did.

    It takes long, so it is done while the process waits for its job. Kernels give the same numbers each time, so that
    fingerprints and audited predictions can be compared; a harness may choose faster ones for its training steps.
    """
    import torch

    warnings.filterwarnings("ignore", message=".*deterministic", category=UserWarning)  # said of what has no other way
    torch.set_deterministic_debug_mode("warn")
    torch.backends.cudnn.deterministic, torch.backends.cudnn.benchmark = True, False
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    try:
        total_mb = torch.cuda.get_device_properties(0).total_memory / 2**20
        torch.cuda.set_per_process_memory_fraction(part(total_mb, setup.share))
        torch.zeros(1, device="cuda").add_(1).item()
    except (RuntimeError, AssertionError, ValueError) as error:
        exclusive = " (in exclusive compute mode it serves one process; as root: nvidia-smi -c DEFAULT)"
        said = (str(error).splitlines() or [type(error).__name__])[0]
        return f"the GPU of this slot cannot be used: {said}{exclusive if 'busy or unavailable' in said else ''}"
    return ""


def bound(setup: Setup, limits: dict[str, Any]) -> None:
    """The limits of the job, lowered for good."""
    room_kb = limits["memory_mb"] * 1024
    walls.limit(resource.RLIMIT_CORE, 0)
    # the keeper is first: it also counts what is started; CUDA may have taken some time already
    walls.limit(resource.RLIMIT_CPU, int(time.process_time() + limits["timeout_s"]) + 10)
    if not setup.walled:
        return
    walls.limit(resource.RLIMIT_NOFILE, 256)
    walls.limit(resource.RLIMIT_FSIZE, limits["scratch_mb"] << 20)
    walls.limit(resource.RLIMIT_MEMLOCK, 0)
    walls.limit(resource.RLIMIT_MSGQUEUE, 0)
    if setup.bounded:  # each thread reserves a stack, hence the slack; what is really used is watched by the keeper
        walls.limit(resource.RLIMIT_DATA, (setup.data_kb + room_kb + (512 << 10)) << 10)
        walls.limit(resource.RLIMIT_AS, (setup.size_kb + room_kb + (1 << 20)) << 10)
    if setup.uid is not None:
        walls.limit(resource.RLIMIT_NPROC, limits["threads"] + 1)


def send(type: bytes, meta: dict[str, Any], blob: bytes = b"") -> None:
    view = memoryview(wire.encode(type, meta, blob))
    while view:
        view = view[os.write(CHANNEL, view) :]


def emit(kind: str, meta: dict[str, Any] | None = None, arrays: dict[str, Any] | None = None) -> None:
    """Send one frame to the host: a name, a JSON object, arrays or tensors by name. What harnesses call."""
    send(wire.FRAME, {"kind": str(kind), "meta": meta or {}}, wire.pack_arrays(arrays))


def load_harness(text: str) -> types.ModuleType:
    """The harness as a module. Raises HarnessError."""
    module = types.ModuleType("harness")
    module.__file__ = "harness.py"
    linecache.cache["harness.py"] = (len(text), None, text.splitlines(keepends=True), "harness.py")
    sys.modules["harness"] = module
    try:
        exec(compile(text, "harness.py", "exec"), module.__dict__)
    except Exception as error:
        raise HarnessError(f"the task's harness does not load: {traceback.format_exc(limit=-2)}") from error
    return module


def load_program(folder: Path) -> types.ModuleType:
    """The program's entry as module `program`; its other files can be imported by name. Raises whatever they raise."""
    sys.path.append(str(folder))
    spec = importlib.util.spec_from_file_location("program", folder / "program.py")
    if spec is None or spec.loader is None:
        raise HarnessError("a program needs the file program.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["program"] = module
    spec.loader.exec_module(module)
    return module


def classify(error: BaseException) -> str:
    """The failure kind of an exception, first match wins."""
    named = getattr(error, "failure", None)
    text = str(error)
    number = error.errno if isinstance(error, OSError) else None
    program = sys.modules.get("program")
    if isinstance(named, str) and named in KINDS:
        return named
    if isinstance(error, SyntaxError):
        return "syntax"
    if _LAZY.search(text):
        return "contract"
    if isinstance(error, FloatingPointError) or "returned nan values" in text:
        return "nan"
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError" or number == errno.ENOMEM:
        return "memory"
    if isinstance(error, RuntimeError) and _MEMORY.search(text):
        return "memory"
    if isinstance(error, PermissionError) or type(error).__name__ == "gaierror" or "start new thread" in text:
        return "refused"
    if number in (errno.EFBIG, errno.ENOSPC, errno.EMFILE, errno.EDQUOT, errno.EROFS, errno.EPERM, errno.ENOSYS):
        return "refused"
    if isinstance(error, (RuntimeError, ValueError, IndexError, AssertionError)) and _SHAPE.search(text):
        return "shape"
    if isinstance(error, ImportError) or (isinstance(error, AttributeError) and error.obj is program):
        return "contract"
    return "crash"


def explain(error: BaseException, folder: Path) -> str:
    """The last lines of the traceback, program frames only, and the error: what the author of the code should see."""
    lines = []
    if _LAZY.search(str(error)):  # torch's own line says nothing of a model, and the place is any
        return _LAZY_CURE
    frames = traceback.extract_tb(error.__traceback__)
    mine = [f for f in frames if f.filename.startswith(str(folder))]
    named = getattr(error, "failure", None) in KINDS  # then the harness says in words what its code would show
    for frame in mine or [f for f in frames if f.filename == "harness.py" and not named][-1:]:
        lines += [f"{os.path.basename(frame.filename)}, line {frame.lineno}, in {frame.name}", f"    {frame.line}"]
    if isinstance(error, SystemExit):
        last = [f"SystemExit: the program ended its own process with {error.code!r}"]
    else:
        last = "".join(traceback.format_exception_only(error)).replace(f"{folder}/", "").splitlines()
    return "\n".join([*lines, *last[-MAX_LINES:]][-MAX_LINES:])[-4000:]


def live(job: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Load harness and program, call the harness; what the last message says."""
    try:
        harness = load_harness(job["harness"])
        call = getattr(harness, job["kind"], None)
        if not callable(call):
            return {"error": f"the task's harness has no function {job['kind']}(program, data_dir, settings, emit)"}
        send(WALLS_UP, {})
    except HarnessError as error:
        return {"error": str(error)}
    try:
        program = load_program(folder)
        call(program, Path(job["data_dir"]) if job["data_dir"] else None, job["settings"], emit)
    except BaseException as error:  # whatever a candidate raises is its result, SystemExit and the like included
        return {"failure": classify(error), "message": explain(error, folder)}
    return {"failure": None, "message": ""}


def receive() -> dict[str, Any] | None:
    """The job, once the keeper has it; None when the keeper went away without one."""
    text = b"".join(iter(lambda: os.read(ORDERS, 1 << 20), b""))
    os.close(ORDERS)
    job: dict[str, Any] | None = json.loads(text) if text else None
    return job


def main(setup: Setup, parent: int, log: int, channel: int, orders: int) -> None:
    """Live the whole life of a candidate's process: walls, a wait for the job, the job; never returns."""
    try:
        try:
            enter(setup, parent, log, channel, orders)
            gone = take_gpu(setup) if setup.share else ""
            job = receive()
            if job is None:
                os._exit(0)
            bound(setup, job["limits"])
            if gone:
                send(wire.DONE, {"error": gone})
                os._exit(1)
        except Exception as error:
            send(wire.DONE, {"error": f"the walls do not stand: {type(error).__name__}: {error}"})
            os._exit(1)
        last = live(job, Path(setup.folder) / PROGRAM)
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except (OSError, ValueError, AttributeError):  # the candidate closed or replaced it
                continue
        send(wire.DONE, json.loads(json.dumps(last)))
    finally:
        os._exit(0)
