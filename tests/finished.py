"""A finished run that tests look at or start from: made once for the whole test run, also by several test processes.

In its folder: `tiny`, the task; `runs/first`, the run; `summary.json` and `said.txt`, what it ended with and what it said meanwhile.
"""

from __future__ import annotations

import fcntl
import json
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from world import GUARD_S, SMALL, command, summary_of, tiny_task

from tasks import load_task

DATA = """
def make(options):
    import numpy as np

    with np.load(options["source"]) as f:
        return {key: f[key] for key in f.files}
"""


def own_data(folder: Path) -> Path:
    """The tiny task with its arrays in a file beside data.py, which a relative `source` names."""
    task = tiny_task(folder)
    data = load_task("mnist1d").prepare()
    arrays = {path.stem: np.load(path) for path in data.public.glob("*.npy")}
    np.savez(task / "arrays.npz", **arrays, **{f"{split}_y": labels for split, labels in data.labels.items()})
    (task / "data.py").write_text(DATA, encoding="utf-8")
    toml = task / "task.toml"
    text = re.sub(r"\[data\].*\n(\w.*\n)*", '[data]\nsource = "arrays.npz"\n', toml.read_text(encoding="utf-8"))
    toml.write_text(text, encoding="utf-8")
    return task


def made_once(place: Path, env: Mapping[str, str]) -> None:
    """Make the run in this folder, unless this or another test process has; who comes meanwhile waits."""
    place.mkdir(exist_ok=True)
    with (place / "lock").open("w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (place / "summary.json").exists():
            _make(
                place,
                {
                    **env,
                    "EVOLVE_RUNS": str(place / "runs"),
                    "HOME": str(place),
                    "EVOLVE_PERSONAS": str(place / "personas"),
                },
            )


def _make(place: Path, env: Mapping[str, str]) -> None:
    for begun in ("tiny", "runs"):  # by a process that failed
        shutil.rmtree(place / begun, ignore_errors=True)
    given = command("run", str(own_data(place)), "--name", "first", "--json", *SMALL)
    done = subprocess.run(given, capture_output=True, encoding="utf-8", timeout=GUARD_S, env=env, check=False)
    result = summary_of(done)
    (place / "said.txt").write_text(done.stderr, encoding="utf-8")
    (place / "summary.json").write_text(json.dumps(result), encoding="utf-8")


def copied(finished: Path, to: Path) -> Path:
    """A copy whose run knows where its task's copy is. Returns its folder."""
    shutil.copytree(finished / "tiny", to / "tiny")
    shutil.copytree(finished / "runs" / "first", to / "runs" / "first")
    for name in ("summary.json", "said.txt"):
        shutil.copy(finished / name, to / name)
    config = to / "runs" / "first" / "config.toml"
    text = config.read_text(encoding="utf-8")
    assert str(finished / "tiny") in text
    config.write_text(text.replace(str(finished / "tiny"), str(to / "tiny")), encoding="utf-8")
    return to
