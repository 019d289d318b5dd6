"""Rule for SQL that is put together at run time: few files may, and values are bound all the same."""

from __future__ import annotations

import ast
import re

from tests.architecture.rules.source import Source, Tree
from tests.architecture.rules.sql import Text, texts

COMPILERS = re.compile(
    r"cadenza/(cdp/segments/(compile(_[a-z]+)?|gather)|insight/\w+/compile)\.py|cadenza/base/database\.py"
)
# Here a statement may be made at run time where a comment says what is put in and why that is safe.
MARKED = re.compile(r"cadenza/base/.*\.py|.*/store\.py")
MARK = re.compile(r"#\s*sql:\s*\S.{8,}")


def dynamic_sql_in_few_files(tree: Tree) -> list[str]:
    """SQL is a constant. What varies is bound; what must be made is made by a compiler or marked in a store."""
    return [
        source.complain(text.node, f"SQL is made at run time. {_way_out(source)}")
        for source in tree.package
        if not COMPILERS.fullmatch(source.path)
        for text in texts(source)
        if text.made and text.is_sql and not (MARKED.fullmatch(source.path) and _is_marked(source, text))
    ]


def _way_out(source: Source) -> str:
    if MARKED.fullmatch(source.path):
        return (
            "Bind the values; if a name must be put in, write `# sql: <what, and why it is safe>` beside it."
        )
    return "Bind the values; a query that must be made belongs into compile.py (segments, insight) or, marked, into store.py."


def _is_marked(source: Source, text: Text) -> bool:
    simple = not isinstance(
        text.statement, ast.If | ast.For | ast.While | ast.With | ast.Try | ast.FunctionDef | ast.ClassDef
    )
    first = text.statement.lineno if simple else getattr(text.node, "lineno", 1)
    last = getattr(text.node, "end_lineno", first)
    return any(MARK.search(line) for line in source.lines[max(first - 2, 0) : last])
