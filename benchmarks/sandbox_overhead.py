"""What the sandbox adds to an evaluation: `python benchmarks/sandbox_overhead.py [--jobs 200] [--backend docker jail]`.

For each backend: start of the slots; time from submit to result of programs that do nothing, less the harness's own time
(none); processor seconds of everything of ours below this process per evaluation; memory of an idle slot; what has grown
after all jobs. With Docker also a cold `docker run` that imports torch, for comparison.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from sandbox import Job, SandboxUnavailable, open_sandbox
from sandbox.docker import DockerSandbox
from sandbox.warm import WarmSandbox

HARNESS = "def train(program, data_dir, settings, emit):\n    emit('done')\n"
TICK = os.sysconf("SC_CLK_TCK")


def worker_pids(box: WarmSandbox) -> list[int]:
    pids = []
    for slot in box._slots:
        link: Any = slot.link
        if isinstance(box, DockerSandbox):
            link.container.reload()
            pids.append(link.container.attrs["State"]["Pid"])
        else:
            pids.append(link.process.pid)
    return pids


def cpu_s(pid: int) -> float:
    """Of the process and of all that it has waited for."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(int(field) for field in fields[11:15]) / TICK


def pss_mb(pid: int) -> float:
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    raise LookupError(f"/proc/{pid}/smaps_rollup names no Pss")


def descriptors(pids: list[int]) -> int:
    return sum(len(os.listdir(f"/proc/{pid}/fd")) for pid in [*pids, os.getpid()])


async def measure(name: str, jobs: int, slots: int) -> dict[str, Any]:
    box = open_sandbox(name, slots=slots, data_dir=None, run="benchmark")
    assert isinstance(box, WarmSandbox)
    began = time.monotonic()
    await box.start()
    started_s = time.monotonic() - began
    try:
        job = Job("bench", "train", {"program.py": "x = 1\n"}, HARNESS, None)
        for _ in range(5 * slots):
            await box.run(job)
        pids = worker_pids(box)
        memory, files, cpu = sum(map(pss_mb, pids)), descriptors(pids), sum(map(cpu_s, pids)) + time.process_time()
        times = []
        for _ in range(jobs):
            began = time.perf_counter()
            result = await box.run(job)
            times.append((time.perf_counter() - began) * 1000)
            assert result.failure is None, result.message
        spent = sum(map(cpu_s, pids)) + time.process_time() - cpu
        return {
            "backend": name, "jobs": jobs, "slots": slots, "start_s": round(started_s, 2),
            "p50_ms": round(statistics.median(times), 1), "p95_ms": round(statistics.quantiles(times, n=20)[-1], 1),
            "cpu_s_per_job": round(spent / jobs, 4), "idle_slot_mb": round(memory / slots),
            "grown_mb": round(sum(map(pss_mb, pids)) - memory, 1), "grown_descriptors": descriptors(pids) - files,
            "load": round(os.getloadavg()[0], 1), "cores": os.cpu_count(),
        }  # fmt: skip
    finally:
        await box.close()


def cold_docker() -> dict[str, Any]:
    """Start of a container that imports torch, as most peers do for every candidate."""
    from sandbox.engine import IMAGE
    from sandbox.packages import runtime_packages

    mounts = [part for path in runtime_packages().parts for part in ("-v", f"{path}:/opt/packages/{path.name}:ro")]
    code = "import sys; sys.path.append('/opt/packages'); import torch"
    times = []
    for _ in range(3):
        began = time.monotonic()
        command = ["docker", "run", "--rm", "--network", "none", *mounts, IMAGE, "python3", "-c", code]
        subprocess.run(command, check=True, capture_output=True)
        times.append(time.monotonic() - began)
    return {"backend": "cold docker run", "jobs": len(times), "p50_ms": round(statistics.median(times) * 1000)}


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure what the sandbox adds to an evaluation.")
    parser.add_argument("--jobs", type=int, default=200)
    parser.add_argument("--slots", type=int, default=1)
    parser.add_argument("--backend", nargs="+", default=["docker", "jail"])
    options = parser.parse_args()
    for name in options.backend:
        try:
            print(json.dumps(asyncio.run(measure(name, options.jobs, options.slots))), flush=True)
            if name == "docker":
                print(json.dumps(cold_docker()), flush=True)
        except SandboxUnavailable as error:
            print(f"{name}: {error}", file=sys.stderr)


if __name__ == "__main__":
    main()
