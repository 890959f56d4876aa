"""Work in flight, each piece in a task of its own: children on their way, further trainings, audits, reflections. None waits for another."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable, Coroutine, Iterable
from typing import Any


class Pool:
    """Holds what was started until it is taken, in the order in which it came to its end."""

    def __init__(self) -> None:
        self._flying: dict[str, asyncio.Task[Any]] = {}
        self._landed: dict[str, Any] = {}  # what came of each, as they came
        self._taken: set[str] = set()
        self._changed = asyncio.Event()

    def start(self, name: str, work: Callable[[], Coroutine[Any, Any, Any]]) -> None:
        """Begin this piece of work; once, whatever has become of it."""
        if name in self._flying or name in self._landed or name in self._taken:
            return
        # LangGraph hands the outer graph's checkpointing on through context variables; what flies outlives its node
        task = asyncio.create_task(work(), name=name, context=contextvars.Context())
        self._flying[name] = task
        task.add_done_callback(self._end)

    def _end(self, task: asyncio.Task[Any]) -> None:
        if not task.cancelled() and task.exception() is None:
            del self._flying[task.get_name()]
            if task.get_name() not in self._taken:
                self._landed[task.get_name()] = task.result()
        self._changed.set()

    def under_way(self) -> list[str]:
        """What was started and not taken, the oldest first."""
        return [*self._landed, *self._flying]

    async def landed(self, enough: Callable[[list[str], bool], bool]) -> list[str]:
        """Wait until `enough` of the names that have landed, and whether none flies; these names, as they landed.

        What stops one for good, and is not its own failure, is raised at once.
        """
        while True:
            self._changed.clear()
            for task in self._flying.values():
                if task.done():
                    task.result()
            if enough(list(self._landed), not self._flying):
                return list(self._landed)
            await self._changed.wait()

    def take(self, names: Iterable[str]) -> dict[str, Any]:
        """What came of these, which have landed; they are under way no more."""
        found = {name: self._landed.pop(name) for name in names}
        self._taken |= found.keys()
        return found

    def forget(self, names: Iterable[str]) -> None:
        """Take these whatever has become of them, and those too that are not begun yet."""
        self._taken.update(names)
        for name in self._taken & self._landed.keys():
            del self._landed[name]

    async def close(self) -> None:
        """End what still flies."""
        flying = list(self._flying.values())
        for task in flying:
            task.cancel()
        await asyncio.gather(*flying, return_exceptions=True)
