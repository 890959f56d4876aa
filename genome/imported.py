"""What an expression names: the path of attributes that begins at an imported name, whatever the spelling."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_DEEPEST = 64  # parts of an expression that are followed
_LONGEST = 1000  # characters of a path: names for names for names could make it as long as the program


@dataclass(frozen=True)
class Names:
    """What a scope does to the names in it, in the order of its text."""

    parameters: tuple[str, ...] = ()
    imports: tuple[tuple[str, str, bool], ...] = ()  # name, path; whether another's module takes the name away too
    aliases: tuple[tuple[str, Chain | None], ...] = ()  # name = what may be a part of an imported module
    others: tuple[str, ...] = ()  # bound in any other way

    def __add__(self, below: Names) -> Names:
        """Of the scope whose text is this one's and then that of the one below."""
        return Names(
            self.parameters + below.parameters,
            self.imports + below.imports,
            self.aliases + below.aliases,
            self.others + below.others,
        )

    def known(self, outer: Mapping[str, str], foreign: Collection[str]) -> dict[str, str]:
        """Name -> dotted path, for imports of the `foreign` modules and names for parts of them; not what is bound otherwise."""
        known = {name: path for name, path in outer.items() if name not in self.parameters}
        for name, path, shadows in self.imports:
            if path.split(".")[0] in foreign:
                known[name] = path
            elif shadows:
                known.pop(name, None)
        for name, chain in self.aliases:
            if chain and (path := chain.path(known)):
                known[name] = path
            else:
                known.pop(name, None)
        for name in self.others:
            known.pop(name, None)
        return known


@dataclass(frozen=True)
class Chain:
    """`root.part.part`, whatever the spelling."""

    root: str
    parts: tuple[str, ...]

    def path(self, known: Mapping[str, str]) -> str:
        """The dotted path, if the root is an imported name; empty otherwise."""
        path = ".".join([known[self.root], *self.parts]) if self.root in known else ""
        return path if len(path) <= _LONGEST else ""


def scopes(
    tree: ast.Module, known: Mapping[str, str], foreign: Collection[str]
) -> Iterator[tuple[list[ast.AST], Mapping[str, str]]]:
    """The nodes of each scope with the imported names that have their meaning there; first those of the top, where `known` are."""
    waiting: list[tuple[ast.AST, Mapping[str, str]]] = [(tree, known)]
    while waiting:
        scope, outer = waiting.pop()
        mine, inner = _own_nodes(scope)
        known = outer if scope is tree else _names(scope, mine).known(outer, foreign)
        yield mine, known
        waiting += [(node, known) for node in reversed(inner)]


def names_at_top(tree: ast.Module) -> Names:
    """What the statements of a file, or a stretch of it, do to its names."""
    return _names(tree, _own_nodes(tree)[0])


def _own_nodes(scope: ast.AST) -> tuple[list[ast.AST], list[ast.AST]]:
    """The nodes of a scope in the order of the text, and the functions in it, which are scopes of their own."""
    mine: list[ast.AST] = []
    inner: list[ast.AST] = []
    waiting = list(ast.iter_child_nodes(scope))[::-1]
    while waiting:
        node = waiting.pop()
        if isinstance(node, _FUNCTIONS):
            inner.append(node)
            continue
        mine.append(node)
        waiting += list(ast.iter_child_nodes(node))[::-1]
    return mine, inner


def _names(scope: ast.AST, mine: Collection[ast.AST]) -> Names:
    imports: list[tuple[str, str, bool]] = []
    aliases: dict[ast.Name, Chain | None] = {}
    for node in mine:
        if isinstance(node, ast.Assign | ast.AnnAssign | ast.NamedExpr) and node.value is not None:
            named = node.targets[0] if isinstance(node, ast.Assign) else node.target
            if isinstance(named, ast.Name):
                aliases[named] = chain_of(node.value)
        elif isinstance(node, ast.Import):
            tops = [alias.name if alias.asname else alias.name.split(".")[0] for alias in node.names]
            imports += [(alias.asname or top, top, False) for alias, top in zip(node.names, tops, strict=True)]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            imports += [(alias.asname or alias.name, f"{node.module}.{alias.name}", True) for alias in node.names]
    stored = [node for node in mine if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)]
    return Names(
        tuple(node.arg for node in mine if isinstance(node, ast.arg)) if isinstance(scope, _FUNCTIONS) else (),
        tuple(imports),
        tuple((target.id, chain) for target, chain in aliases.items()),
        tuple(dict.fromkeys(node.id for node in stored if node not in aliases)),
    )


def chain_of(node: ast.AST) -> Chain | None:
    """The chain that this expression is, if it is one that can be followed."""
    parts: list[str] = []
    while not isinstance(node, ast.Name):
        if isinstance(node, ast.NamedExpr):
            node = node.value
            continue
        step = _step(node)
        if step is None or len(parts) == _DEEPEST:
            return None
        node, part = step
        parts.append(part)
    return Chain(node.id, tuple(reversed(parts)))


def path_of(node: ast.AST, known: Mapping[str, str]) -> str:
    """The dotted path of what this expression names, if it begins at an imported name; empty otherwise."""
    chain = chain_of(node)
    return chain.path(known) if chain else ""


def _step(node: ast.AST) -> tuple[ast.AST, str] | None:
    """The owner and the name in `owner.name`, getattr(owner, "name"), vars(owner)["name"], owner.__dict__["name"]."""
    if isinstance(node, ast.Attribute):
        return node.value, node.attr
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "getattr":
        if len(node.args) >= 2 and (name := _text(node.args[1])):
            return node.args[0], name
    elif isinstance(node, ast.Subscript) and (name := _text(node.slice)):
        table = node.value
        if isinstance(table, ast.Attribute) and table.attr == "__dict__":
            return table.value, name
        if isinstance(table, ast.Call) and isinstance(table.func, ast.Name) and table.func.id == "vars" and table.args:
            return table.args[0], name
    return None


def _text(node: ast.AST) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def attribute(node: ast.AST) -> str:
    """The name of the attribute that this expression reads or writes; empty when it does neither."""
    step = _step(node)
    return step[1] if step else ""
