"""Every mistake in a tree names its place and the way out."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cadenza.base.problem import BadInput
from cadenza.cdp.segments.leaves import AllOf, Attribute, Did, Not, Orders, Rolling, Where, Which, leaves
from cadenza.cdp.segments.parse import parse
from cadenza.cdp.segments.types import Comparison, Kind, Measure, Op
from tests.cdp.segments.trees import FIELDS, trees

US = {"attribute": "country", "is": "US"}

MISTAKES: list[tuple[Any, str, str]] = [
    ("US", "tree", "not a condition"),
    (None, "tree", "not a condition"),
    ([US], "tree", "not a condition"),
    ({}, "tree", "not a condition"),
    ({"all": US}, "tree.all", "list"),
    ({"any": []}, "tree.any", "nobody"),
    ({"all": [US, {"all": [3]}]}, "tree.all.1.all.0", "not a condition"),
    ({"all": [US], "any": [US]}, "tree.any", "no meaning"),
    ({"not": []}, "tree.not", "not a condition"),
    ({"not": US, "at": 3}, "tree.at", "no meaning"),
    ({"attribute": "contry", "is": "US"}, "tree.attribute", "no field 'contry'"),
    ({"attribute": 7, "is": "US"}, "tree.attribute", "text"),
    ({"attribute": "country"}, "tree", "Nothing is compared"),
    ({"attribute": "country", "is": 5}, "tree.is", "text"),
    ({"attribute": "country", "is": ""}, "tree.is", "empty"),
    ({"attribute": "country", "is": "x" * 501}, "tree.is", "500"),
    ({"attribute": "country", "is": "\ud800"}, "tree.is", "character"),
    ({"attribute": "country", "is": "a\0b"}, "tree.is", "character"),
    ({"attribute": "country", "at_least": 5}, "tree.at_least", "does not fit a text"),
    ({"attribute": "country", "iz": "US"}, "tree.iz", "no meaning"),
    ({"attribute": "country", "one_of": "US"}, "tree.one_of", "list"),
    ({"attribute": "country", "one_of": []}, "tree.one_of", "list"),
    ({"attribute": "country", "one_of": ["US", 5]}, "tree.one_of.1", "text"),
    ({"attribute": "country", "one_of": ["x"] * 1001}, "tree.one_of", "1000"),
    ({"attribute": "country", "is_set": "yes"}, "tree.is_set", "true or false"),
    ({"attribute": "score", "is": "5"}, "tree.is", "number"),
    ({"attribute": "score", "is": True}, "tree.is", "number"),
    ({"attribute": "score", "is": float("nan")}, "tree.is", "too large"),
    ({"attribute": "score", "is": 10**400}, "tree.is", "too large"),
    ({"attribute": "score", "contains": "5"}, "tree.contains", "does not fit a number"),
    ({"attribute": "is_customer", "is": "yes"}, "tree.is", "true or false"),
    ({"attribute": "birth_date", "before": "yesterday"}, "tree.before", "not a date"),
    ({"attribute": "birth_date", "before": 2020}, "tree.before", "not a date"),
    ({"attribute": "birth_date", "before": "0001-01-01T00:00:00+14:00"}, "tree.before", "far away"),
    ({"attribute": "birth_date", "days_ago_at_most": -1}, "tree.days_ago_at_most", "whole number"),
    ({"attribute": "email", "is": "a@b.example"}, "tree.is", "not compared"),
    ({"did": ""}, "tree.did", "empty"),
    ({"did": "A", "day": 3}, "tree.day", "no meaning"),
    ({"did": "A", "times": -1}, "tree.times", "whole number"),
    ({"did": "A", "times": 1.5}, "tree.times", "whole number"),
    ({"did": "A", "times": 0}, "tree.times", "everyone"),
    ({"did": "A", "times": 3, "at_most": 2}, "tree.at_most", "From 3"),
    ({"did": "A", "days": 0}, "tree.days", "whole number"),
    ({"did": "A", "days": "30"}, "tree.days", "whole number"),
    ({"did": "A", "where": {"property": "x", "is": 1}}, "tree.where", "list"),
    ({"did": "A", "where": ["x"]}, "tree.where.0", "property condition"),
    ({"did": "A", "where": [{"property": "x"}]}, "tree.where.0", "Nothing is compared"),
    ({"did": "A", "where": [{"property": "x", "is": None}]}, "tree.where.0.is", "text"),
    (
        {"did": "A", "where": [{"property": "x", "before": "2020-01-01"}]},
        "tree.where.0.before",
        "does not fit",
    ),
    ({"did": "A", "where": [{"property": "x", "is": 1}] * 21}, "tree.where", "At most 20"),
    ({"orders": "median", "is": 3}, "tree.orders", "counted"),
    ({"orders": ["count"], "is": 3}, "tree.orders", "counted"),
    ({"orders": "count"}, "tree", "Nothing is compared"),
    ({"orders": "count", "is": 1.5}, "tree.is", "whole number"),
    ({"orders": "sum", "at_least": 0.00001}, "tree.at_least", "4 decimals"),
    ({"orders": "sum", "at_least": 1e14}, "tree.at_least", "13 digits"),
    ({"orders": "sum", "at_least": 5, "status": "cancelled"}, "tree.status", "never count"),
    ({"orders": "sum", "at_least": 5, "status": "lost"}, "tree.status", "no such"),
    ({"orders": "sum", "is_not": 5}, "tree.is_not", "does not fit a sum"),
    ({"all": [US] * 201}, "tree.all", "200"),
    ({"attribute": "sports", "is": "golf"}, "tree.is", "does not fit a list"),
    ({"attribute": "sports", "contains_any": "golf"}, "tree.contains_any", "list"),
    ({"attribute": "birth_date", "anniversary_within": 400}, "tree.anniversary_within", "whole number"),
    ({"did": "A", "days": 3, "hours": 3}, "tree.hours", "one window"),
    ({"did": "A", "days": 3, "since": "2020-01-01"}, "tree.since", "one window"),
    ({"did": "A", "in": "this_decade"}, "tree.in", "calendar"),
    ({"did": "A", "since": "2020-01-02", "until": "2020-01-01"}, "tree.until", "before it begins"),
    ({"did": "A", "first_days": "soon"}, "tree.first_days", "whole number"),
    ({"did": "A", "on": ["someday"]}, "tree.on", "weekdays"),
    ({"did": "A", "between_hours": [9]}, "tree.between_hours", "two hours"),
    ({"did": "A", "between_hours": [9, 9]}, "tree.between_hours", "no part"),
    ({"did": "A", "near": {"latitude": 91, "longitude": 0, "km": 1}}, "tree.near.latitude", "outside"),
    ({"near": "Riga"}, "tree.near", "no place"),
    ({"last": "A"}, "tree", "Nothing is compared"),
    ({"last": "A", "at_least": 5}, "tree.at_least", "does not fit a last"),
    ({"sequence": [{"did": "A"}]}, "tree.sequence", "2 to 10"),
    ({"sequence": [{"did": "A"}, {"did_not": "B"}]}, "tree.sequence.1", "needs a time"),
    (
        {"sequence": [{"did": "A", "within_days": 2}, {"did": "B"}]},
        "tree.sequence.0.within_days",
        "no meaning",
    ),
    (
        {"sequence": [{"did": "A"}, {"did_not": "B", "within_days": 2}, {"did": "C"}]},
        "tree.sequence.1",
        "Only the last",
    ),
    ({"orders": "first", "at_least": 5}, "tree.at_least", "does not fit a first"),
    ({"orders": "count", "at_least": 5, "products": "x"}, "tree.products", "id of a segment"),
    ({"list": "basket", "at_least": 1}, "tree.list", "no such list"),
    ({"subscription": "newsletter", "is": "maybe"}, "tree.is", "state of a subscription"),
    ({"segment": "x"}, "tree.segment", "id of a segment"),
    ({"bucket": "a", "from": 50, "to": 50}, "tree.to", "empty"),
    ({"bucket": "a", "to": 101}, "tree.to", "percentage"),
    ({"message": "eaten"}, "tree.message", "no such fate"),
    ({"message": "sent", "channel": "pigeon"}, "tree.channel", "no such channel"),
    ({"message": "sent", "reason": "cap"}, "tree.reason", "left out has a reason"),
    ({"all": [{"any": [US] * 150}, {"any": [US] * 51}]}, "tree", "200"),
]


@pytest.mark.parametrize(("json", "at", "said"), MISTAKES)
def test_a_mistake_names_its_place_and_the_way_out(json: Any, at: str, said: str):
    with pytest.raises(BadInput) as refusal:
        parse(json, FIELDS)
    assert refusal.value.at == at
    assert said in str(refusal.value)
    assert refusal.value.hint


def test_nesting_has_an_end():
    deep: Any = US
    for _ in range(99):
        deep = {"not": deep}
    parse(deep, FIELDS)
    with pytest.raises(BadInput, match="100 deep"):
        parse({"not": deep}, FIELDS)


def test_a_misspelt_field_is_answered_with_the_nearest():
    with pytest.raises(BadInput, match="Did you mean 'country'"):
        parse({"attribute": "contry", "is": "US"}, FIELDS)


def test_a_tree_becomes_nouns():
    json = {
        "all": [
            US,
            {
                "not": {
                    "did": "A",
                    "times": 2,
                    "at_most": 5,
                    "days": 30,
                    "where": [{"property": "gift", "is": True}],
                }
            },
            {"orders": "sum", "at_least": 99.9, "category": "Bikes"},
        ]
    }
    gift = Where("gift", (Comparison(Op.IS, "true"),))
    country = Attribute("country", Kind.TEXT, (Comparison(Op.IS, "US"),))
    found = parse(json, FIELDS)
    assert isinstance(found, AllOf)
    first, second, third = found.of
    assert first == country
    assert first.at == "tree.all.0"  # type: ignore[union-attr]
    assert second == Not(Did(Which("A", (gift,)), 2, 5, Rolling(720)))
    assert isinstance(third, Orders)
    assert (third.measure, str(third.tests[0].value), third.category) == (Measure.SUM, "99.9000", "Bikes")


def _turned(json: Any) -> Any:
    """The same with its keys in the order in which PostgreSQL gives them back: the shortest first."""
    if isinstance(json, list):
        return [_turned(one) for one in json]
    if not isinstance(json, dict):
        return json
    return {key: _turned(json[key]) for key in sorted(json, key=lambda key: (len(key), key))}


@given(trees)
def test_the_order_of_keys_says_nothing(json: Any):
    turned, told = parse(_turned(json), FIELDS), parse(json, FIELDS)
    assert [type(one) for one in leaves([turned])] == [type(one) for one in leaves([told])]


def test_where_the_first_was_done_is_no_home():
    told = {
        "near": {"latitude": 56.9, "longitude": 24.1, "km": 5},
        "first": "Page Viewed",
        "after": "2030-01-01",
    }
    assert parse(told, FIELDS) == parse(dict(reversed(told.items())), FIELDS)


def test_absent_optional_keys_may_be_null():
    assert parse({"did": "A", "days": None, "at_most": None}, FIELDS) == Did(Which("A"))


@given(trees)
def test_what_is_sound_is_taken(tree: Any):
    parse(tree, FIELDS)


KEYS = [
    "all",
    "any",
    "not",
    "attribute",
    "did",
    "orders",
    "is",
    "one_of",
    "days",
    "times",
    "where",
    "property",
]
_anything = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.one_of(
                st.sampled_from(
                    [
                        "all",
                        "any",
                        "not",
                        "attribute",
                        "did",
                        "orders",
                        "is",
                        "one_of",
                        "days",
                        "times",
                        "where",
                        "at_most",
                    ]
                ),
                st.text(max_size=5),
            ),
            inner,
            max_size=4,
        ),
    ),
    max_leaves=12,
)


@given(_anything)
def test_anything_at_all_is_taken_or_refused_with_a_place(json: Any):
    try:
        parse(json, FIELDS)
    except BadInput as refusal:
        assert refusal.at
        assert refusal.hint
