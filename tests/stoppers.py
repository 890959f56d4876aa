"""Programs that would stop a run by what they send or say, for `test_hostile_run.py`: the last part of a network, with a payload.

To add one, add an entry to `STOPPERS`. Its text runs once, in the middle of a training or, where it says so, of the quick check; it
may use `emit` (the harness's own), `send(kind, json, blob)` (bytes past it), `scores_of(count)`, `end()` (success, at once) and torch.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Literal, NamedTuple

from endpoint import Body
from world import tiny_task

IMPORTS = ["ctypes", "os", "pathlib", "signal", "socket", "struct", "subprocess", "sys", "time"]

HEAD = '''
def scores_of(count, *more):
    return torch.linspace(-1, 1, count * 10).reshape(count, 10, *more)


def of(frame, name):
    return getattr(frame, "f_" + name)  # names put together, which the host's parser does not see


def send(kind, text, blob=b""):
    import os
    import struct

    data = memoryview(struct.pack("<2scBIQ", b"GE", kind, 1, len(text), len(blob)) + text + blob)
    while data:
        data = data[os.write(3, data):]


def end():
    import os

    send(b"D", b'{"failure":null,"message":""}')
    os._exit(0)


def names(table, numbers=b""):
    text = table.encode()
    return len(text).to_bytes(8, "little") + text + numbers


class Head(nn.Module):
    """NAME"""

    def __init__(self, channels, length, classes):
        super().__init__()
        self.flatten = nn.Flatten()
        self.linear = nn.Linear(channels * length, classes)
        self.calls = 0

    def forward(self, x):
        self.calls += self.training
        if self.calls == CALL:
            self.turn()
        return self.linear(self.flatten(x)) * SCALE

    def turn(self):
        import sys

        self.calls += 1
        if hasattr(sys, "turned"):  # once, however many of it are built
            return
        sys.turned = True
        frame = sys._getframe()
        while frame and not ("emit" in of(frame, "locals") and of(frame, "code").co_name == "WHERE"):
            frame = of(frame, "back")
        if frame is None:
            return
        emit = of(frame, "locals")["emit"]
PAYLOAD
'''


class Stopper(NamedTuple):
    """What a program does, what becomes of it, and what its author is told."""

    text: str
    failure: str | None
    message: str = ""  # a part of it
    where: Literal["train", "check", "audit"] = "train"


def program(name: str, scale: int, stopper: Stopper | None = None) -> str:
    """The text of the segment, by its name in `STOPPERS` or as given; `scale` makes it unlike any other."""
    stopper = stopper or STOPPERS[name]
    filled = HEAD.replace("NAME", name).replace("SCALE", str(1 + scale / 50)).replace("WHERE", stopper.where)
    filled = filled.replace("CALL", {"train": "20", "check": "1", "audit": "0"}[stopper.where])
    return filled.replace("PAYLOAD", textwrap.indent(textwrap.dedent(stopper.text).strip(), " " * 8))


def one_part_task(folder: Path, timeout_s: float) -> Path:
    """The tiny task with one segment, short limits, and leave to import what an attack needs."""
    place = tiny_task(folder, steps=40)
    program = (place / "program.py").read_text()
    for segment in ("stem", "body", "optimiser"):
        program = re.sub(rf"# EVOLVE-BLOCK-START {segment}\n(.*?)# EVOLVE-BLOCK-END\n", r"\1", program, flags=re.DOTALL)
    (place / "program.py").write_text(program)
    toml = (place / "task.toml").read_text()
    for old, new in (
        ("timeout_s = 60.0", f"timeout_s = {timeout_s}"),
        ("memory_mb = 2048", "memory_mb = 400"),
        ('imports = ["__future__"', 'imports = ["__future__", ' + ", ".join(f'"{name}"' for name in IMPORTS)),
    ):
        assert old in toml
        toml = toml.replace(old, new)
    (place / "task.toml").write_text(toml)
    return place


def answered(programs: list[str]) -> Callable[[Body], tuple[str, str]]:
    """A model that answers with these texts of a segment, one after the other."""
    told = iter(programs)
    return lambda body: (f"As asked.\n\n```python segment=head\n{next(told)}```\n", "stop")


def _val(step: str, scores: str = "scores_of(500)") -> str:
    return f"emit('predict', {{'split': 'val', 'step': {step}}}, {{'scores': {scores}}})"


_ENTRY = '{"dtype":"F32","shape":[1],"data_offsets":[0,4]}'
STOPPERS: dict[str, Stopper] = {
    "honest": Stopper("pass", None),
    "honest too": Stopper("print('as it should be')", None),
    # numbers
    "a step beyond any number": Stopper(_val("10 ** 400"), "contract", "step of a predict frame"),
    "a step that is no number": Stopper(_val("float('nan')"), "contract", "step of a predict frame"),
    "a step that is a text": Stopper(_val("'12'"), "contract", "step of a predict frame"),
    "a step that is true": Stopper(_val("True"), "contract", "step of a predict frame"),
    "a step below zero": Stopper(_val("-1"), "contract", "step of a predict frame"),
    # predictions
    "nothing but test predictions": Stopper(
        "emit('predict', {'split': 'test', 'step': 40}, {'scores': scores_of(1000)}); end()",
        "contract", "without validation predictions and weights",
    ),
    "no end of a training": Stopper("end()", "contract", "without validation predictions"),
    "scores of whole numbers": Stopper(_val("1", "scores_of(500).long()"), "contract", "floating-point"),
    "scores that are yes or no": Stopper(_val("1", "scores_of(500) > 0"), "contract", "floating-point"),
    "scores of one axis more": Stopper(_val("1", "scores_of(500, 1)"), "contract", "shape (500, 10)"),
    "a single score": Stopper(_val("1", "torch.tensor(1.0)"), "contract", "shape (500, 10)"),
    "scores without end": Stopper(_val("1", "scores_of(500) / 0"), "nan", "not finite"),
    "test scores of another shape": Stopper(
        "emit('predict', {'split': 'test', 'step': 1}, {'scores': scores_of(7)})", "contract", "got (7, 10)"
    ),
    "more scores than there are examples": Stopper(_val("1", "scores_of(100_000)"), "refused", "may have"),
    # frames
    "a frame nested 970 deep": Stopper(
        "send(b'F', b'{\"kind\":\"predict\",\"meta\":{\"split\":' + b'[' * 970 + b']' * 970 + b'}}')", "refused", "nested"
    ),
    "a frame of an unknown kind": Stopper("emit('objectives', {'val_error': 0.0}, {})", "refused", "'objectives'"),
    "a fingerprint out of place": Stopper("emit('fingerprint', {'behaviour': 'x'}, {})", "refused", "'fingerprint'"),
    "weights that share a name": Stopper(
        f"send(b'F', b'{{\"kind\":\"weights\",\"meta\":{{}}}}', names('{{\"a\":{_ENTRY},\"a\":{_ENTRY}}}', bytes(4)))",
        "refused", "twice",
    ),
    "weights named by half a character": Stopper(
        f"send(b'F', b'{{\"kind\":\"weights\",\"meta\":{{}}}}', names('{{\"\\\\ud800\":{_ENTRY}}}', bytes(4)))",
        "refused", "printable",
    ),
    "weights of nothing": Stopper("emit('weights', {}, {'x': torch.full((3,), float('nan'))})", None),
    # the check
    "a size beyond any number": Stopper(
        "emit('fingerprint', {'behaviour': 'as none other', 'params': 10 ** 400}, {})", None, where="check"
    ),
    "a behaviour of half characters": Stopper(
        "emit('fingerprint', {'behaviour': '\\ud800' * 9, 'params': 3}, {})", "contract", "fingerprint", "check"
    ),
    "a behaviour that is a list": Stopper(
        "emit('fingerprint', {'behaviour': [[]] * 999, 'params': []}, {})", "contract", "fingerprint", "check"
    ),
    "an anatomy of monsters": Stopper(
        "emit('fingerprint', {'behaviour': 'as no other', 'anatomy': [[], {'name': [[]]}, {'own': 10 ** 400}, '\\ud800'] * 40}, {})",
        None, where="check",
    ),
    # words
    "an error that no terminal bears": Stopper(
        "raise RuntimeError('\\x1b[2J\\x07\\u202e\\ud800\\x00 aha')", "crash", "aha"
    ),
    "an error without end": Stopper("raise RuntimeError('a' * 1_000_000)", "crash", "aaaa"),
    "a failure of its own": Stopper(
        "error = RuntimeError('mine'); error.failure = 'lost'; raise error", "crash", "mine"
    ),
    "a log of control characters": Stopper("print('\\x1b[2J\\x07\\x00' * 9999)", None),
}  # fmt: skip
