"""What the set-up promises: pinned, complete, and tests that touch nothing of the user's."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def pins() -> dict[str, str]:
    lines = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if line and not line.startswith("#")]
    return {canonical(name): version for name, version in (line.split("==") for line in lines)}


def test_every_dependency_is_pinned_without_an_address() -> None:
    odd = [f"{name}=={version}" for name, version in pins().items() if not re.fullmatch(r"[0-9][\w.+]*", version)]
    assert odd == []
    project = PROJECT["project"]
    wanted = {canonical(name) for name in [*project["dependencies"], *project["optional-dependencies"]["dev"], "uv"]}
    assert wanted - pins().keys() == set()


def test_every_dependency_has_its_reason() -> None:
    reasons = (ROOT / "docs" / "decisions.md").read_text()
    project = PROJECT["project"]
    named = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    assert [name for name in named if not re.search(rf"^\| .*\b{re.escape(name)}\b.* \|", reasons, re.M)] == []


def test_every_package_of_the_checkout_is_installed() -> None:
    listed = set(PROJECT["tool"]["setuptools"]["packages"])
    rooms = {"agents", "commands", "genome", "graph", "memory", "sandbox", "tasks", "web"}
    found = {
        ".".join(path.parent.relative_to(ROOT).parts)
        for room in rooms
        for path in (ROOT / room).rglob("__init__.py")
        if "scaffold" not in path.parts
    }
    assert found - listed == set()
    assert [name for name in listed if not (ROOT / name.replace(".", "/")).is_dir()] == []


def test_imports_point_down() -> None:
    floors = ["tasks", "genome", "memory", "sandbox", "agents", "graph", "commands", "cli"]
    wrong = []
    for room in floors:
        files = [ROOT / "cli.py"] if room == "cli" else sorted((ROOT / room).rglob("*.py"))
        for path in files:
            if not path.exists() or "scaffold" in path.parts:
                continue
            for node in ast.walk(ast.parse(path.read_text())):
                names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                if isinstance(node, ast.ImportFrom):
                    assert node.level == 0, f"{path}: relative import"
                    names = [node.module or ""]
                tops = {name.split(".")[0] for name in names}
                wrong += [
                    f"{path.relative_to(ROOT)} imports {top}" for top in tops & set(floors[floors.index(room) + 1 :])
                ]
    assert wrong == []


def test_the_test_world_is_not_the_users(tmp_path: Path) -> None:
    for name in ("HOME", "EVOLVE_RUNS", "EVOLVE_PERSONAS"):
        assert Path(os.environ[name]).is_relative_to(tmp_path)
    assert Path.cwd().is_relative_to(tmp_path)
    assert [name for name in os.environ if name.startswith("OPENAI_")] == []


SKIPS = """
import pytest
{module}
@pytest.mark.skipif(True, reason="no Docker engine answers")
def test_marked(): pass

def test_inside(): pytest.skip("no docker here")

def test_other(): pytest.skip("no GPU")

@pytest.mark.xfail(reason="docker is known to be slow")
def test_known(): assert False
"""


@pytest.mark.parametrize(
    ("required", "module", "closing"),
    [
        ("1", "", "1 failed, 1 skipped, 1 xfailed, 1 error"),
        ("", "", "3 skipped, 1 xfailed"),
        ("1", 'pytest.skip("Docker is absent", allow_module_level=True)', "1 error"),
    ],
)
def test_a_skip_for_want_of_docker_fails_where_docker_is_required(
    tmp_path: Path, required: str, module: str, closing: str
) -> None:
    (tmp_path / "conftest.py").write_text((ROOT / "tests" / "conftest.py").read_text())
    (tmp_path / "test_skips.py").write_text(SKIPS.format(module=module))
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--basetemp", tmp_path / "base", tmp_path],
        env={**os.environ, "EVOLVE_REQUIRE_DOCKER": required},
        capture_output=True,
        text=True,
        check=False,
    )
    assert closing in done.stdout.splitlines()[-1], done.stdout


def test_every_file_of_long_tests_is_there() -> None:
    import conftest

    assert [name for name in conftest.LONG if not (ROOT / "tests" / f"{name}.py").is_file()] == []


@pytest.mark.parametrize(("target", "chosen"), [("test", ' -m "not slow"'), ("test-all", "")])
def test_a_second_make_installs_nothing(target: str, chosen: str) -> None:
    """Asked what it would do, `make test` in an installed checkout names the tests alone."""
    command = ["make", "--no-print-directory", "-n", "-o", ".venv/.installed", target]
    env = {"PATH": os.environ["PATH"]}  # without what a make that runs these tests hands down
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=True)
    started = ".venv/bin/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder"
    assert done.stdout.splitlines() == [f"{started}{chosen} "]


def test_continuous_integration_leaves_no_test_out() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert re.findall(r"\bmake (test\S*)", script) == ["test-all"]
    assert "ARGS" not in script
    assert "slow" not in PROJECT["tool"]["pytest"]["ini_options"]["addopts"]
