"""What a workspace's campaigns earned, as others ask for it."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from cadenza.base import database
from cadenza.base.ids import CampaignId, new_id
from cadenza.base.problem import BadInput
from cadenza.insight.attribution import service as attribution
from tests.insight.attribution.feed import feed
from tests.insight.attribution.reference import Click, Order


@pytest.fixture
def campaign(workspace, clock):
    """A campaign that three people clicked in: five orders in two currencies, one refunded in part, one cancelled."""
    made = CampaignId(new_id())
    at = clock.now() - timedelta(days=10)
    clicks = [Click(person, at, str(made)) for person in (1, 2, 9)]
    orders = [
        Order("a1", 1, at + timedelta(hours=1), Decimal("100.50")),
        Order("a2", 1, at + timedelta(days=2), Decimal("20"), refunded=Decimal("5")),
        Order("b1", 2, at + timedelta(days=3), Decimal("900"), currency="USD"),
        Order("b2", 2, at + timedelta(days=8), Decimal("7")),
        Order("c1", 3, at + timedelta(days=1), Decimal("11"), currency=""),
        Order("x1", 2, at + timedelta(days=1), Decimal("50"), status="cancelled"),
    ]
    feed(workspace, clicks, orders, {9: 3})
    return made


def test_revenue_is_told_by_currency_with_the_workspaces_own_first(workspace, campaign):
    with database.scope(workspace):
        found = attribution.campaign_revenue(workspace, campaign)
    assert (found.orders, found.people) == (4, 3)
    assert [(one.currency, one.orders, one.net) for one in found.by_currency] == [
        ("EUR", 3, Decimal("126.5")),
        ("USD", 1, Decimal("900")),
    ]
    assert found.in_currency("EUR").refunded == Decimal(5)


def test_a_wider_window_earns_more(workspace, campaign):
    with database.scope(workspace):
        assert attribution.campaign_revenue(workspace, campaign, timedelta(days=8)).orders == 5
        assert attribution.campaign_revenue(workspace, campaign, timedelta(hours=1)).orders == 1


def test_orders_come_in_pages_newest_first(workspace, campaign):
    with database.scope(workspace):
        first = attribution.campaign_orders(workspace, campaign, limit=3)
        rest = attribution.campaign_orders(workspace, campaign, after=first.next, limit=3)
    assert [one.number for one in (*first.items, *rest.items)] == ["b1", "a2", "c1", "a1"]
    assert rest.next is None
    assert first.items[2].profile == 3  # who the one that clicked as 9 is now


def test_a_day_is_a_day_where_the_shop_is(workspace, clock):
    from cadenza.trust.accounts import service as accounts

    made = CampaignId(new_id())
    late = clock.now().replace(hour=23, minute=30)
    clock.move(days=2)
    feed(workspace, [Click(1, late, str(made))], [Order("o1", 1, late + timedelta(minutes=5), Decimal(1))])
    with database.scope(workspace):
        accounts.update(workspace, time_zone="Europe/Riga")
        [day] = attribution.by_day(workspace, [made])
    assert day.day == (late + timedelta(days=1)).date()


def test_a_campaign_nobody_clicked_in_earned_nothing(workspace):
    with database.scope(workspace):
        found = attribution.campaign_revenue(workspace, CampaignId(new_id()))
    assert (found.orders, found.by_currency, found.in_currency("EUR").net) == (0, (), 0)


@pytest.mark.parametrize(
    "asked",
    [
        {"window": timedelta(0)},
        {"window": timedelta(days=91)},
        {"after": "?"},
        {"after": "AAAA"},
        {"limit": 0},
    ],
)
def test_what_cannot_be_asked_is_refused_with_a_place(workspace, asked):
    with database.scope(workspace), pytest.raises(BadInput) as refused:
        attribution.campaign_orders(workspace, CampaignId(new_id()), **asked)
    assert refused.value.at == next(iter(asked))
