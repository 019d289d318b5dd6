"""Counts taken now and then become a line over time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from cadenza.insight.attribution.types import Span
from cadenza.insight.reports.sample import sample

START = datetime(2030, 1, 1, tzinfo=UTC)
SPAN = Span(START, START + timedelta(hours=4))


def test_between_two_counts_the_older_one_holds():
    assert sample([(START, 5), (START + timedelta(hours=2), 9)], SPAN, 5) == (5, 5, 9, 9, 9)


def test_what_was_counted_before_the_span_holds_at_its_beginning():
    assert sample([(START - timedelta(days=9), 3)], SPAN, 3) == (3, 3, 3)


def test_before_the_first_count_there_is_nothing():
    assert sample([(START + timedelta(hours=3), 7)], SPAN, 5) == (7, 7)
    assert sample([], SPAN, 5) == ()
