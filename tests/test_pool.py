"""What is under way is begun once, taken in the order in which it ended, and its faults are raised at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from graph.pool import Pool


def after(ticks: int, answer: str) -> Callable[[], Coroutine[Any, Any, str]]:
    async def work() -> str:
        for _ in range(ticks):
            await asyncio.sleep(0)
        if answer == "fault":
            raise ValueError(answer)
        return answer

    return work


async def test_what_lands_is_told_in_order_of_arrival_and_taken_once() -> None:
    pool = Pool()
    pool.start("slow", after(9, "s"))
    pool.start("quick", after(1, "q"))
    pool.start("quick", after(1, "again"))
    assert await pool.landed(lambda landed, idle: bool(landed)) == ["quick"]
    assert pool.take(["quick"]) == {"quick": "q"}
    pool.start("quick", after(1, "again"))  # it is known, also when it was taken
    assert pool.under_way() == ["slow"]
    assert await pool.landed(lambda landed, idle: idle) == ["slow"]


async def test_a_fault_is_raised_while_others_fly_and_closing_ends_them() -> None:
    pool, ended = Pool(), asyncio.Event()

    async def forever() -> None:
        try:
            await asyncio.sleep(3600)
        finally:
            ended.set()

    pool.start("forever", forever)
    pool.start("bad", after(2, "fault"))
    with pytest.raises(ValueError, match="fault"):
        await pool.landed(lambda landed, idle: idle)
    await pool.close()
    assert ended.is_set()
