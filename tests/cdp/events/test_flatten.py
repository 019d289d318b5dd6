"""Flattening by itself."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from cadenza.cdp.events.flatten import LARGEST, LONGEST_TEXT, flatten
from tests.cdp.ingest.items import ANY, TEXT


def test_objects_are_joined_by_dots_and_lists_stay_out():
    told = {"page": {"url": "/p", "n": 2}, "new": True, "tags": ["a"], "price": 9.5, "gone": None}
    assert flatten(told) == ({"page.url": "/p", "new": "true"}, {"page.n": 2.0, "price": 9.5})


def test_numbers_that_no_column_holds_stay_out_and_novels_are_cut():
    text, number = flatten({"a": 10**400, "b": -(10**301), "c": math.inf, "d": math.nan, "e": "x" * 5000})
    assert number == {} and len(text["e"]) == LONGEST_TEXT


@given(st.dictionaries(TEXT, ANY))
def test_anything_becomes_texts_and_numbers(told):
    text, number = flatten(told)
    assert all(type(value) is str for value in text.values())
    assert all(type(value) is float and abs(value) < LARGEST for value in number.values())
