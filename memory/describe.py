"""A measured step in words that a lexical index can find, from a small vocabulary: what changed and what came of it.

Prose about code shares few words with other prose about the same change; block types, hyper-parameters, failure kinds
and sizes of effect do.
"""

from __future__ import annotations

import math
import re

from memory.records import Evidence

# `nn.Conv1d(`, `F.gelu(`, `torch.optim.SGD(`; any call by a capitalised name is a block as well
BLOCK = re.compile(r"\b(?:nn|F|functional|optim|lr_scheduler|init|torch)\.(\w+)|\b([A-Z]\w*)(?=\()")
SETTING = re.compile(r"\b([a-z_]\w*)\s*=\s*(-?[\w.]+)")


def describe(step: Evidence) -> str:
    """The step as one line a group of words: who made it, what came and went in the code, what came of it."""
    added, dropped = _words(step.diff, "+"), _words(step.diff, "-")
    lines = [
        f"operator {step.operator}",
        f"segment {step.segment or 'several'}",
        f"intent {step.intent or 'none'}",
        "added " + " ".join(sorted(added - dropped)),
        "dropped " + " ".join(sorted(dropped - added)),
        outcome(step),
    ]
    return "\n".join(line for line in lines if " " in line.strip())


def outcome(step: Evidence) -> str:
    """The failure and the words of its message, or each objective's direction and order of magnitude."""
    if step.delta is None:
        return f"failed {step.failure or 'unknown'} {' '.join(re.findall(r'[A-Za-z_]{3,}', step.message)[:30])}".strip()
    return "measured " + " ".join(bucket(name, value) for name, value in sorted(step.delta.items()))


def bucket(objective: str, change: float) -> str:
    """One word for a change: `val_error_same`, or direction and power of ten, e.g. `params_down params_down_1e3`."""
    if change == 0 or not math.isfinite(change):
        return f"{objective}_same"
    way = "down" if change < 0 else "up"
    return f"{objective}_{way} {objective}_{way}_1e{math.floor(math.log10(abs(change)))}"


def _words(diff: str, sign: str) -> set[str]:
    """Block types and settings on the added or the removed lines of a diff."""
    lines = [line[1:] for line in diff.splitlines() if line.startswith(sign) and not line.startswith(sign * 3)]
    found: set[str] = set()
    for line in lines:
        code = line.split("#", 1)[0]
        found |= {first or second for first, second in BLOCK.findall(code)}
        found |= {f"{name}={value}" for name, value in SETTING.findall(code)}
    return found
