"""What a GPU is wanted for, one step at a time, into one JSON file; benchmarks/gpu.sh runs the steps one after the other.

    python benchmarks/gpu.py speed --device cuda --out gpu.json --seconds 60

Needs torch and numpy. Each finding is in the file before the next is looked for, so whatever ends a step loses nothing. With
`--device cpu` all is done in small, to be tried.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import cifar10
import numpy as np
import torch
import worker_alone

ROOT = Path(__file__).resolve().parent.parent
EPOCH = 45_000  # training images of the whole set, which times are told for
SIZES: dict[str, dict[str, Any]] = {
    "cuda": {"fast": (60, 200), "paper": (20, 60), "images": 8192, "long": {}, "epochs": (6, 18, 54), "pixels": 64,
             "steps": {"mnist1d": 1000, "cifar10": 200}, "workers": (1, 2, 4), "rounds": 20},
    "cpu": {"fast": (1, 2), "paper": (1, 1), "images": 300, "long": {"size": 32, "batch": 64}, "epochs": (1, 2), "pixels": 32,
            "steps": {"mnist1d": 50, "cifar10": 3}, "workers": (1, 2), "rounds": 1},
}  # fmt: skip


class Report:
    """The file of findings, of which one step writes its own part."""

    def __init__(self, path: Path, step: str) -> None:
        self.path, self.step = path, step

    def read(self) -> dict[str, Any]:
        return json.loads(self.path.read_text(encoding="utf-8")) if self.path.exists() else {}

    def put(self, **found: Any) -> None:
        """Write these findings down now."""
        known = self.read()
        known.setdefault(self.step, {}).update(found)
        fresh = self.path.with_suffix(".tmp")
        fresh.write_text(json.dumps(known, indent=1, default=str) + "\n", encoding="utf-8")
        fresh.replace(self.path)
        print(json.dumps({self.step: found}, default=str), flush=True)


def asked(*command: str) -> str:
    """What a program answers; why it did not, where it is missing or fails."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, encoding="utf-8")
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"{type(error).__name__}: {error}"
    return (done.stdout or done.stderr).strip()


def used_mb() -> int | None:
    """Memory of the first card that is taken, by whomever."""
    text = asked("nvidia-smi", "--query-gpu=memory.used", "--format=csv,noheader,nounits").splitlines()
    return int(text[0]) if text and text[0].strip().isdigit() else None


# ---- the steps -------------------------------------------------------------------------------------------------------


def facts(report: Report, options: argparse.Namespace) -> None:
    """The machine as it is, and what this project makes of it."""
    sys.path.insert(0, str(ROOT))
    from sandbox import find_place
    from sandbox.kernel import missing_walls

    if options.device == "cuda":
        report.put(own_context_mb=_own_context())
    report.put(
        python=platform.python_version(), torch=torch.__version__, cuda=torch.version.cuda, kernel=platform.release(),
        cores=os.cpu_count(), user=os.geteuid(), memory=Path("/proc/meminfo").read_text(encoding="utf-8").splitlines()[:3],
        cudnn=torch.backends.cudnn.version(), missing_walls=missing_walls(), place=str(find_place("auto", "jail")),
    )  # fmt: skip
    query = "name,uuid,driver_version,memory.total,memory.used,compute_mode,mig.mode.current,power.limit,clocks.sm"
    nodes = [str(path) for pattern in ("nvidia*", "nvidia-caps/*") for path in Path("/dev").glob(pattern)]
    proc = {str(f): f.read_text(encoding="utf-8")[:600] for f in Path("/proc/driver/nvidia").glob("gpus/*/information")}
    report.put(smi=asked("nvidia-smi", f"--query-gpu={query}", "--format=csv"), list=asked("nvidia-smi", "-L"))
    report.put(nodes=sorted(nodes), proc=proc, drivers=worker_alone.driver_folders())
    if options.device == "cuda":
        card = torch.cuda.get_device_properties(0)
        report.put(card=str(card), bf16=torch.cuda.is_bf16_supported())


def _own_context() -> int | None:
    """Card memory of one process that has multiplied and convolved once, beyond what torch counts."""
    before = used_mb()
    torch.nn.Conv2d(8, 8, 3).cuda()(torch.ones(1, 8, 9, 9, device="cuda")).sum().backward()
    torch.cuda.synchronize()
    after = used_mb()
    counted = torch.cuda.memory_reserved() >> 20
    return None if before is None or after is None else after - before - counted


def checks(report: Report, options: argparse.Namespace) -> None:
    """Worker and walls on the card, out of memory included, and what the walls must open for CUDA."""
    command = [sys.executable, str(ROOT / "benchmarks" / "worker_alone.py"), "--device", options.device]
    command += ["--worker", str(ROOT / "sandbox" / "worker"), "--search-s", str(options.seconds * 0.6)]
    task = ROOT / "tasks" / "mnist1d"
    command += ["--harness", str(task / "harness.py"), "--program", str(task / "program.py")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, encoding="utf-8") as running:
        assert running.stdout
        for line in running.stdout:
            told = json.loads(line) if line.startswith("{") else {"check": "also_said", "text": line}
            report.put(**{told.pop("check"): told})
    report.put(exit=running.returncode)


def speed(report: Report, options: argparse.Namespace) -> None:
    """Seconds an epoch of the seed of cifar10 in both recipes, from some timed steps on made-up images, and what decides them."""
    sizes = SIZES[options.device]
    harness, program = _task("harness"), _task("program")
    with tempfile.TemporaryDirectory() as place:
        _made_up(Path(place), sizes["images"])
        for recipe, changes, name in (
            ("fast", {}, "fast"), ("paper", {}, "paper"),
            ("fast", {"channels_last": False}, "fast, not channels last"), ("fast", {"amp": "never"}, "fast, float32"),
            ("fast", {"kernels": "exact"}, "fast, exact kernels"), ("fast", {"kernels": "tried"}, "fast, kernels tried out"),
            ("fast", {"batch": 1024}, "fast, batch 1024"),
        ):  # fmt: skip
            settings = cifar10.settings_of(recipe, device=options.device, trial=sizes[recipe], **changes)
            if options.device == "cuda":
                torch.cuda.empty_cache()  # else what the last one held counts as held
                torch.cuda.reset_peak_memory_stats()
            wall, cpu = cifar10.step_s(harness, program, Path(place), settings)
            epoch_s = wall * (EPOCH // settings["batch"])
            found = {"step_ms": wall * 1000, "cpu_ms": cpu * 1000, "timed_steps": sizes[recipe][1]}
            peak = cifar10.Clock(options.device).peak_mib()
            report.put(**{name: {**found, "epoch_s_extrapolated": epoch_s, "peak_mib": peak}})


def sharing(report: Report, options: argparse.Namespace) -> None:
    """What several candidates on one card cost each other: seconds, steps a second of all, memory of the card."""
    sizes, most = SIZES[options.device], max(SIZES[options.device]["workers"])
    with tempfile.TemporaryDirectory() as place:
        alone = _alone(options.device, Path(place), report.read())
        _made_up(alone.home / "images", sizes["images"])
        start = [f"--data={alone.home / 'images'}", *(alone.gpu_options(1 / most) if alone.gpu else [])]
        report.put(card_mb={"before": used_mb()})
        workers: list[worker_alone.Worker] = []
        try:
            for more in (1, most - 1):
                with ThreadPoolExecutor(more) as starters:
                    workers += starters.map(lambda _: alone.start(*start), range(more))
                time.sleep(5.0 if alone.gpu else 0.0)  # each has two processes that start CUDA ahead of their jobs
                report.put(**{f"card_mb_with_{len(workers)}_waiting": used_mb()})
            for name, steps in sizes["steps"].items():
                task, data = ROOT / "tasks" / name, alone.data if name == "mnist1d" else alone.home / "images"
                extra = {"recipe": "fast", "batch": 256, **sizes["long"]} if name == "cifar10" else {"batch": 128}
                settings = {"steps": steps, "every": steps, "seed": 0, "device": options.device, **extra}
                texts = {
                    "program": (task / "program.py").read_text(encoding="utf-8"),
                    "harness": (task / "harness.py").read_text(encoding="utf-8"),
                }
                for count in (1, *sizes["workers"]):  # the first of all warms the card and the files up
                    with Peak() as peak:
                        for worker in workers[:count]:
                            worker.begin(**texts, data=data, settings=settings)
                        done = [worker.end() for worker in workers[:count]]
                    seconds = [round(one["wall_s"], 3) for one in done]
                    told = {"s": seconds, "failures": [one["message"] for one in done if one["failure"]]}
                    rate = count * steps / max(seconds)
                    report.put(**{f"{name} x {count}": {**told, "steps_a_second_of_all": rate, "card_mb": peak.mb}})
        finally:
            for worker in workers:
                worker.close()


def latency(report: Report, options: argparse.Namespace) -> None:
    """How much the time of one forward pass wavers: alone on the card, and beside a training."""
    command = [sys.executable, __file__, "burn", "--device", options.device, "--seconds", str(options.seconds)]
    for name in ("alone", "beside_a_training", "alone_again"):
        beside = subprocess.Popen(command, stdout=subprocess.PIPE) if name == "beside_a_training" else None
        try:
            if beside and beside.stdout:
                beside.stdout.readline()  # it trains
            for task in ("mnist1d", "cifar10"):
                report.put(**{f"{task} {name}": _passes(task, options.device)})
        finally:
            if beside:
                beside.kill()
                beside.communicate()


def _passes(task: str, device: str) -> dict[str, Any]:
    """Medians of 30 passes of one example, as the clean pass takes them, over some rounds; by the clock and by CUDA's events."""
    model = cifar10.load("program", ROOT / "tasks" / task / "program.py").build_model().to(device).eval()
    pixels = SIZES[device]["pixels"]
    x = torch.rand(1, 40, device=device) if task == "mnist1d" else torch.rand(1, 3, pixels, pixels, device=device)
    cuda, medians, by_events = device == "cuda", [], []
    with torch.no_grad():
        for _ in range(SIZES[device]["rounds"]):
            times, events = [], []
            for n in range(33):
                marks = [torch.cuda.Event(enable_timing=True) for _ in range(2)] if cuda else []
                began = time.perf_counter()
                if marks:
                    marks[0].record()
                model(x)
                if marks:
                    marks[1].record()
                    torch.cuda.synchronize()
                if n >= 3:
                    times.append(1000 * (time.perf_counter() - began))
                    events += [marks[0].elapsed_time(marks[1])] if marks else []
            medians.append(statistics.median(times))
            by_events += [statistics.median(events)] if events else []
    return {"clock_ms": _spread(medians), **({"events_ms": _spread(by_events)} if by_events else {})}


def _spread(values: list[float]) -> dict[str, float]:
    low, mid, high = min(values), statistics.median(values), max(values)
    return {"least": low, "median": mid, "most": high, "cv_percent": 100 * statistics.pstdev(values) / mid}


def burn(report: Report, options: argparse.Namespace) -> None:
    """Train for as long as it may, and say so once it does."""
    sizes = SIZES[options.device]
    settings = cifar10.settings_of("fast", device=options.device, trial=(2, 3), **sizes["long"])
    until = time.monotonic() + options.seconds
    with tempfile.TemporaryDirectory() as place:
        _made_up(Path(place), sizes["images"])
        while time.monotonic() < until:
            cifar10.step_s(_task("harness"), _task("program"), Path(place), settings)
            print("training", flush=True)
            settings["trial"] = (0, 200 if options.device == "cuda" else 3)


def accuracy(report: Report, options: argparse.Namespace) -> None:
    """Accuracy of the seed in the `fast` recipe at 6, 18 and 54 epochs, as far as time allows; then of other seeds at the first."""
    if not options.source:
        report.put(why="no images were named: --source")
        return
    began, sizes = time.monotonic(), SIZES[options.device]
    with tempfile.TemporaryDirectory() as place:
        labels, note = cifar10.images(options.source, Path(place))
        report.put(note=note, counts={split: len(y) for split, y in labels.items()})
        all_epochs = options.epochs or sizes["epochs"]
        epoch_s, first = 0.0, all_epochs[0]
        seeds = range(options.seed, options.seed + 4)
        for epochs, seed in (*((n, seeds[0]) for n in all_epochs), *((first, seed) for seed in seeds[1:])):
            left_s = options.seconds - (time.monotonic() - began)
            if epoch_s:  # as many as fit, never more than asked for
                epochs = min(epochs, int(left_s / (1.1 * epoch_s)))
            if epochs < first:
                report.put(left_out={"epochs": epochs, "seed": seed, "left_s": left_s})
                break
            settings = cifar10.settings_of("fast", device=options.device, seed=seed, **sizes["long"])
            epoch = max(1, len(labels["train"]) // settings["batch"])
            settings |= {"steps": epochs * epoch, "every": epoch * max(1, epochs // 9)}
            curve: list[dict[str, Any]] = []

            def say(seen: dict[str, Any], name: str = f"epochs {epochs} seed {seed}", curve: Any = curve) -> None:
                curve.append(seen)
                report.put(**{name: {"curve": curve}})

            found = cifar10.trained(settings, labels, Path(place), say)
            report.put(**{f"epochs {epochs} seed {seed}": {**found, "curve": curve}})
            epoch_s = found["train s"] / epochs


# ---- what they share -------------------------------------------------------------------------------------------------


def _task(name: str) -> Any:
    return cifar10.load(name, cifar10.TASK / f"{name}.py")


def _made_up(folder: Path, count: int) -> None:
    """Images of the form of CIFAR-10's, without any meaning."""
    folder.mkdir(exist_ok=True)
    draw = np.random.default_rng(0)
    for split, size in (("train", count), ("val", count // 8), ("test", count // 8)):
        np.save(folder / f"{split}_x.npy", draw.integers(0, 256, (size, 3, 32, 32), dtype=np.uint8))
    np.save(folder / "train_y.npy", np.arange(count) % 10)


def _alone(device: str, home: Path, known: dict[str, Any]) -> worker_alone.Alone:
    """What the workers of a step share; with those walls open that the checks, if they are known, found in CUDA's way."""
    home.chmod(0o755)
    task = ROOT / "tasks" / "mnist1d"
    files = {"harness": task / "harness.py", "program": task / "program.py", "worker": ROOT / "sandbox" / "worker"}
    alone = worker_alone.Alone(argparse.Namespace(**files, path=[], device=device), home)
    sys.path.insert(0, str(alone.worker))
    alone.make_data()
    worker_alone.facts(alone)
    walls = known.get("checks", {}).get("cuda_walls", {})
    if walls.get("held") is False and "opened" in walls.get("why", ""):
        opened = json.loads(walls["why"].partition(": ")[2])["opened"]
        alone.open(opened) if ":" in opened[0] else setattr(alone, "walls", ("--no-walls",))
    return alone


class Peak:
    """The most that was taken of the card's memory while it was watched."""

    def __enter__(self) -> Peak:
        self.mb, self._ended = used_mb(), threading.Event()
        self._watch = threading.Thread(target=self._look)
        self._watch.start()
        return self

    def _look(self) -> None:
        while self.mb is not None and not self._ended.wait(0.5):
            self.mb = max(self.mb, used_mb() or 0)

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._watch.join()


STEPS: tuple[Callable[[Report, argparse.Namespace], None], ...] = (
    facts, checks, speed, sharing, latency, accuracy, burn
)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("step", choices=[step.__name__ for step in STEPS])
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cuda")
    parser.add_argument("--out", type=Path, default=Path("gpu.json"), help="the file of all findings")
    parser.add_argument("--seconds", type=float, default=60.0, help="that the step may take")
    parser.add_argument("--source", default="", help="images for `accuracy`: torchvision's folder, or an .npz")
    parser.add_argument("--epochs", type=int, nargs="+", help="of `accuracy`; default 6, 18 and 54, on a CPU 1 and 2")
    parser.add_argument("--seed", type=int, default=0, help="the first seed of `accuracy`")
    options = parser.parse_args()
    step = next(step for step in STEPS if step.__name__ == options.step)
    report = Report(options.out, options.step)
    began = time.monotonic()
    try:
        step(report, options)
    except Exception as error:
        if step is not burn:
            report.put(error=f"{type(error).__name__}: {error}"[-2000:])
        raise
    if step is not burn:
        report.put(took_s=round(time.monotonic() - began, 1))


if __name__ == "__main__":
    main()
