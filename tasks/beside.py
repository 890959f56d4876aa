"""The modules that lie beside a task's data.py: found as a script of that folder finds them, and part of what its data come from."""

from __future__ import annotations

import ast
import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def code_of(script: Path) -> dict[str, bytes]:
    """Name in the folder -> content, of `script` and every file of its folder that is imported by it. Raises OSError."""
    return {path.relative_to(script.parent).as_posix(): path.read_bytes() for path in sources(script)}


def sources(script: Path) -> list[Path]:
    """`script`, and every file of its folder that is imported by it or by one of these, sorted; of a package all files."""
    found: set[Path] = set()
    ahead = [script]
    while ahead:
        path = ahead.pop()
        found.add(path)
        for name in _names(path):
            here = [script.parent / f"{name}.py", *(script.parent / name).rglob("*.py")]
            ahead += [one for one in here if one.is_file() and one not in found]
    return sorted(found)


def _names(path: Path) -> set[str]:
    """The top-level modules that import statements of this file name."""
    try:
        nodes = list(ast.walk(ast.parse(path.read_bytes())))
    except (OSError, SyntaxError, ValueError):  # told when it is run
        return set()
    whole = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    parts = {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module and not node.level}
    return {name.partition(".")[0] for name in whole | parts}


@contextmanager
def importable(folder: Path) -> Iterator[None]:
    """Within it the modules of `folder` can be imported, also those called like one of ours; behind it none of them is left.

    Python's own modules keep their names. Process-wide: never for two folders at once.
    """
    own = {path.stem for path in folder.glob("*.py")} | {path.parent.name for path in folder.glob("*/__init__.py")}
    own -= sys.stdlib_module_names
    loaded = sys.modules.copy().items()  # at once: other threads import meanwhile
    hidden = {name: module for name, module in loaded if name.partition(".")[0] in own}
    for name in hidden:
        del sys.modules[name]
    written = sys.dont_write_bytecode
    sys.dont_write_bytecode = True  # the folder is the user's
    sys.path.insert(0, str(folder))
    importlib.invalidate_caches()  # a file may be younger than what Python remembers of its folder
    try:
        yield
    finally:
        sys.dont_write_bytecode = written
        if str(folder) in sys.path:
            sys.path.remove(str(folder))
        for name in [name for name, _ in _loaded(folder)]:
            del sys.modules[name]
        sys.modules.update(hidden)


def imported(folder: Path) -> set[Path]:
    """The files of `folder` that are loaded as modules."""
    return {path for _, path in _loaded(folder) if path.is_file()}


def _loaded(folder: Path) -> list[tuple[str, Path]]:
    """Name and place of every module from this folder."""
    found = []
    for name, module in sys.modules.copy().items():
        spec = getattr(module, "__spec__", None)
        places = [getattr(spec, "origin", None), *(getattr(spec, "submodule_search_locations", None) or ())]
        if at := [place for place in places if isinstance(place, str) and Path(place).is_relative_to(folder)]:
            found.append((name, Path(at[0])))
    return found
