"""Rules for tables: each belongs to one module, and pages hold no SQL."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tests.architecture.rules.source import Source, Tree, dotted, imports
from tests.architecture.rules.sql import texts, without_comments

RELATIONS = {"ForeignKey", "OneToOneField", "ManyToManyField"}
CREATED = re.compile(r"\bcreate\s+(?:unlogged\s+)?table\s+(?:if\s+not\s+exists\s+)?\"?(\w+)", re.IGNORECASE)


def _owner(source: Source) -> tuple[str, str] | None:
    """The module a file belongs to; the folders of base own tables too."""
    if source.floor == "base" and len(source.parts) > 3:
        return ("base", source.parts[2])
    return source.module


def owners(tree: Tree) -> dict[str, tuple[str, str]]:
    """Every PostgreSQL table that a module declares, with the module."""
    found: dict[str, tuple[str, str]] = {}
    for source in tree.package:
        if (owner := _owner(source)) and ("models" in source.parts or source.stem == "models"):
            found |= dict.fromkeys(_tables(source, owner[1]), owner)
        if owner and source.is_migration:
            made = (m.group(1) for text in texts(source) for m in CREATED.finditer(text.text))
            found |= dict.fromkeys(made, owner)
    return found


def _tables(source: Source, label: str) -> Iterator[str]:
    for node in source.tree.body:
        if isinstance(node, ast.ClassDef) and node.bases and not _is_abstract(node):
            yield _named_table(node) or f"{label}_{node.name.lower()}"


def _meta(node: ast.ClassDef) -> Iterator[tuple[str, ast.expr]]:
    for inner in node.body:
        if isinstance(inner, ast.ClassDef) and inner.name == "Meta":
            for line in inner.body:
                if isinstance(line, ast.Assign) and isinstance(line.targets[0], ast.Name):
                    yield line.targets[0].id, line.value


def _is_abstract(node: ast.ClassDef) -> bool:
    return any(name == "abstract" and isinstance(v, ast.Constant) and v.value for name, v in _meta(node))


def _named_table(node: ast.ClassDef) -> str:
    return next(
        (str(v.value) for name, v in _meta(node) if name == "db_table" and isinstance(v, ast.Constant)), ""
    )


def tables_are_private(tree: Tree) -> list[str]:
    """A module's tables are read and written by that module alone; the others ask its service."""
    return [*_borrowed_models(tree), *_borrowed_keys(tree), *_borrowed_sql(tree)]


def _borrowed_models(tree: Tree) -> Iterator[str]:
    for source in tree.package:
        for line, name in imports(source):
            parts = name.split(".")
            owner = tuple(parts[1:3])
            if (
                parts[0] == "cadenza"
                and "models" in parts[3:4]
                and owner in tree.modules
                and owner != source.module
            ):
                yield source.complain(
                    line,
                    f"the tables of {'.'.join(owner)} are private. Ask {'.'.join(owner)}.service instead.",
                )


def _borrowed_keys(tree: Tree) -> Iterator[str]:
    for source in tree.package:
        if not (owner := _owner(source)) or source.is_migration:
            continue
        foreign = {
            n.split(".")[-1] for _, n in imports(source) if n.startswith("cadenza.") and ".models." in n
        }
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Call) and dotted(node.func).split(".")[-1] in RELATIONS:
                target = _target(node)
                own = target in {"", "self"} or ("." not in target and target not in foreign)
                if not own and target.split(".")[0] != owner[1]:
                    yield source.complain(
                        node, f"a key into another module's table ({target}). Keep its plain id instead."
                    )


def _target(node: ast.Call) -> str:
    given = [*node.args[:1], *(k.value for k in node.keywords if k.arg == "to")]
    if not given:
        return ""
    return str(given[0].value) if isinstance(given[0], ast.Constant) else dotted(given[0])


def _borrowed_sql(tree: Tree) -> Iterator[str]:
    known = owners(tree)
    if not known:
        return
    word = re.compile(
        r"(?<![\w.])(" + "|".join(map(re.escape, sorted(known, key=len, reverse=True))) + r")\b"
    )
    for source, line, text in _sql(tree):
        for table in sorted({found for found in word.findall(text) if known[found] != _owner(source)}):
            module = ".".join(known[table])
            yield source.complain(
                line, f"reads or writes `{table}`, which belongs to {module}. Ask {module}.service instead."
            )


def _sql(tree: Tree) -> Iterator[tuple[Source, int, str]]:
    for source in tree.package:
        yield from ((source, getattr(t.node, "lineno", 1), t.text) for t in texts(source) if t.is_sql)
    for source in tree.files(".sql", under="cadenza/"):
        yield source, 1, without_comments(source.text)


def pages_hold_no_sql(tree: Tree) -> list[str]:
    """A page asks services and renders."""
    return [
        source.complain(
            text.node, "SQL in a page. Put the query into the service of the module that owns the table."
        )
        for source in tree.package
        if source.floor == "web"
        for text in texts(source)
        if text.is_sql and text.text != "select 1"  # asks whether the database answers
    ]
