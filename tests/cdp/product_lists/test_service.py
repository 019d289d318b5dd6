"""Lists of people on the real engines: told by events and by calls, merged, given back, exported, erased."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection

from cadenza.base import database, projection
from cadenza.base.fact import tell
from cadenza.base.ids import ProfileId, new_id
from cadenza.base.problem import BadInput
from cadenza.cdp.catalog import service as catalog
from cadenza.cdp.catalog.types import Product
from cadenza.cdp.events import service as events
from cadenza.cdp.identity import service as identity
from cadenza.cdp.identity.facts import ProfilesUnmerged
from cadenza.cdp.identity.types import Identifier
from cadenza.cdp.ingest import service as ingest
from cadenza.cdp.ingest.types import StoredEvent
from cadenza.cdp.product_lists import models, service
from cadenza.cdp.product_lists.types import Piece
from cadenza.trust.privacy import service as privacy

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def person(workspace, name="ann") -> ProfileId:
    return identity.resolve(workspace, [[Identifier("external_id", name)]])[0].profile


def holds(workspace, who, name="cart"):
    return {one.product: one.quantity for one in service.get(workspace, who, name).items}


def event(who, name, at, home=0, **told):
    return StoredEvent(new_id(), who, name, at, told, home=home)


def test_a_list_is_changed_by_calls_and_each_is_an_event(workspace):
    with database.scope(workspace):
        ann = person(workspace)
        catalog.upsert(workspace, [Product("bell", "Brass bell", category="Parts")])
        service.add(workspace, ann, "cart", Piece("bell", Decimal(1), Decimal("9.90")), at=NOON)
        service.add(workspace, ann, "cart", Piece("lamp"), at=NOON + timedelta(minutes=1))
        service.set_count(workspace, ann, "cart", Piece("bell", Decimal(3)), at=NOON + timedelta(minutes=2))
        service.remove(workspace, ann, "cart", "lamp", at=NOON + timedelta(minutes=3))
        [bell] = service.get(workspace, ann, "cart").items
        assert (bell.name, bell.category, bell.quantity, bell.price) == (
            "Brass bell",
            "Parts",
            3,
            Decimal("9.9"),
        )
        service.set(workspace, ann, "wishlist", [Piece("pump"), Piece("bell")], at=NOON)
        service.remove(workspace, ann, "wishlist", "pump", Decimal(1), at=NOON + timedelta(minutes=1))
        service.add(workspace, ann, "gifts", Piece("pump", Decimal("1.5")), at=NOON)
        assert [(one.name, len(one.items)) for one in service.lists_of(workspace, ann)] == [
            ("cart", 1), ("wishlist", 1), ("gifts", 1),
        ]  # fmt: skip
    projection.drain()
    told = events.timeline(workspace, [ann])
    assert sorted(one.name for one in told) == [
        "Product Added", "Product Added", "Product Added to List", "Product List Updated",
        "Product Quantity Changed", "Product Removed", "Product Removed from Wishlist",
    ]  # fmt: skip


def test_what_cannot_be_is_refused(workspace):
    with database.scope(workspace):
        ann = person(workspace)
        for name, piece in (("", Piece("bell")), ("cart", Piece(" ")), ("cart", Piece("bell", Decimal(-1)))):
            with pytest.raises(BadInput):
                service.add(workspace, ann, name, piece)
        with pytest.raises(BadInput):
            service.set(workspace, ann, "cart", [Piece(str(n)) for n in range(1001)])
        assert service.lists_of(workspace, ann) == []


def test_a_message_told_twice_is_one(workspace):
    with database.scope(workspace):
        ann = person(workspace)
        for _ in range(2):
            service.add(workspace, ann, "cart", Piece("bell"), message="m-1")
        assert holds(workspace, ann) == {"bell": 1}


def test_the_last_telling_by_time_wins_in_whatever_order_they_arrive(workspace):
    story = [
        ("Product Added", {"product_id": "a"}), ("Cart Viewed", {"products": [{"product_id": "b", "quantity": 2}]}),
        ("Product Added", {"product_id": "a", "quantity": 3}), ("Product Removed", {"product_id": "b"}),
        ("Product Quantity Changed", {"product_id": "a", "quantity": 4}),
    ]  # fmt: skip
    chance = random.Random(7)
    for turn in range(5):
        with database.scope(workspace):
            ann = person(workspace, f"ann-{turn}")
            told = [
                event(ann, name, NOON + timedelta(minutes=n), **more) for n, (name, more) in enumerate(story)
            ]
            for one in chance.sample(told, len(told)):
                service.take_in(workspace, [one])
            assert holds(workspace, ann) == {"a": 4}
            assert models.Telling.objects.filter(workspace_id=workspace, profile_id=ann).count() <= 4


def test_segment_events_fill_the_cart_and_an_order_empties_it(workspace):
    def track(name, minute, **told):
        return {"type": "track", "userId": "ann", "event": name, "properties": told,
                "timestamp": (NOON + timedelta(minutes=minute)).isoformat()}  # fmt: skip

    with database.scope(workspace):
        ingest.take_in(workspace, [
            track("Product Added", 0, product_id="bell", quantity=2, price=9.9),
            track("Product Added to Wishlist", 1, product_id="pump"),
        ], "api")  # fmt: skip
        ann = identity.find(workspace, Identifier("external_id", "ann"))
        assert (holds(workspace, ann), holds(workspace, ann, "wishlist")) == ({"bell": 2}, {"pump": 1})
        order = {"order_id": "1", "total": 9.9, "products": [{"product_id": "bell", "price": 9.9}]}
        ingest.take_in(workspace, [track("Order Completed", 2, **order)], "api")
        assert (holds(workspace, ann), holds(workspace, ann, "wishlist")) == ({}, {"pump": 1})
        ingest.take_in(workspace, [track("Product Added", 1, product_id="late")], "api")
        assert holds(workspace, ann) == {}, "what was put in before the order was ordered or left"


def test_lists_follow_a_merge_as_one_story_and_come_back_when_it_is_undone(workspace):
    with database.scope(workspace):
        ann, visitor = (
            person(workspace),
            identity.resolve(workspace, [[Identifier("anonymous_id", "d1")]])[0].profile,
        )
        service.set(workspace, ann, "cart", [Piece("bell"), Piece("pump")], at=NOON)
        service.add(workspace, visitor, "cart", Piece("bell"), at=NOON + timedelta(minutes=1))
        service.add(workspace, visitor, "gifts", Piece("lamp"), at=NOON)
        before = [service.lists_of(workspace, one) for one in (ann, visitor)]
        identity.merge(workspace, ann, visitor)
        assert holds(workspace, ann) == {"bell": 2, "pump": 1}
        assert holds(workspace, ann, "gifts") == {"lamp": 1}
        late = [event(ann, "Product Added", NOON + timedelta(minutes=2), visitor, product_id="late")]
        service.take_in(workspace, late)
        assert holds(workspace, ann) == {"bell": 2, "pump": 1, "late": 1}
        database.execute("delete from identity_override where profile_id = %s", [visitor])
        tell(
            ProfilesUnmerged(
                workspace=workspace, at=NOON, winner=ann, loser=visitor, ids=(visitor,), merge=new_id()
            )
        )
        assert service.lists_of(workspace, ann) == before[0]
        assert holds(workspace, visitor) == {"bell": 1, "late": 1}
        assert service.get(workspace, visitor, "gifts") == before[1][1]


def test_lists_follow_many_merges_at_once_through_those_between(workspace):
    with database.scope(workspace):
        told = [[Identifier("anonymous_id", f"d{n}")] for n in range(4)]
        a, b, c, d = (one.profile for one in identity.resolve(workspace, told))
        for one, product in ((a, "bell"), (b, "pump"), (d, "lamp")):
            service.add(workspace, one, "cart", Piece(product), at=NOON)
        service.follow_merges(workspace, [(b, a), (c, b), (c, d)])
        assert holds(workspace, c) == {"bell": 1, "pump": 1, "lamp": 1}
        assert [service.lists_of(workspace, one) for one in (a, b, d)] == [[], [], []]


def test_two_writers_of_one_list_lose_nothing(workspace):
    with database.scope(workspace):
        ann = person(workspace)

    def put(n: int) -> None:
        try:
            with database.scope(workspace):
                service.add(workspace, ann, "cart", Piece("bell"), message=f"m{n}")
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(put, range(40)))
    with database.scope(workspace):
        assert holds(workspace, ann) == {"bell": 40}


def test_a_person_is_told_what_lies_in_lists_and_forgotten(workspace):
    with database.scope(workspace):
        ann, ben = person(workspace), person(workspace, "ben")
        for who in (ann, ben):
            service.add(workspace, who, "cart", Piece("bell"))
        told = privacy.export_person(workspace, ann)["data"]["product_lists"]
        assert told["product_lists"][0]["items"][0]["product"] == "bell"
        assert service.erase(workspace, ann) == {
            "product_list": 1, "product_lists_telling": 1, "product_lists_productlist": 1,
        }  # fmt: skip
        assert service.lists_of(workspace, ann) == []
        assert holds(workspace, ben) == {"bell": 1}


def test_a_list_changed_under_an_id_of_before_a_merge_goes_back_with_it(workspace):
    with database.scope(workspace):
        ann, device = person(workspace), person(workspace, "device")
        merge = identity.merge(workspace, ann, device)
        service.add(workspace, device, "cart", Piece("by-old-id", Decimal(1)))
        service.add(workspace, ann, "cart", Piece("by-home", Decimal(1)), home=device)
        service.add(workspace, ann, "cart", Piece("hers", Decimal(1)))
        assert holds(workspace, ann).keys() == {"by-old-id", "by-home", "hers"}
        identity.unmerge(workspace, merge)
        assert holds(workspace, ann).keys() == {"hers"}
        assert holds(workspace, device).keys() == {"by-old-id", "by-home"}
