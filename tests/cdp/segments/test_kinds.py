"""Kinds of segments and what can be asked of them: by hand, on a schedule, one of a group, inside each other, why."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest

from cadenza.base import database, projection
from cadenza.base.clock import FixedClock
from cadenza.base.ids import SegmentId, WorkspaceId
from cadenza.base.problem import BadInput, Conflict
from cadenza.cdp.catalog import service as catalog
from cadenza.cdp.catalog.types import Product
from cadenza.cdp.fields import service as register
from cadenza.cdp.identity import service as identity
from cadenza.cdp.identity.facts import ProfilesUnmerged
from cadenza.cdp.identity.types import Identifier
from cadenza.cdp.orders import service as orders
from cadenza.cdp.orders.types import OrderChange, OrderLine
from cadenza.cdp.segments import handlers, jobs, models, service
from cadenza.cdp.segments.types import Use
from tests.cdp.segments.test_service import BUYERS, FEMALE, did, members, person, settle, shop

__all__ = ["shop"]
MALE = {"attribute": "gender", "is": "male"}


def test_people_are_put_into_a_static_segment_and_taken_out_and_a_merge_takes_them_along(
    shop: WorkspaceId, clock: FixedClock
):
    ann, bob, cid = (person(shop, name, gender="female") for name in ("ann", "bob", "cid"))
    settle()
    made = service.save(shop, "Guests", mode="static")
    assert (made.sentence, made.count, made.mode) == ("put in by hand", 0, "static")
    assert service.add(shop, made.id, [ann, bob, 10**9]).entered == 2
    identity.merge(shop, cid, bob)
    assert members(shop, made.id) == {ann, cid}
    handlers.on_profiles_unmerged(
        [ProfilesUnmerged(workspace=shop, at=clock.now(), winner=cid, loser=bob, ids=(bob,), merge=uuid4())]
    )
    assert members(shop, made.id) == {ann, bob, cid}
    assert service.remove(shop, made.id, [ann, cid]).left == 2
    settle()
    assert service.add_found(shop, made.id, FEMALE).entered == 2
    with pytest.raises(Conflict, match="not refreshed"):
        service.refresh_now(shop, made.id)
    with pytest.raises(Conflict, match="by themselves"):
        service.add(shop, service.save(shop, "Women", FEMALE).id, [ann])
    [day] = service.metered(shop, date(2030, 3, 1), date(2030, 3, 1))
    assert (day.entered, day.left) == (6, 3)


def test_a_scheduled_segment_is_found_at_its_hour_and_counted_in_the_ledger(
    shop: WorkspaceId, clock: FixedClock
):
    ann = person(shop, "ann", gender="female")
    settle()
    made = service.save(shop, "Daily", FEMALE, mode="scheduled", schedule={"every": "weekday", "hour": 6})
    service.refresh(shop)
    assert service.one(shop, made.id).due_at == datetime(2030, 3, 4, 6, tzinfo=UTC)  # Friday noon, so Monday
    person(shop, "bob", gender="female")
    settle()
    service.tick(shop)
    assert members(shop, made.id) == {ann}
    clock.move(days=2, hours=19)
    jobs._refresh_due(shop)
    assert len(members(shop, made.id)) == 2
    assert [(day.day, day.entered) for day in service.metered(shop, date(2030, 3, 1), date(2030, 3, 9))] == [
        (date(2030, 3, 1), 1), (date(2030, 3, 4), 1),
    ]  # fmt: skip
    for schedule in (None, {"every": "hour"}, {"every": "day", "hour": 25}):
        with pytest.raises(BadInput):
            service.save(shop, "x", FEMALE, mode="scheduled", schedule=schedule)


def test_in_a_group_the_first_that_fits_holds_a_person(shop: WorkspaceId):
    ann, bob = person(shop, "ann", gender="female"), person(shop, "bob", gender="female")
    did(shop, ann, "Order Completed")
    settle()
    buyers, women = service.save(shop, "Buyers", BUYERS).id, service.save(shop, "Women", FEMALE).id
    group = service.make_group(shop, "One of", [buyers, women])
    service.refresh(shop)
    assert (members(shop, buyers), members(shop, women)) == ({ann}, {bob})
    assert "comes first" in service.why(shop, women, ann).reasons[-1].sentence
    did(shop, bob, "Order Completed")
    service.touch(shop, [bob])
    settle()
    service.tick(shop)
    assert (members(shop, buyers), members(shop, women)) == ({ann, bob}, set())
    assert service.arrange_group(shop, group.id, [women, buyers]).segments == (women, buyers)
    service.refresh(shop, [women])
    assert (members(shop, buyers), members(shop, women)) == (set(), {ann, bob})
    assert [one.name for one in service.groups(shop)] == ["One of"]
    service.dissolve_group(shop, group.id)
    service.refresh(shop)
    assert members(shop, buyers) == {ann, bob}
    with pytest.raises(BadInput, match="same times"):
        service.make_group(shop, "Mixed", [buyers, service.save(shop, "Static", mode="static").id])


def test_a_segment_asks_for_another_and_never_for_itself(shop: WorkspaceId):
    ann = person(shop, "ann", gender="female")
    settle()
    women = service.save(shop, "Women", FEMALE).id
    both = service.save(shop, "Both", {"all": [{"segment": str(women)}, {"not": BUYERS}]})
    assert both.sentence == "is in “Women” and did not buy"
    service.refresh(shop)
    assert members(shop, both.id) == {ann}
    assert service.uses(shop, women) == [Use("segment", "Both", f"/segments/{both.id}/")]
    with pytest.raises(BadInput, match="“Women” → “Both” → “Women”"):
        service.update(shop, women, tree={"any": [FEMALE, {"segment": str(both.id)}]})
    with pytest.raises(BadInput, match="no such segment"):
        service.save(shop, "x", {"segment": str(uuid4())})
    service.update(shop, women, tree=MALE)
    service.refresh(shop, [women])
    assert members(shop, both.id) == set(), "who asks for a changed one is found with it"
    models.Segment.objects.filter(id=women).update(tree={"attribute": "gone", "is": "x"})
    service.refresh(shop)
    assert "cannot be found" in (service.one(shop, both.id).problem or "")


def test_every_condition_says_what_it_found_of_a_person(shop: WorkspaceId, clock: FixedClock):
    ann, bob = person(shop, "ann", gender="female"), person(shop, "bob")
    did(shop, ann, "Order Completed", clock.now() - timedelta(days=2), category="Bikes")
    did(shop, ann, "Order Completed", clock.now())
    settle()
    guests = service.save(shop, "Guests", mode="static").id
    service.add(shop, guests, [ann])
    tree = {
        "all": [
            FEMALE, BUYERS | {"times": 2}, {"not": BUYERS | {"times": 3}}, {"segment": str(guests)},
            {"identifier": "external_id", "is_set": True}, {"orders": "sum", "at_most": 0},
            {"last": "Order Completed", "days_ago_at_most": 1},
        ]
    }  # fmt: skip
    made = service.save(shop, "Why", tree).id
    service.refresh(shop)
    found = service.why(shop, made, ann)
    assert (found.member, found.fits) == (True, True)
    assert [(one.at, one.value, one.holds) for one in found.reasons] == [
        ("tree.all.0", "female", True), ("tree.all.1", "2", True), ("tree.all.2.not", "2", False),
        ("tree.all.3", "yes", True), ("tree.all.4", "yes", True), ("tree.all.5", "", True),
        ("tree.all.6", "2030-03-01 12:00:00.000", True),
    ]  # fmt: skip
    other = service.why(shop, made, bob)
    assert (other.member, other.fits) == (False, False)
    assert [one.holds for one in other.reasons] == [False, False, False, False, True, True, False]
    assert service.is_member(shop, made, ann)
    assert service.is_member(shop, made, Identifier("external_id", "ann"))
    assert not service.is_member(shop, made, Identifier("external_id", "nobody"))


def test_a_backtest_asks_as_of_then_and_the_history_knows_who_was_in(shop: WorkspaceId, clock: FixedClock):
    ann, bob = person(shop, "ann"), person(shop, "bob")
    did(shop, ann, "Order Completed", clock.now() - timedelta(days=20))
    did(shop, bob, "Order Completed", clock.now() - timedelta(days=1))
    settle()
    lately = service.save(shop, "Lately", BUYERS | {"days": 7}).id
    guests = service.save(shop, "Guests", mode="static").id
    service.refresh(shop)
    then, since = clock.now() - timedelta(days=15), clock.now()
    found = service.backtest(shop, {"any": [{"segment": str(lately)}, {"segment": str(guests)}]}, then)
    assert (found.count, found.sample) == (1, [ann])
    assert "as they are now" in found.note
    clock.move(days=10)
    service.add(shop, guests, [ann, bob])
    service.refresh(shop)
    assert set(service.members_at(shop, lately, since)) == {bob}
    assert set(service.members_at(shop, lately, clock.now())) == set()
    assert [(one.profile, one.entered) for one in service.moves(shop, lately)] == [(bob, False), (bob, True)]
    assert service.overlap(shop, lately, guests).only_second == 2
    with pytest.raises(BadInput, match="past"):
        service.backtest(shop, BUYERS, clock.now() + timedelta(days=1))


def test_definitions_travel_as_json(shop: WorkspaceId):
    women = service.save(shop, "Women", FEMALE).id
    service.save(
        shop, "Inside", {"segment": str(women)}, mode="scheduled", schedule={"every": "day", "hour": 4}
    )
    service.save(shop, "Hand", mode="static")
    file = service.export(shop)
    made = service.bring_in(shop, file)
    assert [one.name for one in made] == ["Hand", "Inside", "Women"]
    assert made[1].tree == {"segment": str(made[2].id)}
    assert made[1].schedule == service.all(shop)[2].schedule
    file["segments"][0] = {"id": "x", "name": "X", "tree": {"segment": "nowhere"}}
    with pytest.raises(BadInput, match="nowhere") as refusal:
        service.bring_in(shop, file)
    assert refusal.value.at == "segments.0.tree"
    assert len(service.all(shop)) == 6


def test_products_have_segments_and_people_are_asked_for_what_they_bought_of_one(
    shop: WorkspaceId, clock: FixedClock
):
    ann, bob = person(shop, "ann"), person(shop, "bob")
    register.declare(shop, "weight", "decimal", entity="product")
    catalog.upsert(shop, [
        Product("p1", "Road bike", category="Bikes", price=Decimal(900), properties={"colours": ["red"], "stock": 3}),
        Product("p2", "Helmet", category="Helmets", price=Decimal(50), properties={"stock": 0}),
        Product("p3", "City bike", category="Bikes", price=Decimal(300), properties={"weight": "12.50"}),
    ])  # fmt: skip
    for number, (who, product) in enumerate([(ann, "p1"), (ann, "p2"), (bob, "p2"), (bob, "p2")]):
        line = OrderLine(1, product, Decimal(1), Decimal(10))
        orders.upsert(
            shop,
            [
                OrderChange(
                    f"o{number}", clock.now(), who, clock.now(), "paid", "EUR", Decimal(10), lines=(line,)
                )
            ],
        )
        did(shop, who, "Product Viewed", product_id=product)
    settle()
    asked = {
        "bikes": ({"attribute": "category", "is": "Bikes"}, ["p1", "p3"]),
        "dear": ({"attribute": "price", "at_least": 300}, ["p1", "p3"]),
        "red": ({"attribute": "colours", "contains_any": ["red"]}, ["p1"]),
        "heavy": ({"attribute": "weight", "at_least": 12.5}, ["p3"]),
        "gone": ({"attribute": "stock", "is": 0}, ["p2"]),
        "viewed": ({"did": "Product Viewed", "times": 2, "days": 7}, ["p2"]),
        "sold": ({"orders": "count", "at_least": 2}, ["p2"]),
        "unsold": ({"orders": "count", "is": 0, "days": 30}, ["p3"]),
        "earned": ({"orders": "sum", "at_least": 30}, ["p2"]),
    }
    for name, (tree, wanted) in asked.items():
        assert service.preview_products(shop, tree)[1] == wanted, name
    bikes = service.save_product_segment(shop, "Bikes", asked["bikes"][0])
    settle()
    assert (bikes.count, service.product_members(shop, bikes.id)) == (2, ["p1", "p3"])
    tree = {"orders": "count", "at_least": 1, "products": str(bikes.id)}
    bought = service.save(shop, "Bought a bike", tree)
    assert bought.sentence == "has at least 1 order with products of “Bikes”"
    service.refresh(shop)
    assert members(shop, bought.id) == {ann}
    service.update_product_segment(shop, bikes.id, tree={"attribute": "category", "is": "Helmets"})
    settle()
    service.refresh(shop)
    assert members(shop, bought.id) == {ann, bob}
    for wrong in ({"orders": "average", "at_least": 3}, {"segment": str(bought.id)}, {"bucket": "x"}):
        with pytest.raises(BadInput, match="cannot be asked"):
            service.preview_products(shop, wrong)


def test_a_burst_is_followed_and_folded_into_the_bitmap(shop: WorkspaceId, monkeypatch: pytest.MonkeyPatch):
    from cadenza.cdp.segments import store, tick

    monkeypatch.setattr(store, "FOLD_AT", 3)
    made = service.save(shop, "Women", FEMALE).id
    service.refresh(shop)
    for n in range(6):
        person(shop, f"p{n}", gender="female")
        settle()
        service.tick(shop)
        assert len(members(shop, made)) == n + 1 == service.one(shop, made).count
    assert models.State.objects.get(segment_id=made).pending <= 4
    monkeypatch.setattr(tick, "FLOOD", 2)
    [person(shop, f"q{n}", gender="female") for n in range(5)]
    settle()
    assert service.tick(shop) == 2
    assert len(members(shop, made)) == 11
    assert service.tick(shop) == 0


def test_what_the_event_store_does_not_know_yet_is_waited_for(
    shop: WorkspaceId, monkeypatch: pytest.MonkeyPatch
):
    from cadenza.cdp.segments import tick

    monkeypatch.setattr(tick, "COPIED_SECONDS", 0.05)
    service.save(shop, "Women", FEMALE)
    service.refresh(shop)
    person(shop, "ann", gender="female")
    with pytest.raises(TimeoutError):
        service.tick(shop)


def test_one_segment_in_trouble_stops_no_tick(shop: WorkspaceId):
    good, bad = (service.save(shop, name, FEMALE).id for name in ("Good", "Bad"))
    service.refresh(shop)
    models.Segment.objects.filter(id=bad).update(tree={"attribute": "gone", "is": "x"})
    ann = person(shop, "ann", gender="female")
    settle()
    service.tick(shop)
    assert members(shop, good) == {ann}
    assert "gone" in (service.one(shop, bad).problem or "")
    assert (
        database.rows("select 1 from segments_touched where workspace_id = %s and taken is null", [shop])
        == []
    )
    assert projection.drain() == 0
    assert SegmentId(good)
