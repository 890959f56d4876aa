"""A new task folder that works at once, for the user to fill with a model and data of their own."""

from __future__ import annotations

import re
import shutil
import tempfile
from pathlib import Path

from tasks.errors import TaskError

_HERE = Path(__file__).parent
_LOOP = _HERE / "scaffold"
_TABLE = _HERE / "nk"
# The harness serves any classifier, and a table task that ships is a scaffold already: there is no second copy of either.
_FILES = {
    "loop": {
        "README.md": _LOOP / "README.md",
        "task.toml": _LOOP / "task.toml",
        "data.py": _LOOP / "data.py",
        "program.py": _LOOP / "program.py",
        "harness.py": _HERE / "mnist1d" / "harness.py",
    },
    "table": {
        "README.md": _LOOP / "table.md",
        "task.toml": _TABLE / "task.toml",
        "evaluate.py": _TABLE / "evaluate.py",
        "program.py": _TABLE / "program.py",
    },
}
SHAPES = tuple(_FILES)


def write_scaffold(name: str, at: Path, shape: str = "loop") -> Path:
    """The new folder `at`/`name` of a task of this shape, there complete or not at all. Raises TaskError."""
    if shape not in SHAPES:
        raise TaskError(f"expected a shape of {', '.join(SHAPES)}; got {shape!r}")
    if not re.fullmatch(r"[a-z][a-z0-9_-]*", name):
        raise TaskError(f"expected a name of small letters, digits, - and _ that begins with a letter; got {name!r}")
    at = at.expanduser()
    folder = at / name
    if folder.exists():
        raise TaskError(f"{folder} is there already; pick another name, or another folder with --at")
    staging: Path | None = None
    try:
        at.mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(prefix=f".{name}-", dir=at))
        for target, source in _FILES[shape].items():
            (staging / target).write_text(source.read_text(encoding="utf-8"), encoding="utf-8")
        staging.chmod(0o755)
        staging.rename(folder)
    except OSError as e:
        raise TaskError(f"{e.filename or folder}: cannot write the task ({e.strerror}); pick a folder with --at") from e
    finally:
        if staging is not None:
            shutil.rmtree(staging, ignore_errors=True)
    return folder.resolve()
