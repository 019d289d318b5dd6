"""Rules for how modules meet: only at their public files, with the workspace first, in nouns that cannot change."""

from __future__ import annotations

import ast
import re

from tests.architecture.rules.source import CAPABILITY_FLOORS, DOORS, Source, Tree, dotted, imports

PUBLIC = ("service", "facts", "port", "types")
# The command and the server put the doors together; nobody else may.
COMPOSERS = {"cli", "server", "worker", "engines", "settings", "urls"}
COMPOSED = {*PUBLIC, *(door.split("/")[-1] for door in DOORS), "api", "jobs", "handlers", "apps"}
NO_WORKSPACE = re.compile(r"#\s*(?:workspace-free|no workspace):\s*\S.{8,}")


def public_files_only(tree: Tree) -> list[str]:
    """From outside, a module is its service, facts, port and types; everything else is its own affair."""
    return [
        source.complain(line, f"{name} is private to {'.'.join(owner)}. Ask {'.'.join(owner)}.service instead, or have it tell a fact.")
        for source in tree.package
        for line, name in imports(source)
        if (owner := _owner(name)) and owner in tree.modules and owner != source.module and not _may(source, name)
    ]  # fmt: skip


def _owner(name: str) -> tuple[str, str] | None:
    parts = name.split(".")
    inside = len(parts) >= 4 and parts[0] == "cadenza" and parts[1] in CAPABILITY_FLOORS
    return (parts[1], parts[2]) if inside else None


def _may(source: Source, name: str) -> bool:
    return name.split(".")[3] in (COMPOSED if source.floor in COMPOSERS else PUBLIC)


def workspace_first(tree: Tree) -> list[str]:
    """Every public function of a service takes the workspace first, so that none forgets whose data it touches."""
    return [
        source.complain(node, f"`{node.name}` does not take `workspace` first. Let it; or, where it serves none, write `# workspace-free: <why>`.")
        for source in tree.package
        if source.stem == "service" and source.module
        for node in source.tree.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_")
        if _first(node) != "workspace" and not _excused(source, node)
    ]  # fmt: skip


def _first(node: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    arguments = node.args.posonlyargs + node.args.args
    return arguments[0].arg if arguments else ""


def _excused(source: Source, node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    top = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    return any(NO_WORKSPACE.search(line) for line in source.lines[max(top - 2, 0) : node.body[0].lineno])


def nouns_are_frozen(tree: Tree) -> list[str]:
    """What is handed from module to module cannot be changed by who receives it."""
    return [
        source.complain(
            node, f"`{node.name}` can be changed by who receives it. Write `@dataclass(frozen=True)`."
        )
        for source in tree.package
        if source.stem in {"types", "facts", "port"} and source.floor in CAPABILITY_FLOORS
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ClassDef) and _is_open_dataclass(node)
    ]


def _is_open_dataclass(node: ast.ClassDef) -> bool:
    for decorator in node.decorator_list:
        called = decorator.func if isinstance(decorator, ast.Call) else decorator
        if dotted(called).endswith("dataclass"):
            given = decorator.keywords if isinstance(decorator, ast.Call) else []
            return not any(
                k.arg == "frozen" and isinstance(k.value, ast.Constant) and k.value.value for k in given
            )
    return False


# Who may look across all workspaces, each with the reason. `docs/decisions` should hear of a new kind.
ACROSS_WORKSPACES: dict[str, str] = {
    "cadenza/cdp/duplicates/jobs.py": "finds workspaces whose search for duplicates is a day old",
    "cadenza/cdp/ingest/pipeline.py": "takes accepted requests of all workspaces from the inbox",
    "cadenza/cdp/ingest/service.py": "measures and prunes the inbox of the whole installation",
    "cadenza/cdp/schemas/service.py": "sums up what the pipeline counted for all workspaces",
    "cadenza/cdp/segments/jobs.py": "finds segments that are due to be counted anew",
    "cadenza/cdp/segments/mirrors.py": "finds workspaces whose mirrors lack what was before them",
    "cadenza/connect/imports/jobs.py": "finds the files of old imports, to forget them",
    "cadenza/connect/operations/jobs.py": "finds calls and imports that a dead worker left",
    "cadenza/connect/operations/service.py": "finds the integration point that a call names",
    "cadenza/trust/accounts/service.py": "finds the workspace that a key belongs to",
    "cadenza/trust/privacy/jobs.py": "finds erasures that are due",
    "cadenza/outreach/campaigns/jobs.py": "finds campaigns that are due or on their way",
    "cadenza/outreach/delivery/sending.py": "finds what is due, and what dead workers left",
    "cadenza/web/welcome.py": "signs in before a workspace is known",
}


def system_scope_is_rare(tree: Tree, allowed: dict[str, str] | None = None) -> list[str]:
    """Only the operator's command, schedulers, key look-ups and the pipeline look across workspaces."""
    allowed = ACROSS_WORKSPACES if allowed is None else allowed
    users = {
        s: node
        for s in tree.package
        if s.floor not in {"base", "cli"}
        for node in ast.walk(s.tree)
        if _opens_all(node)
    }
    found = [
        source.complain(node, "opens all workspaces. Take a workspace and use `database.scope`; a new scheduler is named in ACROSS_WORKSPACES.")
        for source, node in users.items()
        if source.path not in allowed
    ]  # fmt: skip
    used = {source.path for source in users}
    return found + [
        f"{path}: no longer opens all workspaces. Take it off ACROSS_WORKSPACES."
        for path in sorted(set(allowed) - used)
    ]


def _opens_all(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and dotted(node.func).split(".")[-1] == "system_scope"
