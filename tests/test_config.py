"""Settings: flag over environment over file over default; what is wrong is told in one line."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from graph.config import Config, ConfigError
from graph.resolve import resolve


def test_flag_beats_environment_beats_file_beats_default(tmp_path: Path) -> None:
    file = tmp_path / "run.toml"
    file.write_text('task = "mnist1d"\nseed = 2\n[search]\ngenerations = 2\npopulation = 5\ninitial = 3\n')
    env = {"EVOLVE_SEARCH__GENERATIONS": "7", "EVOLVE_SEARCH__POPULATION": "6"}
    config = resolve(file, {"search.generations": 9, "seed": None}, env)
    found = (
        config.search.generations,
        config.search.population,
        config.search.initial,
        config.seed,
        config.search.repairs,
    )
    assert found == (9, 6, 3, 2, 2)


def test_what_is_written_into_the_run_reads_back_as_the_same_settings() -> None:
    flags = {
        "task": "x",
        "sampling.temperature": "[0.1, 0.5]",
        "models": [{"name": "m", "weight": 2.0, "base_url": "http://127.0.0.1:1/v1"}],
    }
    config = resolve(None, flags, {})
    assert Config.model_validate(tomllib.loads(config.dump())) == config


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        ({"search.generation": 3}, "did you mean 'search.generations'"),
        ({"serch.generations": 3}, "unknown setting 'serch"),
        ({"search.population": "many"}, "search.population"),
        ({"search.crossover": 2}, "search.crossover"),
        ({"search.crossover": 0, "search.mutation": 0}, "raise one of them"),
        ({"models": []}, "models is empty"),
        ({"seed.x": 1}, "seed"),
        ({"sampling.temperature": "[0.1"}, "TOML value"),
    ],
)
def test_a_wrong_setting_is_named_with_the_cure(flags: dict[str, object], told: str) -> None:
    with pytest.raises(ConfigError) as caught:
        resolve(None, {"task": "mnist1d", **flags}, {})
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_broken_settings_file_says_where(tmp_path: Path) -> None:
    file = tmp_path / "run.toml"
    file.write_text("task = \n")
    with pytest.raises(ConfigError, match="line 1"):
        resolve(file, {}, {})
