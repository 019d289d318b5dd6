"""Dates in several formats, in the right zone, shifted by whole days, spread over the day."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from cadenza.connect.imports.moment import Calendar, birth_date, day, moment, shift_days
from cadenza.connect.imports.unfit import Unfit

NOW = datetime(2030, 3, 1, 12, tzinfo=UTC)
RIGA = Calendar(ZoneInfo("Europe/Riga"), NOW)


def with_formats(*formats: str) -> Calendar:
    return Calendar(ZoneInfo("UTC"), NOW, formats)


def test_formats_may_be_mixed_in_one_column() -> None:
    mixed = with_formats("%m/%d/%Y", "%m-%d-%y")
    assert [day(text, mixed) for text in ("06/30/2022", "07-01-22")] == [date(2022, 6, 30), date(2022, 7, 1)]


@pytest.mark.parametrize(
    "text",
    [
        "2022-06-30T10:00:00Z",
        "2022-06-30 10:00:00 UTC",
        "2022-06-30 13:00:00+03:00",
        "2022-06-30 13:00",
        "2022-06-30T13:00:00.000",
    ],
)
def test_moments_without_zone_are_in_that_of_the_shop(text: str) -> None:
    assert moment(text, RIGA, "", False) == datetime(2022, 6, 30, 10, tzinfo=UTC)


def test_a_day_without_hour_is_midday() -> None:
    assert moment("2022-06-30", RIGA, "SO1", False) == datetime(2022, 6, 30, 9, tzinfo=UTC)


def test_hours_are_spread_by_the_key_alone() -> None:
    spread = Calendar(ZoneInfo("UTC"), NOW, spread_hours=(8, 22))
    found = [moment("2022-06-30", spread, f"SO{n}", False) for n in range(500)]
    assert found == [moment("2022-06-30", spread, f"SO{n}", False) for n in range(500)]
    assert {at.hour for at in found} == set(range(8, 22))


def test_a_shift_moves_whole_days_over_the_change_of_clocks() -> None:
    shifted = Calendar(
        ZoneInfo("Europe/Riga"), NOW, shift_days=shift_days(date(2022, 1, 15), "2022-07-15", date(2030, 1, 1))
    )
    assert moment("2022-01-15 09:30", shifted, "", True) == datetime(2022, 7, 15, 6, 30, tzinfo=UTC)
    assert moment("2022-01-15 09:30", shifted, "", False) == datetime(2022, 1, 15, 7, 30, tzinfo=UTC)


def test_today_and_yesterday() -> None:
    today = date(2030, 3, 1)
    assert shift_days(date(2030, 2, 1), "today", today) == 28
    assert shift_days(date(2030, 2, 1), "yesterday", today) == 27


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("2040-01-01", "future"),
        ("1969-12-31", "before 1970"),
        ("31/31/2022", "not a date"),
        ("soon", "not a date"),
    ],
)
def test_moments_that_cannot_be(text: str, said: str) -> None:
    with pytest.raises(Unfit, match=said):
        moment(text, RIGA, "", False)


def test_birth_dates_of_nobody_living() -> None:
    with pytest.raises(Unfit, match="born in 1900"):
        birth_date("04/08/1900", with_formats("%m/%d/%Y"))
    with pytest.raises(Unfit, match="future"):
        birth_date("2031-01-01", RIGA)


def test_two_digit_years_of_birth_lie_in_the_past() -> None:
    assert birth_date("12/31/60", with_formats("%m/%d/%y")) == date(1960, 12, 31)
