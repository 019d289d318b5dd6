"""From mails that are opened, clicked and ordered after, to a report that says just that."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal
from html import unescape

import msgspec
import pytest

from cadenza.base import clickhouse, clock, database, projection
from cadenza.base.ids import CampaignId, new_id
from cadenza.base.inbox import service as inbox
from cadenza.base.problem import BadInput, NotFound
from cadenza.cdp.ingest import pipeline
from cadenza.insight.attribution import service as attribution
from cadenza.insight.reports import service as reports
from cadenza.insight.reports.types import Rate
from cadenza.outreach.delivery.types import Fault, Refused
from cadenza.trust.consent.types import State
from tests.outreach import shop

LINK = re.compile(r'href="(https?://[^"]+/c/[^"]+)"')
PIXEL = re.compile(r'src="(https?://[^"]+/o/[^"]+\.gif)"')
AGREED = ("ann", "bo", "cy", "dead")


def _answer(outgoing):
    if outgoing.to.email.startswith("dead"):
        return Refused("550 no such mailbox", again=False, code=550, enhanced="5.1.1", fault=Fault.ADDRESS)
    return shop.Accepted("250 taken")


def _order(workspace, who, number, total):
    line = {"product_id": "p1", "name": "Bell", "category": "Bells", "price": total}
    told = {"order_id": number, "total": total, "currency": "EUR", "products": [line]}
    key = f"{workspace}:{number}"
    item = {"type": "track", "event": "Order Completed", "userId": who, "messageId": key, "properties": told}
    _arrive(workspace, item)


def _arrive(workspace, *items):
    with database.scope(workspace):
        inbox.append(workspace, "batch", msgspec.json.encode({"batch": items}))
    while pipeline.step():
        pass
    projection.drain()


@pytest.fixture
def campaign(workspace):
    """Six people, four of them agreed; one address is dead; two click; the scanner of a third clicks too."""
    shop.people(workspace, *AGREED, "dan", "eve")
    shop.say(workspace, State.GIVEN, *(f"{name}@example.com" for name in AGREED))
    shop.say(workspace, State.GIVEN, "ann@example.com", topic="open_tracking")
    shop.say(workspace, State.REFUSED, "dan@example.com")
    made = shop.campaign(workspace)
    with shop.channel(shop.Post(_answer)) as post:
        shop.start(workspace, made)
        with shop.senders():
            shop.finish(workspace, made)
    mails = {mail.to.email.partition("@")[0]: mail.html for mail in post.sent}
    links = {name: [unescape(url) for url in LINK.findall(html)] for name, html in mails.items()}
    shop.visit(("GET", PIXEL.search(mails["ann"])[1]), ("GET", links["ann"][0]))
    shop.visit(("GET", links["bo"][0]), ("GET", links["bo"][0]))
    shop.visit(("GET", links["cy"][0]), user_agent="Mimecast scanner")
    for who, number, total in (("ann", "o1", 40), ("ann", "o2", 2.5), ("bo", "o3", 10), ("cy", "o4", 99)):
        _order(workspace, who, number, total)
    _arrive(workspace, {"type": "track", "event": "Order Cancelled", "userId": "bo", "messageId": f"{workspace}:x",
                        "properties": {"order_id": "o3"}})  # fmt: skip
    return made


def test_a_report_says_what_happened_and_where_each_number_comes_from(workspace, campaign):
    with database.scope(workspace):
        report = reports.campaign_report(workspace, campaign)
    assert (report.audience, report.sent, report.bounced, report.left_out_count) == (6, 3, 1, 2)
    assert {one.reason: one.count for one in report.left_out} == {"refused": 1, "no_consent": 1}
    assert (report.opened, report.clicked, report.unsubscribed, report.in_doubt) == (1, 2, 0, 0)
    assert report.open_rate == Rate(1, 3, "sent") and report.click_rate.share == 2 / 3
    assert report.bounce_rate == Rate(1, 4, "tried")
    seen = report.reactions
    assert (seen.orders, seen.buyers, report.revenue.net) == (2, 1, Decimal("42.5"))
    assert report.revenue_per_recipient == Decimal("42.5") / 3
    assert seen.clicks_by_machines == 1


def test_the_series_and_the_links_add_up_to_the_sums(workspace, campaign):
    with database.scope(workspace):
        report = reports.campaign_report(workspace, campaign)
    seen = report.reactions
    assert seen.step == "hour"
    assert sum(one.opened for one in seen.series) == report.opened
    assert sum(one.clicked for one in seen.series) == report.clicked
    [link] = seen.links
    assert (link.url, link.people, link.clicks, link.by_machines) == ("https://shop.example/sale", 2, 3, 1)
    assert sum((net for _, net in seen.earned_by_day), Decimal(0)) == report.revenue.net


def test_the_overview_beside_the_same_sums_by_hand(workspace, campaign):
    with database.scope(workspace):
        seen = reports.overview(workspace, 7)
    figures = seen.figures
    assert (seen.standing.people, figures.new_people.now, figures.orders.now) == (6, 6, 3)
    assert (figures.revenue.now, figures.from_campaigns.now, figures.first_orders.now) == (
        Decimal("141.5"),
        Decimal("42.5"),
        2,
    )
    assert figures.average_order.now == Decimal("141.5") / 3
    assert {one.name: one.count.now for one in figures.event_names} == {
        "Order Completed": 4, "Email Link Clicked": 4, "Email Opened": 1, "Order Cancelled": 1,
    }  # fmt: skip
    assert [(one.key, one.revenue.now) for one in figures.categories] == [("Bells", Decimal("141.5"))]
    assert len(figures.by_day) == 7 and figures.by_day[-1].orders == 3
    [line] = seen.campaigns
    assert (line.sent, line.opened, line.clicked, line.earned.net) == (3, 1, 2, Decimal("42.5"))


@pytest.fixture
def away(engines):
    """The event store closes, and is there again afterwards."""
    clickhouse._closed = True
    yield
    clickhouse._closed = False


def test_without_the_event_store_a_report_opens_with_what_is_known(workspace, campaign, away):
    with database.scope(workspace):
        report, seen = reports.campaign_report(workspace, campaign), reports.overview(workspace)
    assert (report.sent, report.clicked, report.reactions) == (3, 2, None)
    assert report.problem and report.revenue.net == 0
    assert seen.figures is None and seen.problem and seen.standing.orders == 3
    assert seen.campaigns[0].earned is None and seen.campaigns[0].sent == 3


def test_an_unknown_campaign_is_not_found(workspace):
    with database.scope(workspace), pytest.raises(NotFound):
        reports.campaign_report(workspace, CampaignId(new_id()))


@pytest.mark.parametrize("days", [0, -1, 366])
def test_a_period_out_of_range_is_refused(workspace, days):
    with database.scope(workspace), pytest.raises(BadInput) as refused:
        reports.overview(workspace, days)
    assert refused.value.at == "days"


def test_the_orders_behind_the_revenue_name_their_people(workspace, campaign):
    with database.scope(workspace):
        found = attribution.campaign_orders(workspace, campaign)
    assert {one.number for one in found.items} == {"o1", "o2"}
    assert all(timedelta() <= one.placed_at - one.clicked_at < timedelta(hours=1) for one in found.items)
    assert all(one.placed_at <= clock.now() for one in found.items)
