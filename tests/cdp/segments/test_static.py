"""People put in by hand: by what recognises them, and a step undone without undoing what came after."""

from __future__ import annotations

import pytest

from cadenza.base.clock import FixedClock
from cadenza.base.ids import WorkspaceId
from cadenza.base.problem import Conflict
from cadenza.cdp.identity import service as identity
from cadenza.cdp.identity.types import Identifier
from cadenza.cdp.segments import service
from cadenza.cdp.segments.types import Region
from tests.cdp.segments.test_service import FEMALE, members, person, settle, shop

__all__ = ["shop"]


def test_a_step_is_undone_but_not_what_was_done_since(shop: WorkspaceId, clock: FixedClock):
    ann, bob, cid = (person(shop, name) for name in ("ann", "bob", "cid"))
    made = service.save(shop, "Guests", mode="static").id
    first = service.add(shop, made, [ann, bob, cid]).at
    clock.move(minutes=1)
    service.remove(shop, made, [bob])
    clock.move(minutes=1)
    service.add(shop, made, [bob])
    clock.move(minutes=1)
    assert first and service.undo(shop, made, first).left == 2
    assert members(shop, made) == {bob}, "who was put in once more stays"
    assert service.undo(shop, made, first).left == 0


def test_identifiers_find_people_merged_ones_too_and_each_once(shop: WorkspaceId):
    ann, bob = person(shop, "ann"), person(shop, "bob")
    identity.resolve(shop, [[Identifier("external_id", "ann"), Identifier("email", "ann@example.com")]])
    identity.merge(shop, ann, bob)
    made = service.save(shop, "Guests", mode="static").id
    done = service.put_in(shop, made, ["Ann@Example.com", "bob", "nobody", f"#{bob}", "#0", "x@y"])
    assert (done.entered, done.already, done.unknown) == (1, 0, ["nobody", "#0", "x@y"])
    assert members(shop, made) == {ann}
    with pytest.raises(Conflict):
        service.put_in(shop, service.save(shop, "Women", FEMALE).id, ["ann"])


def test_regions_are_all_ways_of_being_in_some(shop: WorkspaceId):
    people = [person(shop, name) for name in "abcd"]
    first, second, third = (service.save(shop, name, mode="static").id for name in "xyz")
    service.add(shop, first, people[:3])
    service.add(shop, second, people[1:])
    service.add(shop, third, people[:1])
    settle()
    found = {one.inside: one.count for one in service.regions(shop, [first, second, third]) if one.count}
    assert found == {(first, third): 1, (first, second): 2, (second,): 1}
    assert service.regions(shop, [third]) == [Region((third,), 1)]
    assert [(one.name, count) for one, count in service.also_in(shop, first)] == [("y", 2), ("z", 1)]
