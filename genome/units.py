"""A program as units: top-level statements and the members of classes, each with what it binds and what it refers to.

What a unit refers to is read off its syntax tree by name; nothing is imported or run.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from genome.tree import serialise

_Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
_Place = tuple[ast.AST, frozenset[str], bool]  # a node, the names local to its function, whether it is deferred
_Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@dataclass(frozen=True)
class Reference:
    """A name that is read, as `name` or `name.attribute`; `deferred` inside a function: read when that is called."""

    name: str
    attribute: str | None
    deferred: bool


@dataclass(frozen=True)
class Link:
    """An import: the dotted module, and the name taken from it (None: the module itself, "*": all names)."""

    module: str
    name: str | None


@dataclass(eq=False)
class Unit:
    """One statement at the top level of a file, or one method or inner class of a top-level class."""

    # identity: `Block` or `Block.forward`; lines counted from 1, both ends included
    file: str
    name: str
    first: int
    last: int
    code: str  # normalised, without the members of a class
    # what it does for others
    binds: tuple[str, ...] = ()
    certain: bool = True  # False: under a condition, so an earlier binding of the name may stand
    runs: bool = False  # does something when the file is imported, beyond binding names
    link: Link | None = None  # it is a module-level import
    members: list[Unit] = field(default_factory=list)
    owner: Unit | None = None  # the class of a member
    # what it needs
    references: list[Reference] = field(default_factory=list)
    decorators: tuple[str, ...] = ()  # names in its decorators
    attributes: set[str] = field(default_factory=set)  # each `.name` that is read, each string that may name one
    links: list[Link] = field(default_factory=list)  # imports inside functions
    reads_all: bool = False  # asks for names in ways that cannot be followed: globals(), vars(), locals()
    reads_attributes: bool = False  # getattr with a computed name


def units(tree: ast.Module) -> list[Unit]:
    """The units of normalised statements in order, of no file yet. `if __name__ == "__main__":` never runs here, so it is left out."""
    return [_unit(statement) for statement in tree.body if not _is_main(statement)]


def placed(unit: Unit, file: str, above: int, owner: Unit | None = None) -> Unit:
    """A unit like this one, in a file, with so many lines above the statements it was read with."""
    first = unit.first + above
    name = unit.name if unit.binds else f"line {first}"
    own = replace(unit, file=file, name=name, first=first, last=unit.last + above, owner=owner)
    own.members = [placed(member, file, above, own) for member in unit.members]
    return own


def _is_main(statement: ast.stmt) -> bool:
    return (
        isinstance(statement, ast.If)
        and isinstance(statement.test, ast.Compare)
        and any(isinstance(n, ast.Name) and n.id == "__name__" for n in ast.walk(statement.test))
        and any(isinstance(n, ast.Constant) and n.value == "__main__" for n in ast.walk(statement.test))
    )


def _unit(node: ast.stmt, owner: str = "") -> Unit:
    decorators = node.decorator_list if isinstance(node, _Definition) else []
    first = min([node.lineno, *(d.lineno for d in decorators)])
    unit = Unit("", "", first, node.end_lineno or node.lineno, "")
    unit.decorators = tuple(part.id for d in decorators for part in ast.walk(d) if isinstance(part, ast.Name))
    if isinstance(node, ast.ClassDef) and not owner:
        members = [part for part in node.body if isinstance(part, _Definition)]
        rest = [part for part in node.body if not isinstance(part, _Definition)]
        unit.members = [_unit(part, owner=f"{node.name}.") for part in members]
        for member in unit.members:
            member.owner = unit
        header = ast.ClassDef(node.name, node.bases, node.keywords, body=rest, decorator_list=decorators)
        node = ast.copy_location(header, node)
    if isinstance(node, _Definition):
        unit.binds, unit.name = (node.name,), owner + node.name
    elif isinstance(node, ast.Import | ast.ImportFrom):
        unit.link = _links(node)[0]
        alias = node.names[0]
        whole = isinstance(node, ast.Import) and alias.asname is None
        unit.binds = (alias.name.split(".")[0] if whole else alias.asname or alias.name,)
    elif (targets := _plain_targets(node)) is not None:
        unit.binds = targets
    else:
        unit.binds = tuple(sorted(_bound(node)))
        unit.certain, unit.runs = False, True
    unit.name = unit.name or ", ".join(unit.binds) or f"line {node.lineno}"
    unit.code = serialise(node)
    _read(unit, node)
    return unit


def _plain_targets(node: ast.stmt) -> tuple[str, ...] | None:
    """The names that an assignment binds, or None when the statement does more than that."""
    if isinstance(node, ast.Assign):
        targets = list(node.targets)
    elif isinstance(node, ast.AnnAssign) and node.value is None:
        return ()  # `width: int` binds nothing
    elif isinstance(node, ast.AnnAssign | ast.AugAssign):
        targets = [node.target]
    else:
        return None
    names: list[str] = []
    while targets:
        target = targets.pop()
        if isinstance(target, ast.Tuple | ast.List):
            targets += target.elts
        elif isinstance(target, ast.Starred):
            targets.append(target.value)
        elif isinstance(target, ast.Name):
            names.append(target.id)
        else:
            return None
    return tuple(names)


def _bound(node: ast.AST) -> set[str]:
    """Names that are bound inside `node`, not counting those inside its functions and classes."""
    names: set[str] = set()
    stack = [node]
    while stack:
        part = stack.pop()
        if isinstance(part, ast.Name) and not isinstance(part.ctx, ast.Load):
            names.add(part.id)
        elif isinstance(part, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and part.name:
            names.add(part.name)
        elif isinstance(part, ast.MatchMapping) and part.rest:
            names.add(part.rest)
        elif isinstance(part, ast.alias):
            names.add(part.asname or part.name.split(".")[0])
        elif isinstance(part, _Definition):
            names.add(part.name)
        if isinstance(part, ast.comprehension):  # its target is its own
            stack += [part.iter, *part.ifs]
        elif not isinstance(part, _Definition | ast.Lambda):
            stack += ast.iter_child_nodes(part)
    return names


def _locals(node: _Function) -> frozenset[str]:
    """Names that inside this function mean something of its own and never a top-level definition."""
    a = node.args
    names = {arg.arg for arg in [*a.posonlyargs, *a.args, *a.kwonlyargs, a.vararg, a.kwarg] if arg}
    if isinstance(node, ast.Lambda):
        return frozenset(names)
    shared: set[str] = set()
    for statement in node.body:
        names |= _bound(statement)
        shared |= {name for part in ast.walk(statement) if isinstance(part, ast.Global) for name in part.names}
    return frozenset(names - shared)


def _links(node: ast.Import | ast.ImportFrom) -> list[Link]:
    if isinstance(node, ast.Import):
        return [Link(alias.name, None) for alias in node.names]
    return [Link("." * node.level + (node.module or ""), alias.name) for alias in node.names]


def _read(unit: Unit, root: ast.stmt) -> None:
    """Fill in what `unit` refers to. Annotations, and classes that isinstance asks for, build and call nothing."""
    stack: list[_Place] = [(root, frozenset(), False)]
    while stack:
        node, own, deferred = stack.pop()
        if isinstance(node, ast.Name):
            if not isinstance(node.ctx, ast.Store) and node.id not in own:
                unit.references.append(Reference(node.id, None, deferred))
                unit.reads_all |= node.id in {"globals", "vars", "locals"}
            continue
        if isinstance(node, ast.Attribute):
            if not isinstance(node.ctx, ast.Store):
                unit.attributes.add(node.attr)
            if isinstance(node.value, ast.Name) and node.value.id not in own:
                unit.references.append(Reference(node.value.id, node.attr, deferred))
                continue
        elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name) and node.target.id not in own:
            unit.references.append(Reference(node.target.id, None, deferred))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.isidentifier():
            unit.attributes.add(node.value)
        elif isinstance(node, ast.Import | ast.ImportFrom) and node is not root:
            unit.links += _links(node)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            if node.func.id in {"isinstance", "issubclass"}:
                stack += [(part, own, deferred) for part in node.args[:1]]
                continue
            computed = len(node.args) > 1 and not isinstance(node.args[1], ast.Constant)
            unit.reads_attributes |= node.func.id == "getattr" and computed
        stack += _children(node, own, deferred)


def _children(node: ast.AST, own: frozenset[str], deferred: bool) -> Iterator[_Place]:
    if isinstance(node, ast.AnnAssign):
        yield from ((part, own, deferred) for part in (node.target, node.value) if part)
        return
    if not isinstance(node, _Function):
        for part in ast.iter_child_nodes(node):
            yield part, own, deferred
        return
    decorators = [] if isinstance(node, ast.Lambda) else node.decorator_list
    for part in [*decorators, *node.args.defaults, *filter(None, node.args.kw_defaults)]:
        yield part, own, deferred
    inner = own | _locals(node)
    for part in node.body if isinstance(node.body, list) else [node.body]:
        yield part, inner, True
