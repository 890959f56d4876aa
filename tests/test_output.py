"""What is printed arrives: on terminals and in pipes of any encoding and width, and where nobody takes it."""

from __future__ import annotations

import fcntl
import io
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.cells import cell_len
from world import received

from commands.output import UNSAFE
from commands.streams import READABLE
from memory.ledger import Ledger
from memory.runs import LEDGER
from tests.memory_world import call, child, close, lesson, record, small_run

ROOT = Path(__file__).resolve().parent.parent
EVOLVE = (sys.executable, str(ROOT / "cli.py"))
LONG = "x" * 300
NASTY = "Größer ist besser – 日本語 👍 e\u0301 \x1b[31mrot\x07 \u202eabc\u200f → … ± "
CLAIM = "Ein schmälerer Kopf → 日本 kostet wenig – fast nichts, " * 5
VOICE = "Du wägst ab, bevor du änderst. " * 9
PERSONA = (
    f'name = "waage"\ntitle = "Wägende – 日本"\nroles = ["architect"]\nvoice = "{VOICE}"\ntemperature = [0.1, 0.4]\n'
)

# every command that lists or shows, with words that must stand whole however narrow it gets
LISTINGS: dict[str, tuple[str, ...]] = {
    "status": ("finished", "generation"),
    "status läuf": ("guided-evolution,", "generation", "g03-01"),
    "show läuf": ("evaluated", "objectives", "g01-00", "frugal"),
    "show läuf g03-00": ("simplify", "rationale"),
    "show läuf g03-01": ("1,234,567", "rationale"),
    "front läuf": ("1,234,567", "+1,229,357", "generation"),
    "transcript läuf": ("Make", "measured:"),
    "transcript läuf --full --candidate g03-01": ("smaller.",),
    "lessons läuf": ("standing", "matched;"),
    "memory verify läuf": ("consistent",),
    "memory stats läuf": ("embedder",),
    "memory search läuf g03-01": ("distance", "g03-01"),
    "persona list": ("statistician", "architect,", "waage"),
    "persona show waage": ("bevor",),
    "persona stats läuf": ("frugal", "children"),
    "persona stats läuf --by intent": ("simplify",),
    "task list": ("mnist1d", "val_error,", "optimiser"),
    "--help": ("transcript",),
    "run --help": ("--generations",),
}
MARK = "@@@@"
EACH = f"""
import sys
from commands import streams
streams.settle()
import cli
for command in sys.argv[1:]:
    try:
        cli.app(command.split(), prog_name="evolve")
    except SystemExit as end:
        code = end.code
    print("{MARK}", code or 0, flush=True)
"""


@dataclass(frozen=True)
class Said:
    """What one command printed, and where to."""

    encoding: str
    columns: int
    terminal: bool
    code: int
    out: bytes
    err: bytes

    @property
    def text(self) -> str:
        plain = re.sub(r"\x1b\[[0-9;]*m", "", self.out.decode(self.encoding)) if self.terminal else None
        return (plain or self.out.decode(self.encoding)).replace("\r\n", "\n" if self.terminal else "\r\n")


def world(tmp: Path) -> dict[str, str]:
    """A home whose every name and text has letters beyond ASCII."""
    folder = tmp / "läufe" / "läuf"
    folder.mkdir(parents=True)
    (tmp / "stimmen").mkdir()
    (tmp / "stimmen" / "waage.toml").write_text(PERSONA, encoding="utf-8")
    with small_run(folder / LEDGER) as ledger:
        ledger.set_meta("run", "läuf")
        root = ledger.known("seed")
        odd = {"persona": "grübler日本", "rationale": NASTY}
        crash = {"status": "failed", "failure": "crash", "objectives": None, "message": f"a\x00b\x9b {LONG}"}
        record(ledger, child(3, 0, **odd, **crash), root)
        mended = child(3, 1, **odd, objectives={"val_error": 0.000123456, "params": 1234567.0}, repairs=1)
        ledger.put_candidate(replace(mended, status="planned", objectives=None))
        said = call(
            "g03-01", 1, generation=3, persona="grübler日本", reply=f"{NASTY}\n```python\n# {NASTY}\n```\n{LONG}"
        )
        ledger.put_call(said)
        record(ledger, mended, root)
        ledger.put_lesson(lesson(2, 3, claim=CLAIM, applies="überall", evidence=("g03-01",)))
        close(ledger, 3, ("g03-01",), ("g03-01",))
    keep = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES", "NO_COLOR")}
    places = {"EVOLVE_RUNS": str(folder.parent), "EVOLVE_PERSONAS": str(tmp / "stimmen"), "PYTHONPATH": str(ROOT)}
    return {**keep, **places, "HOME": str(tmp / "zuhöchst"), "TERM": "xterm", "NO_COLOR": "1"}


def listings(env: dict[str, str], encoding: str, columns: int, terminal: bool) -> dict[str, Said]:
    """Every listing, printed by one process."""
    env = {**env, "PYTHONIOENCODING": encoding} | ({} if terminal else {"COLUMNS": str(columns)})
    command = [sys.executable, "-c", EACH, *LISTINGS]
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    out = theirs if terminal else subprocess.PIPE
    with subprocess.Popen(command, env=env, stdin=theirs, stdout=out, stderr=subprocess.PIPE) as process:
        os.close(theirs)
        assert process.stderr is not None
        with ThreadPoolExecutor(1) as pool:
            err = pool.submit(process.stderr.read)
            text = received(ours) if process.stdout is None else process.stdout.read()
        os.close(ours)
    parts = re.split(rf"{MARK} (\d+)\r?\n".encode(), text)
    assert len(parts) == 2 * len(LISTINGS) + 1, err.result().decode(encoding)
    said = zip(LISTINGS, parts[::2], parts[1::2], strict=False)
    return {name: Said(encoding, columns, terminal, int(code), out, err.result()) for name, out, code in said}


ENCODINGS = ("ascii", "latin-1", "utf-8")
PLACES = [(e, c, t) for e in ENCODINGS for c in (60, 200) for t in (True, False) if t or c == 60 or e == "utf-8"]


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, int, bool], dict[str, Said]]:
    env = world(tmp_path_factory.mktemp("größe"))
    made = subprocess.run([*EVOLVE, "memory", "rebuild", "läuf"], env=env, capture_output=True, check=False)
    assert made.returncode == 0, made.stderr
    with ThreadPoolExecutor(3) as pool:
        return dict(zip(PLACES, pool.map(lambda place: listings(env, *place), PLACES), strict=True))


Printed = dict[tuple[str, int, bool], dict[str, Said]]


@pytest.mark.parametrize("listing", LISTINGS)
def test_every_listing_reads_well_in_every_encoding_and_width(printed: Printed, listing: str) -> None:
    for place, every in printed.items():
        said = every[listing]
        assert (said.code, said.text.strip() != "") == (0, True), place
        assert b"Traceback" not in said.err, place
        assert not UNSAFE.search(said.text), place  # no control character, nothing that turns the direction of text
        assert [word for word in LISTINGS[listing] if word not in said.text] == [], (place, said.text)
        if said.terminal:
            assert [line for line in said.text.split("\n") if cell_len(line) > said.columns] == [], place


@pytest.mark.parametrize("listing", [name for name in LISTINGS if "--help" not in name])
def test_a_pipe_gets_the_whole_text_whatever_the_width(printed: Printed, listing: str) -> None:
    narrow, wide = (printed["utf-8", columns, False][listing].out for columns in (60, 200))
    assert narrow == wide


def test_what_is_long_is_whole_in_a_pipe(printed: Printed) -> None:
    said = printed["utf-8", 60, False]
    assert f"error     a\\x00b\\x9b {LONG}\n" in said["show läuf g03-00"].text
    assert CLAIM.strip() in said["lessons läuf"].text
    assert VOICE.strip() in said["persona show waage"].text


def test_what_an_encoding_lacks_is_replaced_readably(printed: Printed) -> None:
    def rationale(encoding: str) -> str:
        return printed[encoding, 60, False]["show läuf g03-01"].text

    assert "Größer ist besser – 日本語 👍 e\u0301 \\x1b[31mrot\\x07 \\u202eabc\\u200f → … ±" in rationale("utf-8")
    assert r"Größer ist besser - \u65e5\u672c\u8a9e \U0001f44d e\u0301 \x1b[31mrot" in rationale("latin-1")
    assert r"Gr\xf6\xdfer ist besser - \u65e5\u672c\u8a9e" in rationale("ascii")
    assert r"abc\u200f -> ... +-" in rationale("ascii")


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_columns_are_aligned_by_the_cells_of_wide_letters(printed: Printed, encoding: str) -> None:
    for columns, terminal in ((200, True), (60, False)):
        head, *rows = printed[encoding, columns, terminal]["show läuf"].text.strip().split("\n")
        at = cell_len(head[: head.index("status")])
        starts = [row for row in rows if _cells_from(row, at).startswith(("evaluated", "shape", "crash"))]
        assert len(starts) == 7, rows
        assert all(_cells_from(row, at - 2)[:2] == "  " for row in starts)


def _cells_from(text: str, at: int) -> str:
    """The text from its cell of this number on."""
    cut = next((n for n in range(len(text) + 1) if cell_len(text[:n]) >= at), len(text))
    return text[cut:]


# ---- nobody takes it


def shell(line: str, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """A line of bash in which `evolve` is ours; its exit code is that of the first command."""
    text = f'set -o pipefail; evolve() {{ {" ".join(EVOLVE)} "$@"; }}; {line}'
    return subprocess.run(["bash", "-c", text], env=env, capture_output=True, text=True, encoding="utf-8")


@pytest.mark.parametrize(
    ("line", "code", "err"),
    [
        ("evolve transcript läuf --full --json | head -c 1 >/dev/null", (0, 141), ""),
        ("evolve show läuf --json >&-", (0,), ""),
        ("evolve show läuf --json <&- >&- 2>&-", (0,), ""),
        ("evolve show läuf --json >/dev/full", (1,), "evolve: the output cannot be written: No space left on device\n"),
        ("evolve status nix 2>/dev/full", (2,), ""),
        ("evolve status nix 2>&-", (2,), ""),
        ("evolve status nix 2>&1 | true", (2,), ""),
        ("evolve --help | true", (0, 141), ""),
    ],
)
def test_nobody_taking_the_output_is_no_traceback(tmp_path: Path, line: str, code: Sequence[int], err: str) -> None:
    env = world(tmp_path)
    with Ledger.open(tmp_path / "läufe" / "läuf" / LEDGER) as ledger:  # more than a pipe holds
        ledger.put_call(call("g01-00", 1, reply="y" * 300_000))
    done = shell(line, env)
    assert (done.returncode in code, done.stdout, done.stderr) == (True, "", err), done


# ---- names and files beyond ASCII


def test_a_name_of_bytes_that_are_no_text_is_one_line(tmp_path: Path) -> None:
    env = world(tmp_path)
    for line in (
        r"evolve run mnist1d --name $'l\xe4uf'",
        r"evolve run mnist1d --model $'l\xe4uf'",
        r"evolve replay läuf --name $'l\xe4uf'",
        r"evolve status $'l\xe4uf'",
        r"evolve show läuf $'l\xe4uf'",
        r"evolve persona check $'l\xe4uf'",
    ):
        done = shell(line, env)
        assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (2, "", 1), done
        assert "l\\udce4uf" in done.stderr
    assert [folder.name for folder in (tmp_path / "läufe").iterdir()] == ["läuf"]


def test_files_are_utf_8_where_the_locale_knows_ascii_alone(tmp_path: Path) -> None:
    env = world(tmp_path) | {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    (tmp_path / "bäcker.toml").write_text(PERSONA.replace("waage", "baecker"), encoding="utf-8-sig")
    added = shell(f"evolve persona add {tmp_path}/bäcker.toml", env)
    assert (added.returncode, added.stderr) == (0, "")
    assert "Wägende – 日本" in (tmp_path / "stimmen" / "baecker.toml").read_text(encoding="utf-8")
    asked = shell("evolve persona set läuf --architect waage", env)
    assert asked.returncode == 0, asked.stderr
    exported = shell(f"evolve export läuf g03-01 --to {tmp_path}/für-später", env)
    assert exported.returncode == 0, exported.stderr
    assert (tmp_path / "für-später" / "program.py").exists()


@given(st.text())
@example("–…→±│┌\u00a0")
@example("\ud800\udcfc")
def test_every_text_is_written_in_every_encoding_and_what_it_has_is_kept(text: str) -> None:
    for encoding in ("ascii", "latin-1", "cp1252", "utf-8"):
        into = io.TextIOWrapper(io.BytesIO(), encoding=encoding, errors=READABLE)
        into.write(text)
        into.flush()
        shown = into.buffer.getvalue().decode(encoding)  # type: ignore[attr-defined]
        kept = "".join(sign for sign in text if sign.encode(encoding, "ignore"))
        assert shown == text if kept == text else set(kept) <= set(shown)
