"""Traits that are worked out: totals, scores and cells, written only where they changed."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pytest

from cadenza.base import database, projection
from cadenza.base.clock import FixedClock
from cadenza.base.ids import ProfileId, WorkspaceId
from cadenza.base.problem import BadInput
from cadenza.cdp.identity import service as identity
from cadenza.cdp.identity.types import Identifier
from cadenza.cdp.orders import service as orders
from cadenza.cdp.orders.types import OrderChange, OrderLine
from cadenza.cdp.profiles import service as profiles
from cadenza.cdp.profiles.types import TraitChange
from cadenza.cdp.segments import service, traits

CATEGORIES = ("Bikes", "Helmets", "Tyres")


def _person(shop: WorkspaceId, name: str, since: datetime) -> ProfileId:
    [found] = identity.resolve(shop, [[Identifier("external_id", name)]], at=since)
    profiles.apply(shop, [TraitChange(found.profile, {"registered_at": since}, since)])
    return found.profile


def _orders(shop: WorkspaceId, now: datetime, chance: Random, people: list[ProfileId]) -> list[OrderChange]:
    found = []
    for number in range(300):
        lines = tuple(
            OrderLine(
                n,
                f"p{n}",
                Decimal(1),
                Decimal(chance.randrange(1, 5000)) / 100,
                category=chance.choice(CATEGORIES),
            )
            for n in range(chance.randrange(1, 4))
        )
        total = sum((line.total for line in lines), Decimal(0))
        at = now - timedelta(
            days=chance.choice([1, 20, 100, 200, 400, 800]), seconds=chance.randrange(80_000)
        )
        status: Any = "cancelled" if chance.random() < 0.1 else "delivered"
        who = people[min(int(chance.expovariate(0.1)), len(people) - 1)]
        found.append(OrderChange(f"o{number}", at, who, at, status, "EUR", total, lines=lines))
    orders.upsert(shop, found)
    return found


def _quintile(values: list[Any], one: Any) -> int:
    return 1 + 5 * sum(other < one for other in values) // len(values)


def _cell(since: datetime, mine: list[OrderChange], now: datetime) -> str:
    days = (now - max((one.at for one in mine), default=now)).total_seconds() / 86_400
    if now - since < timedelta(days=30):
        return ["new_no_orders", "new_one_order", "new_repeat"][min(len(mine), 2)]
    if not mine:
        return "inactive"
    if days >= 90:
        return "churned" if days >= 365 else "at_risk"
    return "loyal" if len(mine) >= 5 else "active" if len(mine) >= 2 else "promising"


def test_scores_and_cells_are_those_that_one_counts_by_hand(workspace: WorkspaceId, clock: FixedClock):
    now, chance = clock.now(), Random(7)
    with database.scope(workspace):
        since = [now - timedelta(days=chance.choice([3, 29, 31, 900])) for _ in range(60)]
        people = [_person(workspace, f"p{n}", at) for n, at in enumerate(since)]
        told = _orders(workspace, now, chance, people)
        lost = people.pop()
        identity.merge(workspace, people[0], lost)
    projection.drain()
    with database.scope(workspace):
        service.compute_traits(workspace)
        known = profiles.many(workspace, people)
    mine = {who: [one for one in told if one.status != "cancelled" and one.profile in ids] for who, ids in [
        (who, {who, lost} if who == people[0] else {who}) for who in people
    ]}  # fmt: skip
    bought = {who: some for who, some in mine.items() if some}
    spent = {who: sum((one.total or 0 for one in some), Decimal(0)) for who, some in bought.items()}
    for who, at in zip(people, since, strict=False):
        found, some = known[who].traits, mine[who]
        assert found["lifecycle"] == _cell(at, some, now)
        assert found.get("orders_count", 0) == len(some)
        if some:
            scores = (
                _quintile([max(o.at for o in one) for one in bought.values()], max(o.at for o in some)),
                _quintile([len(one) for one in bought.values()], len(some)),
                _quintile(list(spent.values()), spent[who]),
            )
            assert found["rfm"] == "".join(map(str, scores))
            assert found["orders_total"] == pytest.approx(float(spent[who]))
            paid = {
                c: sum(line.total for one in some for line in one.lines or () if line.category == c)
                for c in CATEGORIES
            }
            assert found["favourite_category"] == max(paid, key=lambda c: (paid[c], c))


def test_what_did_not_change_is_not_written_and_conditions_may_ask_the_rest(
    workspace: WorkspaceId, clock: FixedClock
):
    with database.scope(workspace):
        people = [_person(workspace, f"p{n}", clock.now() - timedelta(days=100)) for n in range(5)]
        _orders(workspace, clock.now(), Random(1), people[:2])
    projection.drain()
    with database.scope(workspace):
        assert service.compute_traits(workspace) == 5
    projection.drain()
    with database.scope(workspace):
        assert service.compute_traits(workspace) == 0
        told = service.preview(workspace, {"attribute": "lifecycle", "is": "inactive"})
        assert (told.count, told.sentence) == (3, "lifecycle is inactive")
        assert not traits.is_due(workspace)
        service.set_thresholds(workspace, {"loyal_orders": 1000})
        clock.move(days=1)
        assert traits.is_due(workspace)
        with pytest.raises(BadInput, match="not lost"):
            service.set_thresholds(workspace, {"churn_days": 5})
