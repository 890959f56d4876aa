"""The clean pass, a harness of its own: runs written-down forward passes where no candidate's code has been loaded.

`audit` is given what an audit brought out: lists of operations, and one file with the stored weights ("w:NAME"), the constants
("c:NAME") and, where a task can draw them, fresh inputs ("fresh"). It sends the predictions that come of them and what it has
counted. `train` times such lists, by turns with the seed program's: it is called in its own turn on the machine.
"""

from __future__ import annotations

import contextlib
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from operations import Counter  # type: ignore[import-not-found]
from replaying import Elsewhere, leaves, load_weights, prepared, replay  # type: ignore[import-not-found]

ROUNDS = (6, 60)  # turns that a program and the seed take when they are timed, at least and at most
TURN_S = 0.004  # seconds of one turn, at least
LONGEST_S = 0.3  # seconds of all turns, unless the fewest take longer


def audit(program: Any, data_dir: Path, settings: dict[str, Any], emit: Any) -> None:
    """Predictions of val, test and fresh inputs, and floating-point operations: of one example, and of a training step."""
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    device = torch.device(settings.get("device", "cpu"))
    paths, many = settings["paths"], settings["many"]
    tensors = _tensors(load_weights(settings["weights"]), paths[0]["weights"], device)
    inputs = {s: torch.from_numpy(np.load(Path(data_dir) / f"{s}_x.npy")).to(device) for s in ("val", "test")}
    measured: dict[str, Any] = {}
    with torch.no_grad():
        for split, x in inputs.items():
            scores = _predict(many, tensors, x) if many else _ways(paths, tensors, x[settings["examples"][split]])
            emit("predict", {"split": split, "step": 0}, {"scores": scores})
        if timed := settings["timed"]:
            rows = torch.tensor(settings["examples"]["val"])
            scores = _ways([timed], tensors, inputs["val"][rows])
            emit("predict", {"split": "timed", "step": 0}, {"scores": scores})
        if "fresh" in tensors:
            fresh = tensors["fresh"]
            scores = _predict(many, tensors, fresh) if many else _ways(paths, tensors, fresh[: settings["followed"]])
            emit("predict", {"split": "fresh", "step": 0}, {"scores": scores})
        examples = inputs["val"][:1] if many else inputs["val"][settings["examples"]["val"]]
        flops, unknown = _counted(paths, tensors, examples)
        measured |= {"flops": flops, "unknown": sorted(unknown)[:50]}
        for part, ops in (settings["step"] or {}).items():
            counter, run = Counter(chance=True), prepared(ops, leaves(ops, device), device)
            with torch.enable_grad(), counter:
                run()
            measured |= {f"{part}_flops": counter.flops, f"{part}_sizes": sorted(counter.sizes)}
    emit("measured", measured, {})


def _counted(
    paths: Sequence[dict[str, Any]], tensors: dict[str, torch.Tensor], examples: torch.Tensor
) -> tuple[float, set[str]]:
    """Operations of one of these examples, on average over those whose way is known, and the names of what cannot be counted."""
    counts, unknown = [], set()
    for row in examples.split(1):
        for path in paths:
            counter = Counter()
            with contextlib.suppress(Elsewhere), counter:
                replay(path, tensors, row)
                counts.append(counter.flops)
                unknown |= counter.unknown
                break
    return statistics.mean(counts) if counts else 0.0, unknown


def train(program: Any, data_dir: Path, settings: dict[str, Any], emit: Any) -> None:
    """Times of two programs by turns, "own" and "seed": of one example, and of one training step; in seconds a pass.

    `settings["pair"]` has of each the paths and the step's lists. Sent are medians over the turns, the median of the quotients of
    neighbouring turns, that median's standard error, by the spread between the quartiles, and what the first pass of "own" took
    more ("start_s").
    """
    torch.set_num_threads(int(settings.get("threads", 1)))
    torch.set_flush_denormal(True)
    device = torch.device(settings.get("device", "cpu"))
    loaded = load_weights(settings["weights"])
    passes: dict[str, dict[str, Callable[[], None]]] = {}
    with torch.no_grad():
        for who, one in settings["pair"].items():
            own = {n.removeprefix(f"{who}/"): t for n, t in loaded.items() if n.startswith(f"{who}/")}
            tensors = _tensors(own, one["paths"][0]["weights"], device)
            examples = tensors.pop("x")
            passes[who] = {"latency": _each(one["paths"], tensors, examples)}
            if one["step"]:
                ops = [*one["step"]["learn"], *one["step"]["update"]]
                passes[who]["step"] = torch.enable_grad()(prepared(ops, leaves(ops, device), device))
        for what in ("latency", "step"):
            if all(what in passes[who] for who in passes):
                emit("timed", {"what": what, **_by_turns(passes["own"][what], passes["seed"][what], device)}, {})


def _by_turns(own: Callable[[], None], seed: Callable[[], None], device: torch.device) -> dict[str, float]:
    pair = {"own": own, "seed": seed}
    # of this thread: where a process has a limit of processor time, the kernel counts the process's own in ticks of 4 ms
    clock = time.thread_time if device.type == "cpu" and torch.get_num_threads() == 1 else time.perf_counter
    began = clock()
    own()
    _finish(device)
    first_s = clock() - began
    counts = {who: _passes(run, clock, device) for who, run in pair.items()}

    def turn(who: str) -> float:
        began = clock()
        for _ in range(counts[who]):
            pair[who]()
        _finish(device)
        return (clock() - began) / counts[who]

    once = sum(turn(who) * counts[who] for who in pair)
    rounds = max(ROUNDS[0], min(ROUNDS[1], int(LONGEST_S / once)))
    seen: dict[str, list[float]] = {who: [] for who in pair}
    for n in range(rounds):
        for who in sorted(pair, reverse=n % 2 == 1):  # each goes first as often as the other
            seen[who].append(turn(who))
    quotients = sorted(a / b for a, b in zip(seen["own"], seen["seed"], strict=True))
    quarter = rounds // 4
    deviation = (quotients[-1 - quarter] - quotients[quarter]) / 1.35
    medians = {f"{who}_s": statistics.median(times) for who, times in seen.items()}
    medians["start_s"] = max(0.0, first_s - medians["own_s"])
    return {**medians, "ratio": statistics.median(quotients), "error": 1.25 * deviation / rounds**0.5}


def _passes(run: Callable[[], None], clock: Callable[[], float], device: torch.device) -> int:
    """Passes that fill a turn, after some that nobody times."""
    run()
    count, spent = 1, 0.0
    while spent < TURN_S:
        began = clock()
        for _ in range(count):
            run()
        _finish(device)
        spent = clock() - began
        if spent < TURN_S:
            count = min(4 * count, max(count + 1, int(1.2 * count * TURN_S / max(spent, TURN_S / 100))))
    return count


def _finish(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize()


def _tensors(
    found: Mapping[str, torch.Tensor], kinds: Mapping[str, str], device: torch.device
) -> dict[str, torch.Tensor]:
    """On the device, weights in the type that the model has them in: all are stored as float32."""
    tensors = dict(found)
    for name, kind in kinds.items():
        tensors[f"w:{name}"] = tensors[f"w:{name}"].to(getattr(torch, kind.removeprefix("torch.")))
    return {name: tensor.to(device) for name, tensor in tensors.items()}


def _predict(graph: dict[str, Any], tensors: dict[str, torch.Tensor], x: torch.Tensor) -> torch.Tensor:
    """Scores of all examples; the last batch is filled up, since the list of operations is for one size only."""
    size, made = graph["batch"], []
    for batch in x.split(size):
        full = (
            torch.cat([batch, batch[-1:].expand(size - len(batch), *batch.shape[1:])]) if len(batch) < size else batch
        )
        made.append(replay(graph, tensors, full)[: len(batch)])
    return torch.cat(made).float()


def _ways(paths: Sequence[dict[str, Any]], tensors: dict[str, torch.Tensor], x: torch.Tensor) -> torch.Tensor:
    """Scores of each example alone, by the list that it takes; not a number where it takes none of them."""
    made: list[torch.Tensor | None] = []
    for row in x.split(1):
        made.append(next((found for path in paths if (found := _one(path, tensors, row)) is not None), None))
    size = next((m.shape[1:] for m in made if m is not None), torch.Size([1]))
    return torch.cat([torch.full((1, *size), float("nan")) if m is None else m.float().cpu() for m in made])


def _one(path: dict[str, Any], tensors: dict[str, torch.Tensor], row: torch.Tensor) -> torch.Tensor | None:
    try:
        return replay(path, tensors, row)
    except Elsewhere:
        return None


def _each(paths: Sequence[dict[str, Any]], tensors: dict[str, torch.Tensor], x: torch.Tensor) -> Callable[[], None]:
    """A pass of one example; of another one each time where the way depends on it."""
    if len(paths) == 1 and not paths[0]["looks"]:
        return prepared(paths[0]["ops"], {**tensors, "x": x[:1]}, x.device)
    taken = []
    for row in x.split(1):
        path = next((p for p in paths if _one(p, tensors, row) is not None), None)
        if path is not None:
            taken.append(prepared(path["ops"], {**tensors, "x": row}, x.device))

    def run() -> None:
        taken.append(taken.pop(0))
        taken[-1]()

    return run
