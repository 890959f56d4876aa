"""A second request beside one that is slow: when it is worth it, and how the first answer of the two is taken.

After Dean and Barroso, "The Tail at Scale" (2013): a second request after the 95th percentile of the usual time costs at most one
request in twenty, and cuts the longest waits.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Generic, NamedTuple, TypeVar

LEAST = 20  # answers of a model that make its usual time known
_SHARE = 0.05  # of the calls that may be asked twice
_KEPT = 500  # of the latest times

T = TypeVar("T")


class Pulse:
    """How long the answers of one model take in this run."""

    def __init__(self) -> None:
        self._took_s: deque[float] = deque(maxlen=_KEPT)
        self._answers = self._seconds = 0

    def answered(self, took_s: float) -> None:
        """Count an answer, by the time from its first request to it."""
        self._took_s.append(took_s)
        self._answers += 1

    def patience_s(self) -> float | None:
        """Seconds after which a second request may go; None while none may: too few answers, or too many seconds sent."""
        if self._answers < LEAST or self._seconds + 1 > _SHARE * self._answers:
            return None
        ordered = sorted(self._took_s)
        return ordered[int((1 - _SHARE) * (len(ordered) - 1))]

    def sent_again(self) -> None:
        """Count a second request."""
        self._seconds += 1


class Raced(NamedTuple, Generic[T]):
    """What came of one request, or two: None for one that was not sent, was cut off, or failed."""

    first: T | None
    second: T | None

    @property
    def won(self) -> T:
        """The answer that counts."""
        answer = self.first if self.first is not None else self.second
        assert answer is not None
        return answer


async def raced(
    first: Coroutine[Any, Any, T],
    second: Callable[[], Awaitable[Coroutine[Any, Any, T] | None]],
    patience_s: float | None,
) -> Raced[T]:
    """The first answer. Where none came in `patience_s`, another request goes beside it, if `second` gives one; the slower ends.
    None waits for ever.

    Raises what the first request raises, when neither is answered.
    """
    tasks = [asyncio.create_task(first)]
    try:
        await asyncio.wait(tasks, timeout=patience_s)
        if not tasks[0].done() and (other := await second()) is not None:
            tasks.append(asyncio.create_task(other))
        while True:
            answers = [_answer(task) for task in tasks]
            if any(answer is not None for answer in answers):
                return Raced(answers[0], answers[1] if len(answers) > 1 else None)
            waiting = [task for task in tasks if not task.done()]
            if not waiting:
                return Raced(await tasks[0], None)  # raises
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _answer(task: asyncio.Task[T]) -> T | None:
    return task.result() if task.done() and task.exception() is None else None
