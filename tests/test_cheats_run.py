"""A whole run in which all but two children cheat or would stop it: its front is honest, and each child has its reason."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from endpoint import Body, Endpoint
from sandboxes import need
from world import evolve, kill, running, summary_of, tiny_task, wait_for
from zoo import HERE, read

from memory.ledger import Ledger
from memory.records import Candidate
from memory.verify import verify

pytestmark = pytest.mark.slow

# cheats of `tests/cheats` by name, each put behind the seed's program
CHEATS = (
    "hides_from_the_state", "hides_in_a_closure", "knows_it_is_written_down", "knows_the_audit", "knows_the_shapes",
    "more_steps", "normalises_large_batches", "packs_four_in_one", "random_features", "reads_a_number_out", "small_weights",
    "statistics_of_a_constant", "table_in_the_code",
)  # fmt: skip
LAST = "\n\n_honest = build_model\n\n\ndef build_model():\n    model = _honest()\n    model.register_forward_hook(_turn)\n    return model\n"
STOPPERS = {
    "a step beyond any number": "_emit(model)('predict', {'split': 'val', 'step': 10 ** 400}, {'scores': torch.zeros(500, 10)})",
    "a frame nested too deep": "_emit(model)('progress', {'step': [[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]}, {})",
}
EMIT = """

def _of(frame, name):
    return getattr(frame, "f_" + name)  # names put together, which the host's parser does not see


def _emit(model):
    import sys
    frame = sys._getframe()
    while not ("emit" in _of(frame, "locals") and _of(frame, "code").co_name == "train"):
        frame = _of(frame, "back")
        if frame is None:
            return lambda *_: None
    return _of(frame, "locals")["emit"]


def _turn(model, given, made):
    if model.training:
        %s
"""
HONEST = {"honest, wider": ("width = 25", "width = 27"), "honest, faster": ("lr=0.01", "lr=0.012")}


def everything_open(folder: Path) -> Path:
    """The tiny task with its whole program as one segment, and leave to import whatever a cheat needs."""
    place = tiny_task(folder)
    program = re.sub(r"# EVOLVE-BLOCK-(START \w+|END)\n", "", (place / "program.py").read_text())
    (place / "program.py").write_text(f"# EVOLVE-BLOCK-START net\n{program}# EVOLVE-BLOCK-END\n")
    toml = (place / "task.toml").read_text()
    modules = '"__future__", "ctypes", "json", "math", "numpy", "os", "pathlib", "struct", "sys", "threading", "time", "torch", "types", "typing"'
    (place / "task.toml").write_text(
        re.sub(r"^imports = \[.*?\]", f"imports = [{modules}]", toml, flags=re.MULTILINE | re.DOTALL)
    )
    return place


def programs(task: Path) -> dict[str, str]:
    """Name -> text of the one segment."""
    seed = re.sub(r"# EVOLVE-BLOCK-(START \w+|END)\n", "", (task / "program.py").read_text())
    made = {name: seed.replace(old, new) for name, (old, new) in HONEST.items()}
    made |= {name: f"{seed}\n\n{read(HERE / 'cheats' / f'{name}.py').text}" for name in CHEATS}
    made |= {name: f"{seed}{EMIT % text}{LAST}" for name, text in STOPPERS.items()}
    return {name: f"{text}\n\nNAME = {name!r}\n" for name, text in made.items()}


def answered(texts: list[str]) -> Callable[[Body], tuple[str, str]]:
    told = iter(texts)
    return lambda body: (f"As asked.\n\n````python segment=net\n{next(told)}````\n", "stop")


def fates(run: str) -> dict[str, tuple[str | None, str]]:
    """Name -> failure kind and message of each child that is written; the numbers of the message apart."""
    with Ledger.open(Path(os.environ["EVOLVE_RUNS"]) / run / "ledger.sqlite", read_only=True) as ledger:
        children = [c for c in ledger.candidates() if c.generation and c.files]
    return {_name(c): (c.failure, re.sub(r"[\d.]+", "#", c.message)) for c in children}


def _name(child: Candidate) -> str:
    return str(re.findall(r"NAME = '(.*)'", child.files["program.py"])[-1])


def outcome(run: str) -> dict[str, Any]:
    """What became of each child, and the names on the final front with their parameters."""
    with Ledger.open(Path(os.environ["EVOLVE_RUNS"]) / run / "ledger.sqlite", read_only=True) as ledger:
        assert verify(ledger) == []
        children = {c.id: c for c in ledger.candidates() if c.generation}
        archive = ledger.selections()[-1].archive
    led = {i: children[i] for i in archive if i in children}
    front = {_name(c): (c.objectives or {}).get("params") for c in led.values()}
    return {"fates": fates(run), "front": front | {i: None for i in archive if i not in led}}


def test_of_two_honest_children_and_fifteen_others_the_honest_alone_can_lead(tmp_path: Path) -> None:
    """Killed in the middle and resumed: who had failed before has failed for the same reason, and the others are judged as ever."""
    need("jail")
    task = everything_open(tmp_path)
    made = programs(task)
    given = (
        str(task), "--quiet", "--generations", "1", "--initial", str(len(made)), "--sandbox", "jail", "--slots", "2",
        "--model", "loopback", "--set", "search.eot=0", "--set", "search.repairs=0", "--set", "search.reruns=0",
        "--set", "sampling.parallel=1", "--set", "racing.rungs=[]",
    )  # fmt: skip
    with Endpoint(answered(list(made.values()))) as server:
        env = {"OPENAI_BASE_URL": server.url, "OPENAI_API_KEY": "none"}
        with running("run", *given, "--name", "hit", env=env) as process:
            wait_for(Path(os.environ["EVOLVE_RUNS"]) / "hit", lambda ledger: _halfway(ledger, len(made)), process)
            kill(process)
        before = fates("hit")
        summary_of(evolve("resume", "hit", "--json", env=env))
    found = outcome("hit")
    assert set(found["fates"]) == set(made)
    sound = {name for name, (failure, _) in found["fates"].items() if failure is None}
    assert set(HONEST) <= sound
    # who is counted for what it hid is as large as it is, and no other cheat leads
    for name, params in found["front"].items():
        assert name in {"seed", *HONEST} or (read(HERE / "cheats" / f"{name}.py").kind == "counted" and params >= 5200)
    for name in STOPPERS:
        assert found["fates"][name][0] in ("contract", "refused"), found["fates"][name]
    struck = {name: message for name, (failure, message) in found["fates"].items() if failure == "audit"}
    assert len(struck) >= 5, found["fates"]
    for name, message in struck.items():
        specimen = read(HERE / "cheats" / f"{name}.py")
        assert specimen.kind != "struck" or re.search(specimen.what, message), (name, message)
    assert all(message for failure, message in found["fates"].values() if failure)
    assert {name: fate for name, fate in before.items() if fate[0]}.items() <= found["fates"].items()
    assert "audit" in evolve("show", "hit").stdout


def test_what_cannot_be_followed_leads_only_where_its_task_allows_it_and_every_listing_says_so(tmp_path: Path) -> None:
    """The seed adds a little noise to its scores in eval mode; its child does not."""
    need("jail")
    task = everything_open(tmp_path)
    program, toml = task / "program.py", task / "task.toml"
    plain = re.sub(r"# EVOLVE-BLOCK-.*\n", "", program.read_text()).replace("width = 25", "width = 20")
    noisy = "scores = self.linear(self.flatten(x))\n        return scores + 1e-6 * torch.rand_like(scores)"
    program.write_text(program.read_text().replace("return self.linear(self.flatten(x))", noisy))
    given = (
        str(task), "--quiet", "--generations", "1", "--initial", "1", "--sandbox", "jail", "--slots", "1", "--json",
        "--model", "loopback", "--set", "search.eot=0", "--set", "racing.rungs=[]", "--set", "search.reruns=0",
    )  # fmt: skip
    with Endpoint(answered([plain] * 2)) as server:
        env = {"OPENAI_BASE_URL": server.url, "OPENAI_API_KEY": "none"}
        refused = evolve("run", *given, "--name", "strict", env=env)
        assert refused.returncode == 1
        assert "draws random numbers" in refused.stderr
        assert "allow_unproven" in refused.stderr
        toml.write_text(f"allow_unproven = true\n{toml.read_text()}")
        summary_of(evolve("run", *given, "--name", "lenient", env=env))
    assert "not proven" in evolve("show", "lenient", "seed").stdout
    assert "holds" in evolve("show", "lenient", "g01-00").stdout
    listed = {line.split()[0]: line for line in evolve("show", "lenient").stdout.splitlines() if line.strip()}
    assert "evaluated, not proven" in listed["seed"]
    assert "not proven" not in listed["g01-00"]
    assert re.search(r"not proven +seed\n", evolve("status", "lenient").stdout)
    assert "(evaluated, not proven)" in evolve("export", "lenient", "seed", "--to", str(tmp_path / "out")).stderr
    with Ledger.open(Path(os.environ["EVOLVE_RUNS"]) / "lenient" / "ledger.sqlite", read_only=True) as ledger:
        led = "seed" in ledger.selections()[-1].archive
    assert ("seed is hard to believe: not proven" in evolve("front", "lenient").stderr) is led


def _halfway(ledger: Ledger, children: int) -> bool:
    """Whether every program is written and some, but not all, are trained."""
    return len(ledger.calls()) == children and len(ledger.evaluations("done")) > children // 3
