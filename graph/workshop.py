"""Where a run's candidates are trained and audited."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from graph.config import SandboxChoice
from tasks import Data

if TYPE_CHECKING:
    from sandbox import Place, Sandbox


@dataclass(frozen=True)
class Site:
    """What a run notes of where its candidates are measured."""

    slots: int  # at once
    device: str
    why: str = ""  # what is missing for a GPU; empty with one, and where none was asked for


@dataclass(frozen=True)
class Workshop:
    """Both sandboxes of a run: one shows the training data, the other, not yet started, the inputs of validation and test alone."""

    sandbox: Sandbox
    audit_room: Sandbox
    slots: int  # trainings at once
    place: Place

    @property
    def site(self) -> Site:
        return Site(self.slots, self.place.device, self.place.why)


@asynccontextmanager
async def workshop(settings: SandboxChoice, data: Data, run: str, memory_mb: int) -> AsyncIterator[Workshop]:
    """The sandboxes by these settings, closed at the end whatever happens. Raises SandboxUnavailable or SandboxError."""
    from sandbox import Seats, choose_backend, find_place, open_sandbox
    from sandbox.nursery import Nursery
    from sandbox.slots import default_slots

    backend = await asyncio.to_thread(choose_backend, settings.backend)
    place = await asyncio.to_thread(find_place, settings.device, backend)
    slots = settings.slots or default_slots(len(place.gpus), settings.per_gpu)
    nursery = Nursery(place.gpus)
    # at once: a place is cheap where it is a fork; in a container it imports torch, and on a card it leaves less memory to others
    audits = 1 if place.gpus or backend == "docker" else slots
    # one place more than there are slots: the quick check of a proposal never waits for another's training
    sandbox, audit_room = (
        open_sandbox(
            backend,
            slots=places,
            data_dir=shown,
            run=run,
            memory_mb=memory_mb,
            seats=Seats(place.gpus, first, slots + 1 + audits),
            nursery=nursery,
        )
        for places, shown, first in ((slots + 1, data.public, 0), (audits, data.inputs, slots + 1))
    )
    async with AsyncExitStack() as stack:
        stack.push_async_callback(nursery.close)
        stack.push_async_callback(audit_room.close)
        stack.push_async_callback(sandbox.close)
        await sandbox.start()
        yield Workshop(sandbox, audit_room, slots, place)
