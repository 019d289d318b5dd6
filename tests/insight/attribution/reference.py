"""Attribution as one would do it by hand, order by order: slow, and surely right."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal


@dataclass(frozen=True)
class Click:
    person: int
    at: datetime
    campaign: str
    bot: bool = False
    source: str = "tracking"


@dataclass(frozen=True)
class Order:
    number: str
    person: int
    at: datetime
    total: Decimal
    refunded: Decimal = Decimal(0)
    currency: str = "EUR"
    status: str = "placed"


def attribute(
    clicks: Iterable[Click],
    orders: Iterable[Order],
    overrides: Mapping[int, int],
    window: timedelta,
    until: datetime,
) -> dict[str, str]:
    """Order number → campaign, for every order that a click led to."""
    human = [
        one for one in clicks if not one.bot and one.source == "tracking" and one.campaign and one.at <= until
    ]
    found = {}
    for order in orders:
        if order.status == "cancelled" or order.person == 0 or order.at > until:
            continue
        who = overrides.get(order.person, order.person)
        before = [one for one in human if overrides.get(one.person, one.person) == who and one.at <= order.at]
        last = max(before, key=lambda one: (one.at, one.campaign), default=None)
        if last and order.at - last.at <= window:
            found[order.number] = last.campaign
    return found


def sums(
    attributed: Mapping[str, str], orders: Iterable[Order]
) -> dict[tuple[str, str], tuple[int, Decimal, Decimal]]:
    """(campaign, currency) → orders, total, refunded; no currency means euros here."""
    found: dict[tuple[str, str], tuple[int, Decimal, Decimal]] = defaultdict(
        lambda: (0, Decimal(0), Decimal(0))
    )
    for order in orders:
        if campaign := attributed.get(order.number):
            key = campaign, order.currency or "EUR"
            n, total, refunded = found[key]
            found[key] = n + 1, total + order.total, refunded + order.refunded
    return dict(found)
