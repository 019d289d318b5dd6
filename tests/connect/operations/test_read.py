"""JSON and XML say the same, and what comes in can be held by every store."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cadenza.base.problem import Malformed
from cadenza.connect.operations.illustrate import body
from cadenza.connect.operations.perform import PERFORM
from cadenza.connect.operations.read import read
from cadenza.connect.operations.write import write


def as_texts(part):
    """What XML can say of a tree: everything is text."""
    match part:
        case dict():
            return {name: as_texts(one) for name, one in part.items()}
        case list():
            return [as_texts(one) for one in part]
        case bool():
            return str(part).lower()
        case _:
            return "" if part is None else str(part)


@pytest.mark.parametrize("kind", PERFORM)
def test_every_kind_of_request_is_the_same_in_both_formats(kind):
    tree = body(kind, "websiteID")
    assert read(write(tree, False), False) == json.loads(json.dumps(tree), parse_float=Decimal)
    assert read(write(tree, True, "operation"), True) == as_texts(tree)


def test_lists_are_lists_even_with_one_thing_or_none():
    told = (
        b"<operation><productList><productListItem><count>1</count></productListItem></productList>"
        b"<customer><subscriptions/><customFields><sizes><value>44</value><value>45</value></sizes></customFields>"
        b"</customer></operation>"
    )
    assert read(told, True) == {
        "productList": [{"count": "1"}],
        "customer": {"subscriptions": [], "customFields": {"sizes": ["44", "45"]}},
    }


def test_namespaces_comments_and_attributes_say_nothing():
    told = (
        b'<operation xmlns="urn:x"><!-- c --><?pi x?><customer id="7"><email> a@b.example </email></customer>'
        b"</operation>"
    )
    assert read(told, True) == {"customer": {"email": "a@b.example"}}


def test_an_empty_body_is_an_empty_request():
    assert read(b"", False) == read(b" ", True) == read(b"<operation/>", True) == {}


def test_texts_can_be_held_by_every_store():
    assert read(b'{"a": "x\\u0000\\ud800y", "b\\u0000": [true, null, 1]}', False) == {
        "a": "x?y",
        "b": [True, None, 1],
    }


@given(st.binary(max_size=300), st.booleans())
def test_any_bytes_are_read_or_refused(told, as_xml):
    try:
        read(told, as_xml)
    except Malformed:
        pass


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4), max_leaves=15,
)  # fmt: skip


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.text(), JSON, max_size=4))
def test_any_answer_can_be_written_in_both_formats(tree):
    write(tree, True)
    json.loads(write(tree, False))
