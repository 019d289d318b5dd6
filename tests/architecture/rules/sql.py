"""Finds SQL in Python source: which strings are SQL, and which of them are put together at run time."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from tests.architecture.rules.source import Source

SQL = re.compile(
    r"""\bselect\b.+?\bfrom\b | \A\s*select\s | \binsert\s+into\b | \bdelete\s+from\b | \btruncate\s+table\b
      | \bupdate\s+(only\s+)?[\w".{}]+\s+((as\s+)?\w+\s+)?set\b
      | \b(create|alter|drop)\s+(or\s+replace\s+)?(table|index|unique\s+index|view|materialized\s+view|policy|role|sequence)\b
      | \A\s*with\s+(recursive\s+)?\w+\s*(\([^)]*\)\s*)?as\s*\(
      | \bwhere\s+[\w."(]+\)?\s*(=|<|>|!=|in\b|is\b|like\b|between\b|not\b)
      | \b(order|group)\s+by\s+\w""",
    re.IGNORECASE | re.DOTALL | re.VERBOSE,
)
PROSE = re.compile(r"\A\s*[A-Z][a-z’']*\s.*[.?!…:]\s*\Z", re.DOTALL)
COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
HOLE = "␣"


@dataclass(frozen=True)
class Text:
    """A string of the source with the values that are put into it shown as a hole."""

    node: ast.AST
    statement: ast.stmt
    text: str
    made: bool

    @property
    def is_sql(self) -> bool:
        return bool(SQL.search(self.text)) and not PROSE.match(self.text)


def texts(source: Source) -> Iterator[Text]:
    """Every string expression of a file, outermost first, docstrings left out."""
    named = _named(source.tree)
    seen = _docstrings(source.tree)
    for statement, node in _expressions(source.tree):
        if id(node) in seen:
            continue
        text, made = _read(node, named)
        if text is None:
            continue
        seen.update(id(inner) for inner in ast.walk(node))
        yield Text(node, statement, text, made)


def without_comments(text: str) -> str:
    """SQL with comments blanked out, so that line numbers stay."""
    return COMMENT.sub(lambda found: re.sub(r"[^\n]", " ", found.group()), text)


def _docstrings(tree: ast.Module) -> set[int]:
    owners = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, owners) and node.body and isinstance(node.body[0], ast.Expr):
            found.add(id(node.body[0].value))
    return found


def _named(tree: ast.Module) -> dict[str, str]:
    """Constants of the file that are strings, so that `QUERY.format(…)` is seen through."""
    found = {}
    for node in tree.body:
        if (
            isinstance(node, ast.Assign)
            and isinstance(node.value, ast.Constant)
            and isinstance(node.value.value, str)
        ):
            found.update(
                {target.id: node.value.value for target in node.targets if isinstance(target, ast.Name)}
            )
    return found


def _expressions(tree: ast.Module) -> Iterator[tuple[ast.stmt, ast.expr]]:
    """Every expression with the statement it stands in, parents before children."""
    waiting: list[tuple[ast.stmt | None, ast.AST]] = [(None, tree)]
    while waiting:
        statement, node = waiting.pop()
        if isinstance(node, ast.expr) and statement is not None:
            yield statement, node
        inner = node if isinstance(node, ast.stmt) else statement
        waiting.extend((inner, child) for child in reversed(list(ast.iter_child_nodes(node))))


def _read(node: ast.AST, named: dict[str, str]) -> tuple[str | None, bool]:
    """The text of a string expression, and whether it is made at run time."""
    match node:
        case ast.Constant(value=str(text)):
            return text, False
        case ast.JoinedStr(values=values):
            pieces = [_piece(value, named) for value in values]
            return "".join(piece or HOLE for piece in pieces), None in pieces
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _sum(_known(left, named), _known(right, named))
        case ast.BinOp(left=left, op=ast.Mod()):
            return _known(left, named)[0], True
        case ast.Call(func=ast.Attribute(value=of, attr="format" | "replace" | "format_map")):
            return _known(of, named)[0], True
    return None, False


def _piece(value: ast.expr, named: dict[str, str]) -> str | None:
    """A part of an f-string: its text, or None where the value is not known before the program runs."""
    if isinstance(value, ast.FormattedValue):
        inner = value.value
        return named.get(inner.id) if isinstance(inner, ast.Name) else None
    return str(value.value) if isinstance(value, ast.Constant) else None


def _sum(left: tuple[str | None, bool], right: tuple[str | None, bool]) -> tuple[str | None, bool]:
    if left[0] is None and right[0] is None:
        return None, False
    whole = left[0] is not None and right[0] is not None
    return f"{left[0] or HOLE}{right[0] or HOLE}", left[1] or right[1] or not whole


def _known(node: ast.AST, named: dict[str, str]) -> tuple[str | None, bool]:
    if isinstance(node, ast.Name):
        return named.get(node.id), False
    return _read(node, named)
