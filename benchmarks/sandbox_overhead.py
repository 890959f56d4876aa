"""What the sandbox adds to an evaluation, and whether anything grows.

    python benchmarks/sandbox_overhead.py --jobs 200               # 200 no-op and 200 1-second candidates on each backend, cold containers
    python benchmarks/sandbox_overhead.py --grow 5000 --work noop  # 5,000 no-op candidates on each backend: what is left behind

Overhead is the time from submit to result less the time that the harness says it took for itself: nothing, or a sleep of one
second, or a second of arithmetic. Processor seconds of ours are those of this process and of everything below the workers, less
those of the harness. For comparison: `docker run` of a container that imports torch, as is usual, for every candidate.
One JSON object a line while it runs, a table at the end.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from sandbox import Job, SandboxError, open_sandbox
from sandbox.docker import DockerSandbox
from sandbox.engine import LABEL
from sandbox.jail import JailSandbox
from sandbox.nursery import SCRATCH
from sandbox.warm import WarmSandbox

HARNESS = """
import time

def train(program, data_dir, settings, emit):
    began, cpu = time.perf_counter(), time.process_time()
    if settings["work"] == "sleep":
        time.sleep(1)
    while settings["work"] == "burn" and time.perf_counter() - began < 1:
        sum(range(1000))
    emit("done", {"wall_s": time.perf_counter() - began, "cpu_s": time.process_time() - cpu})
"""
WORK = ("noop", "sleep", "burn")
TICK = os.sysconf("SC_CLK_TCK")


def worker_pids(box: WarmSandbox) -> list[int]:
    """The warm workers, as this machine numbers them."""
    pids = []
    for slot in box._slots:
        link: Any = slot.link
        if isinstance(box, DockerSandbox):
            link.container.reload()
            pids.append(link.container.attrs["State"]["Pid"])
        else:
            pids.append(link.process.pid)
    return pids


def family_of(box: WarmSandbox) -> list[int]:
    """Everything that runs for these slots: what their workers are forked from, too."""
    if isinstance(box, JailSandbox) and box.nursery._process:
        return below([box.nursery._process.process.pid])
    return below(worker_pids(box))


def below(pids: list[int]) -> list[int]:
    """These processes and all their descendants."""
    children: dict[int, list[int]] = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            parent = int(Path(f"/proc/{name}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[1])
        except OSError:
            continue
        children.setdefault(parent, []).append(int(name))
    found, queue = [], list(pids)
    while queue:
        found.append(queue.pop())
        queue += children.get(found[-1], [])
    return found


def cpu_s(pids: list[int]) -> float:
    """Of these processes and of all that they have waited for."""
    spent = 0.0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        spent += sum(int(field) for field in fields[11:15]) / TICK
    return spent


def in_mb(path: str, name: str) -> float:
    """One line of a file of /proc, in MB."""
    for line in Path(path).read_text(encoding="utf-8").splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) / 1024
    raise LookupError(f"{path} names no {name}")


def files_in(box: WarmSandbox, pids: list[int]) -> int:
    """Files and folders in the slots' scratch folders, as the workers see them: the folder that waits for the next job counts."""
    links: list[Any] = [slot.link for slot in box._slots]
    places = [
        Path(f"/proc/{pid}/root{box._scratch}") if isinstance(box, DockerSandbox) else link.scratch
        for pid, link in zip(pids, links, strict=True)
    ]
    return sum(sum(1 for _ in place.rglob("*")) for place in places)


def state(box: WarmSandbox) -> dict[str, float]:
    """Everything that might grow."""
    pids = worker_pids(box)
    family = family_of(box)
    containers = 0
    if isinstance(box, DockerSandbox):
        containers = len(box._client.containers.list(all=True, filters={"label": f"{LABEL}.token={box._token}"}))
    return {
        "host_rss_mb": round(in_mb("/proc/self/status", "VmRSS"), 1),
        "workers_rss_mb": round(sum(in_mb(f"/proc/{pid}/status", "VmRSS") for pid in pids), 1),
        "workers_own_mb": round(sum(in_mb(f"/proc/{pid}/smaps_rollup", "Pss_Anon") for pid in family), 1),
        # torch's own files: one copy for the whole machine, each process counted with its part
        "workers_files_mb": round(sum(in_mb(f"/proc/{pid}/smaps_rollup", "Pss_File") for pid in family), 1),
        "descriptors": sum(len(os.listdir(f"/proc/{pid}/fd")) for pid in [*pids, os.getpid()]),
        "processes": len(family),
        "containers": containers,
        "scratch_files": files_in(box, pids),
        "temp_entries": len(list(Path(tempfile.gettempdir()).glob(f"{SCRATCH}{os.getpid()}-*"))),
    }


async def settled(box: WarmSandbox) -> dict[str, float]:
    """The state once the next keeper of every slot waits."""
    await asyncio.sleep(0.3)
    return state(box)


async def one(box: WarmSandbox, work: str) -> tuple[float, dict[str, float]]:
    """Milliseconds that the sandbox added to one job, and what the harness said of itself."""
    job = Job("bench", "train", {"program.py": "x = 1\n"}, HARNESS, None, {"work": work})
    began = time.perf_counter()
    result = await box.run(job)
    spent = time.perf_counter() - began
    if result.failure:
        raise SandboxError(result.message)
    own = result.frames[0].meta
    return (spent - own["wall_s"]) * 1000, own


async def warmed(box: WarmSandbox) -> float:
    """Start it and run a few jobs; seconds of the start."""
    began = time.monotonic()
    await box.start()
    started_s = time.monotonic() - began
    for _ in range(5 * box.slots):
        await one(box, "noop")
    return started_s


async def measure(name: str, work: str, jobs: int, slots: int) -> dict[str, Any]:
    """Overhead of `jobs` jobs, one after the other."""
    box = open_sandbox(name, slots=slots, data_dir=None, run="benchmark")
    assert isinstance(box, WarmSandbox)
    try:
        started_s = await warmed(box)
        before = await settled(box)
        pids = worker_pids(box)
        cpu = cpu_s(pids) + time.process_time()
        times, inside = [], 0.0
        for _ in range(jobs):
            added, own = await one(box, work)
            times.append(added)
            inside += own["cpu_s"]
        after = await settled(box)
        spent = cpu_s(pids) + time.process_time() - cpu - inside
        return {
            "backend": name, "work": work, "jobs": jobs, "slots": slots, "start_s": round(started_s, 2),
            "p50_ms": round(statistics.median(times), 1), "p95_ms": round(statistics.quantiles(times, n=20)[-1], 1),
            "cpu_s_per_job": round(spent / jobs, 4), "idle_slot_own_mb": round(before["workers_own_mb"] / slots),
            "idle_slot_files_mb": round(before["workers_files_mb"] / slots),
            "grown": {key: round(after[key] - before[key], 1) for key in after}, **machine(),
        }  # fmt: skip
    finally:
        await box.close()


async def grow(name: str, jobs: int, slots: int, work: str) -> list[dict[str, Any]]:
    """The state after 100 jobs, 1,000, 2,000 and so on, all slots busy."""
    looks = sorted({min(100, jobs), jobs, *range(1000, jobs, 1000)})
    box = open_sandbox(name, slots=slots, data_dir=None, run="benchmark")
    assert isinstance(box, WarmSandbox)
    rows = []
    try:
        await warmed(box)
        done = 0
        for look in looks:
            left = iter(range(look - done))

            async def busy(left: Any = left) -> None:
                for _ in left:
                    await one(box, work)

            await asyncio.gather(*(busy() for _ in range(slots)))
            done = look
            rows.append({"backend": name, "after": done, "slots": slots, **(await settled(box))})
            print(json.dumps(rows[-1]), flush=True)
        return rows
    finally:
        await box.close()


def cold_docker(times_run: int) -> dict[str, Any]:
    """Containers that import torch, one for each candidate, as most peers do it. Processor time is the container's own."""
    from sandbox.engine import IMAGE
    from sandbox.packages import runtime_packages

    mounts = [part for path in runtime_packages().parts for part in ("-v", f"{path}:/opt/packages/{path.name}:ro")]
    code = "import sys; sys.path.append('/opt/packages'); import torch, time; print(time.process_time())"
    times, cpu = [], []
    for _ in range(times_run):
        began = time.monotonic()
        command = ["docker", "run", "--rm", "--network", "none", *mounts, IMAGE, "python3", "-c", code]
        done = subprocess.run(command, check=True, capture_output=True, text=True, encoding="utf-8")
        times.append((time.monotonic() - began) * 1000)
        cpu.append(float(done.stdout))
    p95 = statistics.quantiles(times, n=20)[-1] if times_run > 1 else times[0]
    return {
        "backend": "cold docker run", "work": "noop", "jobs": times_run, "p50_ms": round(statistics.median(times), 1),
        "p95_ms": round(p95, 1), "cpu_s_per_job": round(statistics.mean(cpu), 2), **machine(),
    }  # fmt: skip


def machine() -> dict[str, Any]:
    return {"load": round(os.getloadavg()[0], 1), "cores": os.cpu_count()}


def table(rows: list[dict[str, Any]]) -> str:
    """The rows as markdown, one column for each key that any of them has, numbers as they are."""
    columns = list(dict.fromkeys(key for row in rows for key in row if key not in ("grown", "load", "cores")))
    lines = [f"| {' | '.join(columns)} |", "|" + "---|" * len(columns)]
    return "\n".join([*lines, *(f"| {' | '.join(str(row.get(key, '')) for key in columns)} |" for row in rows)])


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure what the sandbox adds to an evaluation.")
    parser.add_argument("--jobs", type=int, default=200, help="candidates of each kind; 0 for none")
    parser.add_argument("--work", nargs="+", choices=WORK, default=["noop", "sleep"], help="kinds of candidate")
    parser.add_argument("--cold", type=int, default=10, help="cold containers for comparison; 0 for none")
    parser.add_argument("--grow", type=int, default=0, help="look at what grows over so many candidates, instead")
    parser.add_argument("--slots", type=int, default=1)
    parser.add_argument("--backend", nargs="+", default=["docker", "jail"])
    options = parser.parse_args()
    rows: list[dict[str, Any]] = []
    for name in options.backend:
        try:
            if options.grow:
                rows += asyncio.run(grow(name, options.grow, options.slots, options.work[0]))
                continue
            for work in options.work if options.jobs else ():
                rows.append(asyncio.run(measure(name, work, options.jobs, options.slots)))
                print(json.dumps(rows[-1]), flush=True)
            if name == "docker" and options.cold:
                rows.append(cold_docker(options.cold))
                print(json.dumps(rows[-1]), flush=True)
        except SandboxError as error:
            print(f"{name}: {error}", file=sys.stderr)
    print(f"\n{table(rows)}")


if __name__ == "__main__":
    main()
