"""From a call to the tracking API to a person, an order and an event."""

from __future__ import annotations

import msgspec
import pytest

from cadenza.base import database, projection
from cadenza.base.inbox import service as inbox
from cadenza.cdp.events import service as events
from cadenza.cdp.identity import service as identity
from cadenza.cdp.identity.types import Identifier
from cadenza.cdp.ingest import pipeline
from cadenza.cdp.ingest import service as ingest
from cadenza.cdp.orders import service as orders
from cadenza.cdp.profiles import service as profiles


def _arrive(workspace, *items):
    with database.scope(workspace):
        inbox.append(workspace, "batch", msgspec.json.encode({"batch": items}))
    while pipeline.step():
        pass
    projection.drain()


def _person(workspace, kind, value):
    with database.scope(workspace):
        found = identity.find(workspace, Identifier(kind, value))
        return profiles.one(workspace, found) if found else None


def test_a_visitor_who_signs_in_keeps_what_it_did_before(workspace):
    _arrive(
        workspace,
        {"type": "page", "anonymousId": "a1", "name": "Home", "messageId": "1"},
        {
            "type": "identify",
            "anonymousId": "a1",
            "userId": "u1",
            "messageId": "2",
            "traits": {"email": "Ann@Example.com", "firstName": "Ann", "vip": True},
        },
        {
            "type": "track",
            "userId": "u1",
            "event": "Product Viewed",
            "properties": {"price": 12.5},
            "messageId": "3",
        },
    )
    ann = _person(workspace, "email", "ann@example.com")
    assert (ann.first_name, ann.email, ann.traits) == ("Ann", "ann@example.com", {"vip": True})
    with database.scope(workspace):
        done = events.timeline(workspace, identity.all_ids(workspace, ann.id))
    assert {event.name for event in done} == {"Page Viewed", "Product Viewed"}


def test_two_visitors_turn_out_to_be_one_and_events_follow(workspace):
    _arrive(
        workspace,
        {"type": "track", "anonymousId": "phone", "event": "Searched", "messageId": "1"},
        {"type": "identify", "anonymousId": "desk", "traits": {"email": "bo@example.com"}, "messageId": "2"},
    )
    _arrive(
        workspace,
        {"type": "identify", "anonymousId": "phone", "traits": {"email": "bo@example.com"}, "messageId": "3"},
    )
    bo = _person(workspace, "email", "bo@example.com")
    with database.scope(workspace):
        assert len(identity.merges(workspace, bo.id)) == 1
        assert [e.name for e in events.timeline(workspace, identity.all_ids(workspace, bo.id))] == [
            "Searched"
        ]
        assert profiles.count(workspace) == 1


def test_the_same_message_twice_is_one_event(workspace):
    item = {"type": "track", "userId": "u1", "event": "Searched", "messageId": "same"}
    _arrive(workspace, item, item)
    _arrive(workspace, item)
    with database.scope(workspace):
        assert events.names(workspace) == [("Searched", 1)]


def test_a_later_telling_of_the_past_changes_nothing(workspace):
    _arrive(
        workspace,
        {
            "type": "identify",
            "userId": "u1",
            "traits": {"city": "Riga"},
            "timestamp": "2026-05-02T00:00:00Z",
            "messageId": "1",
        },
    )
    _arrive(
        workspace,
        {
            "type": "identify",
            "userId": "u1",
            "traits": {"city": "Oslo"},
            "timestamp": "2026-05-01T00:00:00Z",
            "messageId": "2",
        },
    )
    assert _person(workspace, "external_id", "u1").city == "Riga"


def test_an_order_event_becomes_an_order(workspace):
    products = [
        {"product_id": "p1", "price": 10, "quantity": 2, "category": "Bikes"},
        {"product_id": "p2", "price": 5.5},
    ]
    _arrive(
        workspace,
        {
            "type": "track",
            "userId": "u1",
            "event": "Order Completed",
            "messageId": "1",
            "properties": {"order_id": "o1", "total": 25.5, "currency": "usd", "products": products},
        },
    )
    with database.scope(workspace):
        order = orders.one(workspace, "o1")
        assert (str(order.total), order.currency, len(order.lines)) == ("25.5000", "USD", 2)
    _arrive(
        workspace,
        {
            "type": "track",
            "userId": "u1",
            "event": "Order Cancelled",
            "messageId": "2",
            "properties": {"order_id": "o1"},
        },
    )
    with database.scope(workspace):
        assert orders.one(workspace, "o1").status == "cancelled"


def test_bad_values_are_kept_as_rejected_and_good_ones_go_in(workspace):
    _arrive(
        workspace,
        {
            "type": "identify",
            "userId": "u1",
            "traits": {"email": "not an address", "city": "Riga"},
            "messageId": "1",
        },
        {
            "type": "track",
            "userId": "u1",
            "event": "Order Completed",
            "properties": {"total": 5},
            "messageId": "2",
        },
    )
    assert _person(workspace, "external_id", "u1").city == "Riga"
    with database.scope(workspace):
        assert sorted(one.code for one in ingest.rejected(workspace)) == ["bad_order", "bad_trait"]


def test_a_poisonous_request_blocks_nobody(workspace):
    with database.scope(workspace):
        inbox.append(workspace, "batch", b'{"batch": 7}')
    _arrive(workspace, {"type": "track", "userId": "u1", "event": "Searched", "messageId": "1"})
    with database.scope(workspace):
        assert [one.code for one in ingest.rejected(workspace)] == ["fault"]
        assert events.names(workspace) == [("Searched", 1)]


@pytest.mark.parametrize("second", ["u1", "u2"])
def test_two_external_ids_stay_two_people(workspace, second):
    _arrive(
        workspace,
        {"type": "identify", "userId": "u1", "traits": {"email": "shared@example.com"}, "messageId": "1"},
        {"type": "identify", "userId": second, "traits": {"email": "shared@example.com"}, "messageId": "2"},
    )
    with database.scope(workspace):
        assert profiles.count(workspace) == len({"u1", second})


def test_a_mended_order_that_is_sent_again_is_no_second_event(workspace):
    order = {
        "type": "track",
        "userId": "u1",
        "event": "Order Completed",
        "messageId": "1",
        "properties": {"total": 5},
    }
    _arrive(workspace, order)
    with database.scope(workspace):
        [kept] = ingest.rejected(workspace)
        mended = kept.payload.replace('"total":5', '"total":5,"order_id":"o9"')
        ingest.replay(workspace, [kept.id], mended)
    _arrive(workspace)
    with database.scope(workspace):
        assert str(orders.one(workspace, "o9").total) == "5.0000"
        assert events.names(workspace) == [("Order Completed", 1)]


def test_a_rejected_event_that_is_sent_again_goes_in_once(workspace):
    with database.scope(workspace):
        inbox.append(workspace, "batch", b'{"batch": 7}')
    _arrive(workspace)
    with database.scope(workspace):
        [kept] = ingest.rejected(workspace)
        ingest.replay(workspace, [kept.id], '{"type": "track", "userId": "u1", "event": "Searched"}')
    _arrive(workspace)
    with database.scope(workspace):
        assert events.names(workspace) == [("Searched", 1)]
        assert ingest.rejected(workspace, waiting_only=True) == []
