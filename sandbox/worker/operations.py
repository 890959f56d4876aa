"""Torch's own operations: which have a place in a forward pass, and how many floating-point operations each takes.

Only what has a known formula is counted. One operation without a formula makes the whole number unknown, never small.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import flop_registry

# operations that reach for files, or put other memory under a tensor, have no place in a forward pass
FORBIDDEN = ("aten.from_file", "aten.set_", "aten._pin_memory", "aten.set_data", "aten.resize_")
_DROPOUT = ("dropout_p", "train", "training")  # where one of these is off, an operation draws nothing

# one for each number read or written, whichever are more; besides all that torch itself calls pointwise or a reduction
_NAMES = """
    arange empty empty_like empty_strided new_empty new_empty_strided full full_like new_full zeros zeros_like new_zeros ones
    ones_like new_ones scalar_tensor eye linspace clone copy copy_ _to_copy fill fill_ zero_ contiguous lift lift_fresh
    lift_fresh_copy _copy_from _efficientzerotensor detach_ detach_copy
    cat stack repeat roll flip tril triu tril_indices triu_indices constant_pad_nd reflection_pad1d reflection_pad2d
    replication_pad1d replication_pad2d pixel_shuffle pixel_unshuffle channel_shuffle im2col col2im unfold_copy
    index index_select index_put index_put_ _unsafe_index _unsafe_index_put _index_put_impl_ index_add index_add_ index_copy
    index_copy_ index_fill index_fill_ gather scatter scatter_ scatter_add scatter_add_ scatter_reduce scatter_reduce_
    masked_select masked_scatter masked_scatter_ masked_fill masked_fill_ take put embedding nonzero nonzero_static
    diag_embed _reshape_copy slice_scatter select_scatter diagonal_scatter repeat_interleave
    _local_scalar_dense item equal is_nonzero isin alias_copy
    _sparse_coo_tensor_with_dims_and_tensors _sparse_coo_tensor_with_dims _sparse_compressed_tensor_unsafe _coalesce
    _coalesced_ _to_sparse _to_sparse_csr to_sparse _to_dense _sparse_csr_tensor_unsafe
    sum mean prod amax amin aminmax max min argmax argmin any all var var_mean std std_mean cumsum cumprod logcumsumexp
    logsumexp norm linalg_vector_norm count_nonzero trace _softmax _log_softmax softmax cummax cummin
    native_layer_norm native_group_norm native_batch_norm cudnn_batch_norm _native_batch_norm_legit
    _native_batch_norm_legit_no_training _batch_norm_with_update native_dropout _fused_rms_norm rms_norm rrelu_with_noise
    upsample_nearest1d upsample_nearest2d upsample_bilinear2d upsample_linear1d _adaptive_avg_pool2d _adaptive_avg_pool3d
    adaptive_max_pool2d glu hardswish _prelu_kernel rsub log_sigmoid_forward polar complex linalg_cross
    _weight_norm_interface
"""
_FREE = frozenset(
    (
        "aten.unsafe_split",
        "aten.unsafe_split_with_sizes",
        "aten.unsafe_chunk",
        "aten._unsafe_view",
        "aten._reshape_alias",
    )
)
_BY_NUMBER = frozenset(f"aten.{name}" for name in _NAMES.split())
# whose every number made takes as many as its window has: the argument with the window
_WINDOWS = {
    "aten.avg_pool1d": 1, "aten.avg_pool2d": 1, "aten.avg_pool3d": 1,
    "aten.max_pool2d_with_indices": 1, "aten.max_pool3d_with_indices": 1,
}  # fmt: skip
_PLAIN = frozenset((torch.Tag.pointwise, torch.Tag.reduction))
_BICUBIC = 32  # of one number made by interpolation between 16, and of one drawn from a grid


class Untraceable(Exception):
    """This forward pass cannot be written down; the message says why."""


def operation(name: str, arguments: Sequence[Any], keywords: dict[str, Any], chance: bool = False) -> Any:
    """One of torch's own operations by its full name. Raises Untraceable for any that has no place in a forward pass.

    `chance` allows random numbers, as a training step draws them.
    """
    space, base, overload = name.split(".")
    if space != "aten" or f"{space}.{base}" in FORBIDDEN:
        raise Untraceable(f"operation {name} is not one of a forward pass")
    found = getattr(getattr(torch.ops.aten, base), overload)
    if torch.Tag.nondeterministic_seeded in found.tags and not chance:
        named = dict(zip((one.name for one in found._schema.arguments), arguments, strict=False)) | keywords
        named |= {one.name: one.default_value for one in found._schema.arguments if one.name not in named}
        # attention is made for dropout too; None stands for training
        if not any(isinstance(named.get(n), bool | float) and not named[n] for n in _DROPOUT):
            raise Untraceable(f"the forward pass draws random numbers in eval mode ({name})")
    return found


def _most(*trees: Any) -> int:
    """Numbers in the largest tensor; of a sparse one those that are stored."""
    return max((_stored(t) for t in tree_leaves(trees) if torch.is_tensor(t)), default=0)


def _stored(tensor: torch.Tensor) -> int:
    return tensor.numel() if tensor.layout is torch.strided else int(tensor._nnz())


def _product(args: Sequence[Any], made: torch.Tensor) -> float | None:
    """Of a matrix product in which something is sparse: each stored number meets a row. None if nothing is."""
    for one, other in (args[-2:], args[:-3:-1]):
        if one.layout is not torch.strided:
            return None if other.layout is not torch.strided else 2.0 * one._nnz() * made.shape[-1]
    return None


def _bag(args: Sequence[Any], made: Any) -> float:
    return 2.0 * args[1].numel() * args[0].shape[-1]  # each row found is weighed and added


def _batches(args: Sequence[Any], made: Any) -> float:
    return 2.0 * args[1].numel() * args[2].shape[-1]  # of `addbmm`: the products of all batches, summed up


def _summed(of: int) -> Callable[[Sequence[Any], Any], float]:
    return lambda args, made: 2.0 * made.numel() * args[of].shape[-1]


def _fourier(args: Sequence[Any], made: Any) -> float:
    length = math.prod(max(args[0].shape[d], made.shape[d]) for d in args[1])
    return 5.0 * max(args[0].numel(), made.numel()) * math.log2(max(length, 2))


def _sorted(args: Sequence[Any], made: Any) -> float:
    count = args[0].numel()
    return count * math.log2(max(count, 2))


def _drawn(args: Sequence[Any], made: Any) -> float:
    return float(_BICUBIC * made.numel())


def _trilinear(args: Sequence[Any], made: Any) -> float:
    """Of `nn.Bilinear`: two products and a sum for each place where the three meet."""
    spread = []
    for tensor, places in zip(args[:3], args[3:6], strict=True):
        shape = list(tensor.shape)
        for place in sorted(places):
            shape.insert(place, 1)
        spread.append(shape)
    return 3.0 * math.prod(torch.broadcast_shapes(*spread))


def _convolved_back(args: Sequence[Any], made: Any) -> float:
    """Once for each gradient that is wanted, the inputs' and the weights'. Torch's own formula overlooks groups."""
    grad, x, weight, transposed, wanted = args[0], args[1], args[2], args[7], args[10]
    once = 2.0 * (x if transposed else grad).numel() * math.prod(weight.shape[1:])
    return once * (bool(wanted[0]) + bool(wanted[1]))


_FORMULAS: dict[str, Callable[[Sequence[Any], Any], float]] = {
    "aten.mv": _summed(0), "aten.addmv": _summed(1), "aten.dot": lambda args, made: 2.0 * args[0].numel(),
    "aten.vdot": lambda args, made: 2.0 * args[0].numel(), "aten._cdist_forward": _summed(0),
    "aten._euclidean_dist": _summed(0),
    "aten._trilinear": _trilinear, "aten._int_mm": _summed(0), "aten.addr": lambda args, made: 2.0 * made.numel(), "aten.addbmm": _batches,
    "aten._embedding_bag": _bag, "aten._embedding_bag_forward_only": _bag,
    "aten._fft_c2c": _fourier, "aten._fft_r2c": _fourier, "aten._fft_c2r": _fourier,
    "aten.convolution_backward": _convolved_back,
    "aten.sort": _sorted, "aten.topk": _sorted, "aten.argsort": _sorted, "aten.median": _sorted, "aten.kthvalue": _sorted,
    "aten.bucketize": lambda args, made: made.numel() * math.log2(args[1].numel() + 2),
    "aten.searchsorted": lambda args, made: made.numel() * math.log2(args[0].shape[-1] + 2),
    "aten.upsample_bicubic2d": _drawn, "aten.grid_sampler_2d": _drawn,
}  # fmt: skip


def cost(func: Any, args: Sequence[Any], kwargs: dict[str, Any], made: Any) -> float | None:
    """Floating-point operations of one operation that gave `made`; None where no formula is known.

    Matrix products, convolutions and attention by torch's own formulas, two for a multiply-add; anything pointwise one for each
    number, so that a product spelt as multiplications and a sum costs as much. Views are free.
    """
    name = str(func.overloadpacket)
    if func.is_view or name in _FREE or any(one.is_view for one in _twins(func)):
        return 0.0
    layouts = {t.layout for t in tree_leaves((args, kwargs)) if torch.is_tensor(t)}
    if layouts - {torch.strided} and name in (
        "aten.mm",
        "aten.addmm",
        "aten._sparse_mm",
        "aten._sparse_addmm",
        "aten.bmm",
    ):
        return _product([t for t in args if torch.is_tensor(t)], made)
    if name in _FORMULAS:
        return _FORMULAS[name](args, made)
    if func.overloadpacket in flop_registry:
        return float(flop_registry[func.overloadpacket](*args, **kwargs, out_val=made))
    if name in _WINDOWS:
        window = args[_WINDOWS[name]]
        return float(math.prod(window) * _most(made[0] if isinstance(made, tuple) else made))
    if name.startswith(("aten._foreach_", "aten._fused_")):
        return float(sum(t.numel() for t in tree_leaves(args) if torch.is_tensor(t)))
    if name in _BY_NUMBER or name.rstrip("_") in _BY_NUMBER or not _PLAIN.isdisjoint(_tags(func)):
        return float(_most(args, kwargs, made))
    return None


def _twins(func: Any) -> list[Any]:
    """The forms of the operation that changes nothing in place, of one that does: it takes as much."""
    plain = func.overloadpacket.__name__.rstrip("_")
    twin = getattr(torch.ops.aten, plain, None) if plain != func.overloadpacket.__name__ else None
    return [] if twin is None else [getattr(twin, form) for form in twin.overloads()]


def _tags(func: Any) -> set[Any]:
    return {*func.tags, *(tag for twin in _twins(func) for tag in twin.tags)}


class Counter(TorchDispatchMode):
    """Floating-point operations of what runs under it, and the names of those operations that have no formula."""

    def __init__(self, chance: bool = False) -> None:
        """`chance` lets random numbers be drawn, as a training step does."""
        super().__init__()
        self.flops = 0.0
        self.unknown: set[str] = set()
        self.sizes: set[int] = set()  # that any axis of a tensor has
        self._chance = chance

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        named = kwargs or {}
        operation(str(func), args, named, self._chance)  # one that a list may name can be made of one that it may not
        made = func(*args, **named)
        self.sizes.update(size for t in tree_leaves((args, named, made)) if torch.is_tensor(t) for size in t.shape)
        found = cost(func, args, named, made)
        if found is None:
            self.unknown.add(str(func.overloadpacket))
        self.flops += found or 0.0
        return made
