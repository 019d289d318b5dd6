"""A slow, independent evaluator of condition trees: reads the JSON itself, knows none of the product's code.

People, events and orders are plain values; everything is asked again for every person.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

Json = dict[str, Any]


@dataclass
class Happening:
    """An event, with the profile under which it was recorded."""

    profile: int
    name: str
    at: datetime
    properties: dict[str, Any] = field(default_factory=dict)


@dataclass
class Line:
    category: str
    total: Decimal


@dataclass
class Purchase:
    profile: int
    placed_at: datetime
    status: str
    lines: list[Line]
    refunded: Decimal = Decimal(0)

    @property
    def total(self) -> Decimal:
        return sum((line.total for line in self.lines), Decimal(0))


@dataclass
class World:
    """All that is known at `moment`. `merged` says which profile became which."""

    moment: datetime
    people: dict[int, dict[str, Any]]
    events: list[Happening]
    orders: list[Purchase]
    merged: dict[int, int]

    def members(self, tree: Json) -> set[int]:
        return {person for person in self.people if self._holds(tree, person)}

    def _holds(self, tree: Json, person: int) -> bool:
        if "all" in tree:
            return all(self._holds(part, person) for part in tree["all"])
        if "any" in tree:
            return any(self._holds(part, person) for part in tree["any"])
        if "not" in tree:
            return not self._holds(tree["not"], person)
        if "attribute" in tree:
            value = self.people[person].get(tree["attribute"])
            return self._compare(tree, value, ("attribute",))
        return self._did(tree, person) if "did" in tree else self._bought(tree, person)

    def _own(self, things: list[Any], person: int) -> list[Any]:
        return [one for one in things if self.merged.get(one.profile, one.profile) == person]

    def _recent(self, at: datetime, days: int | None) -> bool:
        return at <= self.moment and (days is None or at > self.moment - timedelta(days=days))

    def _did(self, tree: Json, person: int) -> bool:
        done = [
            event
            for event in self._own(self.events, person)
            if event.name == tree["did"]
            and self._recent(event.at, tree.get("days"))
            and all(
                self._compare(where, event.properties.get(where["property"]), ("property",))
                for where in tree.get("where", [])
            )
        ]
        most = tree.get("at_most")
        return tree.get("times", 1) <= len(done) <= (len(done) if most is None else most)

    def _where(self, tree: Json, event: Happening) -> bool:
        return self._compare(tree, event.properties.get(tree["property"]), ("property",))

    def _bought(self, tree: Json, person: int) -> bool:
        category, status = tree.get("category"), tree.get("status")
        bought = [
            order
            for order in self._own(self.orders, person)
            if order.status != "cancelled"
            and status in (None, order.status)
            and self._recent(order.placed_at, tree.get("days"))
            and (category is None or any(line.category == category for line in order.lines))
        ]
        spent = sum((self._paid(order, category) for order in bought), Decimal(0))
        if tree["orders"] == "count":
            value: Any = len(bought)
        elif tree["orders"] == "sum":
            value = spent
        elif not bought:
            return False
        else:
            return self._compare(tree, spent, ("orders", "days", "category", "status"), len(bought))
        return self._compare(tree, value, ("orders", "days", "category", "status"))

    def _paid(self, order: Purchase, category: str | None) -> Decimal:
        if category is None:
            return order.total - order.refunded
        return sum((line.total for line in order.lines if line.category == category), Decimal(0))

    def _compare(self, tree: Json, value: Any, others: tuple[str, ...], share: int = 1) -> bool:
        """`share`: the value is a sum over so many, and its mean is meant (compared without dividing)."""
        return all(self._test(key, wanted, value, share) for key, wanted in tree.items() if key not in others)

    def _test(self, op: str, wanted: Any, value: Any, share: int) -> bool:
        known = value is not None and value != ""
        if op == "is_set":
            return known is wanted
        if op == "is_not":
            return not (known and same(value, wanted))
        if not known:
            return False
        if op == "one_of":
            return any(same(value, one) for one in wanted)
        if op in ("contains", "starts_with"):
            if not isinstance(value, str):
                return False
            text, part = value.lower(), wanted.lower()
            return part in text if op == "contains" else text.startswith(part)
        if op in ("before", "after") or (op == "is" and isinstance(value, datetime)):
            return _dated(op, wanted, value)
        if op.startswith("days_ago"):
            then = self.moment - timedelta(days=wanted)
            return value <= then if op == "days_ago_at_least" else then <= value <= self.moment
        return _ordered(op, wanted, value, share)


def same(value: Any, wanted: Any) -> bool:
    if isinstance(value, Decimal):
        return bool(value == Decimal(str(wanted)))
    return isinstance(value, bool) == isinstance(wanted, bool) and bool(value == wanted)


def _ordered(op: str, wanted: Any, value: Any, share: int) -> bool:
    if op == "is" and share == 1:
        return same(value, wanted)
    if isinstance(value, str | bool):
        return False
    bound = Decimal(str(wanted)) * share if isinstance(value, Decimal) else wanted
    if op == "is":
        return bool(value == bound)
    return bool(
        {
            "at_least": value >= bound,
            "at_most": value <= bound,
            "more_than": value > bound,
            "less_than": value < bound,
        }[op]
    )


def _dated(op: str, wanted: str, value: datetime) -> bool:
    if len(wanted) == 10:
        since = datetime.combine(date.fromisoformat(wanted), datetime.min.time(), UTC)
        until = since + timedelta(days=1)
    else:
        since = datetime.fromisoformat(wanted)
        until = since + timedelta(milliseconds=1)
    return {"before": value < since, "after": value >= until, "is": since <= value < until}[op]
