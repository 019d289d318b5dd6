"""Rule for dependencies: what the product imports, pyproject.toml names, so that no package comes along by luck."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping, Sequence

from tests.architecture.rules.floors import pyproject
from tests.architecture.rules.source import Tree, imports


def imports_are_declared(tree: Tree, provided_by: Mapping[str, Sequence[str]]) -> list[str]:
    """`provided_by` says which distributions an importable name comes from, as importlib.metadata does."""
    declared = {_plain(line) for line in pyproject(tree.root)["project"]["dependencies"]}
    return [
        source.complain(
            line,
            f"imports {name}, which no dependency of pyproject.toml provides. Name it there, then `make lock`.",
        )
        for source in tree.package
        for line, dotted in imports(source)
        if _is_foreign(name := dotted.split(".")[0])
        if not {_plain(distribution) for distribution in provided_by.get(name, [])} & declared
    ]


def _is_foreign(name: str) -> bool:
    return name not in sys.stdlib_module_names and name not in {"cadenza", "__future__"}


def _plain(requirement: str) -> str:
    """`Django_Ninja>=1` → `django-ninja`."""
    return re.sub(r"[-_.]+", "-", re.split(r"[^\w.-]", requirement)[0]).lower()
