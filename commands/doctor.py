"""`evolve doctor`: what this machine can do for a run, and what to do about the rest."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Annotated

import typer

from commands.output import print_facts, print_json

FREE_GB = 1.0  # least free space where runs go: a run of hundreds of small candidates stays well below
ENDPOINT_WAIT_S = 3.0
MARKS = {True: "ok", False: "no", None: "--"}


@dataclass(frozen=True)
class Fact:
    """One thing that was looked at. `ok` is None where something is absent that a run can do without."""

    name: str
    ok: bool | None
    detail: str
    cure: str = ""
    needed: bool = False  # no run is possible while this is not ok


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")] = False,
    deep: Annotated[bool, typer.Option("--deep", help="Import torch and ask it for GPUs (some seconds).")] = False,
) -> None:
    """Say what this machine can do, and how to cure the rest; exit code 0 when a run is possible here.

    Example: evolve doctor
    """
    facts = [
        python(),
        packages(),
        torch_pair(),
        *([torch_imported()] if deep else []),
        *sandboxes(),
        endpoint(),
        personas(),
        *folders(),
    ]
    stops = [fact.name for fact in facts if fact.needed and not fact.ok]
    if as_json:
        print_json(
            {"ok": not stops, "facts": [asdict(replace(fact, cure="" if fact.ok else fact.cure)) for fact in facts]}
        )
    else:
        width = max(len(fact.name) for fact in facts)
        for fact in facts:
            cure = f"\ncure: {fact.cure}" if fact.cure and not fact.ok else ""
            print_facts([(f"{MARKS[fact.ok]}  {fact.name}", fact.detail + cure)], least=width + 6)
        print()
        print("\n".join(verdict(stops)))
    raise typer.Exit(1 if stops else 0)


def verdict(stops: Sequence[str]) -> list[str]:
    """Lines that say whether a run is possible where these facts stand against it."""
    if not stops:
        return ["a run is possible here: evolve run mnist1d"]
    said = [f"no run is possible here yet: {', '.join(stops)}"]
    if stops == ["sandbox"]:
        said.append("but for table tasks, which train nothing and need no sandbox: evolve run nk")
    return said


def python() -> Fact:
    version = ".".join(map(str, sys.version_info[:3]))
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    good = sys.version_info >= (3, 11)
    return Fact("python", good, f"{version}, {cores} cores", "use CPython 3.11 or newer", needed=True)


def packages() -> Fact:
    """Whether everything that the project asks for is installed; nothing is imported."""
    import re
    from importlib.metadata import PackageNotFoundError, requires, version

    cure = "in a checkout: make install; elsewhere: install guided-evolution again"
    missing = []
    try:
        wanted = [line for line in requires("guided-evolution") or [] if "extra ==" not in line]
    except PackageNotFoundError:
        return Fact("packages", False, "guided-evolution is not installed in this environment", cure, needed=True)
    for line in wanted:
        name = re.split(r"[^\w.-]", line, maxsplit=1)[0]
        try:
            version(name)
        except PackageNotFoundError:
            missing.append(name)
    detail = f"missing: {', '.join(missing)}" if missing else f"all {len(wanted)} are installed"
    return Fact("packages", not missing, detail, cure, needed=True)


def torch_pair() -> Fact:
    """Whether torch and torchvision were built for each other; a mixed pair fails only when it is imported."""
    import re
    from importlib.metadata import PackageNotFoundError, requires, version

    cure = "install the pair from one index: uv pip install torch torchvision -c constraints.txt"
    try:
        torch, vision = version("torch"), version("torchvision")
        pins = [found[1] for line in requires("torchvision") or [] if (found := re.match(r"torch==([\w.]+)", line))]
    except PackageNotFoundError as e:
        return Fact("torch", False, f"{e.name} is not installed", cure, needed=True)
    built_for, _, build = torch.partition("+")
    same = pins in ([], [built_for]) and build == vision.partition("+")[2]
    detail = f"{torch} with torchvision {vision}" + ("" if same else ", which was built for another torch")
    return Fact("torch", same, detail, cure, needed=True)


def torch_imported() -> Fact:
    """What torch says of its GPUs, asked in a process of its own: a broken build may take the process down."""
    code = (
        "import torch, torchvision;"
        "names = map(torch.cuda.get_device_name, range(torch.cuda.device_count()));"
        "print(torch.version.cuda, *names, sep='\\n')"
    )
    cure = "install the pair from one index: uv pip install torch torchvision -c constraints.txt"
    try:
        done = subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            timeout=120,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Fact("torch import", False, "takes longer than 120 s", cure, needed=True)
    if done.returncode:
        why = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
        return Fact("torch import", False, why[:200], cure, needed=True)
    cuda, *names = done.stdout.splitlines()
    built = "built for the CPU alone" if cuda == "None" else f"built for CUDA {cuda}"
    return Fact(
        "torch import", True, f"{built}; {', '.join(names) or 'no GPU: candidates train on the cores'}", needed=True
    )


def sandboxes() -> Iterator[Fact]:
    """What the sandbox finds on this machine, and which backend a run would take."""
    from sandbox import SandboxUnavailable, open_sandbox, probe

    for fact in probe():
        yield Fact(fact.name, fact.ok or None, fact.detail, fact.cure)
    try:
        chosen = open_sandbox("auto", slots=1, data_dir=None, run="doctor").name
    except SandboxUnavailable as e:
        yield Fact(
            "sandbox", False, str(e), "any of the cures above; generated code never runs without walls", needed=True
        )
    else:
        yield Fact("sandbox", True, f"a run takes: {chosen}", needed=True)


def endpoint() -> Fact:
    """Whether the model endpoint answers, in words. The key is sent there and shown nowhere."""
    from agents.endpoint import address_fault, key_fault, proxy_fault

    base = os.environ.get("OPENAI_BASE_URL", "").strip()
    key = os.environ.get("OPENAI_API_KEY", "")
    if not base:
        found = "OPENAI_API_KEY is set, " if key else ""
        cure = "for a language model: export OPENAI_BASE_URL=http://HOST:PORT/v1 and OPENAI_API_KEY=..."
        return Fact("endpoint", None, f"{found}OPENAI_BASE_URL is not set: the offline model answers", cure)
    if fault := address_fault(base):
        return Fact(
            "endpoint", False, f"OPENAI_BASE_URL is no address: {fault}", "give it the form http://HOST:PORT/v1"
        )
    shown = base.partition("?")[0]
    fault = key_fault("OPENAI_API_KEY", key, shown) or proxy_fault()
    if fault:
        what, _, cure = fault.partition("; ")
        return Fact("endpoint", False, what, cure)
    ok, detail, cure = _ask(base.rstrip("/") + "/models", key)
    return Fact("endpoint", ok, f"{shown} {detail}", cure)


def _ask(url: str, key: str) -> tuple[bool, str, str]:
    """Whether `url` answers as a list of models, what it did, and the cure. Takes no longer than ENDPOINT_WAIT_S."""
    import threading

    answer: list[tuple[bool, str, str]] = []
    # a thread of its own: a socket's timeout starts anew with every packet and does not cover the look-up of the name
    asking = threading.Thread(target=lambda: answer.append(_get(url, key)), daemon=True)
    asking.start()
    asking.join(ENDPOINT_WAIT_S)
    late = (
        False,
        f"gives no answer within {ENDPOINT_WAIT_S:g} s",
        "see that the server runs and OPENAI_BASE_URL is right",
    )
    return answer[0] if answer else late


def _get(url: str, key: str) -> tuple[bool, str, str]:
    import http.client
    import urllib.error
    import urllib.request

    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_: object) -> None:
            """Follow nothing: the key would go along to whatever host the answer names."""

    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {key}"})
    right = "see that OPENAI_BASE_URL is right; it mostly ends in /v1"
    try:
        with urllib.request.build_opener(Stay).open(request, timeout=ENDPOINT_WAIT_S) as reply:
            models = json.loads(reply.read(4_000_000))["data"]
            return True, f"answers with {len(models)} model{'' if len(models) == 1 else 's'}", ""
    except urllib.error.HTTPError as e:
        e.close()
        if e.code in (401, 403):
            return False, f"answers, but refuses the key ({e.code})", "check OPENAI_API_KEY"
        if e.code in (404, 405):
            return True, f"answers, but lists no models ({e.code}); a run may work all the same", ""
        where = " and wants another address" if 300 <= e.code < 400 else ""
        return False, f"answers with status {e.code}{where}", right
    except urllib.error.URLError as e:
        return False, f"cannot be reached: {e.reason}", "see that the server runs and OPENAI_BASE_URL is right"
    except (OSError, http.client.HTTPException) as e:
        return False, f"breaks off: {type(e).__name__}", "see that the server runs and OPENAI_BASE_URL is right"
    except (ValueError, KeyError, TypeError):
        return False, "answers, but not in the OpenAI form", right


def personas() -> Fact:
    from agents.personas import PersonaError, load_persona, persona_names, user_folder

    broken, own = [], 0
    names = persona_names()
    for name in names:
        try:
            own += load_persona(name).own
        except PersonaError as e:
            broken.append(str(e))
    if broken:
        return Fact(
            "personas", False, "; ".join(broken), f"mend the file, or remove it from {user_folder()}", needed=True
        )
    return Fact("personas", True, f"{len(names)}, of which {own} your own", needed=True)


def folders() -> Iterator[Fact]:
    """Whether the folders of runs and of data can be written, and the space where runs go."""
    from memory.runs import runs_dir
    from tasks.data import cache_dir

    for name, folder, variable in (("runs", runs_dir(), "EVOLVE_RUNS"), ("data", cache_dir(), "EVOLVE_CACHE")):
        cure = f"set {variable} to a folder that you may write"
        there = folder.absolute()
        while not there.exists() and there != there.parent:
            there = there.parent
        try:
            with tempfile.TemporaryFile(dir=there) as file:
                file.write(b"\0" * 4096)
            free_gb = shutil.disk_usage(there).free / 1e9
        except OSError as e:
            yield Fact(f"{name} folder", False, f"{folder}: {e.strerror or e}", cure, needed=True)
            continue
        enough = free_gb >= FREE_GB
        cure = f"free some space, at least {FREE_GB:g} GB, or {cure}"
        yield Fact(f"{name} folder", enough, f"{folder.absolute()}: writable, {free_gb:.1f} GB free", cure, needed=True)
