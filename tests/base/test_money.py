"""Amounts come in as people write them, and noise is refused."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cadenza.base import money
from cadenza.base.problem import BadInput


@pytest.mark.parametrize(
    ("told", "found"),
    [("12.5", "12.5"), (" 3 ", "3"), (0.1, "0.1"), (7, "7"), ("-1.00005", "-1.0001"), ("1e3", "1000"),
     ("0.00005", "0.0001")],
)  # fmt: skip
def test_an_amount_is_read(told, found):
    assert money.amount(told) == Decimal(found)


@pytest.mark.parametrize(
    "noise", ["", "x", "NaN", "sNaN", "inf", "-Infinity", "1_000", "1,5", None, True, [], {}, "1e13", "9" * 5000,
              "1e999999", float("nan"), "1\x00", "\ud800"],
)  # fmt: skip
def test_noise_is_refused_with_its_place(noise):
    with pytest.raises(BadInput) as refusal:
        money.amount(noise, "price")
    assert refusal.value.at == "price"


@given(st.one_of(st.text(), st.floats(), st.integers(), st.decimals()))
def test_nothing_else_comes_out_than_an_amount_or_a_refusal(told):
    try:
        found = money.amount(told)
    except BadInput:
        return
    assert found.is_finite() and found == found.quantize(Decimal("0.0001"))


def test_a_number_of_thousands_of_digits_is_refused():
    with pytest.raises(BadInput):
        money.amount(10**5000)


def test_no_minus_stands_before_a_zero():
    assert str(money.amount("-0.00001")) == "0.0000"


@pytest.mark.parametrize(("currency", "found"), [("EUR", "2.35"), ("JPY", "2"), ("KWD", "2.345")])
def test_rounding_goes_to_what_can_be_paid(currency, found):
    assert money.rounded(Decimal("2.345"), currency) == Decimal(found)


def test_half_is_rounded_up():
    assert money.rounded(Decimal("0.125"), "EUR") == Decimal("0.13")


def test_money_is_written_as_people_do():
    assert money.formatted(Decimal("1234.5"), "EUR", "en_US") == "€1,234.50"
