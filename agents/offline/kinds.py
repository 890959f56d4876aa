"""The one table of edit kinds."""

from __future__ import annotations

import re
from collections.abc import Callable

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
from agents.offline.scene import Edit, EditKind, Scene

_TUNE = ("tune", "tune_boldly")
_GROW = ("enrich", "restructure")
_ODD = ("surprise", "restructure")


def _kind(apply: Callable[[Scene], Edit | None], intents: tuple[str, ...], weight: float, words: str) -> EditKind:
    return EditKind(apply.__name__, apply, intents, weight, re.compile(rf"\b(?:{words})", re.IGNORECASE))


EDIT_KINDS: dict[str, EditKind] = {
    kind.name: kind
    for kind in (
        _kind(
            width, (*_TUNE, "shrink", "enrich"), 1.5, r"width|wider|narrow|(more|fewer) (channel|filter|unit|feature)"
        ),
        _kind(depth, (*_GROW, "shrink"), 0.7, r"depth\b|deeper|(extra|more|another) layer|one layer"),
        _kind(kernel, (*_TUNE, "shrink"), 1.2, r"kernel"),
        _kind(dilation, (*_TUNE, "surprise"), 0.6, r"dilat"),
        _kind(stride, (*_TUNE, "restructure"), 0.8, r"strid"),
        _kind(padding, ("tune_boldly", "surprise"), 0.4, r"padding"),
        _kind(groups, ("shrink", "tune_boldly"), 0.8, r"group(s|ed)?\b(?! ?norm)"),
        _kind(depthwise, ("shrink", "restructure"), 1.0, r"depthwise|separable"),
        _kind(bottleneck, ("shrink", "restructure"), 1.0, r"bottleneck|pointwise"),
        _kind(bias, ("shrink", "tune_boldly"), 0.5, r"bias\b"),
        _kind(activation, (*_TUNE, "surprise"), 1.2, r"activation|ReLU|GELU|SiLU|Mish|\bELU|Hardswish"),
        _kind(norm, (*_GROW, "tune"), 1.2, r"norm\b|normali|(batch|group|layer) ?norm"),
        _kind(dropout, (*_GROW, *_TUNE), 0.5, r"dropout"),
        _kind(pooling, ("shrink", "tune", *_ODD), 0.5, r"pool(ing)?\b(?! head)"),
        _kind(residual, _GROW, 0.8, r"residual|skip|shortcut"),
        _kind(squeeze_excite, _GROW, 0.6, r"squeeze"),
        _kind(attention, ("surprise", *_GROW), 0.3, r"(self[- ])?attention"),
        _kind(branches, (*_GROW, "surprise"), 0.6, r"branch|multi-?scale|inception"),
        _kind(gate, (*_GROW, "surprise"), 0.5, r"gate\b|gated|GLU\b"),
        _kind(recurrence, ("shrink", *_ODD), 0.4, r"recurren|shared weights|weight sharing"),
        _kind(augment, ("enrich", "surprise", "tune_boldly"), 0.6, r"augment|jitter|noise on the input"),
        _kind(
            head,
            ("shrink", "tune_boldly", *_GROW),
            0.7,
            r"(?<!segment )head\b(?! (pool|norm))|hidden layer|low[- ]rank",
        ),
        _kind(head_pool, (*_TUNE, "shrink", *_ODD), 0.8, r"head pool|pooled head|global (average |max )?pool"),
        _kind(head_norm, (*_TUNE, *_GROW, "surprise"), 0.5, r"head norm"),
        _kind(initialisation, (*_TUNE, "surprise"), 0.5, r"initiali"),
        _kind(
            optimiser,
            ("tune_boldly", *_ODD, "enrich"),
            0.7,
            r"(?<!segment )optimi[sz]er|SGD|NAdam|RAdam|Adamax|RMSprop",
        ),
        _kind(momentum, (*_TUNE, "surprise", "shrink"), 0.6, r"momentum|betas"),
        _kind(weight_decay, (*_TUNE, "enrich", "shrink"), 0.6, r"weight decay|weight_decay"),
        _kind(learning_rate, (*_TUNE, "surprise", "shrink"), 0.8, r"learning rate|lr\b"),
        _kind(schedule, (*_TUNE, *_ODD, "enrich", "shrink"), 1.0, r"schedul|warm-?up|cosine|one[- ]cycle"),
    )
}
