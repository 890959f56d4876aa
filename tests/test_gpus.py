"""GPUs are found without starting them, handed out by slot, and a lost one is told from a program that says so."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sandboxes import need, needs_jail
from trainers import TrainerBench
from world import ROOT, SMALL, evolve, tiny_task

import sandbox
from agents.trainer import Trainer
from graph.config import Config
from memory.ledger import Ledger
from memory.records import Candidate
from sandbox import Job, JobResult, Limits, OnFrame, SandboxError, SandboxUnavailable, gpus
from sandbox.docker import DockerSandbox, _requests
from sandbox.gpus import Gpu, Seats, find_place, looks_lost, missing_cuda, missing_gpu, missing_runtime, why_lost
from sandbox.jail import JailSandbox
from sandbox.slots import default_slots
from sandbox.warm import Slot
from sandbox.worker import wire
from tasks import load_task

sys.path.append(str(Path(sandbox.__file__).parent / "worker"))  # its files import each other by bare name
import child

needs_cuda_build = pytest.mark.skipif(bool(missing_cuda()), reason=missing_cuda())
no_gpu_here = pytest.mark.skipif(not missing_gpu(), reason="this machine has a GPU; this is about one without")

FIRST, SECOND = "GPU-11111111-aaaa", "GPU-22222222-bbbb"
CARDS = {"0000:3b:00.0": (1, SECOND, "NVIDIA B"), "0000:17:00.0": (0, FIRST, "NVIDIA A")}
ALL_NODES = ("nvidia0", "nvidia1", "nvidiactl", "nvidia-uvm")


@pytest.fixture(autouse=True)
def no_choice_of_cards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)


def machine(
    root: Path,
    cards: dict[str, tuple[int, str, str]] | None = None,
    nodes: tuple[str, ...] = ALL_NODES,
    driver: bool = True,
) -> tuple[Path, Path]:
    """Folders as the NVIDIA driver shows them: proc and dev."""
    proc, dev = root / "proc", root / "dev"
    proc.mkdir()
    dev.mkdir()
    if driver:
        (proc / "version").write_text("NVRM version: NVIDIA UNIX x86_64 Kernel Module  580.1\n")
    for bus, (minor, uuid, name) in (CARDS if cards is None else cards).items():
        (proc / "gpus" / bus).mkdir(parents=True)
        (proc / "gpus" / bus / "information").write_text(
            f"Model: \t\t {name}\nIRQ:   \t\t 42\nGPU UUID: \t {uuid}\nBus Location: \t {bus}\nDevice Minor: \t {minor}\n"
        )
    for node in nodes:
        (dev / node).touch()
    return proc, dev


# ---- found ------------------------------------------------------------------------------------------------------------


def test_cards_are_found_in_the_order_of_the_bus(tmp_path: Path) -> None:
    proc, dev = machine(tmp_path)
    found = gpus.gpus(proc, dev)
    assert found == (Gpu(0, FIRST, "NVIDIA A"), Gpu(1, SECOND, "NVIDIA B"))
    assert found[1].nodes(dev) == [str(dev / name) for name in ("nvidia1", "nvidiactl", "nvidia-uvm")]
    assert missing_gpu(proc, dev) == ""


def test_a_card_without_its_node_is_somebody_elses(tmp_path: Path) -> None:
    proc, dev = machine(tmp_path, nodes=("nvidia1", "nvidiactl", "nvidia-uvm"))
    assert [gpu.uuid for gpu in gpus.gpus(proc, dev)] == [SECOND]
    assert missing_gpu(proc, dev) == ""


@pytest.mark.parametrize(
    ("cards", "nodes", "driver", "says"),
    [
        ({}, (), False, "no NVIDIA driver is loaded"),
        ({}, ("nvidiactl",), True, "finds no card"),
        (CARDS, ("nvidiactl", "nvidia-uvm"), True, "none of"),
        ({"0": (0, "GPU-????????-????", "A")}, ALL_NODES, True, "has not started its 1 cards yet"),
        (CARDS, ("nvidia0", "nvidiactl"), True, "nvidia-uvm is not there"),
    ],
)
def test_what_is_missing_for_a_gpu_is_said_exactly(
    tmp_path: Path, cards: dict[str, tuple[int, str, str]], nodes: tuple[str, ...], driver: bool, says: str
) -> None:
    proc, dev = machine(tmp_path, cards, nodes, driver)
    assert says in missing_gpu(proc, dev)
    assert "\n" not in missing_gpu(proc, dev)
    place = find_place("auto", "jail", proc, dev)
    assert (place.device, place.gpus) == ("cpu", ())
    assert says in place.why
    with pytest.raises(SandboxUnavailable, match=r"sandbox\.device is cuda, but") as caught:
        find_place("cuda", "jail", proc, dev)
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("line", "lacks"),
    [
        ("cuda: Optional[str] = '13.2'", False),
        ("cuda = '12.1'", False),
        ("cuda: Optional[str] = None", True),
        ("cuda = None", True),
        ("hip = '6.2'", True),
    ],
)
def test_a_torch_without_cuda_is_known_by_its_text(tmp_path: Path, line: str, lacks: bool) -> None:
    (tmp_path / "version.py").write_text(f"__all__ = ['cuda', 'hip']\n__version__ = '2.9'\n{line}\n")
    assert ("without CUDA" in missing_cuda(tmp_path)) is lacks


def test_a_torch_that_is_not_there_is_told(tmp_path: Path) -> None:
    assert "install torch again" in missing_cuda(tmp_path)


@pytest.mark.parametrize(
    ("info", "able"),
    [
        ({"Runtimes": {"runc": {}, "nvidia": {}}}, True),
        ({"Runtimes": {"runc": {}}, "DiscoveredDevices": [{"Source": "cdi", "ID": "nvidia.com/gpu=0"}]}, True),
        ({"Runtimes": {"runc": {}, "io.containerd.runc.v2": {}}}, False),
        ({}, False),
    ],
)
def test_an_engine_without_the_nvidia_runtime_is_told_with_its_cure(info: dict[str, object], able: bool) -> None:
    assert (missing_runtime(info) == "") is able
    assert able or "nvidia-container-toolkit" in missing_runtime(info)


@needs_cuda_build
def test_with_cards_and_nothing_missing_auto_takes_them_and_cpu_does_not(tmp_path: Path) -> None:
    proc, dev = machine(tmp_path)
    for device in ("auto", "cuda"):
        place = find_place(device, "jail", proc, dev)
        assert (place.device, [gpu.uuid for gpu in place.gpus], place.why) == ("cuda", [FIRST, SECOND], "")
    assert find_place("cpu", "jail", proc, dev) == ("cpu", (), "")


def test_slots_are_cards_times_candidates_a_card_or_cores() -> None:
    assert (default_slots(2), default_slots(2, 3), default_slots(0, 3)) == (2, 6, len(os.sched_getaffinity(0)))


def test_one_candidate_a_card_and_auto_are_the_defaults() -> None:
    chosen = Config(task="x").sandbox
    assert (chosen.device, chosen.per_gpu) == ("auto", 1)


def test_finding_cards_imports_nothing_heavy() -> None:
    code = (
        "import sys; from sandbox import find_place; find_place('auto', 'jail');"
        "print({'torch', 'docker', 'numpy'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def smi(folder: Path, monkeypatch: pytest.MonkeyPatch, modes: str, listed: str = "") -> None:
    """An nvidia-smi that answers both questions as the driver's does, and nothing else."""
    program = folder / "nvidia-smi"
    program.write_text(
        f"#!/bin/sh\ncase $1 in --query-gpu=uuid,compute_mode) cat <<'E'\n{modes}\nE\n;; -L) cat <<'E'\n{listed}\nE\n;; *) exit 2;; esac\n"
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")


def test_a_card_for_one_process_alone_is_left_out_and_the_cure_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    proc, dev = machine(tmp_path)
    smi(tmp_path, monkeypatch, f"{FIRST}, Exclusive_Process\n{SECOND}, Default")
    assert [gpu.uuid for gpu in gpus.gpus(proc, dev)] == [SECOND]
    smi(tmp_path, monkeypatch, f"{FIRST}, Exclusive_Process\n{SECOND}, Prohibited")
    assert missing_gpu(proc, dev) == (
        f"{FIRST} is in compute mode Exclusive_Process, and a slot needs two processes on it; "
        f"as root: nvidia-smi -i {FIRST} -c DEFAULT"
    )


def test_a_card_in_slices_is_as_many_cards_as_it_has_slices(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    proc, dev = machine(tmp_path)
    (dev / "nvidia-caps").mkdir()
    for place, minor in (("gi1", 12), ("gi1/ci0", 13), ("gi2", 21), ("gi2/ci0", 22)):
        (proc / "capabilities" / "gpu1" / "mig" / place).mkdir(parents=True)
        (proc / "capabilities" / "gpu1" / "mig" / place / "access").write_text(
            f"DeviceFileMinor: {minor}\nDeviceFileMode: 444\n"
        )
        (dev / "nvidia-caps" / f"nvidia-cap{minor}").touch()
    (dev / "nvidia-caps" / "nvidia-cap1").touch()  # the right to cut cards
    slices = f"GPU 0: A (UUID: {FIRST})\nGPU 1: B (UUID: {SECOND})\n  MIG 1g.10gb     Device  0: (UUID: MIG-x)\n  MIG 2g.20gb Device  1: (UUID: MIG-y)"
    smi(tmp_path, monkeypatch, f"{FIRST}, Default\n{SECOND}, Default", slices)
    whole, *parts = gpus.gpus(proc, dev)
    assert whole == Gpu(0, FIRST, "NVIDIA A")
    assert parts == [Gpu(1, "MIG-x", "NVIDIA B 1g.10gb"), Gpu(1, "MIG-y", "NVIDIA B 2g.20gb")]
    caps = [f"nvidia-caps/nvidia-cap{minor}" for minor in (12, 13, 21, 22)]
    assert parts[0].nodes(dev, proc) == [str(dev / name) for name in ("nvidia1", "nvidiactl", "nvidia-uvm", *caps)]
    assert whole.nodes(dev, proc) == [str(dev / name) for name in ("nvidia0", "nvidiactl", "nvidia-uvm")]


def test_a_card_in_slices_that_nobody_names_is_told(tmp_path: Path) -> None:
    proc, dev = machine(tmp_path, {"0": (0, FIRST, "A")})
    (proc / "capabilities" / "gpu0" / "mig" / "gi1").mkdir(parents=True)
    assert missing_gpu(proc, dev) == f"{FIRST} is cut into slices (MIG), and nvidia-smi -L, which names them, does not"


@pytest.mark.parametrize(
    ("wanted", "found"),
    [("1", [SECOND]), (SECOND[:8], [SECOND]), (f"{SECOND},0", [FIRST, SECOND]), ("7", []), ("", [])],
)
def test_cuda_visible_devices_chooses_among_the_cards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wanted: str, found: list[str]
) -> None:
    proc, dev = machine(tmp_path)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", wanted)
    assert [gpu.uuid for gpu in gpus.gpus(proc, dev)] == found
    assert found or f"CUDA_VISIBLE_DEVICES={wanted} names none of: 0 {FIRST}, 1 {SECOND}" in missing_gpu(proc, dev)


# ---- handed out -------------------------------------------------------------------------------------------------------

A, B = Gpu(0, FIRST, "NVIDIA A"), Gpu(1, SECOND, "NVIDIA B")


def test_slots_take_cards_in_turn(tmp_path: Path) -> None:
    box = JailSandbox(3, seats=Seats((A, B), 0, 4))
    assert box.device == "cuda"
    told = [box._gpu_options(Slot(index))[:2] for index in range(3)]
    assert [uuid for uuid, _ in told] == [f"--gpu={uuid}" for uuid in (FIRST, SECOND, FIRST)]
    assert {part for _, part in told} == {"--gpu-share=0.5000"}
    assert (JailSandbox(3).device, JailSandbox(3)._gpu_options(Slot(0))) == ("cpu", [])


@given(st.lists(st.integers(1, 20), min_size=1, max_size=3), st.integers(1, 16))
def test_the_shares_of_a_card_never_come_to_more_than_the_card(rooms: list[int], count: int) -> None:
    """`rooms`: the slots of each sandbox of a run, such as that of the trainings and that of the audits."""
    cards = tuple(Gpu(number, f"GPU-{number}", "") for number in range(count))
    taken = dict.fromkeys(cards, 0.0)
    for number, slots in enumerate(rooms):
        seats = Seats(cards, sum(rooms[:number]), sum(rooms))
        for index in range(slots):
            gpu = seats.gpu(index)
            assert gpu is not None
            taken[gpu] += seats.share
    assert max(taken.values()) <= 1 + 1e-9


@given(st.integers(1, 64), st.integers(1_000, 200_000))
def test_what_the_slots_of_a_card_may_fill_leaves_room_for_cuda_in_both_processes_of_each(
    slots: int, total: int
) -> None:
    share = float(f"{Seats((A,), 0, slots).share:.4f}")  # as a worker is told
    contexts = 2 * slots * child.CONTEXT_MB
    if contexts >= total:
        with pytest.raises(ValueError, match=r"lower sandbox\.slots or sandbox\.per_gpu"):
            child.part(total, share)
    else:
        part = child.part(total, share)
        assert 0 < part <= 1
        assert slots * part * total + contexts <= total * 1.01  # what a worker is told is rounded


def test_slots_that_were_not_counted_are_refused() -> None:
    with pytest.raises(ValueError, match="do not fit"):
        JailSandbox(2, seats=Seats((A, B), 1, 2))


def test_a_container_is_given_one_card_by_its_name() -> None:
    (request,) = _requests(B)
    assert request["DeviceIDs"] == [SECOND]
    assert "gpu" in request["Capabilities"][0]
    assert _requests(None) == []


def test_an_engine_that_has_no_such_card_says_so() -> None:
    need("docker")

    async def started() -> None:
        box = DockerSandbox(1, run="tests", seats=Seats((A,), 0, 1))
        try:
            await box.start()
        finally:
            await box.close()

    with pytest.raises(SandboxError, match="the engine did not start a container"):
        asyncio.run(started())


SHOW = """
import os

def train(program, data_dir, settings, emit):
    try:
        with open("/dev/full", "w") as handle:
            handle.write("x")
            handle.flush()
    except OSError as error:
        number = error.errno
    emit("seen", {"environment": dict(os.environ), "errno": number}, {})
"""


class Unstarted(JailSandbox):
    """A jail that names a card to its candidates, with a node that every machine has, and does not start it."""

    def _gpu_options(self, slot: Slot) -> list[str]:
        return [option for option in super()._gpu_options(slot) if "share" not in option] + ["--device=/dev/full"]


@needs_jail
@needs_cuda_build
async def test_a_candidate_sees_the_one_card_of_its_slot_and_may_use_its_node() -> None:
    box = Unstarted(2, seats=Seats((A, B), 0, 2))
    await box.start()
    try:
        await asyncio.gather(*box._mending)  # both slots, not the first alone
        seen = []
        for slot in list(box._slots):
            result = await box.run(Job("t", "train", {"program.py": ""}, SHOW, None))
            assert result.failure is None, result.message
            seen.append(result.frames[0].meta["environment"]["CUDA_VISIBLE_DEVICES"])
            assert set(result.frames[0].meta["environment"]) == {
                "HOME", "TMPDIR", "CUDA_VISIBLE_DEVICES", "CUDA_DEVICE_ORDER", "CUBLAS_WORKSPACE_CONFIG",
            }  # fmt: skip
            assert result.frames[0].meta["errno"] == 28, slot.index  # the device is full, not: permission denied
        assert sorted(seen) == [FIRST, SECOND]
    finally:
        await box.close()


AS_CUDA = """
import threading

def opened(path, mode):
    try:
        with open(path, mode) as handle:
            handle.write("cuda") if mode == "w" else handle.read(1)
    except OSError as error:
        return type(error).__name__
    return "opened"

def train(program, data_dir, settings, emit):
    ended = threading.Event()
    other = threading.Thread(target=ended.wait)
    other.start()
    own = f"/proc/self/task/{other.native_id}"
    wanted = [(f"{own}/comm", "w"), ("/proc/self/maps", "r"), ("/proc/self/environ", "r"), ("/proc/self/comm", "w"),
              ("/proc/self/oom_score_adj", "w"), ("/proc/1/maps", "r"), ("/proc/1/comm", "w")]
    seen = [opened(path, mode) for path, mode in wanted]
    ended.set()
    emit("seen", {"cuda": seen[:2], "others": seen[2:]}, {})
"""


@needs_jail
@pytest.mark.parametrize(("card", "cuda"), [(True, "opened"), (False, "PermissionError")])
async def test_with_a_card_a_candidate_may_name_its_threads_and_see_its_addresses_as_cuda_must(
    card: bool, cuda: str
) -> None:
    box = Unstarted(1, seats=Seats((A,), 0, 1)) if card else JailSandbox(1)
    await box.start()
    try:
        for _ in range(2):  # each process has rules of its own
            result = await box.run(Job("t", "train", {"program.py": ""}, AS_CUDA, None))
            assert result.failure is None, result.message
            seen = result.frames[0].meta
            assert seen["cuda"] == [cuda] * 2
            assert set(seen["others"]) == {"PermissionError"}
    finally:
        await box.close()


@needs_cuda_build
def test_the_worker_of_a_card_never_asks_cuda_for_anything_before_it_forks() -> None:
    """The runtime looks for the driver's library when it is first asked; the loader tells of each look."""

    def looks(code: str) -> int:
        done = subprocess.run(
            [sys.executable, "-c", f"import worker; {code}"], capture_output=True, text=True, check=True,
            env={"LD_DEBUG": "libs", "OMP_NUM_THREADS": "1"}, cwd=Path(sandbox.__file__).parent / "worker",
        )  # fmt: skip
        return done.stderr.count("find library=libcuda.so")

    imported = looks("import torch")
    assert looks("worker.warm_up(gpu=True)") == imported
    assert looks("import torch; torch.cuda.is_available()") > imported
    assert looks("worker.warm_up(gpu=False)") > imported  # a backward pass does: why that of a card leaves it out


@needs_jail
@needs_cuda_build
@no_gpu_here
async def test_a_card_that_does_not_start_is_our_fault_and_says_why() -> None:
    box = JailSandbox(1, seats=Seats((A,), 0, 1))
    await box.start()
    try:
        with pytest.raises(SandboxError, match=r"the GPU of this slot cannot be used: .*driver"):
            await box.run(Job("t", "train", {"program.py": ""}, SHOW, None))
    finally:
        await box.close()


# ---- failures ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("CUDA out of memory. Tried to allocate 20.00 GiB. GPU 0 has a total capacity of 79 GiB", "memory"),
        ("CUDA error: out of memory", "memory"),
        ("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`", "memory"),
        ("cuDNN error: CUDNN_STATUS_ALLOC_FAILED", "memory"),
        ("CUDA error: device-side assert triggered", "crash"),
        ("CUDA error: no CUDA-capable device is detected", "crash"),
    ],
)
def test_running_out_of_a_cards_memory_is_the_candidates_failure(text: str, kind: str) -> None:
    assert child.classify(RuntimeError(text)) == kind


def failed(message: str, failure: str = "crash") -> JobResult:
    return JobResult(failure, message, "", (), 1.0, 1.0, 1.0)


@pytest.mark.parametrize(
    ("message", "lost"),
    [
        ("RuntimeError: CUDA error: no CUDA-capable device is detected", True),
        ("torch.AcceleratorError: CUDA error: uncorrectable ECC error encountered", True),
        ("RuntimeError: Unable to determine the device handle for GPU0: GPU is lost. Reboot the system", True),
        ("RuntimeError: CUDA driver initialization failed: initialization error", True),
        ("RuntimeError: CUDA error: driver shutting down", True),
        ("RuntimeError: CUDA error: all CUDA-capable devices are busy or unavailable", True),
        ("RuntimeError: CUDA error: device-side assert triggered", False),
        ("RuntimeError: mat1 and mat2 shapes cannot be multiplied", False),
        ("ValueError: the device is too small", False),
    ],
)
def test_words_of_a_lost_card_are_known(message: str, lost: bool) -> None:
    assert looks_lost(failed(message)) is lost
    assert not looks_lost(failed(message, "memory"))


async def on_cpu(ask: Callable[[Job], Awaitable[JobResult]], job: Job) -> JobResult:
    return await ask(replace(job, settings={"device": "cpu"}))


LIAR = "raise RuntimeError('CUDA error: no CUDA-capable device is detected')"
SMALLEST = Limits(memory_mb=64)
HARNESS = "def train(program, data_dir, settings, emit):\n    emit('done', {}, {})\n"


@needs_jail
@no_gpu_here
async def test_a_program_that_claims_a_lost_card_is_believed_only_when_a_program_of_ours_finds_it_lost() -> None:
    box = JailSandbox(1, memory_mb=64)
    await box.start()
    lie = Job("liar", "train", {"program.py": LIAR}, HARNESS, None, limits=SMALLEST)
    honest = replace(lie, id="honest", program={"program.py": ""})
    try:
        result = await box.run(lie)  # on the cores there is no card to lose
        assert result.failure == "crash"
        assert "no CUDA-capable device" in result.message

        assert await why_lost(result, lambda job: on_cpu(box.run, job)) == ""  # the card works: the failure stands
        assert "driver" in await why_lost(result, box.run)  # there is no card here, so on one it is lost

        box.device = "cuda"
        with pytest.raises(SandboxError, match=r"the GPU of slot 0 was lost during job liar: .*driver"):
            await box.run(lie)
        other = await box.run(replace(lie, program={"program.py": "raise RuntimeError('something else')"}))
        assert other.failure == "crash"
        assert (await box.run(honest)).failure is None
    finally:
        await box.close()


async def test_a_probe_that_lies_about_its_sum_is_no_working_card() -> None:
    async def ask(job: Job) -> JobResult:
        return replace(failed(""), failure=None)

    assert "wrong" in await why_lost(failed(LIAR), ask)


# ---- what a run says --------------------------------------------------------------------------------------------------


class Recorder:
    """A sandbox that remembers the jobs it was given and fails them all."""

    name, slots = "recorder", 1

    def __init__(self, device: str) -> None:
        self.device = device
        self.jobs: list[Job] = []

    async def start(self) -> None:
        """Nothing to start."""

    async def run(self, job: Job, on_frame: OnFrame | None = None) -> JobResult:
        self.jobs.append(job)
        return failed("on purpose")

    async def close(self) -> None:
        """Nothing to close."""


async def test_on_a_gpu_jobs_are_told_and_their_evaluations_are_others_than_on_the_cpu(tmp_path: Path) -> None:
    task = load_task(tiny_task(tmp_path))
    data = task.prepare()
    keys = {}
    for device in ("cpu", "cuda"):
        box = Recorder(device)
        with Ledger.create(tmp_path / f"{device}.sqlite", {}) as ledger:
            trainer = Trainer(task, task.fidelities["quick"], data, ledger, box, tmp_path / device, 1, 1, box)
            bench = TrainerBench(task, ledger, trainer, tmp_path)
            one = Candidate("a", 1, 0, "mutate", files=dict(task.files), behaviour="b")
            await bench.settle(one)
            keys[device] = ledger.evaluations(status="done")[0].key
        assert [job.settings.get("device") for job in box.jobs] == ["cuda" if device == "cuda" else None]
    assert keys["cpu"] != keys["cuda"]


@needs_jail
@no_gpu_here
def test_a_run_without_a_gpu_says_what_is_missing_once_and_keeps_it(finished_run: Path) -> None:
    said = (finished_run / "said.txt").read_text(encoding="utf-8")
    assert said.count("training on the CPU: ") == 1
    with Ledger.open(finished_run / "runs" / "first" / "ledger.sqlite", read_only=True) as ledger:
        begun = next(event for event in ledger.events() if event.kind == "started")
    assert begun.data["device"] == "cpu"
    assert f"training on the CPU: {begun.data['why']}" in said


@needs_jail
@no_gpu_here
def test_a_run_that_must_have_a_gpu_stops_with_what_is_missing(tmp_path: Path) -> None:
    task = tiny_task(tmp_path)
    done = evolve("run", str(task), "--name", "a", *SMALL, "--set", "sandbox.device=cuda")
    assert done.returncode == 2
    assert "sandbox.device is cuda, but" in done.stderr


def test_limits_of_a_job_on_a_card_leave_room_for_cuda_itself() -> None:
    job = Job("t", "train", {}, "", None, limits=Limits(memory_mb=100))
    for cards, expected in (((), 100), ((A,), 100 + gpus.HOST_MB)):
        order = JailSandbox(1, seats=Seats(cards, 0, 1))._order(job)
        size = wire.parse_head(order[: wire.HEAD.size], (wire.JOB,), wire.MAX_JOB, 0)[1]
        assert json.loads(order[wire.HEAD.size :][:size])["limits"]["memory_mb"] == expected
