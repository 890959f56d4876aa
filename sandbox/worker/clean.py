"""The clean pass, a harness of its own: runs a written-down forward pass where no candidate's code has been loaded.

It is given what an audit brought out: the list of operations, and one file with the stored weights ("w:NAME") and the
constants ("c:NAME"). It sends the predictions that come of them, and what it has counted and timed itself.
"""

from __future__ import annotations

import math
import statistics
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import flop_registry
from tracing import load_weights, operation, replay  # type: ignore[import-not-found]

REPEATS = 30  # timed passes of one example, after as many untimed ones as a tenth of them
LEAST_S = 0.2  # processor seconds that are spent on timing a batch
# products that torch has no formula for: the argument whose last axis is summed over
_SUMMED = {"aten.mv": 0, "aten.addmv": 1, "aten.dot": 0, "aten.vdot": 0, "aten._cdist_forward": 0}


def audit(program: Any, data_dir: Path, settings: dict[str, Any], emit: Any) -> None:
    """Predictions of val and test, floating-point operations of one example, and the median time of a pass of one example."""
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    device = torch.device(settings.get("device", "cpu"))
    tensors = load_weights(settings["weights"])
    single, many = settings["graphs"]
    for name, kind in many["weights"].items():  # stored as float32, whatever they are
        tensors[f"w:{name}"] = tensors[f"w:{name}"].to(getattr(torch, kind.removeprefix("torch.")))
    tensors = {name: tensor.to(device) for name, tensor in tensors.items()}
    inputs = {s: torch.from_numpy(np.load(Path(data_dir) / f"{s}_x.npy")).to(device) for s in ("val", "test")}
    with torch.no_grad():
        for split, x in inputs.items():
            emit("predict", {"split": split, "step": 0}, {"scores": _predict(many, tensors, x)})
        counter = _Counter()
        with counter:
            replay(single, tensors, inputs["val"][:1])
        emit(
            "measured",
            {"flops": round(counter.flops), "latency_ms": _latency_ms(single, tensors, inputs["val"][:1]),
             "batch_s": _batch_s(many, tensors, inputs["val"])},
            {},
        )  # fmt: skip


class _Counter(TorchDispatchMode):
    """Floating-point operations of what runs under it. Products, convolutions and attention count by torch's own formulas; anything
    else one for each number read or written, whichever is more, so that a product spelt as multiplications and a sum costs as
    much. Views are free.
    """

    def __init__(self) -> None:
        super().__init__()
        self.flops = 0.0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        named = kwargs or {}
        operation(str(func), args, named)  # one that a list may name can be made of one that it may not
        made, name = func(*args, **named), str(func.overloadpacket)
        if func.overloadpacket in flop_registry:
            self.flops += flop_registry[func.overloadpacket](*args, **named, out_val=made)
        elif name in _SUMMED:
            self.flops += 2 * made.numel() * args[_SUMMED[name]].shape[-1]
        elif name.startswith("aten._fft"):
            length = math.prod(max(args[0].shape[d], made.shape[d]) for d in args[1])
            self.flops += 5 * max(args[0].numel(), made.numel()) * math.log2(max(length, 2))
        elif not func.is_view and name != "aten._unsafe_view":
            self.flops += max((t.numel() for t in tree_leaves((args, named, made)) if torch.is_tensor(t)), default=0)
        return made


def _predict(graph: dict[str, Any], tensors: dict[str, torch.Tensor], x: torch.Tensor) -> torch.Tensor:
    """Scores of all examples; the last batch is filled up, since the list of operations is for one size only."""
    size, made = graph["batch"], []
    for batch in x.split(size):
        full = (
            torch.cat([batch, batch[-1:].expand(size - len(batch), *batch.shape[1:])]) if len(batch) < size else batch
        )
        made.append(replay(graph, tensors, full)[: len(batch)])
    return torch.cat(made).float()


def _latency_ms(graph: dict[str, Any], tensors: dict[str, torch.Tensor], x: torch.Tensor) -> float:
    times = []
    for n in range(REPEATS + REPEATS // 10):
        began = time.perf_counter()
        replay(graph, tensors, x)
        if x.is_cuda:
            torch.cuda.synchronize()
        if n >= REPEATS // 10:
            times.append(time.perf_counter() - began)
    return 1000 * statistics.median(times)


def _batch_s(graph: dict[str, Any], tensors: dict[str, torch.Tensor], x: torch.Tensor) -> float:
    """Processor seconds of one pass of a whole batch; repeated, since some machines count them in ticks of 10 ms."""
    batch, passes, began = x[: graph["batch"]], 0, time.process_time()
    while time.process_time() - began < LEAST_S:
        replay(graph, tensors, batch)
        passes += 1
    return (time.process_time() - began) / passes
