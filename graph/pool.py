"""Children on their way, each in a task of its own: none waits for a sibling."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Iterable
from typing import Any

from agents.together import all_of


class Pool:
    """Drives the compiled graph of one child, many at once."""

    def __init__(self, way: Any) -> None:
        self._way = way

    async def finish(self, children: Iterable[str], rooms: Any) -> None:
        """Bring these children to their ends. What stops one for good, and is not its own failure, stops all and is raised."""
        await all_of(self._start(child, rooms) for child in children)

    def _start(self, child: str, rooms: Any) -> asyncio.Task[Any]:
        state = {"candidate": child, "attempt": 0}
        going = self._way.ainvoke(state, {"configurable": {}}, context=rooms)
        # LangGraph hands the outer graph's checkpointing on through context variables; a child has none
        return asyncio.create_task(going, name=child, context=contextvars.Context())
