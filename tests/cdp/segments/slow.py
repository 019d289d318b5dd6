"""A slow, independent evaluator of condition trees: reads the JSON itself, knows none of the product's code.

People, events and orders are plain values; everything is asked again for every person, by going through it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from math import asin, cos, radians, sin, sqrt
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

Json = dict[str, Any]
WINDOW = ("days", "hours", "in", "since", "until", "first_days")
WHICH = ("where", "on", "between_hours", "near")
DAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
# What each event does to which list; one that names its list says so by None.
LISTS = {
    "Product Added": ("add", "cart"), "Product Removed": ("remove", "cart"),
    "Product Quantity Changed": ("count", "cart"), "Cart Updated": ("set", "cart"), "Order Completed": ("set", "cart"),
    "Product Added to Wishlist": ("add", "wishlist"),
    "Product Removed from Wishlist": ("remove", "wishlist"), "Product List Updated": ("set", None),
}  # fmt: skip
MESSAGES = {
    "sent": "Email Sent",
    "opened": "Email Opened",
    "clicked": "Email Link Clicked",
    "left_out": "Email Left Out",
}
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)

NONE = UUID(int=0)


@dataclass
class Happening:
    """An event, with the profile under which it was recorded."""

    profile: int
    name: str
    at: datetime
    properties: dict[str, Any] = field(default_factory=dict)
    id: UUID = NONE


@dataclass
class Line:
    category: str
    total: Decimal
    product: str = "p"
    brand: str = "b"


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
    """All that is known at `moment`. `merged` says which profile became which; `said` is consent by profile."""

    moment: datetime
    people: dict[int, dict[str, Any]]
    events: list[Happening]
    orders: list[Purchase]
    merged: dict[int, int]
    zone: str = "UTC"
    said: list[tuple[int, str, str, str]] = field(default_factory=list)  # profile, channel, topic, state
    identifiers: dict[str, set[int]] = field(default_factory=dict)
    inside: dict[str, set[int]] = field(default_factory=dict)  # other segments
    products: dict[str, set[str]] = field(default_factory=dict)  # product segments

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
        asked = {
            "did": self._did, "orders": self._bought, "first": self._occurred, "last": self._occurred,
            "sequence": self._sequence, "list": self._keeps, "subscription": self._stands, "bucket": self._drawn,
            "near": self._lives, "message": self._message,
        }  # fmt: skip
        for key, ask in asked.items():
            if key in tree:
                return ask(tree, person)
        if "segment" in tree:
            return person in self.inside.get(tree["segment"], set())
        return (person in self.identifiers.get(tree["identifier"], set())) is tree["is_set"]

    def _own(self, things: list[Any], person: int) -> list[Any]:
        return [one for one in things if self.merged.get(one.profile, one.profile) == person]

    def _local(self, at: datetime) -> datetime:
        return at.astimezone(ZoneInfo(self.zone))

    def _recent(self, at: datetime, tree: Json, person: int) -> bool:
        """Whether a moment lies in the tree's window; the future never does."""
        if at > self.moment:
            return False
        if tree.get("days"):
            return at > self.moment - timedelta(days=tree["days"])
        if tree.get("hours"):
            return at > self.moment - timedelta(hours=tree["hours"])
        if tree.get("in"):
            return self._in_calendar(at, tree["in"])
        if tree.get("first_days"):
            known = self.people[person]
            begun = known.get("registered_at") or known.get("first_seen_at") or BEGINNING
            days = tree["first_days"]
            return at >= begun and (days == "ever" or at < begun + timedelta(days=days))
        return self._not_before(at, tree.get("since")) and self._not_after(at, tree.get("until"))

    def _not_before(self, at: datetime, since: str | None) -> bool:
        if since is None:
            return True
        return (
            str(self._local(at).date()) >= since if len(since) == 10 else at >= datetime.fromisoformat(since)
        )

    def _not_after(self, at: datetime, until: str | None) -> bool:
        if until is None:
            return True
        return (
            str(self._local(at).date()) <= until if len(until) == 10 else at <= datetime.fromisoformat(until)
        )

    def _in_calendar(self, at: datetime, name: str) -> bool:
        then, today = self._local(at).date(), self._local(self.moment).date()
        if name in ("today", "yesterday"):
            return then == today - timedelta(days=name == "yesterday")
        if name.endswith("week"):
            return (
                then.isocalendar()[:2]
                == (today - timedelta(days=7 * (name == "last_week"))).isocalendar()[:2]
            )
        if name.endswith("month"):
            wanted = today if name == "this_month" else today.replace(day=1) - timedelta(days=1)
            return (then.year, then.month) == (wanted.year, wanted.month)
        return then.year == today.year - (name == "last_year")

    def _events(self, tree: Json, key: str, person: int, window: Json | None = None) -> list[Happening]:
        """The events of a person that a tree means, oldest first."""
        window = tree if window is None else window
        found = [
            event
            for event in self._own(self.events, person)
            if event.name == tree[key]
            and self._recent(event.at, window, person)
            and all(self._where(where, event) for where in tree.get("where", []))
            and (not tree.get("on") or DAYS[self._local(event.at).weekday()] in tree["on"])
            and (not tree.get("between_hours") or self._at_hour(event.at, *tree["between_hours"]))
            and (not tree.get("near") or close(event.properties, tree["near"]))
        ]
        return sorted(found, key=lambda one: (one.at, one.id))

    def _at_hour(self, at: datetime, since: int, until: int) -> bool:
        hour = self._local(at).hour
        return since <= hour < until if since < until else hour >= since or hour < until

    def _did(self, tree: Json, person: int) -> bool:
        done = self._events(tree, "did", person)
        most = tree.get("at_most")
        return tree.get("times", 1) <= len(done) <= (len(done) if most is None else most)

    def _occurred(self, tree: Json, person: int) -> bool:
        key = "last" if "last" in tree else "first"
        done = self._events(tree, key, person)
        if not done:
            return False
        one = done[-1] if key == "last" else done[0]
        return self._compare(tree, one.at, (key, "having", *WHICH, *WINDOW)) and all(
            self._where(where, one) for where in tree.get("having", [])
        )

    def _sequence(self, tree: Json, person: int) -> bool:
        first, *rest = tree["sequence"]
        return any(self._goes_on(rest, one.at, person) for one in self._events(first, "did", person, tree))

    def _goes_on(self, steps: list[Json], at: datetime, person: int) -> bool:
        if not steps:
            return True
        step, *rest = steps
        hours = step.get("within_hours") or 24 * step.get("within_days", 0)
        key = "did_not" if "did_not" in step else "did"
        until = at + timedelta(hours=hours) if hours else None
        after = [
            one
            for one in self._events(step, key, person, {})
            if one.at > at and (until is None or one.at <= until)
        ]
        if key == "did_not":
            assert until is not None
            return until <= self.moment and not after
        return any(self._goes_on(rest, one.at, person) for one in after)

    def _where(self, tree: Json, event: Happening) -> bool:
        return self._compare(tree, event.properties.get(tree["property"]), ("property",))

    def _bought(self, tree: Json, person: int) -> bool:
        bought = [
            order
            for order in self._own(self.orders, person)
            if order.status != "cancelled"
            and tree.get("status") in (None, order.status)
            and self._recent(order.placed_at, tree, person)
            and (not self._picks(tree) or any(self._picked(tree, line) for line in order.lines))
        ]
        others = ("orders", "category", "status", "product", "brand", "products", *WINDOW)
        paid = [self._paid(order, tree) for order in bought]
        measure = tree["orders"]
        if measure == "count":
            return self._compare(tree, len(bought), others)
        if measure == "sum":
            return self._compare(tree, sum(paid, Decimal(0)), others)
        if not bought:
            return False
        if measure in ("first", "last"):
            times = sorted(order.placed_at for order in bought)
            return self._compare(tree, times[0] if measure == "first" else times[-1], others)
        if measure in ("smallest", "largest"):
            return self._compare(tree, min(paid) if measure == "smallest" else max(paid), others)
        return self._compare(tree, sum(paid, Decimal(0)), others, len(bought))

    def _picks(self, tree: Json) -> bool:
        return any(tree.get(key) is not None for key in ("product", "category", "brand", "products"))

    def _picked(self, tree: Json, line: Line) -> bool:
        named = all(tree.get(key) in (None, getattr(line, key)) for key in ("product", "category", "brand"))
        return named and (tree.get("products") is None or line.product in self.products[tree["products"]])

    def _paid(self, order: Purchase, tree: Json) -> Decimal:
        if not self._picks(tree):
            return order.total - order.refunded
        return sum((line.total for line in order.lines if self._picked(tree, line)), Decimal(0))

    def _keeps(self, tree: Json, person: int) -> bool:
        """Told of after the moment too: a list is what was told of it."""
        lying: dict[str, Json] = {}
        for one in sorted(self._own(self.events, person), key=lambda e: (e.at, e.id)):
            done, name = LISTS.get(one.name, (None, None))
            if done and (name or one.properties.get("list")) == tree["list"]:
                lying = self._changed(lying, done, one)
        found = [
            one
            for one in lying.values()
            if all(
                self._compare(where, one.get(where["property"]), ("property",))
                for where in tree.get("where", [])
            )
        ]
        return self._compare(tree, len(found), ("list", "where"))

    def _changed(self, lying: dict[str, Json], done: str, event: Happening) -> dict[str, Json]:
        told = event.properties
        if done == "set":
            if event.name != "Order Completed" and not isinstance(told.get("products"), list):
                return lying
            fresh: dict[str, Json] = {}
            for product in told.get("products", []) if event.name != "Order Completed" else []:
                before = fresh.get(product["product_id"])
                known = before or lying.get(product["product_id"], {})
                more = (before["quantity"] if before else 0) + product.get("quantity", 1)
                fresh[product["product_id"]] = {**known, **_plain(product), "quantity": more}
            return {name: one for name, one in fresh.items() if one["quantity"] > 0}
        number = told.get("product_id") or told.get("sku")
        if not isinstance(number, str):
            return lying
        before = lying.get(number, {})
        if done == "remove":
            left = before.get("quantity", 0) - told["quantity"] if told.get("quantity") is not None else 0
            now = {**before, "quantity": left}
        elif done == "count" and told.get("quantity") is None:
            return lying
        else:
            added = told.get("quantity", 1) if done == "add" else told["quantity"]
            now = {
                **before,
                **_plain(told),
                "quantity": added + (before.get("quantity", 0) if done == "add" else 0),
            }
        now["product_id"] = number
        rest = {name: one for name, one in lying.items() if name != number}
        return {**rest, number: now} if now["quantity"] > 0 else rest

    def _stands(self, tree: Json, person: int) -> bool:
        channel = tree.get("channel", "email")
        said = {
            state
            for profile, by, topic, state in self.said
            if self.merged.get(profile, profile) == person and (by, topic) == (channel, tree["subscription"])
        }
        standing = next((one for one in ("given", "withdrawn", "refused") if one in said), "never_asked")
        return standing in tree.get("one_of", [tree.get("is", "given")])

    def _drawn(self, tree: Json, person: int) -> bool:
        drawn = (
            int.from_bytes(hashlib.md5(f"{tree['bucket']}:{person}".encode()).digest()[:8], "big") % 10_000
        )
        return round(tree.get("from", 0) * 100) <= drawn < round(tree.get("to", 100) * 100)

    def _lives(self, tree: Json, person: int) -> bool:
        return close(self.people[person], tree["near"])

    def _message(self, tree: Json, person: int) -> bool:
        what = tree["message"]
        where = [{"property": "campaign_id", "is": tree["campaign"]}] if tree.get("campaign") else []
        if what == "left_out" and tree.get("reason"):
            where.append({"property": "reason", "is": tree["reason"]})
        window = {key: tree[key] for key in WINDOW if key in tree}
        human = [*where, {"property": "bot", "is_not": True}]
        if what.startswith("not_"):
            missing = {"did": MESSAGES[what.removeprefix("not_")], "where": human, **window}
            sent = {"did": MESSAGES["sent"], "where": where, **window}
            return self._did(sent, person) and not self._did(missing, person)
        told = human if what in ("opened", "clicked") else where
        return self._did({"did": MESSAGES[what], "where": told, **window}, person)

    def _compare(self, tree: Json, value: Any, others: tuple[str, ...], share: int = 1) -> bool:
        """`share`: the value is a sum over so many, and its mean is meant (compared without dividing)."""
        return all(self._test(key, wanted, value, share) for key, wanted in tree.items() if key not in others)

    def _test(self, op: str, wanted: Any, value: Any, share: int) -> bool:
        known = value is not None and value != "" and value != []
        if op == "is_set":
            return known is wanted
        if op == "is_not":
            return not (known and same(value, wanted))
        if not known:
            return False
        if op == "one_of":
            return any(same(value, one) for one in wanted)
        if op in ("contains_any", "contains_all"):
            return (any if op == "contains_any" else all)(one in value for one in wanted)
        if op in ("contains", "starts_with"):
            if not isinstance(value, str):
                return False
            text, part = value.lower(), wanted.lower()
            return part in text if op == "contains" else text.startswith(part)
        if op == "anniversary_within":
            return self._anniversary(value, wanted)
        if op in ("before", "after") or (op == "is" and isinstance(value, datetime)):
            return _dated(op, wanted, value)
        if op.startswith("days_ago"):
            then = self.moment - timedelta(days=wanted)
            return value <= then if op == "days_ago_at_least" else then <= value <= self.moment
        return _ordered(op, wanted, value, share)

    def _anniversary(self, born: datetime, within: int) -> bool:
        today = self._local(self.moment).date()
        for year in (today.year, today.year + 1):
            try:
                day = born.date().replace(year=year)
            except ValueError:  # 29 February
                day = date(year, 2, 28)
            if 0 <= (day - today).days <= within:
                return True
        return False


def _plain(told: Json) -> Json:
    """What is told of a product, without what is empty."""
    return {
        name: value for name, value in told.items() if not isinstance(value, list) and value not in ("", None)
    }


def close(known: dict[str, Any], near: Json) -> bool:
    """The haversine on a sphere: good enough for points that lie clearly inside or outside."""
    for names in (("latitude", "longitude"), ("lat", "lon")):
        if all(isinstance(known.get(name), float) for name in names):
            a, b = radians(known[names[0]]), radians(near["latitude"])
            c = radians(known[names[1]] - near["longitude"])
            chord = sin((a - b) / 2) ** 2 + cos(a) * cos(b) * sin(c / 2) ** 2
            if 2 * 6371 * asin(sqrt(chord)) <= near["km"]:
                return True
    return False


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
