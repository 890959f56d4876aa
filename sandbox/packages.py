"""Which installed packages a candidate may read: torch, torchvision, numpy and what they need, and no other.

A task's own data package (mnist1d makes its labels from a seed) must not be within a candidate's reach.
"""

from __future__ import annotations

import re
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

ROOTS = ("torch", "torchvision", "numpy")
_NOT_NEEDED = {"setuptools", "pip"}  # named as requirements, used only to build extensions


class Packages(NamedTuple):
    folders: tuple[Path, ...]  # where to import from
    parts: tuple[Path, ...]  # the files and folders in them that belong to the packages


@cache
def runtime_packages() -> Packages:
    """The import folders and files of torch and its requirements, as installed beside this Python.

    Raises LookupError when torch or numpy is not installed here.
    """
    found: dict[str, metadata.Distribution | None] = {}  # None for one that is not installed
    queue = list(ROOTS)
    while queue:
        name = re.sub(r"[-_.]+", "-", queue.pop()).lower()
        if name in found or name in _NOT_NEEDED:
            continue
        try:
            distribution = found[name] = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            found[name] = None
            continue
        for line in distribution.requires or ():
            requirement = re.match(r"[A-Za-z0-9_.\-]+", line)
            if requirement and "extra ==" not in line:
                queue.append(requirement.group())
    missing = [name for name in ("torch", "numpy") if found.get(name) is None]
    if missing:
        raise LookupError(f"{', '.join(missing)} not installed beside this Python; install the project's requirements")
    folders, parts = set(), set()
    for distribution in filter(None, found.values()):
        folder = Path(str(distribution.locate_file(""))).resolve()
        for file in distribution.files or ():
            if file.parts[0] not in ("..", "__pycache__"):
                folders.add(folder)
                parts.add(folder / file.parts[0])
    return Packages(tuple(sorted(folders)), tuple(sorted(path for path in parts if path.exists())))
