"""Numbers, money and moments read as people write them; what is not known is a dash."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from cadenza.web import wording


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (wording.thousands(18148), "18,148"),
        (wording.thousands(0.5, 1), "0.5"),
        (wording.compact(18148), "18.1K"),
        (wording.compact(7), "7"),
        (wording.money(Decimal("1234.5"), "USD"), "$1,234.50"),
        (wording.money(1000, "JPY"), "¥1,000"),
        (wording.money_compact(29358677, "USD"), "$29.4M"),
        (wording.percent(0.1234), "12.3%"),
        (wording.humanised("left_out"), "Left out"),
        (wording.initials("Ann Lee Brown"), "AB"),
        (wording.initials("ann@example.com"), "AE"),
        (wording.initials(None), "?"),
    ],
)
def test_values_are_written_for_people(written: str, expected: str) -> None:
    assert written == expected


@pytest.mark.parametrize(
    "write", [wording.thousands, wording.compact, wording.money, wording.percent, wording.ago]
)
def test_what_is_not_known_is_a_dash(write: Any) -> None:
    assert write(None) == "–"


def test_ago_speaks_of_minutes_then_of_dates(clock: Any) -> None:
    now = clock.now()
    assert ">just now<" in wording.ago(now - timedelta(seconds=10))
    assert ">3\xa0minutes ago<" in wording.ago(now - timedelta(minutes=3))
    assert ">in 2\xa0hours<" in wording.ago(now + timedelta(hours=2))
    assert ">1 Jan 2030<" in wording.ago(now - timedelta(days=59, hours=12))


def test_a_colour_stays_with_its_key() -> None:
    assert wording.hue("a1") == wording.hue("a1")
    assert all(0 <= wording.hue(key) < 360 for key in range(50))
