"""Periods: whole days where the shop is, and a fair period before."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from cadenza.insight.reports.divide import divide

NOW = datetime(2030, 3, 1, 23, 30, tzinfo=UTC)


def test_a_period_begins_at_midnight_of_the_shop():
    period = divide(7, "Europe/Riga", NOW)
    assert period.now.since == datetime(2030, 2, 23, 22, tzinfo=UTC)
    assert (period.dates[0], period.dates[-1]) == (date(2030, 2, 24), date(2030, 3, 2))


def test_the_one_before_ends_at_the_same_time_of_day():
    period = divide(7, "Europe/Riga", NOW)
    assert period.before.until == NOW - timedelta(days=7)
    assert period.dates_before[-1] == date(2030, 2, 23)


@pytest.mark.parametrize(
    "zone", ["Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Pacific/Kiritimati"]
)
@pytest.mark.parametrize("days", [7, 30, 90, 365])
def test_days_with_another_number_of_hours_stay_days(zone, days):
    period = divide(days, zone, datetime(2030, 4, 5, 8, tzinfo=UTC))
    here = ZoneInfo(zone)
    assert len(period.dates) == len(period.dates_before) == days
    assert not set(period.dates) & set(period.dates_before)
    assert period.now.since.astimezone(here).time().isoformat() == "00:00:00"
    assert period.now.since.astimezone(here).date() == period.dates[0]
    assert period.before.since.astimezone(here).date() == period.dates_before[0]
    assert period.before.until < period.now.since
