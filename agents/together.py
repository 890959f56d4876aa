"""Several awaited at once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable
from typing import TypeVar

Result = TypeVar("Result")


async def all_of(work: Iterable[Awaitable[Result]]) -> list[Result]:
    """Their results, in order. The first that fails ends the others, and they have ended when its error is raised."""
    started = [asyncio.ensure_future(one) for one in work]
    try:
        return await asyncio.gather(*started)
    finally:
        for one in started:
            one.cancel()
        await asyncio.gather(*started, return_exceptions=True)
