"""The figures of a period against the same figures counted by hand, in several time zones."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cadenza.base import clickhouse
from cadenza.insight.reports.compile import QUERIES, compile, of_period
from cadenza.insight.reports.divide import divide
from cadenza.insight.reports.tally import Found, tally
from tests.insight.attribution.feed import feed
from tests.insight.attribution.reference import Order

NOW = datetime(2030, 4, 3, 9, 30, tzinfo=UTC)  # clocks in Europe went forward three days before
moments = st.integers(0, 24 * 16 * 4).map(
    lambda step: NOW - timedelta(minutes=15 * step) + timedelta(hours=3)
)
amounts = st.decimals(0, 300, places=2)
orders = st.lists(
    st.builds(
        Order, st.uuids().map(str), st.integers(0, 4), moments, amounts, amounts,
        st.sampled_from(["EUR", "EUR", "USD", ""]),
        st.sampled_from(["placed", "placed", "delivered", "cancelled"]),
    ),
    max_size=25, unique_by=lambda one: one.number,
)  # fmt: skip


def _figures(workspace, period):
    values = of_period(workspace, period, "EUR")
    ask = {
        subject: clickhouse.query(*compile(subject, values))
        for subject in ("trade", "goods", "people", "deeds")
    }
    return tally(Found(**ask), period, "EUR")


@pytest.mark.usefixtures("engines")
@settings(max_examples=25, deadline=None)
@given(
    orders,
    st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu"]),
    st.sampled_from([1, 3, 7]),
    st.just({4: 1}),
)
def test_figures_are_what_counting_by_hand_gives(ordered, zone, days, overrides):
    workspace, period = uuid4(), divide(days, zone, NOW)
    feed(workspace, orders=ordered, overrides=overrides)
    figures = _figures(workspace, period)
    good = [one for one in ordered if one.status != "cancelled" and one.at <= NOW]
    now = [one for one in good if one.at >= period.now.since]
    before = [one for one in good if period.before.since <= one.at <= period.before.until]
    own = [one for one in now if one.currency in ("EUR", "")]
    assert figures.orders.now == len(now) and figures.orders.before == len(before)
    assert figures.revenue.now == sum((one.total - one.refunded for one in own), Decimal(0))
    assert figures.first_orders.now == sum(one.number in _firsts(good, overrides) for one in now)
    per_day = Counter(one.at.astimezone(ZoneInfo(zone)).date() for one in now)
    assert {day.day: day.orders for day in figures.by_day if day.orders} == per_day
    assert sum((day.revenue for day in figures.by_day), Decimal(0)) == figures.revenue.now


def _firsts(good, overrides):
    theirs = defaultdict(list)
    for one in good:
        if one.person:
            theirs[overrides.get(one.person, one.person)].append((one.at, one.number))
    return {min(some)[1] for some in theirs.values()}


def test_no_query_asks_what_it_was_not_given():
    period = divide(7, "Europe/Riga", NOW)
    sql, bound = compile("trade", of_period(uuid4(), period, "EUR"))
    assert all(f"{{{name}:" in sql for name in bound)
    assert {"zone", "since", "until", "before_since", "before_until"} <= set(bound)
    assert "{zone:String}" in QUERIES["people"]
