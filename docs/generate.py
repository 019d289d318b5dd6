"""Writes the pages of docs/ that only repeat what the code says: the map of modules and the table of facts.

`python docs/generate.py` writes them, `--check` fails where one is out of date.  Nothing is imported:
the source is read as text, so that the pages can be made without an installation.
"""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
WRITTEN = "<!-- Written by `make docs` from the code; change the docstring, not this page. -->\n"
ABOUT_FACTS = (
    "What modules tell each other. Every fact also carries `workspace` and `at`; "
    "listeners run inside the teller's transaction.\n"
)


@dataclass(frozen=True)
class Fact:
    """What a module tells: its name, fields, meaning, and who listens."""

    name: str
    module: str
    says: str
    fields: list[str] = field(default_factory=list)
    heard_by: list[str] = field(default_factory=list)


def map_of_modules(root: Path) -> str:
    """Floors from top to bottom, each with its modules and their first sentence."""
    contracts = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    order = {contract["id"]: _names(contract.get("layers", [])) for contract in contracts}
    written = [
        "# Map\n",
        WRITTEN,
        "Top to bottom: a module may call what stands below it, and nothing else.\n",
    ]
    for floor in order["floors"]:
        written += _floor(root / "cadenza" / floor, order.get(floor, []))
    return "\n".join(written)


def _names(layers: list[str]) -> list[str]:
    return [name for layer in layers for name in re.findall(r"\w+", layer)]


def _floor(folder: Path, order: list[str]) -> list[str]:
    if not (says := caption(folder)):
        return []
    rows = [(path.stem, why) for path in _modules(folder, order) if (why := caption(path))]
    table = [
        "| module | what it is for |",
        "|---|---|",
        *(f"| `{name}` | {_cell(why)} |" for name, why in rows),
    ]
    return [f"## {folder.name}\n", f"{says}\n", *([*table, ""] if rows else [])]


def _modules(folder: Path, order: list[str]) -> list[Path]:
    """The folders of a capability floor in their order; the files of any other floor by name."""
    if not folder.is_dir():
        return []
    if order:
        return [folder / name for name in order if (folder / name).is_dir()]
    found = [path for path in folder.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()]
    return sorted(
        path for path in found if not path.name.startswith("__") and path.stem not in {"migrations", "apps"}
    )


def caption(path: Path) -> str:
    """The first sentence of a module's docstring; empty where there is none."""
    for file in (path, path / "__init__.py", path.with_suffix(".py")):
        if file.is_file():
            return _first_sentence(ast.get_docstring(_syntax(file)) or "")
    return ""


def _first_sentence(text: str) -> str:
    paragraph = " ".join(text.split("\n\n")[0].split())
    return re.split(r"(?<=[.?!])\s+(?=[A-Z`])", paragraph)[0]


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def table_of_facts(root: Path) -> str:
    """Every fact with what it carries and who listens."""
    facts = sorted(_facts(root), key=lambda fact: (fact.module, fact.name))
    head = ["| fact | told by | means | carries | heard by |", "|---|---|---|---|---|"]
    return "\n".join(["# Facts\n", WRITTEN, ABOUT_FACTS, *head, *map(_row, facts), ""])


def _row(fact: Fact) -> str:
    carries, heard_by = _cell(", ".join(fact.fields)), "<br>".join(fact.heard_by) or "–"
    return f"| `{fact.name}` | {fact.module} | {_cell(fact.says)} | {carries} | {heard_by} |"


def _facts(root: Path) -> Iterator[Fact]:
    classes = [
        (file, node)
        for file in _sources(root)
        for node in ast.walk(_syntax(file))
        if isinstance(node, ast.ClassDef)
    ]
    known, heard = {"Fact"}, _listeners(root)
    for _ in range(3):  # a fact of a fact of a fact is as deep as it gets
        known |= {node.name for _, node in classes if _bases(node) & known}
    for file, node in classes:
        if _bases(node) & known:
            says = _first_sentence(ast.get_docstring(node) or "")
            yield Fact(
                node.name, _module(root, file), says, _fields(node), sorted(set(heard.get(node.name, [])))
            )


def _bases(node: ast.ClassDef) -> set[str]:
    return {ast.unparse(base).split(".")[-1] for base in node.bases}


def _fields(node: ast.ClassDef) -> list[str]:
    return [
        f"`{ast.unparse(line.target)}: {ast.unparse(line.annotation)}`"
        for line in node.body
        if isinstance(line, ast.AnnAssign)
    ]


def _listeners(root: Path) -> dict[str, list[str]]:
    """Name of a fact → who calls `listen` for it."""
    found: dict[str, list[str]] = {}
    for file in _sources(root):
        for node in ast.walk(_syntax(file)):
            if (
                isinstance(node, ast.Call)
                and ast.unparse(node.func).split(".")[-1] == "listen"
                and len(node.args) == 2
            ):
                kind, handler = (ast.unparse(given).split(".")[-1] for given in node.args)
                found.setdefault(kind, []).append(f"{_module(root, file)}: `{handler}`")
    return found


def _module(root: Path, file: Path) -> str:
    parts = file.relative_to(root / "cadenza").parts
    return ".".join(parts[:2]).removesuffix(".py")


def _sources(root: Path) -> list[Path]:
    return sorted(path for path in (root / "cadenza").rglob("*.py") if "migrations" not in path.parts)


@cache
def _syntax(file: Path) -> ast.Module:
    return ast.parse(file.read_text("utf-8"), filename=str(file))


PAGES = {"map.md": map_of_modules, "facts.md": table_of_facts}


def generate(root: Path, check: bool) -> list[str]:
    """Write the pages below `root`; with `check`, write nothing and give the names of those out of date."""
    pages = {root / "docs" / name: make(root) for name, make in PAGES.items()}
    stale = [
        page.name for page, text in pages.items() if not page.exists() or page.read_text("utf-8") != text
    ]
    for page, text in pages.items():
        if not check and page.name in stale:
            page.write_text(text, encoding="utf-8")
    return stale


def main(arguments: list[str]) -> int:
    """The command."""
    check = "--check" in arguments
    stale = generate(ROOT, check)
    for name in stale:
        print(
            f"docs/{name} is out of date: say `make docs` and commit it." if check else f"wrote docs/{name}"
        )
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
