"""The clean pass, a harness of its own: runs written-down forward passes where no candidate's code has been loaded.

`audit` is given what an audit brought out: lists of operations, and one file with the stored weights ("w:NAME"), the constants
("c:NAME") and, where a task can draw them, fresh inputs ("fresh"). It sends the predictions that come of them and what it has
counted. `train` times such lists, by turns with the seed program's: it is called in its own turn on the machine.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from operations import Counter  # type: ignore[import-not-found]
from replaying import Elsewhere, leaves, load_weights, prepared, replay  # type: ignore[import-not-found]

ROUNDS = 15  # turns that a program and the seed take when they are timed
TURN_S = 0.01  # processor seconds of one turn


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
        rows = settings["examples"]["val"] if not many else settings["examples"]["val"][:1]
        counter = Counter()
        with counter:
            _ways(paths, tensors, inputs["val"][rows])
        measured |= {"flops": counter.flops / len(rows), "unknown": sorted(counter.unknown)[:5]}
        if settings["step"]:
            counter, run = Counter(), prepared(settings["step"], leaves(settings["step"], device), device)
            with counter:
                run()
            measured |= {"step_flops": counter.flops}
    emit("measured", measured, {})


def train(program: Any, data_dir: Path, settings: dict[str, Any], emit: Any) -> None:
    """Times of two programs by turns, "own" and "seed": of one example, and of one training step; in seconds a pass.

    `settings["pair"]` has of each the paths and the step's list. Sent are medians over the turns, the median of the quotients of
    neighbouring turns, and half the width that three quarters of these quotients lie in, over the square root of their number.
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
                passes[who]["step"] = prepared(one["step"], leaves(one["step"], device), device)
        for what in ("latency", "step"):
            if all(what in passes[who] for who in passes):
                emit("timed", {"what": what, **_by_turns(passes["own"][what], passes["seed"][what], device)}, {})


def _by_turns(own: Callable[[], None], seed: Callable[[], None], device: torch.device) -> dict[str, float]:
    pair = {"own": own, "seed": seed}
    clock = time.perf_counter if device.type == "cuda" else time.process_time
    counts = {who: _passes(run, clock, device) for who, run in pair.items()}
    seen: dict[str, list[float]] = {who: [] for who in pair}
    for _ in range(ROUNDS):
        for who, run in pair.items():
            began = clock()
            for _ in range(counts[who]):
                run()
            _finish(device)
            seen[who].append((clock() - began) / counts[who])
    quotients = sorted(a / b for a, b in zip(seen["own"], seen["seed"], strict=True))
    spread = (quotients[-1 - ROUNDS // 8] - quotients[ROUNDS // 8]) / 2
    medians = {f"{who}_s": statistics.median(times) for who, times in seen.items()}
    return {**medians, "ratio": statistics.median(quotients), "error": spread / ROUNDS**0.5}


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
