"""Rules for verb files: pure logic, one verb a file, a main function of the same name."""

from __future__ import annotations

import ast

from tests.architecture.rules.source import CAPABILITY_FLOORS, DOORS, TABLE, Source, Tree, dotted, imports

IMPURE = {
    "django": "Django", "ninja": "Django", "allauth": "Django", "psycopg": "a database", "chdb": "a database",
    "clickhouse_connect": "a database", "procrastinate": "a queue", "random": "chance", "secrets": "chance",
    "time": "the clock", "os": "the machine", "pathlib": "files", "shutil": "files", "tempfile": "files",
    "glob": "files", "socket": "the network", "ssl": "the network", "urllib.request": "the network",
    "http.client": "the network", "smtplib": "the network", "aiosmtplib": "the network", "httpx2": "the network",
    "requests": "the network", "uvicorn": "the network", "subprocess": "the machine", "threading": "threads",
    "asyncio": "the event loop", "multiprocessing": "processes", "concurrent": "threads", "logging": "logs",
    "structlog": "logs", "uuid.uuid1": "chance", "uuid.uuid4": "chance", "uuid_utils": "chance", "sys": "the machine",
}  # fmt: skip
# Of our own: the ground floor's words may be used, its engines may not; of modules, only their nouns.
PURE_BASE = {"ids", "problem", "money", "text", "fact"}
PURE_MODULE_FILES = {"types", "facts", "port"}
IMPURE_CALLS = {
    "open": "files",
    "input": "a person",
    "print": "a screen",
    "new_id": "chance",
    "uuid4": "chance",
    "uuid7": "chance",
}


def is_verb_file(source: Source) -> bool:
    """In a module's folder, not in the table of names, and not one of the doors."""
    if not source.module or source.is_migration or source.is_door or source.stem in TABLE:
        return False
    return not {"models", "management", "templatetags"} & set(source.parts)


def pure_files_stay_pure(tree: Tree) -> list[str]:
    """A verb file asks nobody: the moment, the rows and the settings come in as arguments."""
    found = []
    for source in filter(is_verb_file, tree.package):
        for line, name in imports(source):
            if touched := _touches(name, source):
                found.append(
                    source.complain(line, f"a verb file reaches for {touched} ({name}). {_way_out(source)}")
                )
        for node in ast.walk(source.tree):
            called = dotted(node.func).split(".")[-1] if isinstance(node, ast.Call) else ""
            if called in IMPURE_CALLS:
                found.append(
                    source.complain(
                        node, f"a verb file reaches for {IMPURE_CALLS[called]} ({called}). {_way_out(source)}"
                    )
                )
    return found


def _way_out(source: Source) -> str:
    return "Take what it gives as an argument; who has to reach out is the service, the store or a door (DOORS in rules/source.py)."


def _touches(name: str, source: Source) -> str:
    for known, what in IMPURE.items():
        if name == known or name.startswith(f"{known}."):
            return what
    parts = name.split(".")
    if parts[0] != "cadenza" or len(parts) < 3:
        return "the settings" if name in {"cadenza.settings", "cadenza.engines"} else ""
    if parts[1] == "base":
        noun = len(parts) > 3 and parts[3] in PURE_MODULE_FILES
        return "" if noun or parts[2] in PURE_BASE else f"base.{parts[2]}"
    if parts[1] in CAPABILITY_FLOORS and len(parts) > 3:
        return _touches_module(parts, source)
    return f"the {parts[1]} floor" if parts[1] not in CAPABILITY_FLOORS else ""


def _touches_module(parts: list[str], source: Source) -> str:
    own = (parts[1], parts[2]) == source.module
    impure = (
        parts[3] in (TABLE | set(DOORS)) - PURE_MODULE_FILES if own else parts[3] not in PURE_MODULE_FILES
    )
    return f"{parts[2]}.{parts[3]}" if impure else ""


def verb_file_holds_its_verb(tree: Tree) -> list[str]:
    """`compile.py` holds `compile`: who looks for the verb finds the file, and the other way round."""
    return [
        source.complain(1, f"holds no `{source.stem}`. Give its main function (or class) the file's name, or the file the function's.")
        for source in filter(is_verb_file, tree.package)
        if source.stem.replace("_", "") not in _definitions(source)
    ]  # fmt: skip


def _definitions(source: Source) -> set[str]:
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return {node.name.lower().replace("_", "") for node in source.tree.body if isinstance(node, kinds)}
