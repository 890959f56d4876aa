"""What a diff changed: its calls and arguments, and the edit kinds that they are the traces of."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from agents.offline.edits_block import ACTIVATIONS
from agents.offline.helpers import HELPERS
from agents.offline.kinds import EDIT_KINDS
from agents.offline.source import OPTIMISERS, SIGNATURES

_TOKEN = re.compile(r"[\w.]*\w\(|[(\[{]|[)\]}]|,|=|[^()\[\]{},\s=]+")
_WIDTHS = {"in_channels", "out_channels", "in_features", "out_features", "num_features", "num_channels"}
_CONVS = ("Conv1d", "Conv2d", "Conv3d")
_ACTIVATIONS = {*ACTIVATIONS, *ACTIVATIONS.values()}
_WIDTH_NAME = re.compile(r"width|channels|hidden|dim|features|filters|planes", re.IGNORECASE)


@dataclass(frozen=True)
class Change:
    """How often each call, argument (`Conv1d.kernel_size=3`) and plain assignment, and each text, came in, or went out (negative)."""

    calls: Counter[str]
    args: Counter[str]
    texts: Counter[str]

    def came(self, *names: str) -> bool:
        return any(self.calls[name] > 0 for name in names)

    def moved(self, *names: str) -> bool:
        return any(self.calls[name] != 0 for name in names)

    def more(self, *names: str) -> int:
        return sum(self.calls[name] for name in names)

    def arg(self, *names: str, of: str = "") -> bool:
        """Whether an argument of one of these names changed, of a call whose name contains `of`."""
        return any(
            count and fact.partition("=")[0].rpartition(".")[2] in names and of in fact.rpartition(".")[0]
            for fact, count in self.args.items()
        )

    def says(self, pattern: str) -> bool:
        """Whether an argument came in whose text has the pattern."""
        return any(count > 0 and re.search(pattern, fact) for fact, count in self.args.items())


def read_diff(diff: str) -> Change:
    """The change that a unified diff makes; comments and our own helpers are left out."""
    calls: Counter[str] = Counter()
    args: Counter[str] = Counter()
    texts: Counter[str] = Counter()
    for sign, amount in (("+", 1), ("-", -1)):
        lines = [line[1:] for line in diff.split("\n") if line[:1] == sign and line[:3] != sign * 3]
        for found in re.findall(r"""["']([\w.-]+)["']""", "\n".join(line.split("#")[0] for line in lines)):
            texts[found] += amount
        for name, words in _facts(_without_helpers(lines)):
            if name:
                calls[name] += amount
            for word in words:
                args[word] += amount
    return Change(calls, args, texts)


def _without_helpers(lines: Sequence[str]) -> Iterable[str]:
    """The lines without comments, and without those of our helpers where one is defined or dropped."""
    defined = [helper for name, helper in HELPERS.items() if any(re.match(rf"(class|def) {name}\(", x) for x in lines)]
    theirs = {line.strip() for helper in defined for line in helper.split("\n")}
    return (line.split("#")[0] for line in lines if line.strip() not in theirs)


def _facts(lines: Iterable[str]) -> Iterable[tuple[str, list[str]]]:
    """(call, its arguments by name) in the lines, and ("", [assignment]); brackets may end on other lines."""
    for line in lines:
        if (plain := re.fullmatch(r"\s*(\w+) = ([\w. /*]+)", line)) is not None:
            yield "", [f"{plain.group(1)}={plain.group(2)}"]
        stack: list[tuple[str, list[str]]] = [("", [""])]
        for token in _TOKEN.findall(line):
            if token[-1] in "([{":
                name = token[:-1].rpartition(".")[2]
                stack[-1][1][-1] += f"{name}()" if name else "()"
                stack.append((name, [""]))
            elif token[0] in ")]}":
                if len(stack) > 1:
                    yield _named(*stack.pop())
            elif token == ",":
                stack[-1][1].append("")
            else:
                stack[-1][1][-1] += token
        while len(stack) > 1:
            yield _named(*stack.pop())
        yield "", [word for word in stack[0][1] if re.fullmatch(r"\w+=[^=].*", word)]


def _named(name: str, words: list[str]) -> tuple[str, list[str]]:
    places = SIGNATURES.get(name, ("params", "lr") if name in OPTIMISERS else ())
    found = []
    for place, word in enumerate(word for word in words if word):
        keyed = re.fullmatch(r"(\w+)=(.+)", word)
        if keyed:
            found.append(f"{name}.{keyed.group(1)}={keyed.group(2)}")
        else:
            found.append(f"{name}.{places[place] if place < len(places) else place}={word}")
    return name, found


def _pools(change: Change) -> bool:
    return any(count for name, count in change.calls.items() if "Pool" in name and name != "PooledLinear")


def _schedules(change: Change) -> bool:
    swapped = any(count for name, count in change.calls.items() if name.endswith(("LR", "WarmRestarts")))
    swapped = swapped or any(n and re.match(r"\w+LR\.(?!max_lr)", fact) for fact, n in change.args.items())
    return swapped or any(
        count and re.search(r"steps ?(//|\*)|\* ?\w*steps", fact) for fact, count in change.args.items()
    )


def _widths(change: Change) -> bool:
    numbers = r"\.\d+=\d+"  # of a tuple of widths, as a rule
    named = any(
        n and (_WIDTH_NAME.match(f.rpartition(".")[2]) or re.fullmatch(numbers, f)) for f, n in change.args.items()
    )
    return change.arg(*_WIDTHS) or named


# In the order of trust: what leaves a clear mark comes first, what others also touch comes last.
_TRACES: dict[str, Callable[[Change], bool]] = {
    "squeeze_excite": lambda c: c.came("SqueezeExcite"),
    "attention": lambda c: c.came("SelfAttention", "MultiheadAttention"),
    "branches": lambda c: c.came("Branches"),
    "residual": lambda c: c.came("Residual"),
    "head_pool": lambda c: c.came("PooledLinear"),
    "recurrence": lambda c: c.came("Repeated"),
    "augment": lambda c: c.came("Jitter"),
    "initialisation": lambda c: c.came("initialised") or any(n.endswith("_") and c.calls[n] > 0 for n in c.calls),
    "gate": lambda c: c.came("GLU"),
    "schedule": _schedules,
    "dropout": lambda c: c.moved("Dropout", "Dropout1d", "Dropout2d") or c.arg("p", of="Dropout"),
    "head_norm": lambda c: c.arg("elementwise_affine"),
    "norm": lambda c: any(count and re.search("Norm", name) for name, count in c.calls.items()),
    "padding": lambda c: c.arg("padding_mode"),
    "depthwise": lambda c: c.more(*_CONVS) > 0 and c.arg("groups"),
    "groups": lambda c: c.arg("groups", of="Conv"),
    "stride": lambda c: c.arg("ceil_mode") or (c.arg("stride", of="Conv") and not c.more(*_CONVS) and not _pools(c)),
    "bottleneck": lambda c: c.more(*_CONVS) > 0 and c.says(r"Conv\dd\.bias=False") and not _pools(c),
    "depth": lambda c: (
        c.more(*_CONVS) != 0 or c.moved("Identity") or (c.more("Linear") == 1 and not c.says("bias=False"))
    ),
    "pooling": _pools,
    "head": lambda c: c.moved("Linear") and c.more("Linear") != 0,
    "dilation": lambda c: c.arg("dilation"),
    "kernel": lambda c: c.arg("kernel_size", of="Conv"),
    "width": _widths,
    "bias": lambda c: c.arg("bias"),
    "optimiser": lambda c: c.moved(*OPTIMISERS),
    "momentum": lambda c: c.arg("betas", "momentum", "nesterov"),
    "weight_decay": lambda c: c.arg("weight_decay") or c.moved("dim"),
    "learning_rate": lambda c: c.arg("lr", "max_lr"),
    "activation": lambda c: c.moved(*_ACTIVATIONS),
}


# What an edit of a kind touches besides, so that it is no sign of a second edit.
_LAYERS = frozenset(("depth", "kernel", "width", "activation", "bias", "bottleneck", "groups", "head", "pooling"))
_TOUCHES: dict[str, frozenset[str]] = {
    **dict.fromkeys(("depthwise", "bottleneck", "residual", "branches", "recurrence", "depth", "pooling"), _LAYERS),
    **dict.fromkeys(("head", "head_pool", "gate", "norm", "stride"), _LAYERS - {"kernel"}),
    "head_norm": frozenset(("norm",)),
    "optimiser": frozenset(("weight_decay", "learning_rate", "momentum")),
    "schedule": frozenset(("learning_rate", "width")),
}


def kinds_of(change: Change) -> list[str]:
    """The kinds of edit that the change shows, the surest first, without what the first one touches anyway; where it shows none of
    code, which texts there are more and fewer of."""
    shown = [name for name, trace in _TRACES.items() if trace(change)]
    if not shown:
        ways = sorted(change.texts.items(), key=lambda one: (-one[1], one[0]))
        return [f"{'more' if count > 0 else 'fewer'} {text}" for text, count in ways if count]
    return [name for name in shown if name == shown[0] or name not in _TOUCHES.get(shown[0], ())]


def example_of(change: Change) -> str:
    """One argument or call that came in, or went out, as code."""
    args = [fact for fact, count in change.args.items() if count > 0 and "." in fact and not re.search(r"\.\d+=", fact)]
    calls = [name for name, count in change.calls.items() if count > 0 and name != "Sequential"]
    gone = [name for name, count in change.calls.items() if count < 0]
    if calls:
        return f"`{calls[0]}(...)`"
    if came := [text for text, count in change.texts.items() if count > 0 and not args and not gone]:
        return f"`{came[0]}`"
    return f"`{args[0].split('.', 1)[1]}`" if args else f"without `{gone[0]}(...)`" if gone else "a number"


def kinds_in_words(sentence: str) -> list[str]:
    """The kinds that a sentence speaks of; code in it does not count."""
    words = re.sub(r"`[^`]*`", " ", sentence)
    return [name for name, kind in EDIT_KINDS.items() if kind.words.search(words)]
