"""Programs as syntax trees: parsed with `ast`, never compiled or run, and normalised so that equal work is found equal.

Walks are iterative: a generated program may be nested more deeply than Python's own recursion goes.
"""

from __future__ import annotations

import ast

from genome.errors import GenomeError
from genome.markers import cut, lines

_TRIES = 5
_SHOWN = 160  # characters of a faulty line that an author gets to see


def tree_of(text: str, file: str = "<text>") -> ast.Module:
    """`ast.parse` for texts that anybody may have written, in any thread.

    CPython 3.11 now and then miscounts its own depth where other threads parse too, and says SystemError (gh-106905): it is asked
    again. Raises SyntaxError, ValueError, RecursionError, MemoryError.
    """
    for _ in range(_TRIES):
        try:
            return ast.parse(text, filename=file)
        except SystemError as error:
            why = error
    raise RecursionError(str(why)) from why


def parse(file: str, text: str) -> ast.Module:
    """The syntax tree of one file. Raises GenomeError (syntax) with file, line, text and caret."""
    try:
        return tree_of(text, file)
    except SyntaxError as error:
        raise GenomeError("syntax", _explain(file, text, error)) from error
    except ValueError as error:  # null bytes, lone surrogates
        raise GenomeError("syntax", f"{file}: {error}") from error
    except (RecursionError, MemoryError) as error:
        raise GenomeError("syntax", f"{file}: an expression is nested too deeply to be parsed; split it up") from error


def _explain(file: str, text: str, error: SyntaxError) -> str:
    number = error.lineno or 1
    all_lines = lines(text)
    line = all_lines[number - 1].rstrip("\r\n") if 0 < number <= len(all_lines) else (error.text or "").rstrip("\r\n")
    column = min(max((error.offset or 1) - 1, 0), len(line))
    start = max(0, column - _SHOWN // 2)
    shown, before = line[start : start + _SHOWN], line[start:column]
    caret = "".join("\t" if char == "\t" else " " for char in before) + "^"
    return f"{file}, line {number}{_where(text, number)}: {error.msg}\n    {shown}\n    {caret}"


def _where(text: str, number: int) -> str:
    """In which segment the line lies: authors see segments, not files."""
    first = 1
    for part in cut(text):
        size = len(lines(part.text))
        if part.name is not None and first <= number < first + size:
            return f" (segment '{part.name}', line {number - first + 1} of it)"
        first += size
    return ""


def normalise(tree: ast.Module) -> ast.Module:
    """The tree, changed in place: without docstrings, other bare constants and idle `pass`; imports in order."""
    for node in ast.walk(tree):
        for field in ("body", "orelse", "finalbody"):
            body = getattr(node, field, None)
            if isinstance(body, list) and body:
                setattr(node, field, _plain(body, keep=field == "body" and not isinstance(node, ast.Module)))
    return tree


def _plain(body: list[ast.stmt], keep: bool) -> list[ast.stmt]:
    result: list[ast.stmt] = []
    run: list[ast.Import | ast.ImportFrom] = []
    for statement in body:
        if isinstance(statement, ast.Pass):
            continue
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
            continue
        if isinstance(statement, ast.Import | ast.ImportFrom):
            run.append(statement)
            continue
        result += _in_order(run)
        run = []
        result.append(statement)
    result += _in_order(run)
    return result or ([ast.copy_location(ast.Pass(), body[0])] if keep else [])


def _in_order(run: list[ast.Import | ast.ImportFrom]) -> list[ast.stmt]:
    """Imports split to one name each and sorted, unless two of them bind one name: then their order has a meaning."""
    single: list[ast.Import | ast.ImportFrom] = []
    sources: dict[str, set[tuple[str, ...]]] = {}
    for statement in run:
        for alias in statement.names:
            if isinstance(statement, ast.ImportFrom):
                one: ast.Import | ast.ImportFrom = ast.ImportFrom(statement.module, [alias], statement.level)
                source: tuple[str, ...] = ("from", str(statement.level), statement.module or "", alias.name)
            else:
                one = ast.Import([alias])
                source = ("import", alias.name if alias.asname else alias.name.split(".")[0])
            single.append(ast.copy_location(one, statement))
            sources.setdefault(alias.asname or alias.name.split(".")[0], set()).add(source)
    if "*" in sources or any(len(found) > 1 for found in sources.values()):
        return list(single)
    unique = {serialise(statement): statement for statement in single}
    return [unique[key] for key in sorted(unique)]


_SILENT = {"ctx", "kind", "type_comment", "type_ignores"}  # said by the place of the node, or nothing for the meaning


def serialise(tree: ast.AST) -> str:
    """The tree as text. Unlike `ast.dump`: without recursion, and equal under Python versions that add empty fields."""
    out: list[str] = []
    stack: list[object] = [tree]
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            out.append(item)
        elif isinstance(item, list):
            stack.append("]")
            stack += [part if isinstance(part, ast.AST) else _constant(part) + "," for part in reversed(item)]
            stack.append("[")
        elif isinstance(item, ast.Constant):
            out.append(_constant(item.value) + ",")
        elif isinstance(item, ast.AST):
            stack.append(")")
            for name, value in reversed(list(ast.iter_fields(item))):
                if value is None or value == [] or name in _SILENT:
                    continue
                stack.append(value if isinstance(value, ast.AST | list) else _constant(value))
                stack.append(f" {name}=")
            stack.append(type(item).__name__ + "(")
    return "".join(out)


def _constant(value: object) -> str:
    # hex, because the decimal text of a huge integer is refused by Python
    return f"{type(value).__name__}:{hex(value) if isinstance(value, int) else repr(value)}"
