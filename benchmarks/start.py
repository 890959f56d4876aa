"""How long a run takes to begin, and what its seed and one child cost all its processes together.

    python benchmarks/start.py

A run of mnist1d with trainings of a few steps, `sandbox.slots` 4. Seconds are from the command to the moment at which a worker has
taken a training up; processor seconds are those of the command and of everything that it started, its own imports included,
but not of what an engine starts in containers. The checkout is the one that this file lies in, so an older one is measured by a copy of this file in it.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT)]
SUBREAPER = 36  # prctl: who loses its parent comes to us, so that its time is counted
RUN = ("--generations", "1", "--initial", "1", "--population", "1", "--slots", "4", "--quiet")


def tiny_task(folder: Path) -> Path:
    """mnist1d with trainings of 20 steps."""
    place = folder / "tiny"
    shutil.copytree(ROOT / "tasks" / "mnist1d", place)
    text = (place / "task.toml").read_text(encoding="utf-8")
    text = text.replace("steps = 1000", "steps = 20").replace("every = 100", "every = 10")
    (place / "task.toml").write_text(text, encoding="utf-8")
    return place


def command(notes: Path, arguments: list[str]) -> None:
    """The real command, with a note of each job that a worker has taken up."""
    import asyncio

    from sandbox.warm import WarmSandbox

    run, begun = WarmSandbox.run, WarmSandbox._begun
    jobs: dict[Any, Any] = {}

    async def noting_run(self: WarmSandbox, job: Any, on_frame: Any = None) -> Any:
        jobs[asyncio.current_task()] = job
        return await run(self, job, on_frame)

    async def noting_begun(self: WarmSandbox, link: Any, order: bytes) -> bool:
        taken = await begun(self, link, order)
        job = jobs.get(asyncio.current_task())
        if taken and job:
            with notes.open("a", encoding="utf-8") as file:
                file.write(json.dumps({"at": time.time(), "kind": job.kind, "id": job.id}) + "\n")
        return taken

    WarmSandbox.run, WarmSandbox._begun = noting_run, noting_begun  # type: ignore[method-assign]
    sys.argv = ["evolve", *arguments]
    from cli import main as evolve

    evolve()


def measure(task: Path, place: Path, name: str, sandbox: str) -> dict[str, float]:
    """One run: seconds to the first training of the seed and of the child, to the end, and processor seconds of all."""
    notes = place / f"{name}.jsonl"
    order = [sys.executable, __file__, "--inside", str(notes), "run", str(task), "--name", name, "--sandbox", sandbox]
    before, began = used_s(), time.time()
    subprocess.run([*order, *RUN], check=True, stdout=subprocess.DEVNULL)
    ended = time.time()
    while True:  # what the run left to us has died with it
        try:
            os.wait()
        except ChildProcessError:
            break
    lines = [json.loads(line) for line in notes.read_text(encoding="utf-8").splitlines()]
    trained = [line for line in lines if line["kind"] == "train"]
    seed = next(line["at"] for line in trained if line["id"].startswith("seed"))
    child = next(line["at"] for line in trained if line["id"].startswith("g"))
    return {
        "seed_s": seed - began, "child_s": child - began, "end_s": ended - began, "cpu_s": used_s() - before,
    }  # fmt: skip


def used_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> None:
    if sys.argv[1:2] == ["--inside"]:
        command(Path(sys.argv[2]), sys.argv[3:])
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=5, help="runs after one that makes the data and warms the disk")
    parser.add_argument("--sandbox", default="jail")
    arguments = parser.parse_args()
    ctypes.CDLL(None).prctl(SUBREAPER, 1, 0, 0, 0)
    with tempfile.TemporaryDirectory(prefix="start-") as folder:
        place = Path(folder)
        os.environ |= {"EVOLVE_RUNS": str(place / "runs"), "EVOLVE_CACHE": str(place / "cache")}
        os.environ |= {"EVOLVE_PERSONAS": str(place / "personas"), "ANONYMIZED_TELEMETRY": "False"}
        task = tiny_task(place)
        found = [measure(task, place, f"run{n}", arguments.sandbox) for n in range(arguments.times + 1)][1:]
    print("| | median | least | most |\n|---|---|---|---|")
    told = {
        "seed_s": "seconds from the command to the seed's training",
        "child_s": "to the child's training",
        "end_s": "to the end of the run",
        "cpu_s": "processor seconds of all processes",
    }
    for key, text in told.items():
        values = [one[key] for one in found]
        print(f"| {text} | {statistics.median(values):.1f} | {min(values):.1f} | {max(values):.1f} |")


if __name__ == "__main__":
    main()
