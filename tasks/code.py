"""Code of a task's author that the host runs: trusted as the task is, and whatever is wrong with it told in one line."""

from __future__ import annotations

import importlib.util
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import TypeVar

from tasks.arrays import told
from tasks.beside import importable, imported, sources
from tasks.errors import TaskError

Made = TypeVar("Made")

# One file at a time: what lies beside it is imported for the whole process, and generators are often global ones.
RUNNING = threading.RLock()


def call(source: Path, what: str, work: Callable[[ModuleType], Made]) -> Made:
    """What `work` makes of the module that this file is; `what` names the function that it calls, for messages.

    Raises TaskError: the file fails, imports what is not there, or imports what lies beside it out of sight.
    """
    spec = importlib.util.spec_from_file_location(f"_task_{source.stem}_{source.parent.name}", source)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    with RUNNING, importable(source.parent):
        sys.modules[spec.name] = module  # dataclasses look for theirs there
        try:
            spec.loader.exec_module(module)
            made = work(module)
        except ModuleNotFoundError as e:
            top = source.parent / str(e.name).partition(".")[0]
            there = top.is_dir() or top.with_name(f"{top.name}.py").exists()
            cure = f"install it into the environment of evolve, put it beside {source.name}"
            cure = "write it there" if there else cure
            raise TaskError(
                f"{source}: cannot import {e.name!r} ({e.msg}); {cure}, or keep {source.name} one file"
            ) from e
        except TaskError as e:  # its author's own line
            raise TaskError(f"{source}: {e}") from e
        except (Exception, SystemExit) as e:  # whatever the task's author wrote: told in one line, with the cause kept
            raise TaskError(f"{source}: {what} failed with {type(e).__name__}: {told(e)}") from e
        if unseen := imported(source.parent) - set(sources(source)):
            name = min(unseen).relative_to(source.parent)
            raise TaskError(f"{source}: {name} is imported out of sight; name it in an import statement")
    return made
