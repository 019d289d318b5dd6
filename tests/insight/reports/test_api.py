"""Reports for programs: over HTTP, with a secret key."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from django.test import Client

from cadenza.base import clock, database
from cadenza.engines import in_thread
from cadenza.insight.reports.tell import tell
from cadenza.insight.reports.types import Compared, Rate
from cadenza.trust.accounts import service as accounts
from tests.insight.attribution.feed import feed
from tests.insight.attribution.reference import Click, Order
from tests.outreach import shop


@pytest.fixture
def ask(workspace):
    """GET with the workspace's secret key."""
    with database.scope(workspace):
        _, key = accounts.issue_key(workspace, "secret", "Reports")
    client = Client(SERVER_NAME="localhost", headers={"Authorization": f"Bearer {key}"})
    return lambda path: in_thread(lambda: client.get(f"/api/v1/reports/{path}"))


@pytest.fixture
def campaign(workspace):
    [ann] = shop.people(workspace, "ann")
    made, at = shop.campaign(workspace), clock.now() - timedelta(days=1)
    orders = [Order(f"o{step}", ann, at + timedelta(minutes=step), Decimal("10.25")) for step in range(3)]
    feed(workspace, [Click(ann, at, str(made))], orders)
    return made


def test_the_overview_tells_figures_with_their_comparison(ask, campaign):
    told = ask("overview?days=7").json()
    assert told["figures"]["orders"] == {"now": 3, "before": 0, "change": None}
    assert told["figures"]["revenue"]["now"] == "30.7500"
    assert len(told["figures"]["by_day"]) == 7 and told["currency"] == "EUR"


def test_a_campaign_tells_rates_with_their_denominator(ask, campaign):
    told = ask(f"campaigns/{campaign}?window=30").json()
    assert told["open_rate"] == {"part": 0, "of": 0, "of_what": "sent", "share": None}
    assert (told["window"], told["reactions"]["orders"], told["reactions"]["earned"][0]["net"]) == (
        30,
        3,
        "30.7500",
    )


def test_orders_are_read_page_by_page(ask, campaign):
    first = ask(f"campaigns/{campaign}/orders?limit=2").json()
    rest = ask(f"campaigns/{campaign}/orders?limit=2&after={first['next']}").json()
    assert [one["number"] for one in (*first["items"], *rest["items"])] == ["o2", "o1", "o0"]
    assert rest["next"] is None


@pytest.mark.parametrize(
    ("path", "status"),
    [("overview?days=0", 422), ("overview?days=x", 422), (f"campaigns/{UUID(int=1)}", 404), ("campaigns/x", 422),
     (f"campaigns/{UUID(int=1)}/orders?after=%00", 404), (f"campaigns/{UUID(int=1)}?window=91", 422)],
)  # fmt: skip
def test_what_cannot_be_asked_is_a_problem(ask, path, status):
    answer = ask(path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


def test_without_a_key_nothing_is_told(engines):
    assert (
        in_thread(lambda: Client(SERVER_NAME="localhost").get("/api/v1/reports/overview")).status_code == 401
    )


def test_amounts_are_texts_and_rates_tell_their_share():
    found = tell(
        {
            "rate": Rate(1, 4, "sent"),
            "compared": Compared(Decimal("1.50"), Decimal(1)),
            "for": timedelta(days=7),
        }
    )
    assert found["rate"] == {"part": 1, "of": 4, "of_what": "sent", "share": 0.25}
    assert found["compared"] == {"now": "1.50", "before": "1", "change": 0.5}
    assert found["for"] == 7
