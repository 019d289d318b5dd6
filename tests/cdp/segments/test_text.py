"""Conditions as text: what is written is read back as the same, and every mistake says where it is."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cadenza.base import database
from cadenza.base.ids import SegmentId, WorkspaceId
from cadenza.base.problem import BadInput
from cadenza.cdp.segments import service
from cadenza.cdp.segments.grammar import grammar, said
from cadenza.cdp.segments.leaves import AllOf, AnyOf, Condition, Not
from cadenza.cdp.segments.parse import parse
from cadenza.cdp.segments.read_text import LONGEST, read_text
from cadenza.cdp.segments.write_text import write_text
from tests.cdp.segments.trees import FIELDS, SEGMENTS, trees

GOLDEN = Path(__file__).parents[2] / "golden" / "segments"
JSON = re.compile(r"```json\n(.*?)```", re.DOTALL)
VIP, *TWINS = (SegmentId(UUID(one)) for one in SEGMENTS)
NAMES = {VIP: "VIP “best”", TWINS[0]: "Twins", TWINS[1]: "Twins"}
PRODUCTS = {VIP: 'Dear "ones"'}

US = {"attribute": "country", "is": "US"}
BIKES = {"property": "category", "is": "Bikes"}

TEXTS: list[tuple[str, Any]] = [
    ("everyone", {"all": []}),
    ('country is "US"', US),
    ("score at least 5 but less than 7.5", {"attribute": "score", "at_least": 5, "less_than": 7.5}),
    ('country is not "US" but is known', {"attribute": "country", "is_not": "US", "is_set": True}),
    ('country is one of "US", "DE"', {"attribute": "country", "one_of": ["US", "DE"]}),
    ("birth_date before 1980-01-01", {"attribute": "birth_date", "before": "1980-01-01"}),
    ("birth_date has its anniversary within 7 days", {"attribute": "birth_date", "anniversary_within": 7}),
    ("is_customer is yes", {"attribute": "is_customer", "is": True}),
    ("first_seen_at at most 1 day ago", {"attribute": "first_seen_at", "days_ago_at_most": 1}),
    ('sports contains any of "golf", "tennis"', {"attribute": "sports", "contains_any": ["golf", "tennis"]}),
    (
        'did "Order Completed" at least 2 times in the last 30 days where (category is "Bikes" and price at least 100)',
        {"did": "Order Completed", "times": 2, "days": 30,
         "where": [BIKES, {"property": "price", "at_least": 100}]},
    ),
    ('did "A" at most 3 times', {"did": "A", "times": 0, "at_most": 3}),
    ('did "A" 1 to 3 times', {"did": "A", "times": 1, "at_most": 3}),
    ('did "A" exactly 1 time', {"did": "A", "times": 1, "at_most": 1}),
    ('never did "A" today', {"did": "A", "times": 0, "at_most": 0, "in": "today"}),
    ('did not "A" last month', {"not": {"did": "A", "in": "last_month"}}),
    (
        'did "A" on Saturday, Sunday between 9:00 and 18:00 within 10 km of 56.95, -24.1',
        {"did": "A", "on": ["saturday", "sunday"], "between_hours": [9, 18],
         "near": {"latitude": 56.95, "longitude": -24.1, "km": 10}},
    ),
    ('did "A" since 2030-01-01 until 2030-02-01T10:00:00+02:00',
     {"did": "A", "since": "2030-01-01", "until": "2030-02-01T10:00:00+02:00"}),
    ('did "A" since registering', {"did": "A", "first_days": "ever"}),
    ('did "A" in the first 7 days after registering', {"did": "A", "first_days": 7}),
    ('last "A" at least 30 days ago having (category is "Bikes")',
     {"last": "A", "days_ago_at_least": 30, "having": [BIKES]}),
    (
        'did "A" in the last 30 days then within 24 hours did "B" then within 2 days did not "C"',
        {"sequence": [{"did": "A"}, {"did": "B", "within_hours": 24}, {"did_not": "C", "within_days": 2}], "days": 30},
    ),
    ("number of orders at least 3 in the last 365 days", {"orders": "count", "at_least": 3, "days": 365}),
    (
        'total of orders with category "Bikes", status paid, products in segment "Dear \\"ones\\"" at least 500',
        {"orders": "sum", "category": "Bikes", "status": "paid", "products": str(VIP), "at_least": 500},
    ),
    ("last order at least 90 days ago", {"orders": "last", "days_ago_at_least": 90}),
    ('products in the cart at least 1 where (category is "Bikes")', {"list": "cart", "at_least": 1, "where": [BIKES]}),
    ("products on the wish list is 0", {"list": "wishlist", "is": 0}),
    ('subscription "newsletter" by sms is one of given, refused',
     {"subscription": "newsletter", "channel": "sms", "one_of": ["given", "refused"]}),
    (
        'message left out by email of campaign "c1" because "cap" in the last 7 days',
        {"message": "left_out", "channel": "email", "campaign": "c1", "reason": "cap", "days": 7},
    ),
    ("message not opened by email", {"message": "not_opened", "channel": "email"}),
    ("identifier external_id is not known", {"identifier": "external_id", "is_set": False}),
    ('in segment "VIP “best”"', {"segment": str(VIP)}),
    (f"in segment {TWINS[0]}", {"segment": str(TWINS[0])}),
    ('drawn by "spring" from 0 to 12.5 percent', {"bucket": "spring", "from": 0, "to": 12.5}),
    ("lives within 10 km of 56.95, 24.1", {"near": {"latitude": 56.95, "longitude": 24.1, "km": 10}}),
    ('not (country is "US" or is_customer is yes)',
     {"not": {"any": [US, {"attribute": "is_customer", "is": True}]}}),
    ('(country is "US" or did "A") and not in segment "VIP “best”"',
     {"all": [{"any": [US, {"did": "A"}]}, {"not": {"segment": str(VIP)}}]}),
]  # fmt: skip


@pytest.mark.parametrize(("text", "tree"), TEXTS)
def test_a_text_and_a_tree_say_the_same(text: str, tree: Any):
    assert _read(text) == tree
    assert _write(tree) == text


def test_what_does_not_fit_into_a_line_is_laid_out():
    many = {"any": [{"did": f"Something {n}", "days": n + 2} for n in range(4)]}
    assert _write({"all": [US, {"not": many}]}).splitlines() == [
        'country is "US"',
        "and not (",
        '  did "Something 0" in the last 2 days',
        '  or did "Something 1" in the last 3 days',
        '  or did "Something 2" in the last 4 days',
        '  or did "Something 3" in the last 5 days',
        ")",
    ]


# The same, said in other words than those that are written.
LOOSELY = [
    ('country is "US"\n\n  and   country is known', '(country is "US") and (country is known)'),
    ("score is at least 5", "score at least 5"),
    ("country is “US”", 'country is "US"'),
    ("is_customer is true", "is_customer is yes"),
    ('did A where category is "Bikes"', 'did "A" where (category is "Bikes")'),
    ('did "A" in the last day', 'did "A" in the last 1 days'),
    ('did "A" then did not "B" within 2 days', 'did "A" then within 2 days did not "B"'),
    ('subscription "newsletter" by email', 'subscription "newsletter" by email is given'),
    ('did "A" on saturday between 9 and 18', 'did "A" between 9:00 and 18:00 on Saturday'),
    ('"country" is "\\u0055S"', 'country is "US"'),
]


@pytest.mark.parametrize(("one", "other"), LOOSELY)
def test_there_is_more_than_one_way_to_say_it(one: str, other: str):
    assert parse(_read(one), FIELDS) == parse(_read(other), FIELDS)


MISTAKES: list[tuple[str, str, str, str]] = [
    ("", "line 1, column 1", "no condition yet", "Write for example"),
    ('country is "US" and\n  contry is "DE"', "line 2, column 3", "no field 'contry'", "Did you mean 'country'?"),
    ('country iz "US"', "line 1, column 9", "“iz” cannot stand", "Did you mean “is”?"),
    ('dit "A"', "line 1, column 5", "cannot stand", "Did you mean “did”?"),
    ("country is US", "line 1, column 12", "“US” cannot stand", 'Put a text in quotes: "US".'),
    ('country is "US', "line 1, column 12", "never closed", "quote"),
    ('country is "\\x"', "line 1, column 12", "sign", "\\\\"),
    ('country is "US" &', "line 1, column 17", "“&”", "Here can stand: and, but, or, the end"),
    ('(country is "US"', "line 1, column 17", "ends too early", ")"),
    ('did "A" or did "B" and did "C"', "line 1, column 20", "`and` and `or` meet", "brackets"),
    ("score is \"five\"", "line 1, column 7", "must be a number", "without quotes"),
    ("country at least 5", "line 1, column 9", "does not fit a text", "one of, contains, starts with, is known"),
    ("score at least 5 but at least 7", "line 1, column 22", "said twice", "Leave one"),
    ('did "A" today yesterday', "line 1, column 15", "said twice", "Leave one"),
    ('did "A" in the last 0 days', "line 1, column 9", "whole number", "From 1"),
    ('country is "US" and in segment "VIQ “best”"', "line 1, column 32", "There is no segment", "Did you mean “VIP"),
    ('in segment "Twins"', "line 1, column 12", "2 segments", str(TWINS[0])),
    ('did "A" where category is "x" and country is "US"', "line 1, column 35", "or of the person", "where ("),
    ('did "A" then did not "B" then did "C"', "line 1, column 14", "needs a time", "within"),
    ("x" * (LONGEST + 1), "line 1, column 1", "characters", "JSON"),
    ("not " * 101 + "everyone", "line 1, column 401", "deep", "fewer"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "at", "detail", "hint"), MISTAKES, ids=range(len(MISTAKES)))
def test_a_mistake_says_where_it_is_and_the_way_out(text: str, at: str, detail: str, hint: str):
    with pytest.raises(BadInput) as refused:
        _read(text)
    assert refused.value.at == at
    assert detail in refused.value.detail
    assert hint in (refused.value.hint or "")
    assert f"line {refused.value.more['line']}, column {refused.value.more['column']}" == at


@given(trees)
@settings(deadline=None)
def test_every_tree_is_read_back_as_it_was(tree: Any):
    text = _write(tree)
    again = _read(text)
    assert _same(parse(again, FIELDS)) == _same(parse(tree, FIELDS))
    assert _write(again) == text
    assert _read(_write(again)) == again


def test_the_trees_of_the_golden_files_are_read_back_as_they_were():
    found = [
        json.loads(one) for file in sorted(GOLDEN.glob("*.md")) for one in JSON.findall(file.read_text())
    ]
    trees = [tree for one in found for tree in (one if isinstance(one, list) else [one])]
    assert len(trees) > 20
    for tree in trees:
        assert _same(parse(_read(_write(tree)), FIELDS)) == _same(parse(tree, FIELDS))


def test_the_page_shows_texts_that_can_be_read():
    page = (Path(__file__).parents[3] / "docs" / "segments.md").read_text()
    found = re.findall(r"```text\n(.*?)```", page, re.DOTALL)
    assert len(found) == 2
    for text in found:
        read_text(text, FIELDS, {VIP: "Sleepers"}, {})


_texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=40)


@given(_texts.filter(str.strip), _texts.filter(str.strip))
@settings(deadline=None)
def test_whatever_the_words_are_they_come_back(one: str, two: str):
    tree = {"any": [
        {"attribute": one, "is": two}, {"last": two, "having": [{"property": one, "one_of": [two, one]}]},
        {"subscription": one, "channel": two}, {"message": "left_out", "campaign": two, "reason": one},
        {"identifier": one, "is_set": True}, {"orders": "sum", "at_least": 1e-7, "brand": two},
        {"did": one, "where": [{"property": two, "is": -1e300}, {"property": one, "at_most": 10**300}]},
    ]}  # fmt: skip
    fields = {one: FIELDS["country"]}
    tree["any"][5]["at_least"] = 0.0001
    assert parse(read_text(write_text(tree, {}, {}), fields, {}, {}), fields) == parse(tree, fields)


_words = st.sampled_from(sorted({said(one.name) for one in grammar().terminals if one.pattern.type == "str"}))
_signs = st.one_of(
    _words,
    st.sampled_from(
        ["country", "score", '"US"', "5", "2030-01-01", "9:00", "Monday", SEGMENTS[0], '"', "“", "\\"]
    ),
)


@given(
    st.one_of(
        st.text(), st.lists(_signs, max_size=30).map(" ".join), trees.map(lambda tree: _write(tree)[:-3])
    )
)
@settings(max_examples=500, deadline=None)
def test_no_text_gives_anything_but_a_tree_or_a_refusal(text: str):
    try:
        found = _read(text)
    except BadInput as problem:
        assert problem.at and problem.hint
    else:
        parse(found, FIELDS)


@pytest.mark.parametrize(
    "part",
    [
        "(",
        "not ",
        ")",
        'country is "US" and ',
        'did "A" then ',
        "score is 5 but ",
        '"',
        "where (",
        "9",
        "“",
        "in the last ",
    ],
)
def test_no_text_takes_long(part: str):
    text = (part * LONGEST)[:LONGEST]
    before = time.process_time()
    with pytest.raises(BadInput):
        _read(text)
    assert time.process_time() - before < 10


def test_segments_are_named_as_the_workspace_names_them(workspace: WorkspaceId):
    with database.scope(workspace):
        vip = service.save(workspace, "VIP", {"did": "Order Completed", "times": 5})
        tree = {"all": [{"segment": str(vip.id)}, {"attribute": "country", "is": "US"}]}
        text = 'in segment "VIP" and country is "US"'
        assert service.to_text(workspace, tree) == text
        assert service.from_text(workspace, text) == tree

        service.save(workspace, "VIP", {"did": "Order Completed", "times": 9})
        assert service.to_text(workspace, tree) == f'in segment {vip.id} and country is "US"'
        with pytest.raises(BadInput, match="2 segments"):
            service.from_text(workspace, text)
        with pytest.raises(BadInput, match="no field"):
            service.to_text(workspace, {"attribute": "nowhere", "is": "x"})


def _read(text: str) -> Any:
    return read_text(text, FIELDS, NAMES, PRODUCTS)


def _write(tree: Any) -> str:
    parse(tree, FIELDS)
    return write_text(tree, NAMES, PRODUCTS)


def _same(condition: Condition) -> Condition:
    """Without brackets around one thing."""
    match condition:
        case AllOf(of=(only,)) | AnyOf(of=(only,)):
            return _same(only)
        case AllOf(of):
            return AllOf(tuple(map(_same, of)))
        case AnyOf(of):
            return AnyOf(tuple(map(_same, of)))
        case Not(of=part):
            return Not(_same(part))
        case leaf:
            return leaf
