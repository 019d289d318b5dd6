"""One ClickHouse query against attribution by hand, over made-up worlds full of coincidences."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cadenza.base import clickhouse
from cadenza.base.ids import CampaignId
from cadenza.insight.attribution.compile import Question, compile
from cadenza.insight.attribution.types import BEGINNING, Span
from tests.insight.attribution.feed import feed
from tests.insight.attribution.reference import Click, Order, attribute, sums

START = datetime(2030, 1, 1, tzinfo=UTC)
CAMPAIGNS = [str(UUID(int=number)) for number in (1, 2, 3)]

# Few people and few moments, so that ties, edges of the window and merges happen all the time.
people = st.sampled_from([1, 2, 3, 4])
moments = st.builds(
    lambda hours, ms: START + timedelta(hours=6 * hours, milliseconds=ms),
    st.integers(0, 8),
    st.sampled_from([0, 0, 1]),
)
amounts = st.decimals(0, 500, places=2)
mostly = st.sampled_from([False, False, False, True])
clicks = st.builds(
    Click,
    people,
    moments,
    st.sampled_from([*CAMPAIGNS, *CAMPAIGNS, ""]),
    mostly,
    st.sampled_from(["tracking"] * 4 + ["api"]),
)
orders = st.builds(
    Order, st.uuids().map(str), people | st.sampled_from([0, 1]), moments, amounts, amounts,
    st.sampled_from(["EUR", "USD", ""]),
    st.sampled_from(["placed", "delivered", "returned", "cancelled"]),
)  # fmt: skip
merges = st.sampled_from([{}, {4: 1}, {4: 1, 3: 2}])
windows = [timedelta(milliseconds=1), timedelta(hours=6), timedelta(days=1), timedelta(days=7)]


@pytest.mark.usefixtures("engines")
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(clicks, min_size=6, max_size=25),
    st.lists(orders, min_size=6, max_size=25, unique_by=lambda one: one.number),
    merges,
    st.sampled_from(windows),
    st.integers(7, 9).map(lambda step: START + timedelta(hours=6 * step)),
)
def test_the_query_gives_what_attribution_by_hand_gives(clicked, ordered, overrides, window, until):
    workspace = uuid4()
    feed(workspace, clicked, ordered, overrides)
    question = Question(workspace, Span(BEGINNING, until), "EUR", window=window, limit=100)
    by_hand = attribute(clicked, ordered, overrides, window, until)
    assert _sums(question) == sums(by_hand, ordered)
    assert sorted(row[0] for row in _ask("orders", question)) == sorted(by_hand)


@pytest.mark.usefixtures("engines")
@pytest.mark.parametrize(("later", "found"), [(0, 1), (1, 0)])
def test_the_window_ends_to_the_millisecond(later, found):
    workspace, window = uuid4(), timedelta(hours=6)
    placed = START + window + timedelta(milliseconds=later)
    feed(workspace, [Click(1, START, CAMPAIGNS[0])], [Order("o1", 1, placed, Decimal(10))])
    question = Question(workspace, Span(BEGINNING, START + timedelta(days=1)), "EUR", window=window)
    assert len(_ask("orders", question)) == found


@pytest.mark.usefixtures("engines")
def test_one_campaign_asked_alone_does_not_win_what_a_later_click_took():
    workspace = uuid4()
    first, second = CAMPAIGNS[:2]
    clicked = [Click(1, START, first), Click(1, START + timedelta(hours=1), second)]
    feed(workspace, clicked, [Order("o1", 1, START + timedelta(hours=2), Decimal(10))])
    span = Span(BEGINNING, START + timedelta(days=1))
    asked = [Question(workspace, span, "EUR", [CampaignId(UUID(one))]) for one in (first, second)]
    assert [len(_ask("orders", one)) for one in asked] == [0, 1]


@pytest.mark.usefixtures("engines")
def test_a_click_before_the_span_still_earns_an_order_in_it():
    workspace = uuid4()
    feed(workspace, [Click(1, START, CAMPAIGNS[0])], [Order("o1", 1, START + timedelta(days=6), Decimal(10))])
    span = Span(START + timedelta(days=5), START + timedelta(days=9))
    assert len(_ask("orders", Question(workspace, span, "EUR"))) == 1


def _ask(shape, question):
    plan = compile(shape, question)
    return clickhouse.query(plan.sql, plan.parameters)


def _sums(question):
    return {(row[0], row[1]): (row[3], row[5], row[6]) for row in _ask("by_campaign", question) if not row[2]}
