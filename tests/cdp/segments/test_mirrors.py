"""What the event store is asked is what others hold: lists whoever changed them, and what was before its mirrors."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from cadenza.base import clickhouse, clock, database, projection
from cadenza.base.ids import ProfileId, WorkspaceId
from cadenza.cdp.catalog import service as catalog
from cadenza.cdp.catalog.types import Product
from cadenza.cdp.identity import service as identity
from cadenza.cdp.identity.types import Identifier
from cadenza.cdp.ingest import service as ingest
from cadenza.cdp.product_lists import service as lists
from cadenza.cdp.product_lists.types import Piece
from cadenza.cdp.profiles import service as profiles
from cadenza.cdp.profiles.types import TraitChange
from cadenza.cdp.segments import jobs, mirrors, models, service
from cadenza.trust.consent import service as consent
from cadenza.trust.consent.types import ConsentChange, State

CART = {"list": "cart", "at_least": 1}
BIKES = {**CART, "where": [{"property": "category", "is": "Bikes"}]}
DEAR = {**CART, "where": [{"property": "price", "at_least": 100}]}
MANY = {**CART, "where": [{"property": "quantity", "at_least": 3}]}
YES = {"subscription": "newsletter", "channel": "email"}


def _person(workspace: WorkspaceId, name: str) -> ProfileId:
    [found] = identity.resolve(workspace, [[Identifier("external_id", name)]])
    profiles.apply(workspace, [TraitChange(found.profile, {"gender": "female"}, clock.now())])
    return found.profile


def _holds(workspace: WorkspaceId, tree: Any) -> set[int]:
    projection.drain()
    return set(service.preview(workspace, tree, limit=10).sample)


def _track(workspace: WorkspaceId, who: str, event: str, **properties: Any) -> None:
    item = {
        "type": "track",
        "userId": who,
        "event": event,
        "messageId": f"{who}{event}{properties}",
        "properties": properties,
    }
    assert ingest.take_in(workspace, [item], "api") == [None]


def test_a_cart_is_asked_as_it_stands_whoever_changed_it(workspace: WorkspaceId):
    with database.scope(workspace):
        ann, ben, cid = (_person(workspace, name) for name in ("ann", "ben", "cid"))
        catalog.upsert(workspace, [Product("tandem", "Tandem", category="Bikes", price=Decimal(900))])
        _track(workspace, "ann", "Product Added", product_id="bmx", category="Bikes", price=80, quantity=3)
        lists.set(
            workspace,
            ben,
            "cart",
            [Piece("tandem"), Piece("bell", Decimal(1), Decimal(150))],
            source="operation",
        )
        lists.add(workspace, cid, "cart", Piece("bell"), source="operation")
        assert _holds(workspace, CART) == {ann, ben, cid}
        assert _holds(workspace, BIKES) == {ann, ben}  # as told with the event; as the catalogue knows it
        assert _holds(workspace, DEAR) == {ben}
        assert _holds(workspace, MANY) == {ann}
        assert _holds(workspace, {**CART, "at_least": 2}) == {ben}

        _track(workspace, "ann", "Product Removed", product_id="bmx", quantity=1)
        assert (_holds(workspace, CART), _holds(workspace, MANY)) == ({ann, ben, cid}, set())
        lists.set_count(workspace, ann, "cart", Piece("bmx", Decimal(0)), source="operation")
        lists.set(workspace, cid, "cart", [], source="operation")
        assert _holds(workspace, CART) == {ben}
        _track(workspace, "ben", "Order Completed", order_id="1", total=5, products=[])
        assert _holds(workspace, {"list": "cart", "at_most": 0}) == {ann, ben, cid}


def test_a_segment_follows_a_cart_that_an_operation_changes(workspace: WorkspaceId):
    with database.scope(workspace):
        left = service.save(workspace, "Cart left", CART).id
        service.refresh(workspace)
        ann, ben = (_person(workspace, name) for name in ("ann", "ben"))
        lists.set(workspace, ann, "cart", [Piece("bell")], source="operation")
        projection.drain()
        service.tick(workspace)
        assert set(service.members(workspace, left)) == {ann}
        identity.merge(workspace, ben, ann)
        projection.drain()
        service.tick(workspace)
        assert set(service.members(workspace, left)) == {ben}
        assert service.why(workspace, left, ben).fits
        lists.remove(workspace, ben, "cart", "bell")
        projection.drain()
        service.tick(workspace)
        assert not service.members(workspace, left)


def test_what_was_told_before_the_mirrors_is_filled_in_once(
    workspace: WorkspaceId, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(mirrors, "AT_ONCE", 2)
    with database.scope(workspace):
        people = [_person(workspace, f"p{n}") for n in range(5)]
        said = [
            ConsentChange(who, "email", f"{who}@example.com", "newsletter", State.GIVEN, None, "form")
            for who in people
        ]
        consent.record(workspace, said)
        catalog.upsert(workspace, [Product(f"b{n}", "Bell", category="Bikes") for n in range(5)])
        for n, who in enumerate(people):
            lists.set(workspace, who, "cart", [Piece(f"b{n}")])
        lists.set(workspace, people[0], "cart", [])
        asked = (YES, CART, BIKES)
        whole = [_holds(workspace, tree) for tree in asked]
    assert list(map(len, whole)) == [5, 4, 4]

    for table in ("subscription", "product_list", "product"):  # a shop from before
        clickhouse.command(
            f"alter table {table} delete where workspace = {{w:UUID}}",
            {"w": str(workspace)},
            {"mutations_sync": 2},
        )
    with database.scope(workspace):
        assert [_holds(workspace, tree) for tree in asked] == [set(), set(), set()]
    assert workspace in mirrors.unfilled()
    jobs.fill_mirrors()
    with database.scope(workspace):
        assert [_holds(workspace, tree) for tree in asked] == whole
        assert models.Progress.objects.get(workspace_id=workspace).rebuilt_at is None
    assert workspace not in mirrors.unfilled()


def test_what_is_filled_in_never_overwrites_what_is_newer(workspace: WorkspaceId):
    with database.scope(workspace):
        ann = _person(workspace, "ann")
        one = ConsentChange(ann, "email", "a@example.com", "newsletter", State.GIVEN, clock.now(), "form")
        consent.record(workspace, [one])
    mirrors.fill(workspace)
    with database.scope(workspace):
        consent.record(
            workspace,
            [ConsentChange(ann, "email", "a@example.com", "newsletter", State.WITHDRAWN, None, "form")],
        )
        assert _holds(workspace, YES) == set()
    mirrors.fill(workspace)
    with database.scope(workspace):
        assert _holds(workspace, YES) == set()
