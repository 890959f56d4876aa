"""Who speaks is decided where a generation is planned, so that a replay, which knows of a swap from the start, draws the same."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from memory_world import META

from graph.arms import trial_book
from graph.cast import cast_for, critic_voice
from graph.resolve import resolve
from graph.state import Rooms
from memory.ledger import Ledger
from tasks import load_task


def test_a_swap_is_taken_up_by_the_critic_too_when_the_next_generation_is_planned(tmp_path: Path) -> None:
    config = resolve(None, {"task": "mnist1d", "personas.critic": ["reviewer"]}, {})
    nobody: Any = None
    with Ledger.create(tmp_path / "ledger.sqlite", META) as ledger:
        rooms = Rooms(**dict.fromkeys((f.name for f in fields(Rooms)), nobody))
        rooms = replace(
            rooms, config=config, folder=tmp_path, ledger=ledger, task=load_task("mnist1d"), trials=trial_book(ledger)
        )
        cast_for(rooms, 1, 0)
        (tmp_path / "control.toml").write_text('[personas]\ncritic = ["contrarian"]\n')
        assert critic_voice(rooms, 1, "reflect").persona == "reviewer"
        assert "persona_swaps" not in ledger.meta()
        cast_for(rooms, 2, 1)
        assert critic_voice(rooms, 2, "reflect").persona == "contrarian"
        assert critic_voice(rooms, 1, "reflect").persona == "reviewer"
