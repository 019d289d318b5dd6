"""The first page over HTTP: for a new shop, a busy one, a demo, and while the event store is away."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from types import SimpleNamespace

import pytest
from django.test import Client

from cadenza.base import clickhouse, clock, database
from cadenza.base.ids import UserId, new_id
from cadenza.engines import in_thread
from cadenza.insight.reports.types import Day
from cadenza.trust.accounts import service as accounts
from cadenza.trust.accounts.models import Workspace
from cadenza.web import dashboard
from tests.insight.attribution.feed import feed
from tests.insight.attribution.reference import Click, Order
from tests.outreach import shop


@pytest.fixture
def client(workspace):
    """Somebody who works in this workspace alone, signed in."""
    with database.system_scope():
        user = accounts.create_user(f"{new_id()}@example.com", full_name="Ann Lee")
        accounts.add_member(workspace, UserId(user.id))
    client = Client(SERVER_NAME="localhost")
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def _get(client, url="/", **headers):
    return in_thread(lambda: client.get(url, **headers))


@pytest.fixture
def busy(workspace):
    """One person, two orders this month and one the month before, one of them after a click."""
    now = clock.now()
    [ann] = shop.people(workspace, "ann")
    orders = [
        Order("o1", ann, now - timedelta(days=3), Decimal(100)),
        Order("o2", ann, now - timedelta(days=9), Decimal("50.5")),
        Order("o3", ann, now - timedelta(days=40), Decimal(20)),
    ]
    feed(workspace, [Click(ann, now - timedelta(days=4), str(new_id()))], orders)


def test_a_new_workspace_is_shown_what_to_do(client):
    page = _get(client).content.decode()
    assert "Bring in your people" in page and "/imports/new" in page and "Write a campaign" in page
    assert "time-chart" not in page and "demo shop" not in page


def test_a_busy_workspace_is_told_in_a_sentence_and_charts(client, busy):
    page = _get(client).content.decode()
    assert "2 orders brought €150" in page and "€100 of it followed a click in a campaign" in page
    assert page.count("<time-chart") == 4
    assert "€50.50" in page  # the table below the chart, for those who see none
    assert "This is a demo shop" not in page


def test_another_period_swaps_the_overview_alone(client, busy):
    part = _get(client, "/?days=90", headers={"HX-Request": "true"}).content.decode()
    assert part.startswith('<div class="stack" id="overview">') and "<html" not in part
    assert 'id="period-90" href="/?days=90"' in part and "3 orders" in part
    back = _get(client, "/?days=90", headers={"HX-Request": "true", "HX-History-Restore-Request": "true"})
    assert "<html" in back.content.decode()


@pytest.mark.parametrize("days", ["0", "-3", "9999999999", "x", "30'"])
def test_a_period_that_is_none_is_the_usual_one(client, busy, days):
    page = _get(client, f"/?days={days}")
    assert page.status_code == 200 and 'aria-current="true">30 days' in page.content.decode()


def test_a_demo_says_that_its_shoppers_are_simulated(client, workspace):
    with database.scope(workspace):
        Workspace.objects.filter(id=workspace).update(is_demo=True)
    assert "simulated by a script" in _get(client).content.decode()


def test_the_page_opens_while_the_event_store_is_away(client, busy):
    clickhouse._closed = True
    try:
        answer = _get(client)
    finally:
        clickhouse._closed = False
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "Events cannot be read right now" in page and "People" in page and "time-chart" not in page


def test_a_stranger_is_sent_to_the_sign_in_page(engines):
    assert _get(Client(SERVER_NAME="localhost")).status_code == 302


def test_weeks_hold_every_day_once():
    days = [Day(date(2030, 1, 1) + timedelta(days=step), orders=1) for step in range(365)]
    found = dashboard.weeks(days)
    assert [one.orders for one in found] == [8] + [7] * 51
    assert found[-1].day == days[-7].day


def test_a_small_change_is_told_as_none():
    figures = SimpleNamespace(change=0.001)
    assert dashboard._against(figures.change) == ", as much as in the time before"
    assert dashboard._against(None) == ""
    assert "12% less" in dashboard._against(-0.12)
