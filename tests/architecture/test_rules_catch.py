"""Every rule is seen to fail: a tiny package that breaks it on purpose, and the complaint that must come."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from tests.architecture.rules import (
    dynamic_sql,
    files,
    floors,
    meeting,
    moment,
    portable,
    pure,
    safety,
    tables,
)
from tests.architecture.rules.declared import imports_are_declared
from tests.architecture.rules.source import Tree

Rule = Callable[[Tree], list[str]]
THEMES: tuple[ModuleType, ...] = (dynamic_sql, files, meeting, moment, portable, pure, safety, tables)

MODELS = (
    '"""The tables of people."""\nfrom django.db import models\n\nclass Person(models.Model):\n    pass\n'
)
CREATE = '"""A table made by hand."""\nSQL = "create table ledger_line (id bigint)"\n'
ORDERS = {"cadenza/cdp/orders/service.py": '"""What others may ask of orders."""\n'}
PROFILES = {"cadenza/cdp/profiles/models.py": MODELS}


def code(*lines: str) -> str:
    return "\n".join(['"""Why this file is here at all."""', *lines]) + "\n"


def long_function(lines: int) -> str:
    return code("def walk():", '    """Not counted."""', *[f"    step = {n}" for n in range(lines)])


# rule → what breaks it: (files, a part of the complaint)
BREAKS: list[tuple[Rule, dict[str, str], str]] = [
    # files
    (
        files.caption,
        {"cadenza/base/clock.py": "import datetime\n"},
        "clock.py:1: the file does not say why it is here",
    ),
    (files.caption, {"cadenza/base/clock.py": '"""Clock."""\n'}, "Open it with a sentence"),
    (files.caption, {"cadenza/cdp/__init__.py": ""}, "cdp/__init__.py:1"),
    (files.caption, {"cadenza/web/static/canvas.js": "let x = 1;\n"}, "canvas.js:1: the file does not say"),
    (files.honest_names, {"cadenza/cdp/utils.py": code()}, "`utils` in the path says nothing"),
    (files.honest_names, {"cadenza/base/common/text.py": code()}, "`common` in the path"),
    (
        files.honest_names,
        {"cadenza/base/run.py": code("class EventProcessor:", "    pass")},
        "`processor` says nothing",
    ),
    (files.honest_names, {"cadenza/base/run.py": code("def parse_helper(): ...")}, "`helper` says nothing"),
    (
        files.short_functions,
        {"cadenza/base/walk.py": long_function(51)},
        "`walk` has 51 lines, the most is 50",
    ),
    (files.short_functions, {"cadenza/base/walk.py": long_function(9)}, "the median function has 9 lines"),
    (files.short_files, {"cadenza/base/walk.py": code(*["x = 1"] * 400)}, "has 401 lines, the most is 400"),
    # modules
    (
        meeting.public_files_only,
        {"cadenza/cdp/segments/service.py": code("from cadenza.cdp.profiles import store"), **PROFILES},
        "cadenza.cdp.profiles.store is private to cdp.profiles. Ask cdp.profiles.service instead",
    ),
    (
        meeting.public_files_only,
        {"cadenza/web/people.py": code("from cadenza.cdp.profiles.models import Person"), **PROFILES},
        "cadenza.cdp.profiles.models.Person is private",
    ),
    (
        meeting.public_files_only,
        {"cadenza/cdp/segments/service.py": code("from ..profiles.decide import decide"), **PROFILES},
        "cadenza.cdp.profiles.decide.decide is private",
    ),
    (
        meeting.public_files_only,
        {"cadenza/cli/main.py": code("from cadenza.cdp.profiles import store"), **PROFILES},
        "profiles.store is private",
    ),
    (
        meeting.workspace_first,
        {"cadenza/cdp/orders/service.py": code("def totals(since, workspace): ...")},
        "`totals` does not take `workspace` first",
    ),
    (
        meeting.workspace_first,
        {"cadenza/cdp/orders/service.py": code("# workspace-free: x", "def totals(): ...")},
        "write `# workspace-free: <why>`",
    ),
    (
        meeting.nouns_are_frozen,
        {"cadenza/cdp/orders/types.py": code("@dataclass", "class Order:", "    id: int")},
        "`Order` can be changed by who receives it",
    ),
    (
        meeting.nouns_are_frozen,
        {"cadenza/cdp/orders/facts.py": code("@dataclass(kw_only=True)", "class OrderPlaced(Fact): ...")},
        "`OrderPlaced` can be changed",
    ),
    (
        meeting.system_scope_is_rare,
        {"cadenza/cdp/orders/service.py": code("def f():", "    with database.system_scope(): ...")},
        "opens all workspaces. Take a workspace",
    ),
    # pure files
    (
        pure.pure_files_stay_pure,
        {"cadenza/cdp/segments/compile.py": code("from django.utils import timezone")},
        "reaches for Django",
    ),
    (
        pure.pure_files_stay_pure,
        {"cadenza/cdp/segments/rank.py": code("import random")},
        "reaches for chance (random)",
    ),
    (
        pure.pure_files_stay_pure,
        {"cadenza/cdp/segments/rank.py": code("from time import monotonic")},
        "the clock",
    ),
    (
        pure.pure_files_stay_pure,
        {"cadenza/cdp/segments/rank.py": code("from cadenza.base import clock")},
        "reaches for base.clock",
    ),
    (
        pure.pure_files_stay_pure,
        {"cadenza/cdp/segments/rank.py": code("from cadenza.base.inbox import service")},
        "reaches for base.inbox",
    ),
    (
        pure.pure_files_stay_pure,
        {"cadenza/cdp/segments/rank.py": code("from cadenza import settings")},
        "reaches for the settings",
    ),
    (
        pure.pure_files_stay_pure,
        {"cadenza/cdp/segments/rank.py": code("from cadenza.cdp.segments import store")},
        "reaches for segments.store",
    ),
    (
        pure.pure_files_stay_pure,
        {"cadenza/cdp/segments/rank.py": code("from cadenza.cdp.orders import service"), **ORDERS},
        "reaches for orders.service",
    ),
    (
        pure.pure_files_stay_pure,
        {"cadenza/cdp/segments/rank.py": code("def rank():", "    open('x')")},
        "files (open)",
    ),
    (
        pure.verb_file_holds_its_verb,
        {"cadenza/cdp/segments/compile.py": code("def build(): ...")},
        "holds no `compile`",
    ),
    # time
    (
        moment.one_clock,
        {"cadenza/cdp/x.py": code("at = datetime.now(UTC)")},
        "`datetime.now` looks at the machine's clock",
    ),
    (moment.one_clock, {"cadenza/cdp/x.py": code("at = datetime.datetime.utcnow()")}, "datetime.utcnow"),
    (moment.one_clock, {"cadenza/cdp/x.py": code("at = time.time()")}, "`time.time`"),
    (moment.one_clock, {"cadenza/cdp/x.py": code("from time import time")}, "`time.time`"),
    (moment.one_clock, {"cadenza/cdp/x.py": code("day = date.today()")}, "`date.today`"),
    (moment.one_clock, {"cadenza/cdp/x.py": code("at = timezone.now()")}, "`timezone.now`"),
    (moment.one_clock, {"cadenza/cdp/x.py": code("at = DateTimeField(auto_now_add=True)")}, "`auto_now_add`"),
    (
        moment.one_clock,
        {"cadenza/cdp/x.py": code("from django.db.models.functions import Now")},
        "Now` looks",
    ),
    (
        moment.no_clock_in_sql,
        {"cadenza/cdp/x.py": code('S = "select id from t where at < now()"')},
        "SQL asks what time it is (now())",
    ),
    (moment.no_clock_in_sql, {"cadenza/cdp/x.py": code('S = f"select now64(3) from {t}"')}, "(now64(3))"),
    (moment.no_clock_in_sql, {"cadenza/cdp/x.py": code('S = "CURRENT_TIMESTAMP"')}, "(CURRENT_TIMESTAMP)"),
    (
        moment.no_clock_in_sql,
        {
            "cadenza/cdp/events/clickhouse/0001_event.sql": "-- now() in a comment\nselect 1\nwhere d > today()\n"
        },
        "0001_event.sql:3: SQL asks what time it is (today())",
    ),
    (
        moment.no_clock_in_sql,
        {
            "cadenza/cdp/events/migrations/0001.py": code(
                'S = "create table t (at timestamptz default now())"'
            )
        },
        "Bind `clock.now()`",
    ),
    # tables
    (
        tables.tables_are_private,
        {"cadenza/cdp/orders/store.py": code("from cadenza.cdp.profiles import models"), **PROFILES},
        "the tables of cdp.profiles are private",
    ),
    (
        tables.tables_are_private,
        {
            "cadenza/cdp/orders/models.py": code("who = models.ForeignKey('profiles.Person', null=True)"),
            **PROFILES,
        },
        "a key into another module's table (profiles.Person). Keep its plain id",
    ),
    (
        tables.tables_are_private,
        {"cadenza/cdp/orders/models.py": code("who = ForeignKey(to=settings.AUTH_USER_MODEL)")},
        "a key into another module's table (settings.AUTH_USER_MODEL)",
    ),
    (
        tables.tables_are_private,
        {"cadenza/cdp/orders/store.py": code('S = "select id from profiles_person"'), **PROFILES},
        "`profiles_person`, which belongs to cdp.profiles. Ask cdp.profiles.service",
    ),
    (
        tables.tables_are_private,
        {
            "cadenza/cdp/orders/store.py": code('S = f"delete from ledger_line where {x}"'),
            "cadenza/cdp/profiles/migrations/0002.py": CREATE,
        },
        "`ledger_line`, which belongs to cdp.profiles",
    ),
    (
        tables.tables_are_private,
        {"cadenza/insight/reports/clickhouse.sql": "select id from profiles_person\n", **PROFILES},
        "clickhouse.sql:1: reads or writes `profiles_person`",
    ),
    (
        tables.pages_hold_no_sql,
        {"cadenza/web/people.py": code('rows("select id from person")')},
        "SQL in a page",
    ),
    # dynamic SQL
    (
        dynamic_sql.dynamic_sql_in_few_files,
        {"cadenza/cdp/orders/service.py": code('S = f"select id from t where name = {name}"')},
        "SQL is made at run time. Bind the values",
    ),
    (
        dynamic_sql.dynamic_sql_in_few_files,
        {"cadenza/cdp/orders/service.py": code('S = "delete from t where id = %s" % id')},
        "SQL is made at run time",
    ),
    (
        dynamic_sql.dynamic_sql_in_few_files,
        {"cadenza/cdp/orders/service.py": code('Q = "select id from {}"', "S = Q.format(table)")},
        "SQL is made at run time",
    ),
    (
        dynamic_sql.dynamic_sql_in_few_files,
        {"cadenza/cdp/orders/service.py": code('S = "select id from t where " + condition')},
        "SQL is made at run time",
    ),
    (
        dynamic_sql.dynamic_sql_in_few_files,
        {"cadenza/cdp/orders/store.py": code('S = f"select id from {t}"')},
        "write `# sql: <what, and why it is safe>`",
    ),
    (
        dynamic_sql.dynamic_sql_in_few_files,
        {
            "cadenza/cdp/orders/service.py": code(
                'S = f"select id from {t}"  # sql: the mark counts in stores only'
            )
        },
        "belongs into compile.py",
    ),
    # safety
    (safety.no_short_cuts, {"cadenza/web/x.py": code("mark_safe(text)")}, "Use format_html or a template"),
    (safety.no_short_cuts, {"cadenza/web/x.py": code("run('ls', shell=True)")}, "`shell=True`"),
    (safety.no_short_cuts, {"cadenza/web/x.py": code("os.system('ls')")}, "subprocess.run"),
    (safety.no_short_cuts, {"cadenza/web/x.py": code("client(verify=False)")}, "`verify=False`"),
    (safety.no_short_cuts, {"cadenza/web/x.py": code("eval(text)")}, "`eval`: Parse the input"),
    (safety.no_short_cuts, {"cadenza/web/x.py": code("import pickle")}, "unpickling runs what it reads"),
    (safety.no_short_cuts, {"cadenza/web/templates/p.html": "{{ name|safe }}"}, "prints raw HTML"),
    (safety.no_short_cuts, {"cadenza/web/templates/p.html": "{% autoescape off %}"}, "prints raw HTML"),
    (safety.no_short_cuts, {"cadenza/web/templates/p.html": "<script>go()</script>"}, "an inline script"),
    (safety.no_short_cuts, {"cadenza/web/templates/p.html": '<a onclick="go()">'}, "an inline handler"),
    (
        safety.no_short_cuts,
        {"cadenza/web/static/x.js": "// x\na.innerHTML = b;\n"},
        "x.js:2: writes raw HTML",
    ),
    (
        safety.no_short_cuts,
        {"cadenza/web/static/x.js": "a.insertAdjacentHTML('beforeend', b)"},
        "writes raw HTML",
    ),
    (safety.no_short_cuts, {"cadenza/web/static/x.js": "eval(b)"}, "runs a string"),
    (
        safety.print_in_the_command_only,
        {"cadenza/cdp/x.py": code("print(1)")},
        "prints. Use `log.get(__name__)`",
    ),
    (
        safety.logs_hold_no_personal_data,
        {"cadenza/cdp/x.py": code("log.info('sent', email=who)")},
        "Log the opaque id",
    ),
    (
        safety.logs_hold_no_personal_data,
        {"cadenza/cdp/x.py": code("log.get(__name__).info('sent', phone=who)")},
        "Log the opaque id",
    ),
    # what is tracked
    (portable.tracked_files_are_portable, {"requirements.lock": "--index-url x\n"}, "names an index address"),
    (
        portable.tracked_files_are_portable,
        {"docs/x.md": "see https://py" + "pi.org/x"},
        "names a registry host",
    ),
    (
        portable.tracked_files_are_portable,
        {"Makefile": "x:\n\tls /ho" + "me/ann/x\n"},
        "Makefile:2: names a folder",
    ),
]

# What looks alike and is allowed.
KEEPS: list[tuple[Rule, dict[str, str]]] = [
    (files.caption, {"tests/cdp/__init__.py": "", "cadenza/cdp/x/migrations/0001_initial.py": "x = 1\n"}),
    (files.honest_names, {"cadenza/base/run.py": code("class UserManager(BaseUserManager): ...")}),
    (files.short_functions, {"cadenza/base/walk.py": long_function(8)}),
    (meeting.public_files_only, {"cadenza/web/x.py": code("from cadenza.cdp.profiles import service"), **PROFILES}),
    (
        meeting.public_files_only,
        {"cadenza/cdp/profiles/service.py": code("from cadenza.cdp.profiles import store"), **PROFILES},
    ),
    (
        meeting.workspace_first,
        {"cadenza/x.py": "", "cadenza/trust/privacy/service.py": code("def purposes(): ...  # workspace-free: the law is one for all")},
    ),
    (meeting.workspace_first, {"cadenza/cdp/orders/service.py": code("def totals(workspace): ...", "def _f(): ...")}),
    (meeting.nouns_are_frozen, {"cadenza/cdp/orders/types.py": code("@dataclass(frozen=True)", "class A: ...")}),
    (
        pure.pure_files_stay_pure,
        {"cadenza/cdp/segments/rank.py": code("from cadenza.base.problem import BadInput", "from cadenza.base.inbox.port import Accepted", "import re", "from datetime import datetime")},
    ),
    (pure.verb_file_holds_its_verb, {"cadenza/cdp/segments/compile.py": code("def compile(): ...")}),
    (moment.one_clock, {"cadenza/base/clock.py": code("at = datetime.now(UTC)"), "cadenza/x.py": code("t = time.monotonic()", "a = clock.now()")}),
    (moment.no_clock_in_sql, {"cadenza/cdp/x.py": '"""SQL never says now() here."""\nS = "select id from t where at < %s"\n'}),
    (tables.tables_are_private, {"cadenza/cdp/profiles/store.py": code('S = "select id from profiles_person"'), **PROFILES}),
    (dynamic_sql.dynamic_sql_in_few_files, {"cadenza/cdp/segments/compile.py": code('S = f"select id from {t}"')}),
    (dynamic_sql.dynamic_sql_in_few_files, {"cadenza/cdp/orders/service.py": code('T = "t"', 'S = f"select id from {T}"')}),
    (dynamic_sql.dynamic_sql_in_few_files, {"cadenza/cdp/orders/service.py": code('S = f"Select a person from {place}."')}),
    (
        dynamic_sql.dynamic_sql_in_few_files,
        {"cadenza/cdp/orders/store.py": code("# sql: t is one of two constants of this file", 'S = f"select id from {t}"')},
    ),
    (tables.pages_hold_no_sql, {"cadenza/web/x.py": code('rows("select 1")')}),
    (safety.no_short_cuts, {"cadenza/web/templates/p.html": '<script src="/s.js"></script><script type="application/json">{}</script>'}),
    (safety.no_short_cuts, {"cadenza/web/x.py": code("mark_safe('<b>')", "re.compile('x')", "run(['ls'])")}),
    (safety.print_in_the_command_only, {"cadenza/cli/main.py": code("print(1)")}),
    (safety.logs_hold_no_personal_data, {"cadenza/x.py": code("log.info('sent', campaign=1, n=3)")}),
    (portable.tracked_files_are_portable, {"README.md": "https://example.com/home/x and ./tmp/x and #!/usr/bin/env"}),
]  # fmt: skip


def fake(root: Path, contents: dict[str, str]) -> Tree:
    """A tree of its own, with these files only."""
    for path, text in contents.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    return Tree(root)


@pytest.mark.parametrize(
    ("rule", "broken", "complaint"), BREAKS, ids=lambda value: getattr(value, "__name__", "")
)
def test_the_rule_sees_the_violation(rule: Rule, broken: dict[str, str], complaint: str, tmp_path: Path):
    said = rule(fake(tmp_path, broken))
    assert any(complaint in line for line in said), said or "no complaint"


@pytest.mark.parametrize(("rule", "kept"), KEEPS, ids=lambda value: getattr(value, "__name__", ""))
def test_the_rule_lets_pass_what_is_allowed(rule: Rule, kept: dict[str, str], tmp_path: Path):
    assert rule(fake(tmp_path, kept)) == []


def test_every_rule_was_seen_to_fail():
    rules = {
        value
        for theme in THEMES
        for name, value in vars(theme).items()
        if inspect.isfunction(value) and value.__module__ == theme.__name__ and not name.startswith("_")
        if inspect.signature(value).return_annotation == "list[str]"
    }
    assert rules == {rule for rule, _, _ in BREAKS}


def test_a_name_that_no_longer_looks_across_workspaces_leaves_the_list(tmp_path: Path):
    said = meeting.system_scope_is_rare(
        fake(tmp_path, ORDERS), {"cadenza/cdp/orders/service.py": "a scheduler"}
    )
    assert said == [
        "cadenza/cdp/orders/service.py: no longer opens all workspaces. Take it off ACROSS_WORKSPACES."
    ]


FLOORS = """
[tool.importlinter]
root_package = "cadenza"
[[tool.importlinter.contracts]]
name = "Calls go down"
type = "layers"
containers = ["cadenza"]
exhaustive = true
layers = ["outreach", "cdp", "(trust)"]
"""


def floors_of(root: Path, **contents: str) -> list[str]:
    package = {
        "cadenza/__init__.py": "",
        "cadenza/outreach.py": "",
        "cadenza/cdp.py": "",
        "pyproject.toml": FLOORS,
    }
    written = {f"cadenza/{name}.py": text for name, text in contents.items()}
    return floors.broken_contracts(fake(root, {**package, **written}).root)


def test_import_contracts_are_kept_by_calls_that_go_down(tmp_path: Path):
    assert floors_of(tmp_path, outreach="import cadenza.cdp\n") == []


def test_import_contracts_see_a_call_that_goes_up(tmp_path: Path):
    said = floors_of(tmp_path, cdp="import cadenza.outreach\n")
    assert "cadenza.cdp -> cadenza.outreach" in said[0] and "Call only what stands below" in said[0]


def test_import_contracts_see_a_floor_without_a_place(tmp_path: Path):
    said = floors_of(tmp_path, attic="")
    assert "cadenza.attic" in said[0] and "gets its place in pyproject.toml" in said[0]


DECLARED = '[project]\ndependencies = ["Django_Ninja[x]>=1"]\n'


def test_an_import_that_no_dependency_provides_is_seen(tmp_path: Path):
    imported = {
        "pyproject.toml": DECLARED,
        "cadenza/x.py": code("import ninja", "import re", "from lxml import html"),
    }
    said = imports_are_declared(fake(tmp_path, imported), {"ninja": ["django-ninja"], "lxml": ["lxml"]})
    assert (
        len(said) == 1 and "x.py:4: imports lxml, which no dependency of pyproject.toml provides" in said[0]
    )


WITH_EXTRA = DECLARED + '[project.optional-dependencies]\ncluster = ["nats-py"]\ndev = ["pytest"]\n'


def test_what_an_extra_brings_is_imported_late_or_not_at_all(tmp_path: Path):
    late = code("def f():", "    import nats", "    import pytest")
    imported = {"pyproject.toml": WITH_EXTRA, "cadenza/late.py": late, "cadenza/soon.py": code("import nats")}
    said = imports_are_declared(fake(tmp_path, imported), {"nats": ["nats-py"], "pytest": ["pytest"]})
    assert ["late.py:4: imports pytest" in said[0], "soon.py:2: imports nats" in said[1], len(said)] == [
        True,
        True,
        2,
    ]
