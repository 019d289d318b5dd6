"""Identifiers made comparable, and no card number let in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cadenza.base.problem import BadInput
from cadenza.cdp.identity.normalise import is_card, normalise
from cadenza.cdp.identity.types import KINDS, Identifier

# Numbers that card schemes publish for tests.
CARDS = (
    "4111111111111111", "4012 8888 8888 1881", "4222222222222", "5555555555554444", "5105-1051-0510-5100",
    "378282246310005", "371449635398431", "6011111111111117", "30569309025904", "38520000023237",
    "3530111333300000", "2223003122003222", "2720992593319364", "6759649826438453", "2200000000000004",
    "4000 0000 0000 0000 006", "6212345678901232",
)  # fmt: skip


@pytest.mark.parametrize("number", CARDS)
@pytest.mark.parametrize(
    "kind", ["external_id", "card_hash", "loyalty_card", "anonymous_id", "external_id:crm"]
)
def test_a_card_number_is_refused_whatever_it_is_told_as_and_not_repeated(number, kind):
    with pytest.raises(BadInput) as refusal:
        normalise(kind, f" {number} ")
    assert refusal.value.at == kind and refusal.value.hint
    assert number not in str(refusal.value)


def test_a_token_of_a_card_is_never_a_number_that_could_be_one():
    with pytest.raises(BadInput):
        normalise("card_hash", "1234567812345670")  # no issuer has these, the check digit fits all the same
    assert normalise("card_hash", "tok_1MqL4K2eZvKYlo2C").value == "tok_1MqL4K2eZvKYlo2C"


@pytest.mark.parametrize(
    "number", ["4111111111111112", "1234567890123", "20240501123456", "+37120000000", "4111", ""]
)
def test_what_only_looks_long_is_no_card(number):
    assert not is_card(number)


@given(st.text(max_size=40))
def test_no_text_breaks_the_check(told):
    assert is_card(told) in (True, False)


@given(st.sampled_from(KINDS), st.text(max_size=60))
def test_normalising_twice_changes_nothing(kind, told):
    try:
        once = normalise(kind, told)
    except BadInput as refusal:
        assert refusal.at
        return
    assert normalise(*once) == once


@pytest.mark.parametrize("kind, told, kept", [
    ("email", " Ann@Example.COM ", "ann@example.com"),
    ("phone", "+371 2000-0000", "+37120000000"),
    ("loyalty_card", "lc-12 34.56", "LC123456"),
    ("external_id", "  A 7 ", "A 7"),
    ("id", "#0042", "42"),
])  # fmt: skip
def test_each_kind_has_its_way(kind, told, kept):
    assert normalise(kind, told) == Identifier(kind, kept)


def test_a_phone_without_its_country_needs_the_region():
    assert normalise("phone", "20000000", "LV").value == "+37120000000"
    with pytest.raises(BadInput):
        normalise("phone", "20000000")


def test_a_further_system_is_part_of_the_kind():
    assert normalise("external_id:CRM", "7") == Identifier("external_id:crm", "7")
    for wrong in ("email:crm", "external_id:", "external_id:a b", "passport"):
        if wrong == "external_id:":
            assert normalise(wrong, "7").kind == "external_id"
            continue
        with pytest.raises(BadInput):
            normalise(wrong, "7")
