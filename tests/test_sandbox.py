"""The contract of every backend: what goes in comes out whole, faults have names, nothing reaches out or stays behind."""

from __future__ import annotations

import asyncio
import os
import signal
import statistics
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sandboxes import BACKENDS, HARNESS, LIMITS, Bench, bench, processes

from sandbox import Frame, SandboxError, open_sandbox
from sandbox.contract import SandboxUnavailable


@pytest.fixture(params=BACKENDS)
def box(request: pytest.FixtureRequest) -> Bench:
    return bench(request.param, request.config)


def attack(*lines: str) -> str:
    """A program whose `attack` runs the given lines."""
    return "import os, sys, time\ndef attack(data_dir, settings, emit):\n" + "".join(f"    {line}\n" for line in lines)


def said(result: Any) -> list[Any]:
    """What the program reported of itself through frames named `say`."""
    return [frame.meta["said"] for frame in result.frames if frame.kind == "say"]


MODEL = """
import torch
from torch import nn
def build_model():
    return nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2))
def build_optimizer(model, steps):
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    return optimizer, torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
"""


# ---- what a healthy program gets --------------------------------------------------------------------------------------


def test_arrays_arrive_bit_exact_in_order_and_with_their_meta(box: Bench) -> None:
    harness = """
import numpy as np, torch
def train(program, data_dir, settings, emit):
    generator = torch.Generator().manual_seed(settings["seed"])
    for step in range(3):
        x = torch.randn(7, 5, generator=generator)
        emit("predict", {"step": step}, {"x": x, "half": x.half(), "none": x[:0], "one": torch.tensor(3),
             "i": np.arange(4, dtype=np.int16), "b": x > 0, "t": x.T})
"""
    result = box.run("", harness=harness, settings={"seed": 3})
    assert result.failure is None
    import torch

    generator = torch.Generator().manual_seed(3)
    assert [(frame.kind, frame.meta) for frame in result.frames] == [("predict", {"step": step}) for step in range(3)]
    for frame in result.frames:
        x = torch.randn(7, 5, generator=generator)
        expected = {"x": x, "half": x.half(), "none": x[:0], "one": torch.tensor(3), "b": x > 0, "t": x.T}
        for name, tensor in expected.items():
            np.testing.assert_array_equal(frame.arrays[name], tensor.numpy(), strict=True)
        assert frame.arrays["i"].dtype == np.int16


def test_a_program_of_several_files_trains_and_reads_its_data(box: Bench) -> None:
    program = {
        "program.py": "from parts import width\nimport numpy as np\n"
        "def attack(data_dir, settings, emit):\n"
        "    emit('say', {'said': [width, np.load(data_dir / 'x.npy').tolist()]})\n",
        "parts.py": "width = 12\n",
    }
    assert said(box.run(program)) == [[12, [0, 1, 2, 3, 4]]]


def test_a_model_goes_forward_and_backward_under_the_walls(box: Bench) -> None:
    result = box.run(MODEL, kind="check")
    assert (result.failure, result.message) == (None, "")


WORK = """
import concurrent.futures, tempfile, time, warnings
import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

def attack(data_dir, settings, emit):
    torch.set_num_threads(2)
    x = torch.randn(8, 3, 16, 16)
    layers = [nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.GELU(), nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(32, 4)]
    model = nn.Sequential(*layers)
    for kind in (torch.optim.SGD, torch.optim.Adam, torch.optim.RMSprop):
        optimizer = kind(model.parameters(), lr=0.01)
        F.cross_entropy(model(x), torch.arange(8) % 4).backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
    with torch.autocast("cpu", torch.bfloat16):
        model(x)
    nn.LSTM(3, 5)(torch.randn(4, 2, 3))[0].sum().backward()
    nn.TransformerEncoderLayer(8, 2)(torch.randn(4, 2, 8)).sum().backward()
    torch.fft.rfft(x).abs().sum(), torch.linalg.svd(x[0, 0]), torch.linalg.solve(torch.eye(300), torch.ones(300))
    torch.randn(600, 600) @ torch.randn(600, 600), F.scaled_dot_product_attention(*torch.randn(3, 1, 2, 64, 8))
    torch.jit.trace(model.eval(), x), torch.compile(lambda x: x + 1, backend="eager")(x)
    loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(x), batch_size=4, shuffle=True)
    list(loader)
    torch.save(model.state_dict(), "weights.pt")
    model.load_state_dict(torch.load("weights.pt", mmap=True))
    np.memmap("map", np.float32, "w+", shape=(100,))[:] = 1
    np.savez("arrays", x=x.numpy()), np.load("arrays.npz")["x"]
    with tempfile.TemporaryFile() as one, tempfile.NamedTemporaryFile() as two, tempfile.TemporaryDirectory():
        one.write(b"x"), two.write(b"x")
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        list(pool.map(torch.randn, range(8)))
    time.sleep(0.01)
"""


def test_what_honest_programs_do_passes_the_walls(box: Bench) -> None:
    result = box.run(WORK, limits=replace(LIMITS, memory_mb=300, timeout_s=60))
    assert (result.failure, result.message) == (None, "")


def test_the_host_can_stop_a_job_by_answering_false(box: Bench) -> None:
    program = attack("for step in range(1000):", "    emit('step', {'step': step})", "    time.sleep(0.1)")
    seen: list[Frame] = []

    def on_frame(frame: Frame) -> bool:
        seen.append(frame)
        return len(seen) < 3

    result = box.wait(box.sandbox.run(box.job(program), on_frame))
    assert result.failure is None
    assert [frame.meta["step"] for frame in seen] == [0, 1, 2]


def test_what_a_stopped_job_did_before_the_word_reached_it_makes_no_difference(box: Bench) -> None:
    program = attack("for step in range(5): emit('step', {'step': step})", "raise RuntimeError('too late')")
    for _ in range(5):
        seen: list[Frame] = []

        def on_frame(frame: Frame, seen: list[Frame] = seen) -> bool:
            seen.append(frame)
            return len(seen) < 2

        result = box.wait(box.sandbox.run(box.job(program), on_frame))
        assert (result.failure, result.message) == (None, "")
        assert [frame.meta["step"] for frame in seen] == [frame.meta["step"] for frame in result.frames] == [0, 1]


def test_time_and_memory_are_measured_from_outside(box: Bench) -> None:
    program = attack(
        "import torch",
        "time.time = time.monotonic = time.process_time = lambda: 0.0",
        "x = torch.ones(100 << 18)",
        "while sum(os.times()[:2]) < 0.5: pass",
    )
    result = box.run(program)
    assert result.failure is None
    assert 0.5 <= result.cpu_s < 3
    assert result.cpu_s <= result.wall_s + 0.1
    assert 95 < result.peak_memory_mb < 200


def test_the_log_is_kept_up_to_its_bound(box: Bench) -> None:
    result = box.run(attack("print('hello')", "sys.stderr.write('x' * 1_000_000)", "sys.stderr.flush()"))
    assert result.failure is None
    assert "x" * 1000 in result.log
    assert "bytes more were dropped" in result.log
    assert len(result.log) < (LIMITS.log_kb << 10) + 100


def test_equal_programs_hash_alike_in_every_slot(box: Bench) -> None:
    program = attack("emit('say', {'said': hash('a word')})")
    jobs = [box.sandbox.run(box.job(program)) for _ in range(4)]

    async def all_at_once() -> list[Any]:
        return await asyncio.gather(*jobs)

    assert len({str(said(result)) for result in box.wait(all_at_once())}) == 1


# ---- every fault has its name -----------------------------------------------------------------------------------------

FAULTS = {
    "syntax": ("def f(:\n", "line 1"),
    "contract": ("x = 1\n", "has no attribute 'build_model'"),
    "shape": (MODEL.replace("nn.Linear(4, 2)", "nn.Linear(5, 2)"), "shapes cannot be multiplied"),
    "nan": (MODEL.replace("return nn.Seq", "return Broken(").replace("uential(", "", 1) + "", ""),
    "crash": (MODEL + "raise KeyError('layers')\n", "KeyError: 'layers'"),
    "memory": (MODEL + "x = torch.ones(1 << 30)\n", "allocate memory"),
    "timeout": (MODEL + "while True: pass\n", "used up its 0.5 s"),
    "refused": (MODEL + "import socket; socket.socket()\n", "PermissionError"),
}
FAULTS["nan"] = (
    MODEL.replace("return nn.Sequential", "return Infinite") + "class Infinite(nn.Sequential):\n"
    "    def forward(self, x):\n        return super().forward(x) / 0\n",
    "the loss is not finite",
)


@pytest.mark.parametrize("kind", FAULTS)
def test_a_fault_is_named_and_shown_as_its_author_should_see_it(box: Bench, kind: str) -> None:
    program, text = FAULTS[kind]
    limits = replace(LIMITS, timeout_s=0.5) if kind == "timeout" else LIMITS
    result = box.run(program, kind="check", limits=limits)
    assert result.failure == kind, result.message
    assert text in result.message
    assert "/job-" not in result.message
    assert len(result.message.splitlines()) <= 15


def test_a_missing_module_breaks_the_contract(box: Bench) -> None:
    result = box.run("import pandas\n")
    assert (result.failure, "pandas" in result.message) == ("contract", True)


def test_an_exception_may_name_its_own_kind_but_only_a_known_one(box: Bench) -> None:
    named = "class E(Exception):\n    failure = '{}'\nraise E('as said')\n"
    assert box.run(named.format("nan")).failure == "nan"
    assert box.run(named.format("glory")).failure == "crash"


def test_a_message_shows_the_lines_of_the_program(box: Bench) -> None:
    result = box.run("def f(x):\n    return x['no']\n\nf({})\n")
    assert result.failure == "crash"
    assert "program.py, line 2, in f\n    return x['no']" in result.message
    assert result.message.endswith("KeyError: 'no'")


@pytest.mark.parametrize(
    ("lines", "kind", "text"),
    [
        (["os._exit(0)"], "crash", "exit code 0"),
        (["sys.exit(3)"], "crash", "SystemExit"),
        (["import ctypes", "ctypes.string_at(0)"], "crash", "SIGSEGV"),
        (["os.abort()"], "crash", "SIGABRT"),
        (["f = lambda: f()", "f()"], "crash", "RecursionError"),
    ],
)
def test_a_death_is_explained(box: Bench, lines: list[str], kind: str, text: str) -> None:
    result = box.run(attack(*lines))
    assert (result.failure, text in result.message) == (kind, True), result.message


# ---- limits -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "lines",
    [
        ["while True: pass"],
        ["import signal", "for n in (15, 2, 1): signal.signal(n, signal.SIG_IGN)", "while True: time.sleep(1)"],
        ["import threading", "threading.Thread(target=time.sleep, args=(100,)).start()"],
        ["import re", "re.match('(a+)+$', 'a' * 50 + 'b')"],
    ],
    ids=["loop", "deaf-to-signals", "thread-outlives", "inside-c"],
)
def test_no_program_outlives_its_time_and_the_slot_is_back_at_once(box: Bench, lines: list[str]) -> None:
    before = workers(box)
    result = box.run(attack(*lines, "while True: time.sleep(1)"), limits=replace(LIMITS, timeout_s=0.5))
    assert result.failure == "timeout"
    assert box.run("x = 1").failure is None
    assert workers(box) == before  # nobody had to wait for a new one


@pytest.mark.parametrize(
    "lines",
    [
        ["import torch", "kept = [torch.ones(10 << 18) for _ in range(100)]"],
        ["kept = [bytearray(10 << 20) for _ in range(100)]"],
        ["import mmap", "kept = mmap.mmap(-1, 1000 << 20)", "for at in range(0, 1000 << 20, 4096): kept[at] = 1"],
    ],
    ids=["torch", "python", "shared-mapping"],
)
def test_memory_over_the_limit_is_the_programs_failure(box: Bench, lines: list[str]) -> None:
    result = box.run(attack(*lines))
    assert result.failure == "memory", result.message
    assert result.peak_memory_mb < LIMITS.memory_mb + 200


def test_a_thread_flood_is_stopped(box: Bench) -> None:
    flood = attack("import threading", "while True: threading.Thread(target=time.sleep, args=(60,)).start()")
    result = box.run(flood)
    assert result.failure == "refused", result.message


def test_frames_over_their_limit_are_stopped(box: Bench) -> None:
    result = box.run(attack("import torch", "while True: emit('x', {}, {'x': torch.zeros(1 << 18)})"))
    assert (result.failure, "frames" in result.message) == ("refused", True)
    assert sum(frame.arrays["x"].nbytes for frame in result.frames) <= LIMITS.frames_mb << 20


def test_a_large_last_frame_does_not_swallow_the_end_of_a_job(box: Bench) -> None:
    large = 15 << 20  # more than the worker holds for a slow host, within the limit
    result = box.run(attack(f"import torch; emit('weights', {{}}, {{'x': torch.ones({large}, dtype=torch.uint8)}})"))
    assert (result.failure, result.message) == (None, "")
    assert [frame.arrays["x"].nbytes for frame in result.frames if frame.kind == "weights"] == [large]


def test_the_job_folder_is_writable_bounded_and_thrown_away(box: Bench) -> None:
    kept = attack("open('mine', 'w').write('x')", "emit('say', {'said': sorted(os.listdir('.'))})")
    assert said(box.run(kept)) == [["mine", "program"]]
    assert said(box.run(kept)) == [["mine", "program"]]
    full = attack("for n in range(1000):", "    open(f'{n}', 'wb').write(b'x' * (1 << 20))", "    time.sleep(0.001)")
    assert box.run(full).failure == "refused"
    many = attack("for n in range(100_000): open(f'{n}', 'w').close()", "time.sleep(1)")
    assert box.run(many).failure == "refused"


HOLDS = """
import contextlib, os

def attack(data_dir, settings, emit):
    held = []
    while True:
        with contextlib.suppress(OSError):
            held.append(os.open("f", os.O_RDWR | os.O_CREAT))
            os.unlink("f")
        with contextlib.suppress(OSError):
            os.write(held[-1], bytes(1 << 20))
        emit("held", {"bytes": sum(os.fstat(file).st_blocks for file in held) * 512})
"""


def test_what_is_deleted_and_still_open_counts(box: Bench) -> None:
    result = box.run(HOLDS)
    held = [frame.meta["bytes"] for frame in result.frames]
    assert (result.failure, "16 MB" in result.message) == ("refused", True)
    own = box.sandbox.name == "jail" and box.sandbox._slots[0].facts["mount"]  # type: ignore[attr-defined]
    assert LIMITS.scratch_mb / 2 < max(held) / 2**20 <= (LIMITS.scratch_mb + 1 if own else 64)


def test_what_is_handed_in_takes_none_of_the_folder_and_is_gone_after(box: Bench) -> None:
    given = {"x": np.ones(40 << 17)}
    program = attack(
        "path = settings['weights']",
        "open('own', 'wb').write(bytes(15 << 20))",
        "tried = 'written'",
        "try: open(path, 'r+b')",
        "except OSError: tried = 'refused'",
        "beside = [name for name in os.listdir(os.path.dirname(path)) if name.endswith('.safetensors')]",
        "emit('say', {'said': [os.path.getsize(path) > 40 << 20, tried, len(beside)]})",
    )
    for _ in range(2):
        assert said(box.run(program, arrays=given)) == [[True, "refused", 1]]


# ---- walls ------------------------------------------------------------------------------------------------------------


def test_there_is_no_environment_but_home_and_tmpdir(box: Bench) -> None:
    program = attack("emit('say', {'said': sorted(os.environ)})")
    assert said(box.run(program)) == [["HOME", "TMPDIR"]]


def test_only_standard_streams_and_the_frame_channel_are_open(box: Bench) -> None:
    program = attack(
        "found = []",
        "for fd in range(256):",
        "    try: os.fstat(fd); found.append(fd)",
        "    except OSError: pass",
        "emit('say', {'said': found})",
    )
    assert said(box.run(program)) == [[0, 1, 2, 3]]


def test_the_host_is_out_of_reach(box: Bench, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("key")
    secret.chmod(0o644)
    paths = [str(secret), str(tmp_path), "/etc/shadow", "/etc/passwd", "/proc/1/environ", "/proc/self/environ",
             f"/proc/{os.getpid()}/environ", "/root", str(Path(__file__)), "/var/run/docker.sock"]  # fmt: skip
    program = attack(
        "def tried(path):",
        "    try: return len(os.listdir(path) if os.path.isdir(path) else open(path, 'rb').read())",
        "    except OSError as error: return type(error).__name__",
        f"emit('say', {{'said': [tried(path) for path in {paths!r}]}})",
    )
    refused = {"PermissionError", "FileNotFoundError", "ProcessLookupError"}
    assert set(said(box.run(program))[0]) <= refused


def test_nothing_can_be_written_but_the_job_folder(box: Bench, tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    places = [str(tmp_path), "/tmp", "/dev/shm", "/var/tmp", "/usr/lib", "/", str(box.data), "/data", "/opt/worker"]
    program = attack(
        "def tried(place):",
        "    try: open(f'{place}/evil', 'w').write('x'); return 'written'",
        "    except OSError as error: return type(error).__name__",
        f"emit('say', {{'said': [tried(place) for place in {places!r}]}})",
    )
    assert "written" not in said(box.run(program))[0]
    assert not (tmp_path / "evil").exists()
    assert not (box.data / "evil").exists()


@pytest.mark.parametrize(
    "line",
    [
        "socket.socket(socket.AF_INET, socket.SOCK_STREAM)",
        "socket.socket(socket.AF_INET, socket.SOCK_DGRAM)",
        "socket.socket(socket.AF_INET6, socket.SOCK_STREAM)",
        "socket.socket(socket.AF_UNIX).connect('/var/run/docker.sock')",
        "socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)",
        "socket.create_connection(('127.0.0.1', 22))",
        "socket.getaddrinfo('example.org', 80)",
        "socket.socketpair()",
    ],
)
def test_there_is_no_network_of_any_kind(box: Bench, line: str) -> None:
    result = box.run(attack("import socket", line))
    assert result.failure == "refused", result.message


@pytest.mark.parametrize(
    "line",
    [
        "os.fork()",
        "os.system('true') and None; open('/bin/sh')",
        "os.execv('/bin/sh', ['sh'])",
        "os.kill(1, 9)",
        "os.kill(os.getppid(), 9)",
        "os.kill(-1, 9)",
        "os.setuid(0)",
        "os.chroot('/')",
        "os.mknod('device', 0o60600)",
        "os.chmod('.', 0o4777)",
        "os.setxattr('.', 'user.x', b'1')",
        "__import__('resource').prlimit(os.getppid(), 0, (1, 1))",
        "__import__('subprocess').run(['true'])",
    ],
)
def test_forbidden_acts_are_refused(box: Bench, line: str) -> None:
    result = box.run(attack(line))
    assert result.failure == "refused", result.message


def test_a_package_that_knows_the_labels_cannot_be_imported(box: Bench) -> None:
    assert box.run("import mnist1d\n").failure in ("refused", "contract")


# ---- what is left behind ----------------------------------------------------------------------------------------------


def endless(line: str) -> str:
    """A program that says that it is at work and then repeats the line."""
    return attack("emit('say', {'said': 'at work'})", f"while True: {line}")


class AtWork:
    """Lets a test wait until the first frame of a job has arrived."""

    def __init__(self) -> None:
        self.seen = threading.Event()

    def __call__(self, frame: Frame) -> bool:
        self.seen.set()
        return True

    async def begun(self) -> None:
        assert await asyncio.to_thread(self.seen.wait, 600)


def test_cancelling_kills_the_job_and_gives_the_slot_back(box: Bench) -> None:
    async def cancel() -> None:
        task = asyncio.create_task(box.sandbox.run(box.job(endless("pass")), at_work := AtWork()))
        await at_work.begun()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    box.wait(cancel())
    assert [box.run("x = 1").failure for _ in range(4)] == [None] * 4


def test_a_neighbour_notices_nothing(box: Bench) -> None:
    async def side_by_side() -> tuple[Any, Any]:
        good = attack("import torch", "x = [torch.ones(100) for _ in range(100)]", "time.sleep(1.5)")
        bad = attack("import torch", "kept = [torch.ones(10 << 18) for _ in range(100)]")
        healthy = asyncio.create_task(box.sandbox.run(box.job(good)))
        return await box.sandbox.run(box.job(bad)), await healthy

    bad, good = box.wait(side_by_side())
    assert (bad.failure, good.failure) == ("memory", None)


def test_four_endless_programs_do_not_keep_healthy_ones_waiting_for_ever(box: Bench) -> None:
    limits = replace(LIMITS, timeout_s=0.5)

    async def queue() -> list[Any]:
        endless = [box.sandbox.run(box.job(attack("while True: pass"), limits=limits)) for _ in range(4)]
        return await asyncio.gather(*endless, *(box.sandbox.run(box.job("x = 1")) for _ in range(4)))

    assert [result.failure for result in box.wait(queue())] == ["timeout"] * 4 + [None] * 4


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def test_a_worker_that_dies_is_our_fault_and_is_replaced(box: Bench) -> None:
    async def kill() -> None:
        before = set(workers(box))
        task = asyncio.create_task(box.sandbox.run(box.job(endless("time.sleep(60)")), at_work := AtWork()))
        await at_work.begun()
        for pid in before:
            os.kill(pid, signal.SIGKILL)
        with pytest.raises(SandboxError, match="worker of slot"):
            await task
        while any(map(_lives, before)):  # until the system has cleared it away a dead one may seem to take a job
            await asyncio.sleep(0.01)

    if os.geteuid() != 0 and box.sandbox.name == "docker":
        pytest.skip("only root may kill a process in a container")
    box.wait(kill())
    assert box.run("x = 1").failure is None


def workers(box: Bench) -> list[int]:
    """Process ids of this bench's workers, as this machine numbers them."""
    if box.sandbox.name == "docker":
        return [slot.link.container.client.api.inspect_container(slot.link.container.id)["State"]["Pid"]
                for slot in box.sandbox._slots if slot.link]  # type: ignore[attr-defined]  # fmt: skip
    return [slot.link.process.pid for slot in box.sandbox._slots if slot.link]  # type: ignore[attr-defined]


def test_a_harness_that_does_not_load_is_our_fault(box: Bench) -> None:
    with pytest.raises(SandboxError, match="harness"):
        box.run("x = 1", harness="import no_such_module\n")
    with pytest.raises(SandboxError, match="no function check"):
        box.run("x = 1", kind="check", harness="def train(*a): pass\n")
    assert box.run("x = 1").failure is None


@pytest.mark.parametrize("name", BACKENDS)
def test_closing_leaves_no_process_and_no_file(name: str, pytestconfig: pytest.Config) -> None:
    bench(name, pytestconfig)
    own = Bench(name, slots=1)
    pids = workers(own)
    scratch = [slot.link.scratch for slot in own.sandbox._slots if name == "jail"]  # type: ignore[attr-defined]
    mine = asyncio.run_coroutine_threadsafe(own.sandbox.run(own.job(endless("pass")), at_work := AtWork()), own.loop)
    assert at_work.seen.wait(600)
    own.close()
    assert mine.done()
    assert not set(pids) & set(processes())
    assert not any(path.exists() for path in scratch)


def test_an_answer_comes_back_within_milliseconds(box: Bench) -> None:
    """0.02 s on an idle machine; a worker of its own would cost a job seconds of the processor for Python and torch."""
    before, spent = workers(box), []
    for _ in range(30):
        result = box.run("x = 1")
        assert result.failure is None
        spent.append(result.cpu_s)
    assert statistics.median(spent) < 0.2
    assert workers(box) == before


def test_no_walls_only_when_asked_for_by_name() -> None:
    with pytest.raises(SandboxUnavailable, match="pick one of"):
        open_sandbox("off", slots=1, data_dir=None, run="t")
    own = Bench("none", slots=1)
    try:
        stray = attack(
            "r, w = os.pipe()",
            "if os.fork() == 0:",
            "    os.setsid()",
            "    if os.fork() == 0:",
            "        os.write(w, str(os.getpid()).encode())",
            "        time.sleep(1000)",
            "    os._exit(0)",
            "emit('say', {'said': int(os.read(r, 20))})",
        )
        (pid,) = said(own.run(stray))
        assert pid not in processes()
    finally:
        own.close()


def test_the_harness_of_these_tests_compiles() -> None:
    compile(HARNESS, "harness.py", "exec")
