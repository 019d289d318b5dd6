"""Rules for time: one clock, and SQL that never asks what time it is."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tests.architecture.rules.source import Source, Tree, dotted, imports
from tests.architecture.rules.sql import texts, without_comments

CLOCK = "cadenza/base/clock.py"
IN_SQL = re.compile(
    r"""\b(now|now64|nowInBlock|today|yesterday|curdate|utctimestamp|clock_timestamp|statement_timestamp
          |transaction_timestamp|timeofday|unix_timestamp)\s*\(\s*(\d\s*)?\)
      | \b(current_timestamp|current_date|localtimestamp)\b | '(now|today|yesterday|tomorrow)'(::|\s*\))""",
    re.IGNORECASE | re.VERBOSE,
)
IN_PYTHON = re.compile(
    r"(^|\.)((datetime|date)\.(now|utcnow|today)|timezone\.now"
    r"|time\.(time|time_ns|localtime|gmtime|ctime|asctime))$"
)
IMPORTED = {
    "time.time",
    "time.time_ns",
    "time.gmtime",
    "time.localtime",
    "django.utils.timezone.now",
    "django.db.models.functions.Now",
}


def no_clock_in_sql(tree: Tree) -> list[str]:
    """The moment is bound from the clock, so that tests can stop time."""
    out = "SQL asks what time it is ({}). Bind `clock.now()` as a parameter instead."
    found = [
        source.complain(text.node, out.format(asked.group().strip()))
        for source in tree.package
        for text in texts(source)
        if (asked := IN_SQL.search(without_comments(text.text)))
    ]
    for source in tree.files(".sql", under="cadenza/"):
        for number, line in enumerate(without_comments(source.text).splitlines(), 1):
            if asked := IN_SQL.search(line):
                found.append(source.complain(number, out.format(asked.group().strip())))
    return found


def one_clock(tree: Tree) -> list[str]:
    """Only base/clock.py looks at the machine's clock. Measuring how long something took is free."""
    return [
        source.complain(line, f"`{asked}` looks at the machine's clock. Use `clock.now()` from cadenza.base, or take the moment as an argument.")
        for source in tree.package
        if source.path != CLOCK and not source.is_migration
        for line, asked in _asks(source)
    ]  # fmt: skip


def _asks(source: Source) -> Iterator[tuple[int, str]]:
    yield from ((line, name) for line, name in imports(source) if name in IMPORTED)
    for node in ast.walk(source.tree):
        if (
            isinstance(node, ast.Attribute)
            and IN_PYTHON.search(dotted(node))
            and not dotted(node).startswith("clock.")
        ):
            yield node.lineno, dotted(node)
        if isinstance(node, ast.keyword) and node.arg in {"auto_now", "auto_now_add"}:
            yield node.value.lineno, node.arg
