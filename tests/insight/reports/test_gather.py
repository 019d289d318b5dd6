"""What happened hour by hour becomes a line without gaps."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from cadenza.insight.reports.gather import CLICKED, OPENED, gather

START = datetime(2030, 1, 1, 22, tzinfo=UTC)


def test_a_short_time_is_told_by_the_hour():
    step, series = gather([(START, OPENED, 3), (START + timedelta(hours=2), CLICKED, 1)], "Europe/Riga")
    assert step == "hour"
    assert [(one.opened, one.clicked) for one in series] == [(3, 0), (0, 0), (0, 1)]


def test_a_long_time_is_told_by_the_shops_days():
    rows = [
        (START - timedelta(hours=1), OPENED, 2),
        (START, OPENED, 3),
        (START + timedelta(days=4), CLICKED, 1),
    ]
    step, series = gather(rows, "Europe/Riga")
    assert step == "day"
    assert [one.at.date() for one in series] == [date(2030, 1, day) for day in range(1, 7)]
    assert [one.opened for one in series] == [2, 3, 0, 0, 0, 0]


def test_what_only_machines_did_is_no_reaction():
    assert gather([(START, OPENED, 0)], "UTC") == ("hour", ())
