"""A power cut: the run is killed and all that it had not synced to the disk is dropped. Is anything lost that was stored, and does it go on?

    python benchmarks/power_cut.py --cuts 20                     # about 5 minutes on two cores
    python benchmarks/power_cut.py --cuts 20 --synchronous NORMAL  # what it would be without the sync of every commit

A small library that is loaded before the C library (power_cut.c; it needs `cc`) keeps of every file of the run what was last
synced. After the kill the run's folder is made of these copies alone. The run is that of `benchmarks/instant.py`.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from world import differences  # noqa: E402

from benchmarks import instant  # noqa: E402
from memory.ledger import Ledger, LedgerError  # noqa: E402
from memory.verify import verify  # noqa: E402

SEARCH = {"generations": 4, "initial": 8, "population": 8, "eot": 0.5}


def library(place: Path) -> Path:
    """The shared library, compiled."""
    made = place / "power_cut.so"
    source = Path(__file__).with_suffix(".c")
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", str(made), str(source), "-ldl"], check=True)
    return made


@contextmanager
def synced(ledger: Ledger, how: str) -> Iterator[None]:
    """The ledger with another way to sync."""
    ledger._db.raw.execute(f"PRAGMA synchronous = {how}")
    yield


def stored(folder: Path) -> int:
    """Replies and outcomes that the ledger holds."""
    try:
        with Ledger.open(folder / "ledger.sqlite", read_only=True) as ledger:
            return len(ledger.calls()) + len(ledger.evaluations("done"))
    except LedgerError:
        return 0


def cut(place: Path, made: Path, number: int, until: int, how: str, rng: random.Random) -> tuple[int, Path]:
    """Run, kill when about `until` rows are stored, drop what was not synced; rows that were stored and are gone, and the folder."""
    folder, disk = place / f"cut-{number}", place / f"disk-{number}"
    instant.begin(instant.settings("mnist1d", **SEARCH), folder)
    disk.mkdir()
    for file in folder.rglob("*"):  # making a run syncs it as a whole
        if file.is_file():
            shutil.copy(file, disk / str(file.relative_to(folder)).replace("/", "|"))
    environment = os.environ | {"LD_PRELOAD": str(made), "POWER_CUT_WATCH": str(folder), "POWER_CUT_DISK": str(disk)}
    ours = [sys.executable, str(Path(__file__)), "--run", str(folder), "--synchronous", how]
    with subprocess.Popen(ours, env=environment, start_new_session=True) as process:
        while process.poll() is None and stored(folder) < until:
            time.sleep(0.01)
        time.sleep(rng.random() * 0.1)
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
    before = stored(folder)
    shutil.rmtree(folder)
    for file in disk.iterdir():
        if not file.name.endswith((".tmp", "-shm")):
            there = folder / file.name.replace("|", "/")
            there.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, there)
    return before - stored(folder), folder


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cuts", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--synchronous", choices=["FULL", "NORMAL"], default="FULL")
    parser.add_argument("--run", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.run:
        asyncio.run(instant.go(arguments.run, lambda ledger: synced(ledger, arguments.synchronous)))
        return
    rng = random.Random(arguments.seed)
    place = Path(tempfile.mkdtemp(prefix="power-cut-"))
    os.environ["EVOLVE_RUNS"] = str(place)
    made, undisturbed = library(place), place / "whole"
    instant.begin(instant.settings("mnist1d", **SEARCH), undisturbed)
    asyncio.run(instant.go(undisturbed))
    rows, lost, bad = stored(undisturbed), [], 0
    for number in range(arguments.cuts):
        gone, folder = cut(place, made, number, rng.randrange(rows), arguments.synchronous, rng)
        lost.append(gone)
        asyncio.run(instant.go(folder))
        with Ledger.open(folder / "ledger.sqlite", read_only=True) as ledger:
            found = [*differences(folder, undisturbed), *verify(ledger)]
        if found:
            bad += 1
            print(f"cut {number}: {found[0][:300]}")
    print(
        f"{arguments.cuts} power cuts with synchronous={arguments.synchronous}: {sum(lost)} of the replies and outcomes that were "
        f"stored were gone (at most {max(lost)} in one), {bad} runs ended otherwise than the undisturbed one ({rows} rows)"
    )
    shutil.rmtree(place)


if __name__ == "__main__":
    main()
