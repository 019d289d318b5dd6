"""Numbers become shapes without surprises: empty, flat, missing and larger-than-before."""

from __future__ import annotations

from datetime import UTC, date, datetime

from cadenza.web import charts

CHART = charts.TimeChart(
    "Revenue by day",
    [date(2026, 11, 1), date(2026, 11, 2), date(2026, 11, 3)],
    [charts.Series("Revenue", [10, 30.5, None])],
    "USD",
)


def test_bars_are_measured_against_the_longest() -> None:
    rows = charts.bars([{"label": "US", "value": 8}, charts.Bar("LV", 2)])
    assert [row.width for row in rows] == ["100.00", "25.00"]


def test_bars_of_nothing_are_empty_and_not_an_error() -> None:
    assert charts.bars([]) == []
    assert charts.bars([charts.Bar("none", 0)])[0].share == 0


def test_a_funnel_knows_its_share_of_the_first_and_of_the_step_before() -> None:
    last = charts.funnel([charts.Step("Sent", 200), charts.Step("Opened", 50), charts.Step("Clicked", 10)])[
        -1
    ]
    assert (last.of_first, last.of_before) == (0.05, 0.2)


def test_a_funnel_that_begins_with_nobody_has_no_shares() -> None:
    assert [step.of_first for step in charts.funnel([charts.Step("Sent", 0), charts.Step("Opened", 0)])] == [
        None,
        None,
    ]


def test_a_sparkline_stays_in_its_box_and_needs_two_values() -> None:
    assert charts.sparkline([5]) == ""
    assert charts.sparkline([1, None, 3]).startswith("0.00,")
    heights = [float(point.split(",")[1]) for point in charts.sparkline([7, 7, 7]).split()]
    assert all(0 <= height <= charts.HEIGHT for height in heights)


def test_the_summary_says_what_the_eye_would_see() -> None:
    assert charts.summary(CHART) == (
        "Revenue by day, 1 Nov 2026 to 3 Nov 2026. Revenue: highest $30.50 on 2 Nov 2026, latest $30.50."
    )
    assert charts.summary(charts.TimeChart("Orders", [], [])) == "Orders: no data yet."


def test_the_table_is_newest_first_and_shows_gaps() -> None:
    assert charts.table(CHART)[0] == ("3 Nov 2026", ["–"])


def test_the_document_says_whether_it_is_about_days_or_moments() -> None:
    assert charts.document(CHART)["days"] is True
    hours = charts.TimeChart("Events", [datetime(2026, 11, 1, 9, tzinfo=UTC)], [charts.Series("Events", [1])])
    assert charts.document(hours)["days"] is False
