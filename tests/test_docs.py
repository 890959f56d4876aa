"""The documents are true: what is generated is up to date, what is linked is there, what is shown as a command exists."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from typer.main import get_command

import cli

ROOT = Path(__file__).resolve().parent.parent
COMMANDS = sorted(p.name for p in (ROOT / "benchmarks").glob("*.py") if "__main__" in p.read_text())
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")])


def test_the_pictures_the_command_reference_and_the_prompts_shown_are_up_to_date() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "docs" / "generate.py"), "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text()):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


@pytest.mark.parametrize("page", [p for p in PAGES if p.name != "cli.md"], ids=lambda p: p.name)  # cli.md is generated
def test_every_command_shown_is_a_command_with_options_that_exist(page: Path) -> None:
    top = get_command(cli.app)
    for block in re.findall(r"^```(?:sh|bash|console)?\n(.*?)^```", page.read_text().replace("\\\n", " "), re.S | re.M):
        for line in re.findall(r"^(?:\$ )?evolve (.+)$", block, re.M):
            words = shlex.split(line, comments=True)
            command = top
            while words and hasattr(command, "commands") and words[0] in command.commands:
                command = command.commands[words.pop(0)]
            assert not hasattr(command, "commands") or not words or words[0].startswith("-"), (
                f"{page.name}: evolve {line}"
            )
            known = {o for p in command.params for o in p.opts} | {"--help", "-h"}
            for word in words:
                if word.startswith("-"):
                    assert word.partition("=")[0] in known, f"{page.name}: evolve {line}: {word}"


def test_langgraph_json_points_at_a_graph_that_compiles() -> None:
    import importlib
    import json

    where = json.loads((ROOT / "langgraph.json").read_text())["graphs"]["evolve"]
    path, _, name = where.partition(":")
    graph = getattr(importlib.import_module(path.removeprefix("./").removesuffix(".py").replace("/", ".")), name)
    assert {"seed", "ask", "make", "commit", "confirm", "select", "reflect", "report"} <= set(graph.get_graph().nodes)


def test_every_package_is_named_in_the_build() -> None:
    listed = set(tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"])
    outside = {"tests", "docs", "benchmarks", "runs", "build"}
    there = {".".join(p.parent.relative_to(ROOT).parts) for p in ROOT.glob("[a-z]*/**/__init__.py")}
    assert {t for t in there if t.split(".")[0] not in outside} == listed


@pytest.mark.parametrize("benchmark", COMMANDS)
def test_every_benchmark_can_be_started_and_says_what_it_does(benchmark: str) -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "benchmarks" / benchmark), "--help"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout[:7], done.stderr) == (0, "usage: ", "")
