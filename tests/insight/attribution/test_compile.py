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
people = st.integers(0, 5)
moments = st.integers(0, 24).map(lambda step: START + timedelta(hours=6 * step)) | st.integers(0, 3).map(
    lambda step: START + timedelta(milliseconds=step)
)
amounts = st.decimals(0, 500, places=2)
clicks = st.builds(
    Click,
    people.filter(bool),
    moments,
    st.sampled_from([*CAMPAIGNS, ""]),
    st.booleans(),
    st.sampled_from(["tracking", "tracking", "api"]),
)
orders = st.builds(
    Order, st.uuids().map(str), people, moments, amounts, amounts, st.sampled_from(["EUR", "USD", ""]),
    st.sampled_from(["placed", "delivered", "returned", "cancelled"]),
)  # fmt: skip
merges = st.dictionaries(st.integers(4, 5), st.integers(1, 3), max_size=2)


@pytest.mark.usefixtures("engines")
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(clicks, max_size=12),
    st.lists(orders, max_size=12, unique_by=lambda one: one.number),
    merges,
    st.sampled_from([timedelta(milliseconds=1), timedelta(hours=6), timedelta(days=1), timedelta(days=7)]),
    moments,
)
def test_the_query_gives_what_attribution_by_hand_gives(clicked, ordered, overrides, window, until):
    workspace = uuid4()
    feed(workspace, clicked, ordered, overrides)
    question = Question(workspace, Span(BEGINNING, until), "EUR", window=window, limit=100)
    by_hand = attribute(clicked, ordered, overrides, window, until)
    assert _sums(question) == sums(by_hand, ordered)
    assert sorted(row[0] for row in _ask("orders", question)) == sorted(by_hand)


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
