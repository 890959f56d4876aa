"""The one table of edit kinds."""

from __future__ import annotations

import re

from agents.offline.edits_block import activation, dropout, norm, pooling
from agents.offline.edits_conv import bias, bottleneck, depthwise, dilation, groups, kernel, padding, stride
from agents.offline.edits_head import head, head_norm, head_pool
from agents.offline.edits_paths import (
    attention,
    augment,
    branches,
    depth,
    gate,
    recurrence,
    residual,
    squeeze_excite,
)
from agents.offline.edits_schedule import schedule
from agents.offline.edits_training import initialisation, learning_rate, momentum, optimiser, weight_decay
from agents.offline.edits_width import width
from agents.offline.scene import EditKind

_TUNE = ("tune", "tune_boldly")
_GROW = ("enrich", "restructure")
_ODD = ("surprise", "restructure")


def _kind(apply: object, intents: tuple[str, ...], weight: float, trace: str) -> EditKind:
    name = apply.__name__  # type: ignore[attr-defined]
    return EditKind(name, apply, intents, weight, re.compile(trace))  # type: ignore[arg-type]


# The order decides which kind a diff is taken for when several traces match: particular ones first.
EDIT_KINDS: dict[str, EditKind] = {
    kind.name: kind
    for kind in (
        _kind(squeeze_excite, _GROW, 0.6, r"SqueezeExcite\("),
        _kind(attention, ("surprise", "restructure", "enrich"), 0.3, r"SelfAttention\(|MultiheadAttention\("),
        _kind(branches, (*_GROW, "surprise"), 0.6, r"Branches\("),
        _kind(residual, _GROW, 0.8, r"Residual\("),
        _kind(head_pool, ("shrink", *_ODD), 1.0, r"PooledLinear\("),
        _kind(recurrence, ("shrink", *_ODD), 0.4, r"Repeated\("),
        _kind(augment, ("enrich", "surprise", "tune_boldly"), 0.6, r"Jitter\("),
        _kind(initialisation, (*_TUNE, "surprise"), 0.5, r"initialised\(|nn\.init\."),
        _kind(gate, (*_GROW, "surprise"), 0.5, r"GLU\(dim"),
        _kind(schedule, (*_TUNE, *_ODD, "enrich", "shrink"), 1.0, r"lr_scheduler|warmup|T_max"),
        _kind(head_norm, (*_GROW, "surprise"), 0.5, r"elementwise_affine"),
        _kind(dropout, (*_GROW, *_TUNE), 0.5, r"Dropout"),
        _kind(norm, (*_GROW, "tune"), 1.2, r"(Batch|Group|Layer|Instance)Norm"),
        _kind(depthwise, ("shrink", "restructure"), 1.0, r"groups=(?!\d+\b)|groups=(\d+), bias=False"),
        _kind(groups, ("shrink", "tune_boldly"), 0.8, r"groups="),
        _kind(pooling, ("shrink", "tune", *_ODD), 0.5, r"(Avg|LP)Pool|MaxPool(?!\d?d?\(\d+, ceil_mode)"),
        _kind(stride, (*_TUNE, "restructure"), 0.8, r"stride|ceil_mode"),
        _kind(padding, ("tune_boldly", "surprise"), 0.4, r"padding_mode"),
        _kind(dilation, (*_TUNE, "surprise"), 0.6, r"dilation"),
        _kind(head, ("shrink", *_GROW), 0.7, r"Sequential\(\S*Linear\("),
        _kind(bottleneck, ("shrink", "restructure"), 1.0, r"bias=False\), \S*Conv\dd\([^)]*kernel_size=1\)"),
        _kind(depth, (*_GROW, "shrink"), 0.7, r"\), \S*(Conv\dd|Linear)\([^)]*\)\)|Identity"),
        _kind(bias, ("shrink", "tune_boldly"), 0.5, r"bias=False"),
        _kind(kernel, (*_TUNE, "shrink"), 1.2, r"kernel_size"),
        _kind(optimiser, ("tune_boldly", *_ODD, "enrich"), 0.7, r"\b(SGD|NAdam|RAdam|Adamax|RMSprop|Adagrad|Adam)\("),
        _kind(momentum, (*_TUNE, "surprise", "shrink"), 0.6, r"betas|momentum"),
        _kind(weight_decay, (*_TUNE, "enrich", "shrink"), 0.6, r"weight_decay"),
        _kind(learning_rate, (*_TUNE, "surprise", "shrink"), 0.8, r"\blr="),
        _kind(
            activation,
            (*_TUNE, "surprise"),
            1.2,
            r"\b(ReLU6?|GELU|SiLU|ELU|Mish|LeakyReLU|Hardswish|SELU|Tanh|Softplus|CELU)\(|\.(relu6?|gelu|silu|elu|mish|hardswish|selu|tanh|celu)\(?",
        ),
        _kind(width, (*_TUNE, "shrink", "enrich"), 1.5, r"width|channels|features|hidden|(Conv\dd|Linear)\("),
    )
}
