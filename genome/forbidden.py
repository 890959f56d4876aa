"""What a program may not name: modules beyond those allowed, the machine behind them, and Python's own machinery.

A courtesy to authors, who learn it in a repair round; the sandbox is the wall. So whatever an honest program may say
passes: an attribute counts as a module's only where its chain begins at an imported name that nothing else is bound to.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from genome.imported import attribute, names_at_top, path_of, scopes

NAMES = frozenset({"exec", "eval", "compile", "__import__", "open", "breakpoint", "exit", "quit"})

# Standard modules with a hold on the machine or on the interpreter. Not the harmless ones, whose names others use too:
# `torch.random`, `torch.signal`, `torch.types`, `torch.select` are torch's own.
MACHINE = frozenset({
    "os", "posix", "_os", "sys", "_sys", "io", "_io", "builtins", "importlib", "pkgutil", "runpy", "imp", "_imp",
    "zipimport", "inspect", "gc", "ctypes", "linecache", "subprocess", "multiprocessing", "threading", "_thread",
    "concurrent", "asyncio", "socket", "ssl", "http", "urllib", "shutil", "tempfile", "pathlib", "zipfile",
    "tarfile", "pickle", "copyreg", "marshal", "shelve", "sqlite3", "mmap", "fcntl", "resource", "pty", "platform",
    "getpass", "tracemalloc", "warnings", "logging", "atexit", "faulthandler", "sysconfig",
})  # fmt: skip

_FILES = "there are no files to read or write: what a model needs is in its text and its training"
_NATIVE = "nothing can be compiled or loaded in the sandbox: write it with torch's own operations"
_PROCESSES = "a program is one process, without others and without a network: leave it out"
_HARNESS = "the harness sets it for all programs alike: leave it out"
DOORS: Mapping[str, str] = {
    **dict.fromkeys(("torch.load", "torch.save", "torch.hub", "torch.package", "torch.serialization"), _FILES),
    **dict.fromkeys(("torch.from_file", "torch.jit.load", "torch.jit.save", "torch.utils.model_zoo"), _FILES),
    **dict.fromkeys(("torch.Tensor.from_file", "torch.UntypedStorage.from_file"), _FILES),
    **dict.fromkeys(("torch.compile", "torch.classes", "torch.ops.load_library"), _NATIVE),
    "torch.utils.cpp_extension": _NATIVE,
    **dict.fromkeys(("torch.multiprocessing", "torch.distributed", "torch.utils.collect_env"), _PROCESSES),
    **dict.fromkeys(("torch.set_num_threads", "torch.set_num_interop_threads"), _HARNESS),
}

MACHINERY = frozenset({
    "__globals__", "__builtins__", "__subclasses__", "__code__", "__loader__", "__spec__", "__closure__",
    "__import__",
})  # fmt: skip
# A program may call something of its own so (`self.f_back`), and then means that.
FRAMES = frozenset({
    "f_back", "f_builtins", "f_code", "f_globals", "f_locals", "gi_code", "gi_frame", "cr_code", "cr_frame",
    "ag_code", "ag_frame", "tb_frame", "tb_next",
})  # fmt: skip


@dataclass(frozen=True)
class Meant:
    """What the names of a program's file mean, as far as what it may not name depends on it."""

    imports: frozenset[str]  # the modules allowed
    own: frozenset[str]  # those that the program's files are
    names: frozenset[tuple[str, str]]  # at the top of the file: imported name, dotted path
    stored: frozenset[str]  # the words of FRAMES that the file uses for its own

    @cached_property
    def foreign(self) -> frozenset[str]:
        return self.imports - self.own


@dataclass(frozen=True)
class Fault:
    """What may not be named, and where; `inner` in a function."""

    line: int
    reason: str
    inner: bool


def forbidden(file: str, tree: ast.Module, imports: Collection[str], own: Collection[str]) -> list[str]:
    """A line for each thing that this file may not name. `imports` are the modules allowed, `own` the program's files."""
    names = names_at_top(tree).known({}, set(imports) - set(own))
    meant = Meant(frozenset(imports), frozenset(own), frozenset(names.items()), frames_stored(tree))
    return [f"{file}, line {fault.line}: {fault.reason}" for fault in faults(tree, meant)]


def frames_stored(tree: ast.AST) -> frozenset[str]:
    """The words of FRAMES that a program gives a meaning of its own."""
    found = {n.attr for n in ast.walk(tree) if isinstance(n, ast.Attribute) and not isinstance(n.ctx, ast.Load)}
    return FRAMES & found


def faults(tree: ast.Module, meant: Meant) -> Iterator[Fault]:
    """What these statements of a file may not name: first at its top, then in its functions."""
    for at, (nodes, known) in enumerate(scopes(tree, dict(meant.names), meant.foreign)):
        for node in nodes:
            for reason in _reasons(node, known, meant):
                yield Fault(getattr(node, "lineno", 0), reason, inner=at > 0)


def _reasons(node: ast.AST, known: Mapping[str, str], meant: Meant) -> Iterator[str]:
    for module in _modules(node):
        if module.split(".")[0] not in {*meant.imports, *meant.own, "__future__"}:
            shown = ", ".join(sorted((meant.imports | meant.own) - {"__future__"}))
            yield f"import of '{module}' is not allowed; allowed are {shown}"
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in NAMES:
        yield f"`{node.id}` is not allowed in a model"
        return
    word = node.id if isinstance(node, ast.Name) else attribute(node)
    if word in MACHINERY or (word in FRAMES and word not in meant.stored and not isinstance(node, ast.Name)):
        yield f"`{word}` opens Python's own machinery; use functions and attributes by their names"
        return
    for path in _paths(node, known, meant.foreign):
        if reason := _reaches(path, meant.imports):
            yield reason


def _reaches(path: tuple[str, ...], imports: Collection[str]) -> str:
    """Why a program may not name the thing at this path of an allowed module; empty when it may."""
    start = max(n for n, part in enumerate(path) if n == 0 or part in imports)  # `torch.nn.functional.torch` is torch
    name, last = ".".join(path[start:]), path[-1]
    if len(path) > 1 and last in MACHINE and last not in imports and name not in DOORS:
        return f"`{'.'.join(path)}` is Python's module '{last}', which a model may not use; leave it out"
    return f"`{name}` is not allowed: {DOORS[name]}" if name in DOORS else ""


def _paths(node: ast.AST, known: Mapping[str, str], foreign: Collection[str]) -> Iterator[tuple[str, ...]]:
    """The path that this node names, or each path that an import goes through."""
    if isinstance(node, ast.Import):
        full = [alias.name for alias in node.names]
    elif isinstance(node, ast.ImportFrom):
        full = [f"{node.module}.{alias.name}" for alias in node.names] if node.module and not node.level else []
    elif isinstance(node, ast.Name):  # told where it was bound
        return
    else:
        if path := path_of(node, known):
            yield tuple(path.split("."))
        return
    for name in full:
        parts = tuple(name.split("."))
        if parts[0] in foreign:
            yield from (parts[:n] for n in range(2, len(parts) + 1))


def _modules(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return ["." * node.level + (node.module or "")] if isinstance(node, ast.ImportFrom) else []
