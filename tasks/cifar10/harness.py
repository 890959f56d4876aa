"""Train one image classifier and hand out its predictions. Runs inside the sandbox, or alone:

    python tasks/cifar10/harness.py --program tasks/cifar10/program.py --data DIR --recipe fast --steps 1000

DIR holds train_x.npy, val_x.npy and test_x.npy, uint8 (N, 3, 32, 32), and train_y.npy. Labels of validation and test are
never here: whoever asked for the training scores the predictions. The worker calls `check`, `train` and `audit`; each gets

    program    the candidate's module, with build_model() and build_optimizer(model, steps)
    data_dir   DIR
    settings   steps, batch, every (steps between validation predictions), seed, device, and RECIPE's keys
    emit       emit(kind, meta, arrays): a message to the outside, meta is JSON, arrays are float32 numpy

Size of the images, augmentation, precision, memory layout and where the data lies are decided here, never by the
candidate. An exception that carries `failure` ("contract", "shape" or "nan") names the fault; any other is a crash.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import math
import random
import sys
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

RECIPES = {
    # after the CIFAR-10 recipe of ExquisiteNetV2: enlarged to 224, flip, jitter, translation, no normalisation
    "paper": {"size": 224, "shift": 0.05, "shift_chance": 0.5, "jitter": 0.05, "jitter_chance": 0.5, "smoothing": 0.0},
    # mild enlargement, flip, a translation of up to an eighth, label smoothing
    "fast": {"size": 64, "shift": 0.125, "shift_chance": 1.0, "jitter": 0.0, "jitter_chance": 0.0, "smoothing": 0.1},
}
COMMON = {
    "amp": "cuda",  # bfloat16 where it pays; "always" on any device, "never" on none
    "channels_last": True,
    "threads": 1,  # of a training on the CPU: a slot is one core
}
PREDICTED = 100  # images in one forward pass of a prediction; the clean pass of an audit takes as many


class Fault(Exception):
    """What the program did wrong, as its author should read it."""

    def __init__(self, failure: str, message: str):
        super().__init__(message)
        self.failure = failure


# ---- what the worker calls ------------------------------------------------------------------------------------------


def check(program, data_dir, settings, emit):
    """One cheap look before training: shapes, finite numbers, one forward and backward step, behaviour."""
    from anatomy import anatomy  # the worker's own, beside it in the sandbox
    from behaviour import behaviour

    how = recipe(settings)
    data = load(data_dir, settings)
    batch = int(settings.get("batch", 64))
    x, y = enlarged(data["train_x"][:batch], how), data["train_y"][:batch]

    model, optimizer, scheduler = build(program, settings)
    model.train()
    with precision(x.device, how):
        scores = model(x)
    loss = cross_entropy(checked(scores, len(x), data).float(), y, how)
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
    each_alone(model, data, how)

    model, optimizer, scheduler = build(program, settings)  # afresh: the fingerprint is that of the untouched model
    digest = behaviour(
        model,
        optimizer,
        scheduler,
        x[:16],
        y[:16],
        lambda scores, y: cross_entropy(scores, y, how),
        int(settings["steps"]),
    )
    params = sum(p.numel() for p in model.parameters())
    parts = anatomy(program, model, x[:3])
    emit("fingerprint", {"behaviour": digest, "params": params, "without_gradient": idle, "anatomy": parts}, {})


def train(program, data_dir, settings, emit):
    """Train for settings["steps"] steps; validation predictions on the way, test predictions and weights at the end."""
    how = recipe(settings)
    steps, batch = int(settings["steps"]), int(settings.get("batch", 64))
    every = int(settings.get("every", 0)) or steps
    data = load(data_dir, settings)
    model, optimizer, scheduler = build(program, settings)
    emit("built", {}, {})  # what building, training and predicting take is measured apart, outside, by these frames
    device = data["train_x"].device
    hasten(device)
    model.train()
    for step, (x, y) in enumerate(batches(data, batch, steps, int(settings.get("seed", 0)), how), start=1):
        loss = learn(model, optimizer, x, y, how)
        optimizer.step()
        if scheduler is not None and step < steps:  # a one-cycle schedule refuses a step past its end
            scheduler.step()
        if step % every == 0 or step == steps:
            train_loss = loss.item()
            if not math.isfinite(train_loss):
                raise Fault("nan", f"the training loss is {train_loss} at step {step} of {steps}")
            emit("progress", {"step": step}, {})
            scores = predict(model, data, "val", how)
            emit("predict", {"split": "val", "step": step, "train_loss": train_loss}, {"scores": scores})
            model.train()
    emit("predict", {"split": "test", "step": steps}, {"scores": predict(model, data, "test", how)})
    emit("weights", {"step": steps}, {name: array(tensor) for name, tensor in weights(model).items()})


def audit(program, data_dir, settings, emit):
    """Predictions from the code and the weights in settings["weights"] (a safetensors file) alone, and how they are made.

    DIR holds val_x.npy and test_x.npy only: whatever the model has learnt, it has from its weights. Without weights: the names
    and shapes of what the model would store, and what it predicts before it has learnt anything.
    """
    from tracing import load_weights, write_down, write_step  # the worker's own, beside it in the sandbox

    how = recipe(settings)
    data = load(data_dir, settings, names=("val_x", "test_x"))
    model, optimizer, _ = build(program, settings)
    own = {name: list(tensor.shape) for name, tensor in weights(model).items()}
    if "weights" not in settings:
        emit("layout", {"weights": own}, {})
        emit("predict", {"split": "val", "step": 0}, {"scores": predict(model, data, "val", how)})
        return
    saved = load_weights(settings["weights"])
    if {name: list(tensor.shape) for name, tensor in saved.items()} != own:
        raise Fault("contract", f"the weights do not fit the model: {sorted(set(saved) ^ set(own))[:4]}")
    model.load_state_dict(saved, strict=False)
    for split in ("val", "test"):
        emit("predict", {"split": split, "step": 0}, {"scores": predict(model, data, split, how)})
    # from raw images on, so that the clean pass makes the same predictions of the same files
    asked = [(data[f"{split}_x"], rows) for split, rows in settings.get("examples", {}).items()]
    write_down(Scorer(model, how), weights(model), data["val_x"], emit, batch=PREDICTED, examples=asked)
    x = enlarged(data["val_x"][: int(settings.get("batch", 64))], how)
    y = torch.arange(len(x), device=x.device) % 10  # nothing is to be learnt from these steps
    write_step(model, lambda: learn(model, optimizer, x, y, how), optimizer.step, emit)


# ---- how it is done --------------------------------------------------------------------------------------------------


def recipe(settings):
    """Every choice of the recipe by name: RECIPES' and COMMON's, changed by what the settings say."""
    name = settings.get("recipe", "fast")
    if name not in RECIPES:
        raise ValueError(f"expected a recipe of {', '.join(RECIPES)}, got {name!r}")
    how = {**COMMON, **RECIPES[name]}
    return {key: settings.get(key, value) for key, value in how.items()}


def load(data_dir, settings, names=("train_x", "train_y", "val_x", "test_x")):
    """The public arrays as tensors on the device, images still as bytes; on the CPU the files are mapped, not read."""
    torch.set_num_threads(int(settings.get("threads", COMMON["threads"])))
    torch.set_flush_denormal(True)  # decayed optimiser moments would otherwise slow down late training
    device = settings.get("device", "cpu")
    arrays = {name: np.load(Path(data_dir) / f"{name}.npy", mmap_mode="c") for name in names}
    return {name: torch.from_numpy(values).to(device) for name, values in arrays.items()}


def build(program, settings):
    """Model, optimiser and scheduler of the program, from the seed."""
    seed, device, how = int(settings.get("seed", 0)), settings.get("device", "cpu"), recipe(settings)
    random.seed(seed)
    np.random.seed(seed % 2**32)
    torch.manual_seed(seed)
    for name in ("build_model", "build_optimizer"):
        if not callable(getattr(program, name, None)):
            raise Fault("contract", f"the program must define {name}()")
    model = program.build_model()
    if not isinstance(model, nn.Module):
        raise Fault("contract", f"build_model() must return an nn.Module, got {type(model).__name__}")
    model = model.to(device)
    if any(t.is_complex() for t in model.state_dict().values()):
        raise Fault("contract", "complex weights cannot be saved; keep real and imaginary part as two real tensors")
    if how["channels_last"]:
        for p in model.parameters():
            if p.dim() == 4:
                p.data = p.data.contiguous(memory_format=torch.channels_last)
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


def precision(device, how):
    """The context of every forward pass: bfloat16 where the recipe says so and the device has it."""
    able = device.type == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False)
    on = how["amp"] == "always" or (how["amp"] == "cuda" and able)
    return torch.autocast(device.type, torch.bfloat16, enabled=on)


def hasten(device):
    """Let CUDA take the kernels it expects to be fastest, also those that add up in another order each time.

    It does not try them out (`cudnn.benchmark`): that takes seconds at the start, more for a program of many shapes, and the
    work of a program is told by how its training begins.
    """
    if device.type == "cuda":
        torch.set_deterministic_debug_mode("default")
        torch.backends.cudnn.deterministic = False


@contextlib.contextmanager
def exactly(device):
    """Within it CUDA takes kernels that give the same numbers each time, and chooses them without trying them out.

    What is compared must be made so: a fingerprint, and predictions that an audit makes again. A process of the sandbox
    that has a GPU begins so; only `hasten` ends it.
    """
    if device.type != "cuda":
        yield
        return
    cudnn, mode = torch.backends.cudnn, torch.get_deterministic_debug_mode()
    before = cudnn.deterministic, cudnn.benchmark
    torch.set_deterministic_debug_mode("warn")  # what knows no other way only says so
    cudnn.deterministic, cudnn.benchmark = True, False
    try:
        yield
    finally:
        torch.set_deterministic_debug_mode(mode)
        cudnn.deterministic, cudnn.benchmark = before


def cross_entropy(scores, y, how):
    return F.cross_entropy(scores, y, label_smoothing=how["smoothing"])


def learn(model, optimizer, x, y, how):
    """The gradients of one training step on a batch; its loss."""
    with precision(x.device, how):
        scores = model(x)
    loss = cross_entropy(scores.float(), y, how)
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    return loss


def batches(data, batch, steps, seed, how):
    """`steps` augmented batches (x, y): each epoch in a new order, the incomplete last batch dropped."""
    # Generators of its own: what the data does never depends on the random numbers that the program draws.
    x, y = data["train_x"], data["train_y"]
    order_of = torch.Generator().manual_seed(seed)
    chance = torch.Generator(x.device).manual_seed(seed)
    per_epoch = max(1, len(x) // batch)
    for step in range(steps):
        at = step % per_epoch
        if at == 0:
            order = torch.randperm(len(x), generator=order_of)[: per_epoch * batch].to(x.device).split(batch)
        yield augmented(enlarged(x[order[at]], how), how, chance), y[order[at]]


def enlarged(x, how):
    """Bytes (N, 3, 32, 32) as float32 in 0..1, bilinearly enlarged to (N, 3, size, size)."""
    x = x.float() / 255
    if how["size"] != x.shape[-1]:
        x = F.interpolate(x, size=(how["size"], how["size"]), mode="bilinear", align_corners=False)
    return x.contiguous(memory_format=torch.channels_last) if how["channels_last"] else x


def augmented(x, how, chance):
    """Images (N, 3, H, W), each flipped, its colours changed and its frame moved by chance; what moves in is black."""

    def uniform(*shape):
        return torch.rand(*shape, generator=chance, device=x.device)

    count, size = len(x), x.shape[-1]
    if how["jitter"]:  # brightness, contrast, saturation, in this order
        some = (uniform(count, 1, 1, 1) < how["jitter_chance"]).float()
        light, contrast, colour = (1 + some * how["jitter"] * (2 * uniform(3, count, 1, 1, 1) - 1)).unbind()
        x = (x * light).clamp(0, 1)
        mean = grey(x).mean((2, 3), keepdim=True)
        x = (mean + contrast * (x - mean)).clamp(0, 1)
        own = grey(x)
        x = (own + colour * (x - own)).clamp(0, 1)
    sign = 1 - 2 * (uniform(count) < 0.5).float()
    moved = (uniform(count, 1) < how["shift_chance"]).float()
    most = math.floor(how["shift"] * size)
    pixels = moved * torch.round((2 * uniform(count, 2) - 1) * most)
    zero = torch.zeros_like(sign)
    ahead, down = (2 * pixels / size).unbind(1)  # the frame is 2 wide
    rows = torch.stack([sign, zero, ahead, zero, zero + 1, down], dim=1).view(count, 2, 3)
    grid = F.affine_grid(rows, list(x.shape), align_corners=False)
    x = F.grid_sample(x, grid, mode="nearest", padding_mode="zeros", align_corners=False)
    return x.contiguous(memory_format=torch.channels_last) if how["channels_last"] else x


def grey(x):
    """Brightness (N, 1, H, W) of images. The weights are plain numbers: a tensor of them would be copied to a GPU, which waits."""
    return 0.299 * x[:, 0:1] + 0.587 * x[:, 1:2] + 0.114 * x[:, 2:3]


class Scorer(nn.Module):
    """Raw images (N, 3, 32, 32) to float32 scores in the precision of the training: how every prediction is made."""

    def __init__(self, model, how):
        super().__init__()
        self.model = model
        self.how = how

    def forward(self, x):
        x = enlarged(x, self.how)
        with precision(x.device, self.how):
            scores = self.model(x)
        return scores.float()


def predict(model, data, split, how):
    """Scores of a split as float32 numpy (N, C); leaves the model in eval mode."""
    scorer, images = Scorer(model, how).eval(), data[f"{split}_x"]
    made = []
    with torch.no_grad(), exactly(images.device):
        for x in images.split(PREDICTED):
            # filled up as in the clean pass: in low precision a batch of another size gives slightly other scores
            filled = torch.cat([x, x[-1:].expand(PREDICTED - len(x), *x.shape[1:])]) if len(x) < PREDICTED else x
            made.append(scorer(filled)[: len(x)])
    return array(torch.cat(made))


def each_alone(model, data, how):
    """Raises Fault unless an example's scores are the same alone as in the batches of a prediction."""
    x = enlarged(data["val_x"][:PREDICTED], how)
    rows = sorted({0, len(x) // 2, len(x) - 1})
    with torch.no_grad():
        many, few = checked(model(x), len(x), data), checked(model(x[-3:]), len(x[-3:]), data)
        for row in rows:
            single = alone(model, x[row : row + 1], data)[0]
            seen = [many[row], *([few[-1]] if row == rows[-1] else [])]
            if not all(torch.allclose(found, single, rtol=1e-2, atol=5e-3) for found in seen):
                raise Fault(
                    "contract",
                    "in eval mode the scores of an example must depend on nothing but that example: they changed with the "
                    f"batch ({len(x)}, 3 or 1 examples) or from call to call (dropout without training=self.training? "
                    "batch statistics?)",
                )


def alone(model, x, data):
    """Scores of one example by itself; raises where the model takes only several: the last chunk of a prediction may be one."""
    try:
        return checked(model(x), 1, data)
    except Exception as error:
        error.failure = "contract"
        error.add_note("this is one example alone: a model must take any number of them (squeeze() without an axis?)")
        raise


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
    for name, tensor in model.state_dict(keep_vars=True).items():
        place = (tensor.data_ptr(), tuple(tensor.shape), tensor.stride())
        if tensor.numel() and place in seen:
            continue
        seen.add(place)
        kept[name] = tensor
    return kept


def array(tensor):
    return tensor.detach().to("cpu", torch.float32).contiguous().numpy()


# ---- alone -----------------------------------------------------------------------------------------------------------


def main():
    parser = argparse.ArgumentParser(description="Train one program and write its predictions.")
    parser.add_argument("--program", type=Path, required=True, help="file with build_model and build_optimizer")
    parser.add_argument("--data", type=Path, required=True, help="folder with train_x, train_y, val_x, test_x .npy")
    parser.add_argument("--out", type=Path, default=Path("predictions"), help="folder for val.npy and test.npy")
    parser.add_argument("--recipe", choices=sorted(RECIPES), default="fast")
    parser.add_argument("--size", type=int, help="height and width of the images that the model gets")
    parser.add_argument("--steps", type=int, default=1000, help="optimiser steps")
    parser.add_argument("--batch", type=int, default=64, help="examples a step")
    parser.add_argument("--every", type=int, default=100, help="steps between validation predictions")
    parser.add_argument("--seed", type=int, default=0, help="of weights, data order and augmentation")
    parser.add_argument("--threads", type=int, default=1, help="of the CPU")
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
    names = ("recipe", "size", "steps", "batch", "every", "seed", "threads", "device")
    settings = {name: getattr(args, name) for name in names if getattr(args, name) is not None}
    clock = time.process_time()
    train(program, args.data, settings, emit)
    print(f"{time.process_time() - clock:.1f} s of CPU; predictions in {args.out}")


if __name__ == "__main__":
    main()
