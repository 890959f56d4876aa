"""What each part of the engine is worth: arms at equal budget over paired seeds, then a table and a plot from the ledgers.

    python benchmarks/ablation.py --out runs/ablation --seeds 5 --children 40
    python benchmarks/ablation.py --out runs/ablation --report-only
    python benchmarks/ablation.py --out runs/sparse --arms full,no-eot --arm few:search.eot=0.1,memory.lessons=1

Every run is an ordinary run of one slot, driven by `evolve resume`; as many go on at once as there are cores. What is finished is
not run again, and what was interrupted goes on where it stood, so the same command may be given again at any time. Runs of one
seed share the training seed, the seed program's outcome and, as far as the arm allows, the draws of the first generation.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from ablation_report import finished, write_report  # noqa: E402

from graph.config import Config, ConfigError  # noqa: E402
from graph.resolve import resolve  # noqa: E402
from graph.run import RunError, create  # noqa: E402
from memory.ledger import Ledger, LedgerError  # noqa: E402

_PLAIN = {f"personas.{role}": ["plain"] for role in ("architect", "breeder", "critic")}
_NO_EOT = {"search.eot": 0}
# the baselines below `random-parents` are meant to be simple: no Critic, but the same prompts and personas
ARMS: dict[str, dict[str, Any]] = {
    "full": {},
    "no-eot": _NO_EOT,
    "no-persona": _PLAIN,
    "neither": {**_NO_EOT, **_PLAIN},
    "trajectories": {"search.strategy": "trajectories"},
    "random-parents": {"search.strategy": "random-parents"},
    "offline": {"models": [{"name": "offline"}]},
    "random-edits": {"search.strategy": "random-edits", "models": [{"name": "random"}], **_NO_EOT},
    "greedy": {"search.strategy": "greedy", **_NO_EOT},
    "one-plus-one": {"search.strategy": "one-plus-one", **_NO_EOT},
    "independent": {"search.strategy": "independent", **_NO_EOT},
    "sequential": {"search.strategy": "sequential", **_NO_EOT},
}


def budget(strategy: str, children: int, population: int) -> dict[str, int]:
    """The settings under which a strategy makes exactly so many children."""
    if strategy in ("greedy", "one-plus-one", "sequential"):
        return {"search.generations": children}
    if strategy in ("independent", "random-edits"):  # in one generation, so that no prompt tells of another sample
        return {"search.generations": 1, "search.initial": children}
    later = (children - 1) // population
    return {
        "search.generations": later + 1,
        "search.initial": children - later * population,
        "search.population": population,
    }


def settings(arm: dict[str, Any], common: dict[str, Any], children: int, population: int) -> Config:
    """The complete settings of an arm. The environment has no say. Raises ConfigError."""
    strategy = str(arm.get("search.strategy", common.get("search.strategy", "guided-evolution")))
    here = {"sandbox.backend": "jail", "sandbox.slots": 1, **budget(strategy, children, population)}
    config = resolve(None, {**here, **common, **arm}, {})
    if config.search.children != children:
        raise ConfigError(f"an arm makes {config.search.children} children, not {children}: leave its budget alone")
    return config


def prepared(name: str, seed: int, config: Config, changed: dict[str, Any], runs: Path) -> Path:
    """The folder of this run, made unless it is there. Raises RunError when the folder holds anything else."""
    folder = runs / f"{name}-{seed}"
    asked = config.model_copy(update={"seed": seed})
    if folder.exists():
        known = {}
        if (folder / "ledger.sqlite").exists():
            with Ledger.open(folder / "ledger.sqlite", read_only=True) as ledger:
                known = ledger.meta()
        if known.get("asked") == asked.dump():
            return folder
        begun = [p.name for p in folder.iterdir() if not p.name.startswith(("config.toml", "ledger.sqlite"))]
        if "asked" in known or begun:
            raise RunError(f"'{folder}' holds something else than this run; name another --out, or remove it")
        shutil.rmtree(folder)  # killed while it was made: nothing was measured
    create(asked, folder)
    with Ledger.open(folder / "ledger.sqlite") as ledger, ledger.transaction():
        ledger.set_meta("arm", {"name": name, "settings": changed})
        ledger.set_meta("asked", asked.dump())
    return folder


def drive(folder: Path) -> str:
    """Run to the end from wherever it stands; what went wrong, or nothing."""
    if finished(folder):
        return ""
    done = subprocess.run(
        [sys.executable, str(ROOT / "cli.py"), "resume", str(folder), "--quiet", "--json"],
        env=os.environ | {"OMP_NUM_THREADS": "1", "EVOLVE_RUNS": str(folder.parent)},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    said = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
    print(f"{folder.name}: {'done' if done.returncode == 0 else said[-1]}", file=sys.stderr, flush=True)
    return "" if done.returncode == 0 else said[-1]


def pairs(text: str) -> Iterator[tuple[str, str]]:
    """`key=value,key=value`; a comma inside a value is one that no key follows. Raises ConfigError."""
    for pair in re.split(r",(?=[\w.]+=)", text):
        key, equals, value = pair.partition("=")
        if not equals:
            raise ConfigError(f"expected key=value, came {pair!r}")
        yield key.strip(), value.strip()


def chosen(arguments: argparse.Namespace, common: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The arms that were asked for, `full` first. Raises ConfigError."""
    ours = dict(ARMS)
    if not arguments.model or arguments.model == "offline":
        del ours["offline"]  # that is the full arm itself
    names = arguments.arms.split(",") if arguments.arms else list(ours)
    if unknown := [n for n in names if n not in ours]:
        raise ConfigError(f"unknown arms: {', '.join(unknown)}; known: {', '.join(ours)}")
    arms = {name: ours[name] for name in names}
    for said in arguments.arm:
        name, _, changed = said.partition(":")
        if not re.fullmatch(r"[a-z0-9-]+", name) or name in arms:
            raise ConfigError(f"--arm expects a new name of a-z, 0-9 and -, then a colon; came {said!r}")
        arms[name] = dict(pairs(changed)) if changed else {}
    return arms


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("runs/ablation"), help="folder of runs, table and plot")
    parser.add_argument("--task", default="mnist1d")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--children", type=int, default=40, help="budget of every run")
    parser.add_argument(
        "--population", type=int, default=8, help="children of a generation, where there are generations"
    )
    parser.add_argument("--model", help="of every arm but `offline` and `random-edits`")
    parser.add_argument("--arms", help="some of: " + ", ".join(ARMS))
    parser.add_argument("--arm", action="append", default=[], metavar="NAME:KEY=VALUE,...", help="a further arm")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="a setting of every arm")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="runs at once")
    parser.add_argument("--report-only", action="store_true", help="table and plot again from the ledgers")
    arguments = parser.parse_args()
    runs = arguments.out / "runs"
    failed: list[str] = []
    try:
        if not arguments.report_only:
            common: dict[str, Any] = {"task": arguments.task} | dict(p for said in arguments.set for p in pairs(said))
            common |= {"models": [{"name": arguments.model}]} if arguments.model else {}
            arms = chosen(arguments, common)
            complete = {n: settings(arm, common, arguments.children, arguments.population) for n, arm in arms.items()}
            # seed by seed, so that a study which is cut short is still paired
            order = [(n, seed) for seed in range(1, arguments.seeds + 1) for n in arms]
            folders = [prepared(n, seed, complete[n], arms[n], runs) for n, seed in order]
            with ThreadPoolExecutor(arguments.jobs) as crew:
                failed = [why for why in crew.map(drive, folders) if why]
        print(write_report(arguments.out).read_text(encoding="utf-8"))
    except (ConfigError, RunError, LedgerError) as e:
        print(f"ablation: {e}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("ablation: interrupted; the same command goes on from here", file=sys.stderr)
        return 130
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
