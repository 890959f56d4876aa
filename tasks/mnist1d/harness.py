"""Train one classifier program and hand out its predictions. Runs inside the sandbox, or alone:

    python tasks/mnist1d/harness.py --program tasks/mnist1d/program.py --data DIR --steps 1000

DIR holds train_x.npy, train_y.npy, val_x.npy and test_x.npy. Labels of validation and test are never here: whoever
asked for the training scores the predictions. The worker calls `check`, `train` and `audit`; each gets

    program    the candidate's module, with build_model() and build_optimizer(model, steps)
    data_dir   DIR
    settings   steps, batch, every (steps between validation predictions), seed, device
    emit       emit(kind, meta, arrays): a message to the outside, meta is JSON, arrays are float32 numpy

An exception that carries `failure` ("contract", "shape" or "nan") names the fault; any other is a crash.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import math
import random
import sys
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

LOSS = F.cross_entropy  # of (scores (N, C), labels (N,)); the harness's choice, never the candidate's


class Fault(Exception):
    """What the program did wrong, as its author should read it."""

    def __init__(self, failure: str, message: str):
        super().__init__(message)
        self.failure = failure


# ---- what the worker calls ------------------------------------------------------------------------------------------


def check(program, data_dir, settings, emit):
    """One cheap look before training: shapes, finite numbers, one forward and backward step, behaviour."""
    from behaviour import behaviour  # the worker's own, beside it in the sandbox

    data = load(data_dir, settings)
    batch = int(settings.get("batch", 128))
    x, y = data["train_x"][:batch], data["train_y"][:batch]

    model, optimizer, scheduler = build(program, settings)
    model.train()
    scores = checked(model(x), len(x), data)
    loss = LOSS(scores, y)
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    idle = [name for name, p in model.named_parameters() if p.requires_grad and p.grad is None]
    bad = [name for name, p in model.named_parameters() if p.grad is not None and not torch.isfinite(p.grad).all()]
    if bad:
        raise Fault("nan", f"the gradient of {bad[0]} is not finite at the first step")
    optimizer.step()
    if scheduler is not None:
        scheduler.step()

    model.eval()
    with torch.no_grad():
        many, few = checked(model(x[:7]), 7, data), checked(model(x[:3]), 3, data)
    if not torch.allclose(many[:3], few, rtol=1e-2, atol=1e-3):
        raise Fault(
            "contract",
            "in eval mode the scores of an example must depend on nothing but that example: they changed with the "
            "batch or from call to call (dropout without training=self.training? batch statistics?)",
        )

    model, optimizer, scheduler = build(program, settings)  # afresh: the fingerprint is that of the untouched model
    digest = behaviour(model, optimizer, scheduler, x, y, steps=int(settings["steps"]))  # the whole schedule counts
    params = sum(p.numel() for p in model.parameters())
    emit("fingerprint", {"behaviour": digest, "params": params, "without_gradient": idle}, {})


def train(program, data_dir, settings, emit):
    """Train for settings["steps"] steps; validation predictions on the way, test predictions and weights at the end."""
    steps, batch = int(settings["steps"]), int(settings.get("batch", 128))
    every = int(settings.get("every", 0)) or steps
    data = load(data_dir, settings)
    model, optimizer, scheduler = build(program, settings)
    model.train()
    loss = None
    for step, (x, y) in enumerate(batches(data, batch, steps, int(settings.get("seed", 0))), start=1):
        loss = LOSS(model(x), y)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        if scheduler is not None and step < steps:  # a one-cycle schedule refuses a step past its end
            scheduler.step()
        if step % every == 0 or step == steps:
            train_loss = loss.item()
            if not math.isfinite(train_loss):
                raise Fault("nan", f"the training loss is {train_loss} at step {step} of {steps}")
            scores = predict(model, data, "val")
            emit("predict", {"split": "val", "step": step, "train_loss": train_loss}, {"scores": scores})
            model.train()
    emit("predict", {"split": "test", "step": steps}, {"scores": predict(model, data, "test")})
    emit("weights", {"step": steps}, {name: array(tensor) for name, tensor in weights(model).items()})


def audit(program, data_dir, settings, emit):
    """Predictions from the code and the weights in settings["weights"] (a safetensors file) alone."""
    data = load(data_dir, settings)
    model, _, _ = build(program, settings)
    saved = read_safetensors(Path(settings["weights"]))
    if set(saved) != set(weights(model)):
        raise Fault("contract", f"the weights do not fit the model: {sorted(set(saved) ^ set(weights(model)))[:4]}")
    model.load_state_dict({name: torch.from_numpy(values) for name, values in saved.items()}, strict=False)
    for split in ("val", "test"):
        emit("predict", {"split": split, "step": 0}, {"scores": predict(model, data, split)})


# ---- how it is done --------------------------------------------------------------------------------------------------


def load(data_dir, settings):
    """The four public arrays as tensors on the device."""
    torch.set_num_threads(1)  # measured: a second thread burns twice the CPU and is no faster on nets this small
    torch.set_flush_denormal(True)  # decayed optimiser moments would otherwise slow down late training
    device = settings.get("device", "cpu")
    names = ("train_x", "train_y", "val_x", "test_x")
    return {name: torch.from_numpy(np.load(Path(data_dir) / f"{name}.npy")).to(device) for name in names}


def build(program, settings):
    """Model, optimiser and scheduler of the program, from the seed."""
    seed, device = int(settings.get("seed", 0)), settings.get("device", "cpu")
    random.seed(seed)
    np.random.seed(seed % 2**32)
    torch.manual_seed(seed)
    for name in ("build_model", "build_optimizer"):
        if not callable(getattr(program, name, None)):
            raise Fault("contract", f"the program must define {name}()")
    model = program.build_model()
    if not isinstance(model, torch.nn.Module):
        raise Fault("contract", f"build_model() must return an nn.Module, got {type(model).__name__}")
    model = model.to(device)
    if any(t.is_complex() for t in model.state_dict().values()):
        raise Fault("contract", "complex weights cannot be saved; keep real and imaginary part as two real tensors")
    made = program.build_optimizer(model, int(settings["steps"]))
    if not (isinstance(made, tuple) and len(made) == 2):
        got = type(made).__name__
        raise Fault("contract", f"build_optimizer() must return (optimizer, scheduler or None), got {got}")
    optimizer, scheduler = made
    if not isinstance(optimizer, torch.optim.Optimizer):
        raise Fault("contract", f"build_optimizer() must give a torch optimizer first, got {type(optimizer).__name__}")
    if scheduler is not None and not callable(getattr(scheduler, "step", None)):
        raise Fault("contract", f"the scheduler must have step() or be None, got {type(scheduler).__name__}")
    return model, optimizer, scheduler


def batches(data, batch, steps, seed):
    """`steps` batches (x, y): each epoch in a new order, the incomplete last batch dropped."""
    # A generator of its own: the order of the data never depends on the random numbers that the program draws.
    generator = torch.Generator().manual_seed(seed)
    x, y = data["train_x"], data["train_y"]
    per_epoch = max(1, len(x) // batch)
    for step in range(steps):
        at = step % per_epoch
        if at == 0:
            order = torch.randperm(len(x), generator=generator)[: per_epoch * batch].to(x.device)
            xs, ys = x[order].split(batch), y[order].split(batch)
        yield xs[at], ys[at]


def predict(model, data, split):
    """Scores of a split as float32 numpy (N, C); leaves the model in eval mode."""
    model.eval()
    with torch.no_grad():
        return array(torch.cat([model(x) for x in data[f"{split}_x"].split(500)]))


def checked(scores, count, data):
    """The scores, if they are a finite float tensor (count, classes)."""
    classes = int(data["train_y"].max()) + 1
    if not isinstance(scores, torch.Tensor):
        raise Fault("contract", f"the model must return one tensor of class scores, got {type(scores).__name__}")
    if tuple(scores.shape) != (count, classes):
        raise Fault("shape", f"the model must give class scores ({count}, {classes}), got {tuple(scores.shape)}")
    if not torch.isfinite(scores).all():
        raise Fault("nan", "the untrained model gives scores that are not finite")
    return scores


def weights(model):
    """All that must be stored to use the model: parameters and buffers by name, tensors shared by name once."""
    seen, kept = set(), {}
    for name, tensor in model.state_dict().items():
        place = (tensor.data_ptr(), tuple(tensor.shape), tensor.stride())
        if tensor.numel() and place in seen:
            continue
        seen.add(place)
        kept[name] = tensor
    return kept


def array(tensor):
    return np.ascontiguousarray(tensor.detach().to("cpu", torch.float32).numpy())


def read_safetensors(path):
    """Name to float32 array. The format is a length, a JSON header and raw little-endian numbers: no library needed."""
    raw = path.read_bytes()
    size = int.from_bytes(raw[:8], "little")
    header = json.loads(raw[8 : 8 + size])
    header.pop("__metadata__", None)
    found = {}
    for name, entry in header.items():
        if entry["dtype"] != "F32":
            raise ValueError(f"expected float32 weights, got {entry['dtype']} for {name}")
        start, end = (8 + size + offset for offset in entry["data_offsets"])
        found[name] = np.frombuffer(raw[start:end], dtype="<f4").reshape(entry["shape"]).copy()
    return found


# ---- alone -----------------------------------------------------------------------------------------------------------


def main():
    parser = argparse.ArgumentParser(description="Train one program and write its predictions.")
    parser.add_argument("--program", type=Path, required=True, help="file with build_model and build_optimizer")
    parser.add_argument("--data", type=Path, required=True, help="folder with train_x, train_y, val_x, test_x .npy")
    parser.add_argument("--out", type=Path, default=Path("predictions"), help="folder for val.npy and test.npy")
    parser.add_argument("--steps", type=int, default=1000, help="optimiser steps")
    parser.add_argument("--batch", type=int, default=128, help="examples a step")
    parser.add_argument("--every", type=int, default=100, help="steps between validation predictions")
    parser.add_argument("--seed", type=int, default=0, help="of weights and data order")
    parser.add_argument("--device", default="cpu")
    args = parser.parse_args()

    def emit(kind, meta, arrays):
        if kind == "predict":
            args.out.mkdir(parents=True, exist_ok=True)
            np.save(args.out / f"{meta['split']}.npy", arrays["scores"])
        if "train_loss" in meta:
            print(f"step {meta['step']:6d}  train loss {meta['train_loss']:.4f}")
        if kind == "weights":
            print(f"{sum(a.size for a in arrays.values())} parameters and buffers")

    spec = importlib.util.spec_from_file_location("program", args.program)
    program = importlib.util.module_from_spec(spec)
    sys.modules["program"] = program
    spec.loader.exec_module(program)
    settings = {"steps": args.steps, "batch": args.batch, "every": args.every, "seed": args.seed, "device": args.device}
    clock = time.process_time()
    train(program, args.data, settings, emit)
    print(f"{time.process_time() - clock:.1f} s of CPU; predictions in {args.out}")


if __name__ == "__main__":
    main()
