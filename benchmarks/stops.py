"""A run stopped after every single write to its ledger, then taken up again: does it end as if it had never been stopped?

    python benchmarks/stops.py                # every write, at one child and at ten
    python benchmarks/stops.py --every 10     # each tenth

The run is that of `benchmarks/instant.py`: real state machine, ledger, authors, Critic and index; trainings that take no time.
After the chosen write nothing more reaches the ledger, as when the process is killed there; what was being written is rolled back.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from world import differences  # noqa: E402

from benchmarks import instant  # noqa: E402
from memory.ledger import Ledger  # noqa: E402
from memory.verify import verify  # noqa: E402

SIZES = {
    1: {"generations": 4, "initial": 1, "population": 1, "eot": 1.0},
    10: {"generations": 3, "initial": 10, "population": 10, "eot": 0.5},
}
OVERLAP = {"generations": 3, "initial": 6, "population": 6, "eot": 0.5, "overlap": 4}


class Stopped(BaseException):
    """The process is no more."""


@contextmanager
def watched(ledger: Ledger, last: int | None, seen: list[str]) -> Iterator[None]:
    """Notes every write that reached the file; after number `last`, from 1, nothing more is read or written."""
    db, run = ledger._db, ledger._db.run

    def watching(query: str, values: tuple[Any, ...] = ()) -> Any:
        if last is not None and len(seen) >= last:
            raise Stopped
        done = run(query, values)
        verb = query.split(None, 1)[0].upper()
        if verb == "COMMIT" or (verb in ("INSERT", "UPDATE", "DELETE") and not db.raw.in_transaction):
            seen.append(" ".join(query.split())[:60])
            if len(seen) == last:
                raise Stopped
        return done

    db.run = watching  # type: ignore[method-assign]
    try:
        yield
    finally:
        db.run = run  # type: ignore[method-assign]


def whole(folder: Path, size: int | None) -> list[str]:
    """An undisturbed run in this folder, with overlap where no size is said; its writes in order."""
    instant.begin(instant.settings("mnist1d", **(OVERLAP if size is None else SIZES[size])), folder)
    seen: list[str] = []
    asyncio.run(instant.go(folder, lambda ledger: watched(ledger, None, seen)))
    return seen


def stopped(folder: Path, undisturbed: Path, write: int) -> list[str]:
    """What differs between the undisturbed run and one that stopped after this write and went on; what is wrong with its ledger."""
    shutil.rmtree(folder, ignore_errors=True)
    instant.begin(instant.settings("mnist1d", **_size_of(undisturbed)), folder)
    try:
        asyncio.run(instant.go(folder, lambda ledger: watched(ledger, write, [])))
    except Stopped:
        asyncio.run(instant.go(folder))
    with Ledger.open(folder / "ledger.sqlite", read_only=True) as ledger:
        wrong = verify(ledger)
    return [*differences(folder, undisturbed), *wrong]


def stopped_in_overlap(folder: Path, write: int) -> list[str]:
    """What is wrong with the ledger of an overlapped run that stopped after this write and went on, or done twice, or other in its replay."""
    shutil.rmtree(folder, ignore_errors=True)
    instant.begin(instant.settings("mnist1d", **OVERLAP), folder)
    with suppress(Stopped):
        asyncio.run(instant.go(folder, lambda ledger: watched(ledger, write, [])))
    before = _paid(folder)
    asyncio.run(instant.go(folder))
    after = _paid(folder)
    wrong = [f"{key} was done again" for key, value in before.items() if after.get(key) != value]
    again = folder.with_name(f"{folder.name}-replay")
    shutil.rmtree(again, ignore_errors=True)
    instant.replay(folder, again)
    asyncio.run(instant.go(again))
    with Ledger.open(folder / "ledger.sqlite", read_only=True) as ledger:
        return [*wrong, *verify(ledger), *differences(again, folder)]


def _paid(folder: Path) -> dict[str, Any]:
    """What was bought, with what tells it from a repetition."""
    with Ledger.open(folder / "ledger.sqlite", read_only=True) as ledger:
        calls = {call.key: (call.reply, call.asked_at) for call in ledger.calls()}
        return calls | {done.key: (done.objectives, done.failure) for done in ledger.evaluations("done")}


def _size_of(folder: Path) -> dict[str, Any]:
    return next(size for number, size in SIZES.items() if folder.name.endswith(f"-{number}"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--every", type=int, default=1)
    arguments = parser.parse_args()
    place = Path(tempfile.mkdtemp(prefix="stops-"))
    os.environ["EVOLVE_RUNS"] = str(place)
    bad = 0
    for size in SIZES:
        undisturbed = place / f"whole-{size}"
        writes = whole(undisturbed, size)
        chosen = range(1, len(writes) + 1, arguments.every)
        for write in chosen:
            if found := stopped(place / f"stopped-{size}", undisturbed, write):
                bad += 1
                print(f"{size} a generation, stopped after write {write} ({writes[write - 1]}): {found[0][:300]}")
        print(f"{size} a generation: {len(writes)} writes, stopped after {len(chosen)} of them")
    writes = whole(place / "whole-overlap", None)
    chosen = range(1, len(writes) + 1, arguments.every)
    for write in chosen:
        if found := stopped_in_overlap(place / "stopped-overlap", write):
            bad += 1
            print(f"overlap, stopped after write {write}: {found[0][:300]}")
    print(f"overlap: {len(writes)} writes, stopped after {len(chosen)} of them; each replay held against its run")
    print(f"{bad} ended otherwise than the undisturbed run")
    shutil.rmtree(place)
    sys.exit(bool(bad))


if __name__ == "__main__":
    main()
