"""A measured step in words that a lexical index can find, from a small vocabulary: what changed, and how it failed.

Prose about code shares few words with other prose about the same change; block types, hyper-parameters and failure kinds do.
"""

from __future__ import annotations

import re

from memory.records import Evidence

# `nn.Conv1d(`, `F.gelu(`, `torch.optim.SGD(`; any call by a capitalised name is a block as well
BLOCK = re.compile(r"\b(?:nn|F|functional|optim|lr_scheduler|init|torch)\.(\w+)|\b([A-Z]\w*)(?=\()")
AUDITED = ("audit", "unproven")  # kinds of failure that are found after the commit
TEXT = re.compile(r"""["']([\w.-]+)["']""")
WORD = re.compile(r"[A-Za-z_]{3,}")
SETTING = re.compile(r"\b([a-z_]\w*)\s*=\s*(-?[\w.]+)")


def describe(step: Evidence) -> str:
    """The step as one line a group of words: who made it, what came and went in the code, and whether it failed.

    Nothing that becomes known after the step was committed is said: scores change with each further training, and what is said
    of a step would depend on when it is asked.
    """
    added, dropped = _words(step.diff, "+"), _words(step.diff, "-")
    lines = [
        f"operator {step.operator}",
        f"segment {step.segment or 'several'}",
        f"intent {step.intent or 'none'}",
        "added " + " ".join(sorted(added - dropped)),
        "dropped " + " ".join(sorted(dropped - added)),
        failure(step),
    ]
    return "\n".join(line for line in lines if " " in line.strip())


def failure(step: Evidence) -> str:
    """The kind of its failure and the words of the message; empty for a step that did not fail, or only when it was audited."""
    if step.failure is None or step.failure in AUDITED:
        return ""
    return f"failed {step.failure} {' '.join(WORD.findall(step.message)[:30])}".strip()


def _words(diff: str, sign: str) -> set[str]:
    """Block types and settings on the added or the removed lines of a diff; where there are none, as in a program of plain values, the
    words that it writes out."""
    lines = [line[1:] for line in diff.splitlines() if line.startswith(sign) and not line.startswith(sign * 3)]
    found: set[str] = set()
    for line in lines:
        code = line.split("#", 1)[0]
        found |= {first or second for first, second in BLOCK.findall(code)}
        found |= {f"{name}={value}" for name, value in SETTING.findall(code)}
    return found or {text for one in lines for text in TEXT.findall(one.split("#", 1)[0])}
