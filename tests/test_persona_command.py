"""`evolve persona`, through the real command."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest
from memory_world import META, child, seed
from test_personas import GOOD
from typer.testing import CliRunner, Result

from agents.personas import persona_names, user_folder
from commands.persona import app
from memory.ledger import Ledger
from memory.runs import runs_dir


def persona(*args: object) -> Result:
    return CliRunner().invoke(app, [str(arg) for arg in args])


@pytest.fixture
def run() -> Path:
    folder = runs_dir() / "r1"
    folder.mkdir(parents=True)
    with Ledger.create(folder / "ledger.sqlite", META) as ledger:
        ledger.put_candidate(seed())
        ledger.put_candidate(child(1, 0, persona="minimalist"))
        ledger.put_candidate(child(1, 1, persona="minimalist", repairs=1, objectives={"val_error": 30, "params": 6000}))
        ledger.put_candidate(child(1, 2, persona="signal", status="failed", failure="shape", objectives=None))
    return folder


@pytest.fixture
def baker(tmp_path: Path) -> Path:
    path = tmp_path / "draft.toml"
    path.write_text(GOOD)
    return path


def test_list_shows_all_and_json_is_only_json(baker: Path) -> None:
    persona("add", baker)
    listed = json.loads(persona("list", "--json").stdout)
    assert [p["name"] for p in listed] == persona_names()
    assert [p["name"] for p in listed if p["own"]] == ["baker"]
    table = persona("list").stdout
    assert [name for name in persona_names() if name not in table] == []


def test_a_broken_file_does_not_hide_the_others(baker: Path) -> None:
    user_folder().mkdir()
    (user_folder() / "bad.toml").write_text("name = ")
    done = persona("list", "--json")
    assert done.exit_code == 1
    assert [p["name"] for p in json.loads(done.stdout)] == sorted({*persona_names()} - {"bad"})
    assert done.stderr.count("\n") == 1
    assert "bad.toml" in done.stderr


def test_show_gives_the_voice() -> None:
    shown = json.loads(persona("show", "plain", "--json").stdout)
    assert shown["voice"] in persona("show", "plain").stdout
    assert shown["roles"] == ["architect", "breeder", "critic"]


def test_check_and_add_refuse_a_broken_file_in_one_line(baker: Path) -> None:
    assert persona("check", baker).exit_code == 0
    baker.write_text(GOOD.replace("title", "tittle"))
    for command in ("check", "add"):
        done = persona(command, baker)
        assert (done.exit_code, done.stdout) == (2, "")
        assert done.stderr.count("\n") == 1
        assert "line 2: tittle: expected one of the keys" in done.stderr
    assert "baker" not in persona_names()


def test_add_keeps_what_is_there_unless_told(baker: Path) -> None:
    assert persona("add", baker).exit_code == 0
    baker.write_text(GOOD.replace("Patient", "Hasty"))
    assert "give --replace" in persona("add", baker).stderr
    assert json.loads(persona("show", "baker", "--json").stdout)["title"] == "Patient baker"
    assert persona("add", baker, "--replace").exit_code == 0
    assert json.loads(persona("show", "baker", "--json").stdout)["title"] == "Hasty baker"
    baker.write_text(GOOD.replace('"baker"', '"plain"'))
    assert "comes with the program" in persona("add", baker, "--replace").stderr
    assert [path.name for path in user_folder().iterdir()] == ["baker.toml"]


def test_set_leaves_the_wish_where_the_run_reads_it(run: Path) -> None:
    assert persona("set", "r1", "--architect", "minimalist", "--critic", "statistician").exit_code == 0
    assert persona("set", "r1", "--architect", "signal", "--architect", "plain").exit_code == 0
    asked = tomllib.loads((run / "control.toml").read_text())
    assert asked == {"personas": {"architect": ["signal", "plain"], "critic": ["statistician"]}}
    assert persona("set", "r1", "--architect", "any").exit_code == 0
    assert tomllib.loads((run / "control.toml").read_text())["personas"]["architect"] == []
    assert sorted(path.name for path in run.iterdir() if "control" in path.name) == ["control.toml"]


def test_set_mends_a_control_file_that_was_spoilt_by_hand(run: Path) -> None:
    for spoilt in ("personas = 3", "[personas", ""):
        (run / "control.toml").write_text(spoilt)
        assert persona("set", "r1", "--critic", "plain").exit_code == 0
        assert tomllib.loads((run / "control.toml").read_text()) == {"personas": {"critic": ["plain"]}}


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("r1", "--critic", "tinkerer"), "persona 'tinkerer' may speak for architect, breeder, not for the critic"),
        (("r1", "--architect", "tinkrer"), "did you mean tinkerer?"),
        (("r1", "--architect", "draft.toml"), "No such file"),
        (("r2", "--architect", "plain"), "no run 'r2'"),
        (("r1",), "name a persona"),
    ],
)
def test_set_changes_nothing_when_the_wish_cannot_be_met(run: Path, args: tuple[str, ...], said: str) -> None:
    done = persona("set", *args)
    assert done.exit_code == 2
    assert said in done.stderr
    assert not (run / "control.toml").exists()


def test_set_asks_to_add_a_file_first(run: Path, baker: Path) -> None:
    assert f"first: evolve persona add {baker}" in persona("set", "r1", "--architect", baker).stderr


def test_stats_count_what_each_personas_children_achieved(run: Path) -> None:
    minimalist, signal = json.loads(persona("stats", "r1", "--json").stdout)
    assert minimalist["persona"] == "minimalist"
    assert [minimalist[key] for key in ("valid_first", "valid", "improved")] == [1, 2, 1]
    assert (signal["trials"], signal["valid"]) == (1, 0)
    table = persona("stats", "r1").stdout
    assert "1/2 (9-91 %)" in table
    assert "signal" in table
