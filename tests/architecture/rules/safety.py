"""Rules against the short cuts that end in an advisory: raw HTML, raw commands, raw trust, personal data in logs."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator

from tests.architecture.rules.source import Source, Tree, dotted, imports

UNPICKLED = {"pickle", "marshal", "shelve", "dill", "cloudpickle", "joblib"}
CALLED = {
    "eval": "Parse the input instead.",
    "exec": "Parse the input instead.",
    "mark_safe": "Use format_html or a template, which escape.",
    "SafeString": "Use format_html or a template, which escape.",
    "system": "Start the program with subprocess.run and a list of arguments.",
    "popen": "Start the program with subprocess.run and a list of arguments.",
    "_create_unverified_context": "Trust certificates, or give the operator a setting for a CA file.",
}
SWITCHED = {
    ("shell", True): "Give a list of arguments instead.",
    ("verify", False): "Give the operator a setting for a CA file.",
}
TEMPLATE = (
    (re.compile(r"\|\s*safe(seq)?\b"), "prints raw HTML. Let the template escape, or build the part with an inclusion tag."),
    (re.compile(r"{%\s*autoescape\s+off"), "prints raw HTML. Let the template escape."),
    (re.compile(r"<script(?![^>]*\bsrc=)(?![^>]*application/json)[^>]*>", re.I), "an inline script, which the CSP refuses. Put it into static/."),
    (re.compile(r"\son(click|change|load|submit|input|error|key\w+|mouse\w+)\s*=", re.I), "an inline handler, which the CSP refuses. Listen in a script of static/."),
)  # fmt: skip
SCRIPT = (
    (
        re.compile(r"\.(inner|outer)HTML\s*=[^=]"),
        "writes raw HTML. Use textContent, <template> or the server's HTML through htmx.",
    ),
    (
        re.compile(r"insertAdjacentHTML|document\.write|createContextualFragment"),
        "writes raw HTML. Use textContent or <template>.",
    ),
    (re.compile(r"(?<![\w.])eval\(|new Function\("), "runs a string. Parse it instead."),
)
LOGGERS = {"log", "logger", "_log", "_logger"}
LEVELS = {"debug", "info", "warning", "error", "exception", "critical", "bind"}
PERSONAL_WORDS = {
    "email", "phone", "name", "first_name", "last_name", "address", "ip", "recipient", "to", "subject", "payload", "body",
    "password", "token", "secret", "key",
}  # fmt: skip


def no_short_cuts(tree: Tree) -> list[str]:
    """No raw HTML, no shell, no eval, no pickles, no unchecked certificates."""
    found = [f"{complaint}" for source in tree.package for complaint in _python(source)]
    found += _lines(tree.files(".html", ".txt", under="cadenza/web/templates/"), TEMPLATE)
    found += _lines(
        [*tree.files(".js", under="cadenza/web/static/"), *tree.files(".js", under="tracker/")], SCRIPT
    )
    return found


def _python(source: Source) -> Iterator[str]:
    for line, name in imports(source):
        if name.split(".")[0] in UNPICKLED:
            yield source.complain(line, f"{name}: unpickling runs what it reads. Use msgspec or json.")
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call):
            yield from _call(source, node)


def _call(source: Source, node: ast.Call) -> Iterator[str]:
    name = dotted(node.func)
    plain = name.split(".")[-1]
    is_builtin = plain not in {"eval", "exec"} or name == plain
    is_os = plain not in {"system", "popen"} or name.startswith("os.")
    if plain in CALLED and is_builtin and is_os and not _is_literal(plain, node):
        yield source.complain(node, f"`{name}`: {CALLED[plain]}")
    for given in node.keywords:
        value = given.value.value if isinstance(given.value, ast.Constant) else None
        if (given.arg, value) in SWITCHED and isinstance(value, bool):
            yield source.complain(node, f"`{given.arg}={value}`: {SWITCHED[(str(given.arg), value)]}")


def _is_literal(name: str, node: ast.Call) -> bool:
    """A literal carries no data: `mark_safe('aria-hidden="true"')` cannot be turned against anyone."""
    return name in {"mark_safe", "SafeString"} and all(isinstance(given, ast.Constant) for given in node.args)


def _lines(sources: list[Source], rules: tuple[tuple[re.Pattern[str], str], ...]) -> list[str]:
    return [
        source.complain(number, what)
        for source in sources
        if ".min." not in source.path and not source.path.endswith(".test.js")
        for number, line in enumerate(source.lines, 1)
        for bad, what in rules
        if bad.search(line)
    ]


def print_in_the_command_only(tree: Tree) -> list[str]:
    """What runs in the background speaks through the log."""
    return _calls(
        tree,
        lambda source, node: source.floor != "cli" and dotted(node.func) in {"print", "pprint", "breakpoint"},
        "prints. Use `log.get(__name__)`; only the command speaks to a terminal.",
    )


def logs_hold_no_personal_data(tree: Tree) -> list[str]:
    """A log line holds opaque ids and counts: no e-mail, phone, name or address."""
    return _calls(
        tree, _tells_who, "a log line with personal data or a secret. Log the opaque id or a count instead."
    )


def _tells_who(_: Source, node: ast.Call) -> bool:
    to, _, level = dotted(node.func).rpartition(".")
    made = isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Call)
    if made and isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Call):
        to, level = dotted(node.func.value.func).removesuffix(".get"), node.func.attr
    is_log = to.split(".")[-1] in LOGGERS and level in LEVELS
    return is_log and any(given.arg in PERSONAL_WORDS for given in node.keywords)


def _calls(tree: Tree, is_bad: Callable[[Source, ast.Call], bool], what: str) -> list[str]:
    return [
        source.complain(node, what)
        for source in tree.package
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Call) and is_bad(source, node)
    ]
