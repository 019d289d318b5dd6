"""A shop whose site calls the reference product's API points it here: register, subscribe, cart, order, orders."""

from __future__ import annotations

from decimal import Decimal

import pytest

from cadenza.base import database, projection
from cadenza.cdp.events import service as events
from cadenza.cdp.identity import service as identity
from cadenza.cdp.ingest import pipeline
from cadenza.cdp.orders import service as orders
from cadenza.cdp.product_lists import service as product_lists
from cadenza.cdp.profiles import service as profiles
from cadenza.cdp.segments import service as segments
from cadenza.connect.operations import jobs
from cadenza.trust.consent import service as consent
from cadenza.trust.consent.types import State
from tests.connect.operations.conftest import SITE, make

pytestmark = pytest.mark.story
BELL = {"product": {"ids": {"website": "bell-1"}, "name": "Brass bell"}, "count": 2, "pricePerItem": 9.9}


@pytest.mark.parametrize("xml", [False, True], ids=["json", "xml"])
def test_a_customer_from_the_first_look_to_the_second_order(workspace, xml):
    site = make(workspace, xml)
    browser = {"key": "", "origin": SITE, "device": "device-1"}

    # A visitor looks around, leaves an address in the footer, and fills the cart: all from the browser.
    seen = {"viewProduct": {"product": {"ids": {"website": "bell-1"}}}}
    assert site("ViewProduct", seen, mode="async", **browser)["status"] == "Success"
    wish = {"pointOfContact": "Email", "isSubscribed": True}
    site(
        "SubscriptionInFooter", {"customer": {"email": "ann@example.com", "subscriptions": [wish]}}, **browser
    )
    site("SetCart", {"productList": [BELL]}, **browser)
    jobs.carry_out(str(workspace))

    # The site's server registers her, and signs her in on the same device.
    ann = {"ids": {"websiteID": "42"}, "email": "ann@example.com", "firstName": "Ann", "lastName": "Ozola"}
    made = site("RegisterCustomer", {"customer": ann}, device="device-1", transaction="register-42")
    assert made["customer"]["processingStatus"] == "Changed", "the visitor became a customer"
    ticket = made["customer"]["authenticationTicket"]

    # She orders; the network breaks, and the site sends the order again.
    order = {
        "ids": {"website": "A-1"},
        "totalPrice": "19.8",
        "lines": [{**BELL, "quantity": 2, "basePricePerItem": 9.9}],
    }
    for line in order["lines"]:
        del line["count"], line["pricePerItem"]
    told = [
        site(
            "CreateOrder", {"customer": {"ids": {"websiteID": "42"}}, "order": order}, transaction="order-A-1"
        )
        for _ in range(2)
    ]
    assert told[0].tree == told[1].tree and told[0]["order"]["processingStatus"] == "Created"

    # During an outage the site completed one more order by itself, and tells it late, as the SDK advises.
    late = {"customer": {"ids": {"websiteID": "42"}}, "order": {**order, "ids": {"website": "A-0"}},
            "executionDateTimeUtc": "2026-02-01T10:00:00Z"}  # fmt: skip
    site("SaveOfflineOrder", late, mode="async", transaction="order-A-0")
    jobs.carry_out(str(workspace))
    found = site("GetCustomerOrders", {"customer": {"ids": {"websiteID": "42"}}})
    assert [one["ids"]["websiteID"] for one in found["orders"]] == ["A-1", "A-0"]

    # Then she objects; no default brings it back.
    site(
        "EditCustomer",
        {"customer": {"ids": {"websiteID": "42"}, "subscriptions": [{**wish, "isSubscribed": False}]}},
    )
    default = {**wish, "valueByDefault": True}
    site("EditCustomer", {"customer": {"ids": {"websiteID": "42"}, "subscriptions": [default]}})

    while pipeline.step():
        pass
    projection.drain()
    with database.scope(workspace):
        [who] = profiles.page(workspace).items
        assert (who.name, profiles.count(workspace)) == ("Ann Ozola", 1)
        assert product_lists.get(workspace, who.id, "cart").items == ()
        assert [(one.number, one.total) for one in orders.of_person(workspace, who.id)] == [
            ("A-1", Decimal("19.8")), ("A-0", Decimal("19.8")),
        ]  # fmt: skip
        said = consent.states(workspace, "email", "newsletter", ["ann@example.com"])
        assert said == {"ann@example.com": State.WITHDRAWN}
        told = sorted(one.name for one in events.timeline(workspace, identity.all_ids(workspace, who.id)))
        assert told == ["Cart Updated", "Order Completed", "Order Completed", "Product Viewed", "Signed Up"]
        buyers = segments.preview(workspace, {"did": "Order Completed", "times": 2})
        assert (buyers.count, list(buyers.sample)) == (1, [who.id])
    assert ticket
