"""Rules for every file: it says why it is here, carries an honest name, and stays short enough to be read."""

from __future__ import annotations

import ast
import re
from statistics import median

from tests.architecture.rules.source import Source, Tree, functions

FORBIDDEN_NAMES = {
    "util", "utils", "helper", "helpers", "common", "misc", "core", "manager", "managers", "processor", "processors",
}  # fmt: skip
MEDIAN_LINES, MOST_LINES, MOST_FILE_LINES = 8, 50, 400
SCRIPT_CAPTION = re.compile(r"\s*(//|/\*)\s*\S")


def caption(tree: Tree) -> list[str]:
    """Every file opens with a sentence that says why it is here."""
    python = [s for s in tree.files(".py") if not (s.is_migration or _is_empty(s))]
    scripts = tree.files(".js", under="cadenza/web/static/") + tree.files(".js", ".mjs", under="tracker/")
    silent = [s for s in python if not _opens_with_a_sentence(s)]
    silent += [s for s in scripts if not SCRIPT_CAPTION.match(s.text)]
    return [
        s.complain(1, "the file does not say why it is here. Open it with a sentence of three words or more, ended by a full stop.")
        for s in silent
    ]  # fmt: skip


def _is_empty(source: Source) -> bool:
    """Folders of tests need no caption to be folders; the package's own folders have one."""
    return source.stem == "__init__" and not source.text.strip() and source.parts[0] != "cadenza"


def _opens_with_a_sentence(source: Source) -> bool:
    said = (ast.get_docstring(source.tree) or "").split("\n\n")[0].strip()
    return len(said.split()) >= 3 and said[-1] in ".:?!"


def honest_names(tree: Tree) -> list[str]:
    """No file, folder, class or function hides behind a word that fits everything."""
    found = []
    for source in tree.files(".py"):
        inside = (*source.parts[:-1], source.stem)
        for bad in sorted({word for part in inside for word in part.lower().split("_")} & FORBIDDEN_NAMES):
            found.append(
                source.complain(1, f"`{bad}` in the path says nothing. Name what the file holds or does.")
            )
        for node in source.tree.body:
            if isinstance(node, ast.ClassDef | ast.FunctionDef) and (bad := _bad_word(node)):
                found.append(
                    source.complain(node, f"`{node.name}`: `{bad}` says nothing. Name what it holds or does.")
                )
    return found


def _bad_word(node: ast.ClassDef | ast.FunctionDef) -> str:
    words = re.findall(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])", node.name)
    bad = {word.lower() for word in words} & FORBIDDEN_NAMES
    is_djangos = isinstance(node, ast.ClassDef) and any("Manager" in ast.unparse(base) for base in node.bases)
    return "" if is_djangos else next(iter(bad), "")


def short_functions(tree: Tree) -> list[str]:
    """No function is longer than 50 lines; half of them have at most 8. Docstrings do not count."""
    measured = [(s, f, _length(f)) for s in _measured(tree) for f in functions(s.tree)]
    found = [
        s.complain(
            f, f"`{f.name}` has {n} lines, the most is {MOST_LINES}. Give its parts names of their own."
        )
        for s, f, n in measured
        if n > MOST_LINES
    ]
    middle = median([n for s, _, n in measured if s.parts[0] == "cadenza"] or [0])
    if middle > MEDIAN_LINES:
        found.append(
            f"cadenza: the median function has {middle:g} lines, the most is {MEDIAN_LINES}. Split the long ones by idea."
        )
    return found


def short_files(tree: Tree) -> list[str]:
    """No file has more than 400 lines."""
    return [
        s.complain(1, f"the file has {len(s.lines)} lines, the most is {MOST_FILE_LINES}. It holds two things: give each a file.")
        for s in _measured(tree)
        if len(s.lines) > MOST_FILE_LINES
    ]  # fmt: skip


def _measured(tree: Tree) -> list[Source]:
    return [
        s
        for s in tree.files(".py")
        if not s.is_migration and s.parts[0] in {"cadenza", "bench", "docs", "examples"}
    ]


def _length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0
