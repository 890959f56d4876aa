"""A forward pass that is written down gives what the model gives, for any input, and cannot do what a forward pass does not do."""

from __future__ import annotations

import importlib
import json
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from agents.audit import _last_line
from agents.written import written
from sandbox.contract import Frame, JobResult

WORKER = str(Path(__file__).parents[1] / "sandbox" / "worker")
LENGTH, WIDTH = 12, 4


def worker(name: str) -> Any:
    sys.path.insert(0, WORKER)
    try:
        module = importlib.import_module(name)
    finally:
        sys.path.remove(WORKER)
    assert isinstance(module, ModuleType)
    return module


@pytest.fixture(scope="module")
def tracing() -> Any:
    return worker("tracing")


class Residual(nn.Module):
    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.inner(x)
        return y.add_(x) if y.shape == x.shape else y


class Recurrent(nn.Module):
    def __init__(self, kind: Any, width: int = LENGTH) -> None:
        super().__init__()
        self.inner = kind(width, width, batch_first=True)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.inner(x)[0]


class Mix(nn.Module):
    """Views, in-place changes, lists of tensors, constants and keywords."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        a, b = x.chunk(2, dim=1)
        a = torch.where(b > 0, a, torch.full_like(a, -0.25))
        y = torch.cat([a, b.clone().mul_(2)], dim=1)
        y[:, 0] = y[:, 0] + torch.tensor([0.5])
        return y / y.norm(dim=1, keepdim=True).clamp(min=1e-3)


LAYERS: dict[str, Any] = {
    "conv": lambda: nn.Conv1d(WIDTH, WIDTH, 3, padding=1),
    "grouped": lambda: nn.Conv1d(WIDTH, WIDTH, 5, padding=2, groups=2, bias=False),
    "batch norm": lambda: nn.BatchNorm1d(WIDTH),
    "group norm": lambda: nn.GroupNorm(2, WIDTH),
    "layer norm": lambda: nn.LayerNorm(LENGTH),
    "relu": lambda: nn.ReLU(inplace=True),
    "gelu": nn.GELU,
    "hardswish": nn.Hardswish,
    "dropout": lambda: nn.Dropout(0.5),
    "pool": lambda: nn.MaxPool1d(3, stride=1, padding=1),
    "linear": lambda: nn.Linear(LENGTH, LENGTH),
    "attention": lambda: nn.TransformerEncoderLayer(LENGTH, 2, 8, batch_first=True),
    "attention with dropout": lambda: nn.TransformerEncoderLayer(LENGTH, 2, 8, 0.3, batch_first=True, norm_first=True),
    "lstm": lambda: Recurrent(nn.LSTM),
    "gru": lambda: Recurrent(nn.GRU),
    "rrelu": nn.RReLU,
    "mix": Mix,
    "residual": lambda: Residual(nn.Conv1d(WIDTH, WIDTH, 3, padding=1)),
}


def again(tracing: Any, model: nn.Module, graph: Any, constants: Any, x: torch.Tensor) -> torch.Tensor:
    """As in the clean pass: the list has been JSON in between, the weights have been copied."""
    weights = {f"w:{name}": tensor.detach().clone() for name, tensor in model.state_dict().items()}
    with torch.no_grad():
        return worker("replaying").replay(json.loads(json.dumps(graph)), weights | constants, x)


@settings(max_examples=60, deadline=None)
@given(names=st.lists(st.sampled_from(sorted(LAYERS)), min_size=1, max_size=6), seed=st.integers(0, 99))
def test_what_is_written_down_gives_what_the_model_gives(tracing: Any, names: list[str], seed: int) -> None:
    torch.manual_seed(seed)
    model = nn.Sequential(*(LAYERS[name]() for name in names), nn.Flatten(), nn.Linear(WIDTH * LENGTH, 3)).eval()
    for batch in (1, 5):
        graph, constants = tracing.trace(
            model, dict(model.state_dict(keep_vars=True)), torch.randn(batch, WIDTH, LENGTH)
        )
        other = torch.randn(batch, WIDTH, LENGTH)
        with torch.no_grad():
            expected = model(other.clone())
        torch.testing.assert_close(again(tracing, model, graph, constants, other), expected, rtol=1e-5, atol=1e-6)


def test_new_weights_in_the_same_list_give_the_new_models_scores(tracing: Any) -> None:
    torch.manual_seed(0)
    models = [nn.Sequential(nn.Linear(8, 8), nn.Tanh(), nn.Linear(8, 3)).eval() for _ in range(2)]
    x = torch.randn(4, 8)
    graph, constants = tracing.trace(models[0], dict(models[0].state_dict(keep_vars=True)), x)
    with torch.no_grad():
        torch.testing.assert_close(again(tracing, models[1], graph, constants, x), models[1](x))


@pytest.mark.parametrize(
    ("forward", "reason"),
    [
        (lambda x: x + torch.rand(x.shape), "random numbers"),
        (lambda x: nn.functional.dropout(x, training=True), "random numbers"),
        (lambda x: nn.functional.rrelu(x, training=True), "random numbers"),
        (lambda x: nn.functional.scaled_dot_product_attention(x, x, x, dropout_p=0.5), "random numbers"),
        (lambda x: (x, x), "returns tuple"),
    ],
)
def test_what_cannot_be_written_down_is_told(tracing: Any, forward: Any, reason: str) -> None:
    model = nn.Identity()
    model.forward = forward  # type: ignore[method-assign]
    with pytest.raises(tracing.Untraceable, match=reason):
        tracing.trace(model, {}, torch.randn(2, 3))


@pytest.mark.parametrize(
    "name",
    [
        "aten.from_file.default",
        "aten.set_.source_Tensor",
        "aten.rand.default",
        "prim.device.default",
        "aten.x",
    ],
)
def test_operations_of_no_forward_pass_are_refused_in_a_list(tracing: Any, name: str) -> None:
    graph = {"batch": 1, "weights": {}, "ops": [[name, ["/etc/passwd"], {}, "1"]], "output": "1"}
    with pytest.raises((tracing.Untraceable, ValueError, AttributeError)):
        worker("replaying").replay(graph, {}, torch.zeros(1))


def flops(model: nn.Module, *shape: int) -> float:
    """As the clean pass counts them."""
    trace, count = worker("tracing"), worker("operations").Counter()
    weights, x = dict(model.state_dict(keep_vars=True)), torch.randn(shape)
    graph, constants = trace.trace(model, weights, x)
    with torch.no_grad(), count:
        worker("replaying").replay(graph, {f"w:{name}": w for name, w in weights.items()} | constants, x)
    assert not count.unknown
    return count.flops


class Product(nn.Module):
    def __init__(self, forward: Any) -> None:
        super().__init__()
        self.w, self.how = nn.Parameter(torch.randn(16, 16)), forward

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.how(x, self.w)


@pytest.mark.parametrize(
    "spelling",
    [
        lambda x, w: torch.einsum("npi,io->npo", x, w),
        lambda x, w: (x[..., None] * w).sum(-2),
        lambda x, w: torch.stack([torch.mv(w, row) for row in x[0]])[None],
        lambda x, w: torch.cdist(x, w),
        lambda x, w: torch.stack([(x * column).sum(-1) for column in w], -1),
    ],
)
def test_a_product_costs_as_much_however_it_is_spelt(spelling: Any) -> None:
    plain = flops(Product(lambda x, w: x @ w), 1, 10, 16)
    assert plain == 2 * 10 * 16 * 16
    assert plain <= flops(Product(spelling), 1, 10, 16) <= 1.1 * plain


def test_layers_that_torch_runs_as_one_operation_are_counted() -> None:
    attention = nn.TransformerEncoderLayer(16, 2, 32, batch_first=True)
    products = 4 * 16 * 16 + 2 * 16 * 32 + 2 * 10 * 16  # projections, the two layers, attention of 10 over 10
    assert 2 * 10 * products <= flops(attention, 1, 10, 16) <= 1.1 * 2 * 10 * products
    lstm = 2 * 10 * 4 * (16 * 16 + 16 * 16)
    assert lstm <= flops(Recurrent(nn.LSTM, 16), 1, 10, 16) <= 1.2 * lstm
    meeting = Product(lambda x, w: nn.functional.bilinear(x, x, w.expand(4, 16, 16)))
    assert flops(meeting, 1, 10, 16) == 3 * 10 * 4 * 16 * 16
    assert flops(nn.ReLU(), 1, 10, 16) == 160
    assert flops(nn.Flatten(), 1, 10, 16) == 0


UNCOUNTED = {
    "solved": lambda x, w: torch.linalg.solve(w + 20 * torch.eye(16), x[0].T),
    "exponential": lambda x, w: torch.linalg.matrix_exp(w) @ x[0].T,
}


@pytest.mark.parametrize("how", UNCOUNTED)
def test_an_operation_without_a_formula_makes_the_number_unknown_not_small(how: str) -> None:
    model, x = Product(UNCOUNTED[how]), torch.randn(1, 10, 16)
    counter = worker("operations").Counter()
    with torch.no_grad(), counter:
        model(x)
    assert counter.unknown


PRODUCTS = {
    "embedding_bag": lambda x, w: torch.nn.functional.embedding_bag(
        torch.arange(16).repeat(10, 1), w, per_sample_weights=x[0], mode="sum"
    ),
    "addbmm": lambda x, w: torch.addbmm(torch.zeros(10, 16), x[0].T.reshape(16, 1, 10).mT, w[:, None]),
    "sparse": lambda x, w: torch.sparse.mm(x[0].to_sparse(), w),
    "rows": lambda x, w: x[0] @ w.to_sparse_csr().to_dense(),
    "integers": lambda x, w: torch._int_mm(x[0].repeat(4, 1).to(torch.int8), w.to(torch.int8)),
    "convolution": lambda x, w: torch.nn.functional.conv1d(x.mT, w.T[..., None]),
}


@pytest.mark.parametrize("how", PRODUCTS)
def test_a_product_is_counted_by_any_name(how: str) -> None:
    model, x = Product(PRODUCTS[how]), torch.randn(1, 10, 16)
    counter = worker("operations").Counter()
    with torch.no_grad(), counter:
        model(x)
    assert not counter.unknown
    assert counter.flops >= 2 * 10 * 16 * 16


def follow(forward: Any, count: int = 40, inner: Any = None) -> tuple[Any, Any, torch.Tensor]:
    """The frame of a model with this forward pass, what it gives for each of `count` examples alone, and these examples."""
    torch.manual_seed(0)
    model = (inner or nn.Identity)().eval()
    model.forward = forward.__get__(model)
    x, sent = torch.randn(count, 6), []
    worker("tracing").write_down(
        model, dict(model.state_dict(keep_vars=True)), x, lambda *frame: sent.append(frame), 8, [(x, range(count))]
    )
    return sent[0], model, x


class Experts(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.gate, self.all = nn.Linear(6, 3), nn.ModuleList(nn.Linear(6, 4) for _ in range(3))


def mixed(self: Any, x: torch.Tensor) -> torch.Tensor:
    chosen, out = self.gate(x).argmax(1), x.new_zeros(len(x), 4)
    for at, expert in enumerate(self.all):
        rows = (chosen == at).nonzero()[:, 0]
        if len(rows):
            out[rows] = expert(x[rows])
    return out


FOLLOWED = {
    "a guard against what never comes": (
        lambda self, x: torch.nan_to_num(x) if torch.isnan(x).any() else x * 2,
        None,
        1,
    ),
    "a number that decides nothing": (lambda self, x: x if x.abs().max().item() > 99 else x * 2, None, 1),
    "a sign": (lambda self, x: x if x.sum() > 0 else x * -3, None, 2),
    "an exit for some": (lambda self, x: torch.where((x[:, :1] > 0), x, x * x), None, 1),
    "rows of a mask": (lambda self, x: x[x[:, 0] > 0].sum(0, keepdim=True) + x, None, 2),
    "a mixture of experts": (mixed, Experts, 3),
}


@pytest.mark.parametrize("how", FOLLOWED)
def test_a_pass_that_looks_at_its_inputs_is_followed_by_conditions_that_its_lists_check(how: str) -> None:
    forward, inner, ways = FOLLOWED[how]
    (kind, meta, arrays), model, _ = follow(forward, inner=inner)
    assert (kind, meta) == ("graph", {})
    paths = json.loads(arrays["paths"].tobytes())
    assert len(paths) == ways
    replaying = worker("replaying")
    numbers = {f"w:{n}": t.detach() for n, t in model.state_dict().items()} | {
        n: t for n, t in arrays.items() if n.startswith("c:")
    }
    for row in torch.randn(60, 6).split(1):
        taken = []
        for path in paths:
            with torch.no_grad():
                try:
                    taken.append(replaying.replay(path, numbers, row))
                except replaying.Elsewhere:
                    continue
        with torch.no_grad():
            assert len(taken) == 1
            torch.testing.assert_close(taken[0], model(row))


@pytest.mark.parametrize(
    ("forward", "reason"),
    [
        (lambda self, x: x * float(x.mean()), "more than 64 ways"),
        (lambda self, x: x if x.sum().item() > 0 else -x, "reads a number of its inputs"),
        (lambda self, x: x * [1, 2, 3][int(x[0, 0].item() > 0)], "reads a number of its inputs"),
        (lambda self, x: x + torch.rand(x.shape), "random numbers"),
    ],
)
def test_a_pass_that_cannot_be_followed_is_told_with_the_cure(forward: Any, reason: str) -> None:
    (_, meta, arrays), _, _ = follow(forward, 80)
    assert not arrays
    assert reason in meta["reason"]


READINGS: dict[str, Any] = {
    "none": lambda x: [0, 2],
    "none of any row": lambda x: x[:0].tolist() or [0, 2],
    "item": lambda x: [int(x.argmax().item()) % 3],
    "tolist": lambda x: [row for row, one in enumerate(x.sum(1).tolist()) if one > 0],
    "numpy": lambda x: np.flatnonzero(x.detach().sum(1).numpy() > 0),
    "array": lambda x: np.flatnonzero(np.asarray(x.detach().sum(1)) > 0),
    "dlpack": lambda x: np.flatnonzero(np.from_dlpack(x.detach().sum(1)) > 0),
    "a mask": lambda x: x.sum(1) > 0,
}


@pytest.mark.parametrize("how", READINGS)
def test_a_training_step_that_goes_by_its_examples_numbers_says_so_however_it_reads_them(
    tracing: Any, how: str
) -> None:
    model = nn.Linear(WIDTH, 3)
    x = torch.randn(5, WIDTH)
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    sent: list[Frame] = []

    def learn() -> None:
        optimizer.zero_grad()
        model(x)[READINGS[how](x)].sum().backward()

    methods = [getattr(torch.Tensor, name) for name in ("tolist", "numpy", "__array__", "__dlpack__")]
    tracing.write_step(model, learn, optimizer.step, lambda *frame: sent.append(Frame(*frame)))
    assert methods == [getattr(torch.Tensor, name) for name in ("tolist", "numpy", "__array__", "__dlpack__")]
    usual = framed([list_of([])], None)
    found, _ = written(replace(usual, frames=(*usual.frames, *sent)))
    assert found is not None
    assert (found.varies, found.no_step) == (not how.startswith("none"), "")


def framed(paths: object, many: object) -> JobResult:
    told = {"paths": paths, "many": many, "timed": None, "made": []}
    arrays = {
        name: np.frombuffer(text if isinstance(text, bytes) else json.dumps(text).encode(), np.uint8)
        for name, text in told.items()
    }
    return JobResult(None, "", "", (Frame("graph", {}, arrays),), 0.0, 0.0, 0.0)


def list_of(arguments: object) -> dict[str, object]:
    ops = [["aten.relu.default", arguments, {}, "t0"]]
    return {"batch": 1, "weights": {}, "output": "t0", "ops": ops, "looks": False, "floats": False}


def test_a_list_too_deep_or_too_long_for_the_second_pass_is_no_forward_pass() -> None:
    assert written(framed([list_of([{"tensor": "x"}])], list_of([])))[0] is not None
    deep = b'[{"batch": 1, "output": "t0", "weights": {}, "ops": [["a", ' + b"[" * 900 + b"]" * 900 + b", {}, []]]}]"
    long = [list_of(["x" * (17 << 20)])]
    beside = [list_of([]) | {"more": json.loads("[" * 200 + "]" * 200)}]
    for paths in (deep, long, beside, [], [list_of([])] * 65, {"ops": []}):
        found, why = written(framed(paths, None))
        assert found is None
        assert "what should be a forward pass is none" in why


@pytest.mark.parametrize("message", ["", " \n", "first\nlast"])
def test_whatever_a_candidate_says_of_its_end_the_audit_goes_on(message: str) -> None:
    result = JobResult("crash", message, "", (), 0.0, 0.0, 0.0)
    assert _last_line(result) == ("last" if "last" in message else "crash")


def test_weights_are_read_back_as_they_were_written(tracing: Any, tmp_path: Path) -> None:
    from sandbox.worker.wire import pack_arrays

    arrays = {"a": torch.randn(2, 3), "b": torch.arange(4), "c": torch.tensor(True), "d": torch.zeros(0, 2)}
    (tmp_path / "w.safetensors").write_bytes(pack_arrays(arrays))
    back = tracing.load_weights(tmp_path / "w.safetensors")
    assert set(back) == set(arrays)
    for name, tensor in arrays.items():
        assert back[name].dtype == tensor.dtype
        assert torch.equal(back[name], tensor)
