"""Judging and reading expectations by itself."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cadenza.base.problem import BadInput
from cadenza.cdp.schemas.judge import judge
from cadenza.cdp.schemas.parse import parse
from cadenza.cdp.schemas.types import Mode, Violation
from tests.cdp.ingest.items import ANY, TEXT

PRICE = {"name": "price", "type": "number", "required": True}
COLOUR = {"name": "colour", "choices": ["red", "blue"]}
DEEP = {"name": "page.url", "type": "text"}


def verdict(properties, *expected, others=True):
    found = judge(parse("E", {"others": others, "properties": list(expected)}), properties)
    return found.property if found else None


@pytest.mark.parametrize(
    ("properties", "flaw"),
    [
        ({"price": 5}, None), ({"price": 5.5, "more": 1}, None), ({}, "price"), ({"price": None}, "price"),
        ({"price": "5"}, "price"), ({"price": True}, "price"), ({"price": 1, "colour": "red"}, None),
        ({"price": 1, "colour": "green"}, "colour"), ({"price": 1, "page": {"url": "/"}}, None),
        ({"price": 1, "page": {"url": 5}}, "page.url"), ({"price": 1, "page.url": 5}, "page.url"),
        ({"price": 1, "page": 7}, None), ({"price": 1, "colour": ["red"]}, "colour"),
    ],
)  # fmt: skip
def test_the_first_violation_is_named(properties, flaw):
    assert verdict(properties, PRICE, COLOUR, DEEP) == flaw


def test_what_nobody_expects_is_refused_where_that_is_wanted():
    assert verdict({"price": 1, "page": {"url": "/", "x": 1}}, PRICE, DEEP, others=False) == "page.x"
    assert verdict({"price": 1, "context": {"library": {"name": "x"}}}, PRICE, others=False) is None
    assert verdict({}, others=False) is None


def test_the_words_say_what_should_be():
    found = judge(parse("E", {"properties": [COLOUR]}), {"colour": "green"})
    assert found == Violation("colour", "colour should be one of red, blue.")


def test_watching_is_the_default():
    told = parse("E", {})
    assert (told.mode, told.others, told.refuses) == (Mode.WATCH, True, False)


@pytest.mark.parametrize(
    ("told", "at"),
    [
        ([], "expectation"), ({"mod": 1}, "expectation"), ({"mode": "x"}, "mode"), ({"mode": ["watch"]}, "mode"),
        ({"others": 1}, "others"), ({"properties": {}}, "properties"), ({"properties": [5]}, "properties.0"),
        ({"properties": [{}]}, "properties.0.name"), ({"properties": [{"name": " "}]}, "properties.0.name"),
        ({"properties": [{"name": "a\x00"}]}, "properties.0.name"),
        ({"properties": [{"name": "x" * 201}]}, "properties.0.name"),
        ({"properties": [PRICE, PRICE]}, "properties.0.name"),
        ({"properties": [{"name": "a", "type": "money"}]}, "properties.0.type"),
        ({"properties": [{"name": "a", "choices": "x"}]}, "properties.0.choices"),
        ({"properties": [{"name": "a", "choices": [1]}]}, "properties.0.choices"),
        ({"properties": [{"name": "a", "required": "yes"}]}, "properties.0.required"),
        ({"properties": [{"name": "a", "must": True}]}, "properties.0"),
    ],
)  # fmt: skip
def test_a_mistake_knows_its_place(told, at):
    with pytest.raises(BadInput) as refusal:
        parse("E", told)
    assert refusal.value.at == at


@given(st.dictionaries(TEXT, ANY), ANY)
def test_anything_is_judged_or_refused(properties, told):
    try:
        found = judge(parse("E", told), properties)
    except BadInput as refusal:
        assert refusal.at
    else:
        assert found is None or found.property in found.why
