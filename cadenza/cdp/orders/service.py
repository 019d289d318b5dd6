"""Take in orders, lines and returns; say what people bought."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from cadenza.base import clickhouse, clock, projection
from cadenza.base.fact import Fact, tell
from cadenza.base.ids import ProfileId, WorkspaceId
from cadenza.cdp.fields import service as register
from cadenza.cdp.fields.types import Entity, Refused
from cadenza.cdp.orders import models, store
from cadenza.cdp.orders.facts import OrderCancelled, OrderPlaced, OrderRefunded, OrdersChanged
from cadenza.cdp.orders.types import (
    LineChange,
    Order,
    OrderChange,
    OrderLine,
    ReturnChange,
    Sum,
    Totals,
    Upserted,
)

PLAIN = (
    "profile",
    "placed_at",
    "status",
    "currency",
    "total",
    "refunded",
    "shipping",
    "tax",
    "discount",
    "coupon",
    "country",
    "region",
)


def upsert(workspace: WorkspaceId, changes: Sequence[OrderChange]) -> Upserted:
    """Take in what was told of orders, by number. An older telling never undoes a newer one."""
    changes, refused = _fitting(workspace, changes)
    created = 0
    facts: list[Fact] = []
    for change in changes:
        created += _upsert_one(workspace, change, facts)
    store.mirror(workspace, {change.number for change in changes})
    tell(*facts, *_changed(workspace, {change.number for change in changes}))
    return Upserted(created, len(changes) - created, tuple(refused))


def _fitting(
    workspace: WorkspaceId, changes: Sequence[OrderChange]
) -> tuple[list[OrderChange], list[tuple[str, Refused]]]:
    """The changes with the values that fit the declared fields of orders and lines, and the values that do not."""
    refused: list[tuple[str, Refused]] = []
    lines = [(change.number, line) for change in changes for line in change.lines or ()]
    numbered = [(change.number, change.custom) for change in changes]
    fitted = iter(_custom(workspace, "line", [(number, line.custom) for number, line in lines], refused))
    kept = [
        replace(
            change,
            custom=custom,
            lines=change.lines and tuple(_with(line, next(fitted)) for line in change.lines),
        )
        for change, custom in zip(changes, _custom(workspace, "order", numbered, refused), strict=True)
    ]
    return kept, refused


def _custom(
    workspace: WorkspaceId,
    entity: Entity,
    told: Sequence[tuple[str, Mapping[str, Any]]],
    refused: list[tuple[str, Refused]],
) -> list[dict[str, Any]]:
    found = register.take(workspace, entity, [custom for _, custom in told])
    refused += [(number, one) for (number, _), (_, some) in zip(told, found, strict=True) for one in some]
    return [fitting for fitting, _ in found]


def _with(line: OrderLine, custom: Mapping[str, Any]) -> OrderLine:
    """A line is told as a whole: what it takes away, it simply has not."""
    kept = {name: value for name, value in custom.items() if value is not None}
    return replace(line, custom=kept) if kept or line.custom else line


def _upsert_one(workspace: WorkspaceId, change: OrderChange, facts: list[Fact]) -> int:
    row = (
        models.Order.objects.select_for_update().filter(workspace_id=workspace, number=change.number).first()
    )
    new = row is None
    row = row or _empty(workspace, change)
    before = (row.status, row.refunded)
    lines = _retold(row, change)
    row.save()
    if lines is not None:
        models.Line.objects.filter(order=row).exclude(
            line_number__in=[one.line_number for one in lines]
        ).delete()
        store.put_lines(workspace, [(change.number, one) for one in lines])
    facts.extend(_told(workspace, row, new, before, change))
    return int(new)


def _retold(row: models.Order, change: OrderChange) -> tuple[OrderLine, ...] | None:
    """Write into the row what nobody told later, field by field; gives the lines if they are to be replaced."""
    if row.told is None:
        row.told = dict.fromkeys((*PLAIN, "lines"), _moment(row.told_at))
    at = _moment(change.at)
    for name in (*PLAIN, "lines"):
        if getattr(change, name) is not None and at >= row.told.get(name, at):
            row.told[name] = at
            if name != "lines":
                setattr(row, "profile_id" if name == "profile" else name, getattr(change, name))
            if name == "profile":
                row.home = change.home or change.profile
    for name, value in change.custom.items():
        if at >= row.told.get(f"custom.{name}", at):
            row.told[f"custom.{name}"] = at
            row.custom = {key: old for key, old in row.custom.items() if key != name} | (
                {} if value is None else {name: value}
            )
    if change.all_refunded and at >= row.told.get("all_refunded", at):
        row.told["all_refunded"] = at
    if row.told.get("all_refunded", -1) >= row.told.get("refunded", 0):
        row.refunded = row.total
    row.told_at = max(row.told_at, change.at)
    return change.lines if row.told.get("lines") == at else None


def _moment(at: datetime) -> int:
    return int(at.timestamp() * 1000)


def _empty(workspace: WorkspaceId, change: OrderChange) -> models.Order:
    total = (
        change.total
        if change.total is not None
        else sum((one.total for one in change.lines or ()), Decimal(0))
    )
    return models.Order(
        workspace_id=workspace,
        number=change.number,
        placed_at=change.placed_at or change.at,
        status="placed",
        currency=change.currency or change.standard_currency,
        total=total,
        refunded=Decimal(0),
        source=change.source,
        told_at=change.at,
        told={},
    )


def _told(
    workspace: WorkspaceId, row: models.Order, new: bool, before: tuple[str, Decimal], change: OrderChange
) -> list[Fact]:
    who = ProfileId(row.profile_id) if row.profile_id else None
    facts: list[Fact] = []
    if new:
        facts.append(
            OrderPlaced(
                workspace=workspace,
                at=row.placed_at,
                number=row.number,
                profile=who,
                total=row.total,
                currency=row.currency,
                source=row.source,
            )
        )
    if row.status == "cancelled" and before[0] != "cancelled":
        facts.append(OrderCancelled(workspace=workspace, at=change.at, number=row.number, profile=who))
    if row.refunded > before[1]:
        facts.append(
            OrderRefunded(
                workspace=workspace, at=change.at, number=row.number, profile=who, refunded=row.refunded
            )
        )
    return facts


def upsert_lines(workspace: WorkspaceId, changes: Sequence[LineChange]) -> Upserted:
    """Take in lines told one by one; each order is the sum of its lines."""
    if not changes:
        return Upserted(0, 0)
    refused: list[tuple[str, Refused]] = []
    fitted = _custom(
        workspace, "line", [(change.order_number, change.line.custom) for change in changes], refused
    )
    lines = [(c.order_number, _with(c.line, custom)) for c, custom in zip(changes, fitted, strict=True)]
    made = store.make_orders(workspace, changes)
    created, updated = store.put_lines(workspace, lines)
    numbers = {change.order_number for change in changes}
    store.sum_lines(workspace, numbers)
    totals = store.mirror(workspace, numbers)
    tell(*[_placed(workspace, one, totals[one["number"]]) for one in made], *_changed(workspace, numbers))
    return Upserted(created, updated, tuple(refused))


def _changed(workspace: WorkspaceId, numbers: Iterable[str]) -> list[Fact]:
    found = models.Order.objects.filter(workspace_id=workspace, number__in=list(numbers))
    whose = found.exclude(profile_id=None).values_list("profile_id", flat=True).distinct()
    people = frozenset(ProfileId(one) for one in whose if one)
    return [OrdersChanged(workspace=workspace, at=clock.now(), profiles=people)] if people else []


def _placed(workspace: WorkspaceId, made: dict[str, Any], total: Decimal) -> OrderPlaced:
    return OrderPlaced(
        workspace=workspace,
        at=made["at"],
        number=made["number"],
        profile=ProfileId(made["profile"]) if made["profile"] else None,
        total=total,
        currency=made["currency"],
        source=made["source"],
    )


def record_returns(workspace: WorkspaceId, returns: Sequence[ReturnChange]) -> Upserted:
    """Take in returned pieces, by key."""
    return Upserted(*store.put_returns(workspace, returns)) if returns else Upserted(0, 0)


def known_numbers(workspace: WorkspaceId, numbers: Iterable[str]) -> set[str]:
    """Which of these orders exist."""
    return store.known_numbers(workspace, numbers)


def of_person(workspace: WorkspaceId, profile: ProfileId, limit: int = 100) -> list[Order]:
    """What a person bought, newest first."""
    found = models.Order.objects.filter(workspace_id=workspace, profile_id=profile).prefetch_related("lines")
    return [_order(row) for row in found.order_by("-placed_at")[:limit]]


def sums(workspace: WorkspaceId, profiles: Iterable[ProfileId]) -> dict[ProfileId, tuple[Sum, ...]]:
    """What each of these people bought, by currency, the largest first; cancelled orders do not count."""
    found: dict[ProfileId, tuple[Sum, ...]] = {}
    for profile, *told in store.sums(workspace, profiles):
        found[ProfileId(profile)] = (*found.get(ProfileId(profile), ()), Sum(*told))
    return found


def one(workspace: WorkspaceId, number: str) -> Order | None:
    """An order by its number."""
    row = models.Order.objects.filter(workspace_id=workspace, number=number).prefetch_related("lines").first()
    return _order(row) if row else None


def _order(row: models.Order) -> Order:
    lines = tuple(
        OrderLine(
            one.line_number,
            one.product,
            one.quantity,
            one.total,
            one.name,
            one.category,
            one.brand,
            one.price,
            one.custom,
        )
        for one in sorted(row.lines.all(), key=lambda one: one.line_number)
    )
    plain = (
        "number",
        "placed_at",
        "status",
        "currency",
        "total",
        "refunded",
        "coupon",
        "country",
        "region",
        "source",
        "custom",
    )
    who = ProfileId(row.profile_id) if row.profile_id else None
    home = ProfileId(row.home) if row.home else None
    return Order(profile=who, home=home, lines=lines, **{name: getattr(row, name) for name in plain})


def totals(workspace: WorkspaceId) -> Totals:
    """Sums over everything sold."""
    return Totals(*store.totals(workspace))


def first_and_last(workspace: WorkspaceId) -> tuple[datetime, datetime] | None:
    """When the first and the last order were placed."""
    found = (
        models.Order.objects.filter(workspace_id=workspace)
        .order_by("placed_at")
        .values_list("placed_at", flat=True)
    )
    first, last = found.first(), found.last()
    return (first, last) if first and last else None


def follow_merges(workspace: WorkspaceId, merges: Sequence[tuple[ProfileId, ProfileId]]) -> None:
    """The losers' orders and returns belong to the winners (winner, loser) now."""
    store.follow_merges(workspace, merges)


def follow_unmerge(workspace: WorkspaceId, loser: ProfileId, ids: Sequence[ProfileId]) -> None:
    """What was told under these ids belongs to `loser` again."""
    store.follow_unmerge(workspace, loser, ids)


def export(workspace: WorkspaceId, profile: ProfileId) -> dict[str, Any]:
    """Everything a person bought and gave back."""
    orders = [
        {
            "number": o.number,
            "placed_at": o.placed_at.isoformat(),
            "status": o.status,
            "currency": o.currency,
            "total": str(o.total),
            "refunded": str(o.refunded),
            "country": o.country,
            "region": o.region,
            "custom": o.custom,
            "lines": [_shown(line) for line in o.lines],
        }
        for o in of_person(workspace, profile, limit=100_000)
    ]
    returned = models.Return.objects.filter(workspace_id=workspace, profile_id=profile).order_by(
        "returned_at"
    )
    return {
        "orders": orders,
        "returns": [
            {"at": r.returned_at.isoformat(), "product": r.product, "quantity": str(r.quantity)}
            for r in returned
        ],
    }


def _shown(line: OrderLine) -> dict[str, Any]:
    return {
        "product": line.product,
        "name": line.name,
        "quantity": str(line.quantity),
        "total": str(line.total),
        "custom": line.custom,
    }


def erase(workspace: WorkspaceId, profile: ProfileId, ids: Iterable[ProfileId]) -> dict[str, int]:
    """Take the person out of the orders: the sums stay, nobody can be found through them."""
    projection.drain()
    mine = models.Order.objects.filter(workspace_id=workspace, profile_id=profile)
    numbers = []
    for row in mine:
        row.profile_id, row.home = None, None
        row.number, row.country, row.region, row.coupon = f"erased-{row.id}", "", "", ""
        row.custom = {}
        row.save()
        numbers.append(row.number)
    models.Line.objects.filter(workspace_id=workspace, order__number__in=numbers).update(custom={})
    returned = models.Return.objects.filter(workspace_id=workspace, profile_id=profile).update(
        profile_id=None, home=None, order_number=""
    )
    gone = sum(clickhouse.erase("purchase", workspace, one) for one in ids)
    store.mirror(workspace, numbers)
    return {"orders_order": len(numbers), "orders_return": returned, "purchase": gone}
