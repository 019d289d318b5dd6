"""Numbers as people write them."""

from decimal import Decimal

import pytest

from cadenza.connect.imports.amount import amount
from cadenza.connect.imports.unfit import Unfit


@pytest.mark.parametrize(
    ("text", "mark", "value"),
    [
        ("$90,000 ", "", "90000"),
        ("1,234.56", "", "1234.56"),
        ("1.234,56 €", "", "1234.56"),
        ("1 234,56 руб.", "", "1234.56"),
        ("12,5", "", "12.5"),
        ("0,125", "", "0.125"),
        ("1.234", "", "1.234"),
        ("1.234", ",", "1234"),
        ("90,000", ",", "90"),
        ("1,234,567", "", "1234567"),
        ("1.234.567", "", "1234567"),
        ("(12.50)", "", "-12.50"),
        ("-3", "", "-3"),
        ("3-", "", "-3"),
        ("−3", "", "-3"),
        ("EUR 7", "", "7"),
        ("1'000", "", "1000"),
        ("1e3", "", "1000"),
        ("zł 5,00", "", "5.00"),
    ],
)
def test_amounts(text: str, mark: str, value: str) -> None:
    assert amount(text, mark) == Decimal(value)


@pytest.mark.parametrize(
    "text", ["", "abc", "1.2.3,4", "12 or 13", "NaN", "Infinity", "1" * 50, "99999999999999", "--1"]
)
def test_what_is_no_amount(text: str) -> None:
    with pytest.raises(Unfit):
        amount(text)
