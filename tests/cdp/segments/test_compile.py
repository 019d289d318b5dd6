"""Trees become one query: what it says is kept in files that people can read, and no value is ever in it.

After a change that is meant, write the files anew with `GOLDEN=write pytest tests/cdp/segments/test_compile.py`
and read the difference.
"""

from __future__ import annotations

import json
import os
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cadenza.cdp.segments.compile import asked, compile, compile_why
from cadenza.cdp.segments.compile_edges import compile_edges
from cadenza.cdp.segments.explain import explain
from cadenza.cdp.segments.parse import parse
from cadenza.cdp.segments.plan import Frame, Plan
from cadenza.cdp.segments.types import Kind
from cadenza.cdp.segments.write_text import write_text
from tests.cdp.segments.trees import FIELDS, trees

GOLDEN = Path(__file__).parents[2] / "golden" / "segments"
WORKSPACE = UUID("018f0000-0000-7000-8000-000000000001")
NOON = datetime(2030, 3, 1, 12, tzinfo=UTC)
JSON = re.compile(r"```json\n(.*?)```", re.DOTALL)


def _plan(*json: Any, overrides: bool = False) -> Plan:
    return compile([parse(one, FIELDS) for one in json], Frame(WORKSPACE, NOON, "Europe/Riga", overrides))


def _case(text: str) -> str:
    found = json.loads(text)
    trees = found if isinstance(found, list) else [found]
    plan = _plan(*trees, overrides=len(trees) > 1)
    said = "\n".join(f"* {explain(parse(tree, FIELDS))}" for tree in trees)
    written = "\n\n".join(write_text(tree, {}, {}) for tree in trees)
    bound = "\n".join(f"-- {name} = {value!r}" for name, value in plan.parameters.items())
    return f"{said}\n\n```text\n{written}\n```\n\n```json\n{text}```\n\n```sql\n{plan.sql}\n\n{bound}\n```"


@pytest.mark.parametrize("file", sorted(GOLDEN.glob("*.md")), ids=lambda file: file.stem)
def test_sentence_text_tree_and_sql_stand_together_in_a_file(file: Path):
    text = file.read_text()
    head = text.split("\n\n* ")[0].split("\n\n```json")[0].rstrip()
    now = "\n\n".join([head, *(_case(found) for found in JSON.findall(text))]) + "\n"
    if os.environ.get("GOLDEN") == "write":
        file.write_text(now)
    assert now == text


def test_there_are_golden_files():
    assert len(list(GOLDEN.glob("*.md"))) >= 5


def test_what_two_trees_ask_alike_is_asked_once():
    bought = {"did": "Order Completed", "where": [{"property": "total", "at_least": 50}]}
    twice = bought | {"times": 2}
    plan = _plan(bought, {"all": [bought, twice]}, {"not": twice})
    assert plan.sql.count(" as c") == 1
    assert plan.sql.count("from event") == 1
    assert len(plan.slots) == 2


def test_each_event_name_is_read_once():
    names = [{"did": name, "days": days} for name in ("A", "B", "C") for days in (1, 7, 30)]
    assert _plan(*names).sql.count("from event") == 3


def test_merged_profiles_cost_nothing_where_there_are_none():
    tree = {"did": "A"}
    assert "profile_override" not in _plan(tree).sql
    assert "profile_override" in _plan(tree, overrides=True).sql


def test_rows_older_than_every_window_are_not_read():
    week, month = {"did": "A", "days": 7}, {"did": "A", "days": 30}
    bounded = _plan(week, month)
    assert "and at > {p" in bounded.sql.split("from event")[1]
    assert bounded.sql.count("countIf(") == 1, "the longest window needs no condition of its own"
    assert "and at > {p" not in _plan(week, {"did": "A"}).sql.split("from event")[1]


@given(st.lists(trees, min_size=1, max_size=4), st.booleans())
def test_the_same_trees_make_the_same_query(json: list[Any], overrides: bool):
    assert _plan(*json, overrides=overrides) == _plan(*json, overrides=overrides)


# What may stand in the SQL: our own words, and names of bound values.  Everything else came from a tree.
_KNOWN = re.compile(r"\{(?:p\d+|workspace|moment|people):[\w(), ']+\}")
_hostile = st.one_of(
    st.text(min_size=1, max_size=40).filter(lambda text: text.strip() and "\0" not in text),
    st.sampled_from(
        [
            "'; drop table event; --",
            "\\' or 1=1 --",
            "{p1:String}",
            "`x`",
            "$$",
            "a'||'b",
            "/*",
            "*/ union all",
            "%s",
        ]
    ),
)


@given(_hostile, _hostile, _hostile, _hostile)
def test_no_word_of_a_tree_reaches_the_sql(one: str, two: str, three: str, four: str):
    """The same tree with harmless words must give the very same SQL."""
    words = [f"<{word}>" for word in (one, two, three, four)]
    if any(0xD800 <= ord(sign) <= 0xDFFF for word in words for sign in word):
        return
    plain = ["aa", "bb", "cc", "dd"] if len(set(words)) == 4 else [f"w{words.index(word)}" for word in words]
    hostile, harmless = _of_words(*words), _of_words(*plain)
    assert [sql for sql, _ in hostile] == [sql for sql, _ in harmless]
    for sql, values in hostile:
        left = _KNOWN.sub("", sql)
        assert not any(word in left for word in words)
        assert _KNOWN.search(sql) and values


def _of_words(event: str, name: str, value: str, category: str) -> list[tuple[str, dict[str, Any]]]:
    """Every kind of condition that takes words, as members, as reasons and as what time moves."""
    which = {
        "where": [
            {"property": name, "is": value},
            {"property": name, "one_of": [value, category]},
            *({"property": name, op: value} for op in ("is_not", "contains", "starts_with")),
        ],
        "on": ["monday"],
        "between_hours": [9, 18],
        "near": {"latitude": 1, "longitude": 2, "km": 3},
    }
    json = {
        "all": [
            {"did": event, "days": 3, **which},
            {"last": event, "days_ago_at_least": 3, "having": which["where"], **which},
            {"sequence": [{"did": event, **which}, {"did": value}, {"did_not": name, "within_days": 2}]},
            {"did": event, "first_days": 30},
            {
                "orders": "sum",
                "at_least": 5,
                "category": category,
                "brand": value,
                "product": name,
                "days": 9,
            },
            {"list": "cart", "at_least": 1, "where": which["where"]},
            {"subscription": value, "channel": category},
            {"message": "left_out", "campaign": value, "reason": name},
            {"bucket": value, "to": 50},
            {"near": which["near"]},
            *({"attribute": "x" + name, op: value} for op in ("is", "is_not", "contains", "starts_with")),
            {"attribute": "l" + name, "contains_any": [value, category]},
            {"attribute": "t" + name, "days_ago_at_most": 3},
            {"attribute": "t" + name, "anniversary_within": 3},
        ]
    }
    kinds = {"x" + name: Kind.TEXT, "l" + name: Kind.LIST, "t" + name: Kind.TIME}
    trees = [parse(json, kinds)]
    found = []
    for people in (None, (1, 2)):
        frame = Frame(WORKSPACE, NOON, "UTC", True, people, people)
        plans = (compile(trees, frame), compile_why(trees, frame))
        found += [(plan.sql, plan.parameters) for plan in plans]
    edges = compile_edges(asked(trees), Frame(WORKSPACE, NOON), NOON + timedelta(days=1))
    assert edges
    return [*found, edges]
