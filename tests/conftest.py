"""Every test runs away from the user's own files, keys and network settings."""

from __future__ import annotations

import os
import sys
from collections.abc import Generator, Mapping
from pathlib import Path

import pytest
from hypothesis import settings

# how long an example takes says how busy the machine is, not whether the promise holds
settings.register_profile("calm", deadline=None)
settings.load_profile("calm")

# Read once, when torch, langgraph or chromadb are first imported: so set before any test module is.
FIXED = {
    "ANONYMIZED_TELEMETRY": "False",
    "COLUMNS": "120",
    "DO_NOT_TRACK": "1",
    "HF_HUB_OFFLINE": "1",
    "LANGGRAPH_STRICT_MSGPACK": "true",
    "LANGSMITH_TRACING": "false",
    "NO_COLOR": "1",
    "NO_PROXY": "127.0.0.1,localhost",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
}
os.environ.update(FIXED)

# Whole runs take minutes: they begin first, so that none is left to a single process while the others have nothing to do.
LONG = (
    "test_reward_hacking",
    "test_sandbox_lost",
    "test_endpoint",
    "test_content_run",
    "test_tasks_command",
    "test_honest",
    "test_run",
    "test_trainer",
    "test_hostile_run",
    "test_stops",
    "test_borrowing_run",
    "test_play_run",
    "test_thought_run",
    "test_sandbox",
    "test_worker_alone",
    "test_budget_run",
    "test_sandbox_hostile",
    "test_cheats_run",
    "test_memory_torn",
    "test_mending",
    "test_trouble",
    "test_aim_run",
    "test_breaker",
    "test_audit_run",
    "test_racing",
    "test_final",
    "test_limits",
    "test_ablation",
    "test_overlap_run",
    "test_cifar10",
    "test_sandbox_users",
)

KEPT = {"EVOLVE_REQUIRE_DOCKER"}  # a setting of the test run itself
STRIPPED = (
    "EVOLVE_",
    "OPENAI_",
    "AZURE_OPENAI_",
    "LANGCHAIN_",
    "LANGSMITH_API",
    "LANGSMITH_ENDPOINT",
    "CHROMA_",
    "XDG_",
)
COLOURS = ("FORCE_COLOR", "PY_COLORS", "GITHUB_ACTIONS", "TTY_COMPATIBLE")  # each makes rich colour what is no terminal


@pytest.fixture(scope="session")
def shared_cache(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A cache folder for the whole test run, so that data is made once, also by several test processes."""
    base = tmp_path_factory.getbasetemp()
    folder = (base if worker_id == "master" else base.parent) / "cache"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def finished_run(shared_cache: Path) -> Path:
    """A folder with a finished run, made once for the whole test run; `finished.py` says what is in it. Who changes it copies it first."""
    from finished import made_once

    place = shared_cache.parent / "finished"
    made_once(place, {**cleaned(os.environ), "EVOLVE_CACHE": str(shared_cache)})
    return place


def cleaned(env: Mapping[str, str]) -> dict[str, str]:
    """The environment without anybody's settings and keys."""
    return {
        name: value for name, value in env.items() if name in KEPT or not (name.startswith(STRIPPED) or name in COLOURS)
    }


@pytest.fixture(autouse=True)
def away_from_home(tmp_path: Path, shared_cache: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The test's own world: home, runs, personas and working folder below its `tmp_path`, and no key of anybody."""
    if (
        "torch" in sys.modules
    ):  # a harness that ran in this process has flushed the smallest numbers; hypothesis wants them
        sys.modules["torch"].set_flush_denormal(False)
    for name in os.environ.keys() - cleaned(os.environ).keys():
        monkeypatch.delenv(name)
    home = tmp_path / "home"
    work = tmp_path / "work"
    for folder in (home, work):
        folder.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("EVOLVE_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("EVOLVE_CACHE", str(shared_cache))
    monkeypatch.setenv("EVOLVE_PERSONAS", str(tmp_path / "personas"))
    monkeypatch.chdir(work)
    return tmp_path


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files of long tests first, in the order above; the rest as it was."""
    place = {name: number for number, name in enumerate(LONG)}
    items.sort(key=lambda item: place.get(item.path.stem, len(LONG)))


def _wants_docker(reason: str) -> bool:
    return os.environ.get("EVOLVE_REQUIRE_DOCKER") == "1" and "docker" in reason.lower()


def _fail_instead(report: pytest.TestReport | pytest.CollectReport) -> None:
    """Turn a skip for want of Docker into a failure: where it is required, a skip is an untested promise."""
    if report.skipped and not hasattr(report, "wasxfail") and isinstance(report.longrepr, tuple):
        path, line, reason = report.longrepr
        if _wants_docker(reason):
            report.outcome = "failed"
            report.longrepr = f"{path}:{line}: EVOLVE_REQUIRE_DOCKER=1, yet: {reason}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    _fail_instead(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    _fail_instead(report)
    return report
