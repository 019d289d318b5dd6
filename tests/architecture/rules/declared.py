"""Rule for dependencies: what the product imports, pyproject.toml names, so that no package comes along by luck.

What an extra brings is imported where it is needed, inside a function: without the extra the rest must run.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Mapping, Sequence

from tests.architecture.rules.floors import pyproject
from tests.architecture.rules.source import Source, Tree, dotted, functions, imports

FOR_DEVELOPERS = "dev"


def imports_are_declared(tree: Tree, provided_by: Mapping[str, Sequence[str]]) -> list[str]:
    """`provided_by` says which distributions an importable name comes from, as importlib.metadata does."""
    project = pyproject(tree.root)["project"]
    declared = {_plain(line) for line in project["dependencies"]}
    extras = {
        _plain(line)
        for name, lines in project.get("optional-dependencies", {}).items()
        if name != FOR_DEVELOPERS
        for line in lines
    }
    return [
        source.complain(
            line,
            f"imports {name}, which no dependency of pyproject.toml provides. Name it there, then `make lock`.",
        )
        for source in tree.package
        for late in [_late(source)]
        for line, imported in imports(source)
        if _is_foreign(name := imported.split(".")[0])
        if not {_plain(distribution) for distribution in provided_by.get(name, [])}
        & (declared | extras if line in late else declared)
    ]


def _late(source: Source) -> set[int]:
    """The lines that run when somebody asks, or for the type checker alone."""
    checking = [
        node
        for node in ast.walk(source.tree)
        if isinstance(node, ast.If) and dotted(node.test) == "TYPE_CHECKING"
    ]
    return {
        inner.lineno
        for outer in [*functions(source.tree), *checking]
        for inner in ast.walk(outer)
        if isinstance(inner, ast.Import | ast.ImportFrom)
    }


def _is_foreign(name: str) -> bool:
    return name not in sys.stdlib_module_names and name not in {"cadenza", "__future__"}


def _plain(requirement: str) -> str:
    """`Django_Ninja>=1` → `django-ninja`."""
    return re.sub(r"[-_.]+", "-", re.split(r"[^\w.-]", requirement)[0]).lower()
