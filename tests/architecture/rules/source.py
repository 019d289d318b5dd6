"""A source tree as the rules see it: files with their place, text and syntax, parsed once.

Every rule takes a `Tree`, so that the same rule reads this repository and the tiny packages that break it on purpose.
"""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

# Floors whose folders are modules; base, web and the top files are not made of modules.
CAPABILITY_FLOORS = ("trust", "cdp", "commerce", "outreach", "channels", "connect", "insight")

# The table of file names in a module.  Every other name belongs to a verb file, or stands in `DOORS`.
TABLE = frozenset(
    {"__init__", "apps", "api", "handlers", "jobs", "service", "store", "models", "port", "facts", "types"}
)

# Files that are no verb and not in the table, each with the reason why it may touch the world: by name where every
# module may have one, else by place.
DOORS = {
    "collector": "answers Segment requests beside Django",
    "pipeline": "the loop that reads the inbox",
    "cadenza/cdp/ingest/steps": "what the pipeline does to a batch, asked for all of it at once",
    "hot": "answers pixels, clicks and one-click unsubscribes beside Django",
    "smtp": "holds the sockets to mail servers",
    "sink": "is a mail server",
    "cadenza/channels/email/wire": "one conversation with a mail server",
    "share": "exports and erases the module's part of a person",
    "cadenza/outreach/delivery/sending": "the loop that hands messages to the channels",
    "cadenza/cdp/identity/arrive": "takes arrivals in: reads, has them decided, writes, in bulk",
    "cadenza/cdp/identity/settle": "decides a tangle anew from its evidence, and writes what changed",
    "cadenza/cdp/identity/amend": "carries out what somebody says of people: one, two, proved",
    "cadenza/cdp/identity/evidence": "the statements about single people, beside the bulk ones of store",
    "cadenza/cdp/duplicates/search": "looks through all people of a workspace, batch by batch",
    "cadenza/connect/imports/files": "opens what was uploaded, whatever its packing",
    "cadenza/connect/imports/rows": "reads what was uploaded row by row",
    "cadenza/connect/imports/runner": "carries an import out, batch by batch, and remembers how far it is",
    "cadenza/cdp/profiles/intake": "takes in what is told of people, a batch in one transaction",
    "cadenza/connect/imports/intake": "hands records to the services below",
    "cadenza/connect/imports/undo": "takes back what an import has merged",
    "cadenza/connect/imports/faults": "writes the file of rows that were refused",
    "http": "answers programs beside the JSON API",
    "cadenza/connect/operations/recognise": "finds or makes the customer of a call",
    "cadenza/connect/operations/customers": "carries out what is asked about customers",
    "cadenza/connect/operations/purchases": "carries out what is asked about lists and orders",
    "cadenza/connect/operations/perform": "carries out one call in its transaction",
    "cadenza/connect/operations/exchange": "one call from request to answer, in one transaction",
    "cadenza/connect/operations/bulk": "carries a bulk import out, batch by batch",
    "cadenza/connect/operations/ticket": "signs customers' tickets",
    "sending": "the loop that hands messages to senders",
    "cadenza/outreach/tracking/feedback": "writes opens and clicks behind the answers, in groups",
    "cadenza/outreach/delivery/lane": "sends one campaign: many at once, in the event loop",
    "cadenza/outreach/delivery/prepare": "claims, asks the policy and renders, in one transaction",
    "cadenza/outreach/delivery/announce": "writes events about messages",
    "cadenza/outreach/delivery/answer": "writes what the receiving side says of messages",
    "cadenza/outreach/delivery/settle": "writes intents and outcomes, in groups",
    "cadenza/outreach/campaigns/rehearse": "forecasts and tests a campaign before it is sent",
    "cadenza/cdp/segments/asking": "puts questions to the event store, each within its limits",
    "cadenza/cdp/segments/knowledge": "looks up what a tree may ask in a workspace",
    "cadenza/cdp/segments/refresh": "finds all members anew, and writes and tells what changed",
    "cadenza/cdp/segments/tick": "follows those whom something touched since the last tick",
    "cadenza/cdp/segments/static": "puts people into segments and takes them out",
    "cadenza/cdp/segments/groups": "keeps the groups of segments",
    "cadenza/cdp/segments/history": "reads who came and went",
    "cadenza/cdp/segments/questions": "answers why, and as of another moment",
    "cadenza/cdp/segments/api_kinds": "answers programs about the other kinds of segments",
    "cadenza/cdp/segments/mirrors": "copies to the event store what conditions ask there",
    "cadenza/cdp/segments/products": "keeps and finds the segments of products",
    "cadenza/cdp/segments/saved": "reads rows as segments",
    "cadenza/cdp/segments/uses": "asks the modules above what builds on a segment",
    "cadenza/cdp/segments/traits": "works traits out of orders and visits",
    "adapter": "answers what allauth asks of us",
}

SKIPPED = {".git", ".venv", "node_modules", "__pycache__", "vendor", "cadenza-data", "build", "dist"}


@dataclass(frozen=True)
class Source:
    """One file. `path` is relative to the root, with forward slashes."""

    root: Path
    path: str

    @cached_property
    def text(self) -> str:
        return (self.root / self.path).read_text(encoding="utf-8")

    @cached_property
    def lines(self) -> list[str]:
        return self.text.splitlines()

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, filename=self.path)

    @cached_property
    def parts(self) -> tuple[str, ...]:
        return Path(self.path).parts

    @property
    def stem(self) -> str:
        return Path(self.path).stem

    @property
    def floor(self) -> str:
        """`cdp` for a file under cadenza/cdp, `cli` for cadenza/cli.py, else empty."""
        return Path(self.parts[1]).stem if len(self.parts) > 1 and self.parts[0] == "cadenza" else ""

    @property
    def module(self) -> tuple[str, str] | None:
        """(floor, module) for a file inside a module's folder."""
        inside = len(self.parts) > 3 and self.floor in CAPABILITY_FLOORS
        return (self.floor, self.parts[2]) if inside else None

    @property
    def is_door(self) -> bool:
        return bool({self.stem, self.path.removesuffix(".py")} & set(DOORS))

    @property
    def is_migration(self) -> bool:
        return "migrations" in self.parts

    def complain(self, where: ast.AST | int, what: str) -> str:
        line = where if isinstance(where, int) else getattr(where, "lineno", 1)
        return f"{self.path}:{line}: {what}"


class Tree:
    """The files below a root, read as they are asked for."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @cached_property
    def _all(self) -> list[Source]:
        return [
            Source(self.root, path) for path in sorted(self._paths()) if not SKIPPED & set(Path(path).parts)
        ]

    def _paths(self) -> Iterator[str]:
        if (self.root / ".git").exists():
            command = ["git", "-C", str(self.root), "ls-files", "-co", "--exclude-standard"]
            listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
            yield from (path for path in listed if (self.root / path).is_file())
        else:
            yield from (str(f.relative_to(self.root)) for f in self.root.rglob("*") if f.is_file())

    def files(self, *endings: str, under: str = "") -> list[Source]:
        """Files with one of these endings (all, without any), below a folder."""
        return [
            s for s in self._all if s.path.startswith(under) and (not endings or s.path.endswith(endings))
        ]

    @cached_property
    def package(self) -> list[Source]:
        """The Python files of cadenza."""
        return self.files(".py", under="cadenza/")

    @cached_property
    def modules(self) -> set[tuple[str, str]]:
        return {source.module for source in self.package if source.module}


def imports(source: Source) -> Iterator[tuple[int, str]]:
    """Every imported name with its line: `from a.b import c` gives `a.b.c`."""
    package = [*source.parts[:-1]]
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            near = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*near, *([node.module] if node.module else [])])
            yield from ((node.lineno, f"{base}.{alias.name}") for alias in node.names)


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def dotted(node: ast.AST) -> str:
    """`a.b.c` of a chain of names, else empty."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        before = dotted(node.value)
        return f"{before}.{node.attr}" if before else ""
    return ""
