"""The commands that look at a run, as a user runs them: exit code, stdout, stderr."""

from __future__ import annotations

import ast
import json
import os
import pty
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import typer
from click.testing import Result
from typer.testing import CliRunner
from world import received

from commands.look import register
from commands.output import plain, print_json, print_json_list, share
from commands.progress import fates
from memory.ledger import Ledger
from memory.runs import LEDGER, runs_dir
from tests.memory_world import PROGRAM, call, child, close, record, seed, small_run

ROOT = Path(__file__).parent.parent
EVIL = "a [red]b[/red] \x1b[31mc\x07 \u202ed \x9bm"
SHOWN = r"a [red]b[/red] \x1b[31mc\x07 \u202ed \x9bm"


@pytest.fixture
def run() -> Path:
    """A finished run called r1."""
    folder = runs_dir() / "r1"
    folder.mkdir(parents=True)
    small_run(folder / LEDGER).close()
    return folder


def evolve(*arguments: str) -> Result:
    app = typer.Typer()
    register(app)
    return CliRunner().invoke(app, list(arguments))


def said(*arguments: str) -> str:
    result = evolve(*arguments)
    assert result.exit_code == 0, result.output
    return result.stdout


def lines(*arguments: str) -> list[Any]:
    return [json.loads(line) for line in said(*arguments).splitlines()]


def test_status_says_how_far_what_found_and_what_spent(run: Path) -> None:
    (facts,) = lines("status", "r1", "--json")
    assert facts["state"] == "finished"
    assert (facts["generation"], facts["children"], facts["by_status"]) == (2, 4, {"evaluated": 3, "failed": 1})
    assert facts["best"] == {"id": "g02-00", "objectives": {"val_error": 12.0, "params": 7000.0}}
    assert [one["id"] for one in facts["front"]] == ["g01-00", "g02-00"]
    assert facts["cost_usd"] == 4.0
    text = said("status", "r1")
    assert "best       g02-00: val_error 12, params 7000" in text
    assert "chosen     the elite ahead in val_error; within the noise of it params decides" in text
    assert "failures   shape 1" in text


def test_status_without_a_run_lists_all(run: Path) -> None:
    assert evolve("status").exit_code == 0
    assert [one["run"] for one in lines("status", "--json")[0]] == ["r1"]


def test_status_of_a_live_run_names_its_process_and_of_a_stopped_one_the_cure(run: Path) -> None:
    with Ledger.open(run / LEDGER) as ledger:
        ledger.add_event("resumed")
        assert lines("status", "r1", "--json")[0]["state"] == "running"
        assert f"running (process {os.getpid()})" in said("status", "r1")
    result = evolve("status", "r1")
    assert "state      stopped" in result.stdout
    assert "go on with: evolve resume r1" in result.stderr


def test_show_gives_the_promised_object(run: Path) -> None:
    (one,) = lines("show", "r1", "g02-00", "--json")
    promised = ("id", "parents", "operator", "segment", "persona", "generation", "status", "failure", "objectives")
    assert {name: one[name] for name in promised} == {
        "id": "g02-00",
        "parents": ["g01-00"],
        "operator": "mutate",
        "segment": "head",
        "persona": "frugal",
        "generation": 2,
        "status": "evaluated",
        "failure": None,
        "objectives": {"val_error": 12.0, "params": 7000.0},
    }
    assert one["code"] == PROGRAM.replace("25", "200")
    assert one["lessons_cited"] == ["L01-1"]
    assert "-width = 100\n+width = 200\n" in one["diff"]
    assert one["lines"] == {"added": 1, "dropped_before": []}
    assert "lines     1 added, 0 of them dropped before by its lineage" in said("show", "r1", "g02-00")
    assert lines("show", "r1", "seed", "--json")[0]["lines"] is None


def test_show_lists_every_candidate_in_the_order_of_the_plan(run: Path) -> None:
    ids = ["seed", "g01-00", "g01-01", "g02-00", "g02-01"]
    assert [one["id"] for one in lines("show", "r1", "--json")[0]] == ids
    assert [line.split()[0] for line in said("show", "r1").splitlines()] == ["id", *ids]
    assert "shape" in said("show", "r1").splitlines()[3]


def test_the_front_is_shown_against_the_seed(run: Path) -> None:
    (found,) = lines("front", "r1", "--json")
    assert found["seed"] == {"id": "seed", "objectives": {"val_error": 20.0, "params": 5210.0}}
    assert [one["id"] for one in found["front"]] == ["g02-00", "g01-00"]
    assert said("front", "r1").splitlines()[1:] == [
        "g02-00           12       -8    7000    +1790           2  best",
        "g01-00           15       -5    5000     -210           1",
    ]


def test_programs_that_measure_the_same_are_named_beside_the_first(run: Path) -> None:
    with Ledger.open(run / LEDGER) as ledger:
        record(ledger, child(3, 0), seed())
        close(ledger, 3, ("g03-00",), ("g01-00", "g03-00"))
    assert [(one["id"], one["equals"]) for one in lines("front", "r1", "--json")[0]["front"]] == [
        ("g01-00", ["g03-00"])
    ]
    assert evolve("front", "r1").stderr.splitlines()[0] == "g01-00 measures the same as g03-00"
    assert [one["id"] for one in lines("status", "r1", "--json")[0]["front"]] == ["g01-00"]


def test_export_writes_the_best_program_byte_for_byte_and_never_over_something(run: Path, tmp_path: Path) -> None:
    target = tmp_path / "out" / "net"
    with Ledger.open(run / LEDGER) as ledger:
        ledger.put_candidate(child(2, 0, files={"program.py": "a = 1\r\n", "parts/more.py": "b\n"}))
    assert said("export", "r1", "--to", str(target)) == f"{target}\n"
    assert {str(file.relative_to(target)): file.read_bytes() for file in target.rglob("*") if file.is_file()} == {
        "program.py": b"a = 1\r\n",
        "parts/more.py": b"b\n",
    }
    again = evolve("export", "r1", "seed", "--to", str(target))
    assert (again.exit_code, again.stdout) == (2, "")
    assert "is there already" in again.stderr
    assert (target / "program.py").read_bytes() == b"a = 1\r\n"
    assert sorted(file.name for file in target.parent.iterdir()) == ["net"], "something was left behind"
    said("export", "r1", "seed")
    assert Path("r1-seed/program.py").read_text() == PROGRAM


def test_export_never_writes_out_of_its_folder(run: Path, tmp_path: Path) -> None:
    with Ledger.open(run / LEDGER) as ledger:
        ledger.put_candidate(child(1, 0, files={"program.py": "a", "../../out.py": "b"}))
    result = evolve("export", "r1", "g01-00", "--to", str(tmp_path / "x" / "net"))
    assert result.exit_code == 1
    assert "points out of the folder" in result.stderr
    assert not list(tmp_path.rglob("out.py"))
    assert list((tmp_path / "x").iterdir()) == []


def test_the_transcript_holds_every_call_as_promised(run: Path) -> None:
    calls = lines("transcript", "r1", "--json")
    assert [one["candidate"] for one in calls] == ["g01-00", *["g01-01"] * 3, None, *["g02-00"] * 2, "g02-01"]
    promised = [
        *("candidate", "generation", "agent", "persona", "model", "offline", "temperature", "messages", "reply"),
        *("tokens_in", "tokens_out", "cost_usd", "latency_s"),
    ]
    expected = call("g01-00")
    assert {name: calls[0][name] for name in promised} == {
        **{name: getattr(expected, name) for name in promised if name != "temperature"},
        "temperature": 0.3,
    }


def test_the_transcript_is_filtered(run: Path) -> None:
    with Ledger.open(run / LEDGER) as ledger:
        ledger.judge_call("g01-01/architect/0", "syntax")
    assert len(lines("transcript", "r1", "--agent", "critic", "--json")) == 1
    assert len(lines("transcript", "r1", "--candidate", "g02-00", "--json")) == 2
    assert len(lines("transcript", "r1", "--persona", "bold", "--json")) == 4
    assert len(lines("transcript", "r1", "--generation", "2", "--json")) == 3
    assert [one["failure"] for one in lines("transcript", "r1", "--failed", "--json")] == ["syntax"]
    none = evolve("transcript", "r1", "--candidate", "seed")
    assert (none.exit_code, none.stdout) == (0, "")
    assert "no model call fits" in none.stderr
    assert evolve("transcript", "r1", "--agent", "poet").exit_code == 2


def test_the_transcript_reads_as_a_conversation(run: Path) -> None:
    with Ledger.open(run / LEDGER) as ledger:
        record(ledger, child(3, 0, status="failed", failure="shape", objectives=None, message="got 24"), seed())
        first = call("g03-00", generation=3)
        error = [{"role": "assistant", "content": first.reply}, {"role": "user", "content": "It failed: got 24"}]
        ledger.put_call(replace(first, key="g03-00/architect/1", messages=[*first.messages, *error], reply="Sorry."))
    facts = "generation 3, offline (offline, no language model), temperature 0.3, 100+20 tokens, 0.25 s, 0.5 USD"
    assert said("transcript", "r1", "--candidate", "g03-00").splitlines() == [
        "---- g03-00, architect as frugal",
        facts,
        *("", "system:", "  You are frugal."),
        *("", "user:", "  Make it smaller."),
        *("", "architect as frugal replies:", "  Here: ```python", "  width = 5", "  ```"),
        "",
        "---- g03-00, architect as frugal, once more",
        facts,
        *("", "user:", "  It failed: got 24"),
        *("", "architect as frugal replies:", "  Sorry."),
        "=> failed: shape: got 24",
        "",
    ]


def test_long_messages_are_cut_unless_asked_for(run: Path) -> None:
    with Ledger.open(run / LEDGER) as ledger:
        ledger.put_candidate(child(3, 0))
        long = [{"role": "user", "content": "\n".join(f"line {number}" for number in range(100))}]
        ledger.put_call(call("g03-00", generation=3, messages=long))
    assert "... 86 more lines" in said("transcript", "r1", "--candidate", "g03-00")
    assert "line 99" in said("transcript", "r1", "--candidate", "g03-00", "--full")


def test_lessons_show_how_they_have_served(run: Path) -> None:
    (one,) = lines("lessons", "r1", "--json")
    assert (one["id"], one["evidence"], one["effect"]) == ("L01-1", ["g01-00"], {"params": "down"})
    assert (one["cited"]["trials"], one["cited"]["improved"]) == (1, 0)
    assert one["others"]["trials"] == 1
    assert "improved: 0/1 (0-79 %) of those citing it" in said("lessons", "r1")
    assert max(map(len, on_terminal("lessons", "r1", NO_COLOR="1", COLUMNS="60").splitlines())) <= 60


def test_the_memory_is_counted_made_again_and_searched(run: Path) -> None:
    (before,) = lines("memory", "stats", "r1", "--json")
    assert (before["steps"], before["measured"], before["failed"], before["indexed"]) == (4, 3, 1, 0)
    assert "evolve memory rebuild r1" in evolve("memory", "stats", "r1").stderr
    assert lines("memory", "rebuild", "r1", "--json") == [{"run": "r1", "steps": 4}]
    assert lines("memory", "stats", "r1", "--json")[0]["indexed"] == 4
    assert lines("memory", "search", "r1", "failed shape", "-k", "1", "--json")[0]["child"] == "g01-01"
    assert lines("memory", "search", "r1", "g01-01", "-k", "1", "--json")[0]["child"] == "g01-01"
    assert "g01-01" in said("memory", "search", "r1", "failed shape")


def test_a_ledger_is_consistent_or_its_faults_are_listed(run: Path) -> None:
    assert said("memory", "verify", "r1") == "r1: 5 candidates, all consistent\n"
    with Ledger.open(run / LEDGER) as ledger:
        ledger.put_candidate(child(1, 0, failure="nan"))
    broken = evolve("memory", "verify", "r1")
    assert (broken.exit_code, broken.stdout) == (1, "g01-00 is evaluated, yet has failure nan\n")
    assert json.loads(evolve("memory", "verify", "r1", "--json").stdout)["problems"] == [broken.stdout.strip()]


def test_the_memory_of_a_live_run_is_left_to_its_process(run: Path) -> None:
    with Ledger.open(run / LEDGER):
        assert lines("memory", "stats", "r1", "--json")[0]["indexed"] is None
        assert lines("memory", "search", "r1", "failed shape", "-k", "1", "--json")[0]["child"] == "g01-01"
        refused = evolve("memory", "rebuild", "r1")
    assert refused.exit_code == 1
    assert not (run / "memory").exists()


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("status", "r2"), "no run 'r2'"),
        (("show", "r1", "g02-99"), "no candidate 'g02-99' in this run; there is: g02-0"),
        (("export", "r1", "nobody"), "no candidate 'nobody'"),
        (("memory", "stats", "r2"), "no run 'r2'"),
    ],
)
def test_an_unknown_name_is_one_line_with_the_nearest(run: Path, arguments: tuple[str, ...], expected: str) -> None:
    result = evolve(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert expected in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_a_broken_ledger_is_one_line(run: Path) -> None:
    (run / LEDGER).write_bytes(b"this is no database " * 99)
    result = evolve("status", "r1")
    assert (result.exit_code, len(result.stderr.splitlines())) == (1, 1)
    (runs_dir() / "r2").mkdir()
    small_run(runs_dir() / "r2" / LEDGER).close()
    every = evolve("status", "--json")
    assert [one["best"]["id"] for one in json.loads(every.stdout)] == ["g02-00"], "one broken run hides the others"


def test_looking_changes_nothing(run: Path) -> None:
    def content() -> dict[str, bytes]:
        # SQLite's own shared memory may appear beside the ledger while it is read
        return {f.name: f.read_bytes() for f in run.rglob("*") if f.is_file() and not f.name.endswith(("-shm", "-wal"))}

    before = content()
    for command in (("status", "r1"), ("show", "r1"), ("front", "r1"), ("transcript", "r1"), ("lessons", "r1")):
        said(*command)
    assert content() == before


def make_evil(run: Path) -> None:
    """A candidate whose every text tries to command the terminal."""
    texts = {"persona": EVIL, "rationale": EVIL, "message": EVIL, "intent": EVIL}
    with Ledger.open(run / LEDGER) as ledger:
        evil = child(3, 0, **texts, files={"program.py": EVIL}, objectives={"val_error": 1.0, "params": 1.0})
        record(ledger, evil, seed())
        ledger.put_call(call("g03-00", 1, generation=3, persona=EVIL, reply=f"{EVIL}\n```python\n{EVIL}\n```"))
    said("memory", "rebuild", "r1")


LOOKS = [
    ("show", "r1"),
    ("show", "r1", "g03-00"),
    ("transcript", "r1", "--candidate", "g03-00"),
    ("lessons", "r1"),
    ("front", "r1"),
    ("memory", "search", "r1", "g03-00"),
]


@pytest.mark.parametrize("arguments", LOOKS, ids=" ".join)
def test_text_of_candidates_never_commands_a_pipe(run: Path, arguments: tuple[str, ...]) -> None:
    make_evil(run)
    text = said(*arguments)
    assert not set(text) & set("\x1b\x07\u202e\x9b")
    assert SHOWN in text or arguments[0] in ("lessons", "front")


@pytest.mark.parametrize("arguments", LOOKS[:4], ids=" ".join)
def test_text_of_candidates_never_commands_a_terminal(run: Path, arguments: tuple[str, ...]) -> None:
    make_evil(run)
    text = on_terminal(*arguments, NO_COLOR="1", COLUMNS="200")
    assert not set(text) & set("\x07\u202e\x9b")
    assert "\x1b[31m" not in text
    assert SHOWN in text or arguments[0] == "lessons"


def test_colours_are_for_terminals_that_want_them(run: Path) -> None:
    assert "\x1b[" in on_terminal("transcript", "r1")
    assert "\x1b[3" not in on_terminal("transcript", "r1", NO_COLOR="1")
    assert "\x1b" not in said("transcript", "r1")


def on_terminal(*arguments: str, **env: str) -> str:
    """What a real terminal receives, up to its end."""
    ours, theirs = pty.openpty()
    code = "import typer; from commands.look import register; app = typer.Typer(); register(app); app()"
    world = {**os.environ, "TERM": "xterm-256color", "PYTHONPATH": str(ROOT), **env}
    if "NO_COLOR" not in env:
        del world["NO_COLOR"]
    process = subprocess.Popen([sys.executable, "-c", code, *arguments], env=world, stdout=theirs, stderr=theirs)
    os.close(theirs)
    text = received(ours)
    os.close(ours)
    assert process.wait() == 0, text.decode()
    return text.decode()


def test_json_is_json_also_with_numbers_that_are_none(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"a": [float("nan"), 1.5], "b": (float("inf"),), "c": "\x1b\ud800"})
    assert capsys.readouterr().out == '{"a": [null, 1.5], "b": [null], "c": "\\u001b\\ud800"}\n'


def test_a_list_told_one_by_one_is_the_list_told_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    for some in ([], [1], [{"a": float("nan")}, "b"]):
        print_json(some)
        print_json_list(iter(some))
        whole, parts = capsys.readouterr().out.splitlines()
        assert whole == parts


def test_plain_text_keeps_what_is_harmless() -> None:
    assert plain("a\tb\r\nc é 日本 👍") == "a\tb\nc é 日本 👍"
    assert ast.literal_eval(f'"{plain(chr(0x1B))}"') == "\x1b"


def test_shares_read_well() -> None:
    assert (share(3, 8, (0.137, 0.694)), share(0, 0, (0.0, 1.0))) == ("3/8 (14-69 %)", "-")


def test_nothing_heavy_is_imported_to_look(run: Path) -> None:
    code = (
        "import sys, typer; from commands.look import register; app = typer.Typer(); register(app)\n"
        "try: app()\nfinally: print({'torch', 'chromadb', 'langgraph', 'numpy'} & set(sys.modules), file=sys.stderr)"
    )
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    result = subprocess.run([sys.executable, "-c", code, "status", "r1"], env=env, capture_output=True, text=True)
    assert (result.returncode, result.stderr) == (0, "set()\n")


def test_children_stopped_early_and_twins_are_not_told_as_failed() -> None:
    assert fates({}) == "0 failed"
    assert fates({"stopped": 4, "duplicate": 1, "shape": 2}) == "4 stopped early, 1 duplicate, 2 failed"
    assert fates({"duplicate": 2}) == "2 duplicates, 0 failed"
