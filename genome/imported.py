"""What an expression names: the path of attributes that begins at an imported name, whatever the spelling."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_DEEPEST = 64  # parts of an expression that are followed
_LONGEST = 1000  # characters of a path: names for names for names could make it as long as the program


def scoped(tree: ast.Module, foreign: Collection[str]) -> Iterator[tuple[ast.AST, Mapping[str, str]]]:
    """Every node, with the imported names that have their meaning there: name -> dotted path."""
    waiting: list[tuple[ast.AST, Mapping[str, str]]] = [(tree, {})]
    while waiting:
        scope, outer = waiting.pop()
        mine, inner = _own_nodes(scope)
        known = _bound(scope, mine, outer, foreign)
        yield from ((node, known) for node in mine)
        waiting += [(node, known) for node in reversed(inner)]


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


def _bound(
    scope: ast.AST, mine: Collection[ast.AST], outer: Mapping[str, str], foreign: Collection[str]
) -> dict[str, str]:
    """What is known of the names in this scope: imports, and names for parts of them; not what is bound otherwise."""
    known = dict(outer)
    args = {node.arg for node in mine if isinstance(node, ast.arg)} if isinstance(scope, _FUNCTIONS) else set()
    aliases: dict[ast.Name, ast.expr] = {}
    for node in mine:
        if isinstance(node, ast.Assign | ast.AnnAssign | ast.NamedExpr) and node.value is not None:
            named = node.targets[0] if isinstance(node, ast.Assign) else node.target
            if isinstance(named, ast.Name):
                aliases[named] = node.value
    for name in args:
        known.pop(name, None)
    for node in mine:
        if isinstance(node, ast.Import):
            for alias in node.names:
                top = alias.name.split(".")[0]
                if top in foreign:
                    known[alias.asname or top] = alias.name if alias.asname else top
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                if node.module.split(".")[0] in foreign:
                    known[alias.asname or alias.name] = f"{node.module}.{alias.name}"
                else:
                    known.pop(alias.asname or alias.name, None)
    for target, value in aliases.items():
        if path := path_of(value, known):
            known[target.id] = path
        else:
            known.pop(target.id, None)
    for node in mine:
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node not in aliases:
            known.pop(node.id, None)
    return known


def path_of(node: ast.AST, known: Mapping[str, str]) -> str:
    """The dotted path of what this expression names, if it begins at an imported name; empty otherwise."""
    parts: list[str] = []
    while not isinstance(node, ast.Name):
        if isinstance(node, ast.NamedExpr):
            node = node.value
            continue
        step = _step(node)
        if step is None or len(parts) == _DEEPEST:
            return ""
        node, part = step
        parts.append(part)
    path = ".".join([known[node.id], *reversed(parts)]) if node.id in known else ""
    return path if len(path) <= _LONGEST else ""


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
