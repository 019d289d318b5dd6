"""From the rows that the event store gave to the figures of a period: every day has its row, nothing counts twice."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from cadenza.insight.attribution.types import ZERO, DayEarned, Earned, main_first
from cadenza.insight.reports.types import Compared, Day, Figures, Named, Period, Ranked

Rows = Sequence[tuple[Any, ...]]
NAMES = 8  # names of events that are shown


@dataclass(frozen=True)
class Found:
    """Rows as the queries of `compile` give them; `labels` are the products' names."""

    trade: Rows
    goods: Rows
    people: Rows
    deeds: Rows
    earned: Iterable[DayEarned] = ()
    labels: Mapping[str, str] | None = None


def tally(found: Found, period: Period, currency: str) -> Figures:
    """Figures of the period beside those of the one before; amounts in one currency, the others apart."""
    own = [row for row in found.trade if row[1] == currency]
    revenue = _sums((row[0], row[3] - row[4]) for row in own)
    orders, firsts = (
        _sums((row[0], row[2]) for row in found.trade),
        _sums((row[0], row[5]) for row in found.trade),
    )
    earned = _sums((one.day, one.earned.net) for one in found.earned if one.earned.currency == currency)
    people = _sums(found.people)
    events = _sums((row[1], row[4]) for row in found.deeds if row[0])
    money, mine = _compared(revenue, period), _compared(_sums((row[0], row[2]) for row in own), period)
    return Figures(
        revenue=money,
        orders=_compared(orders, period),
        average_order=Compared(_each(money.now, mine.now), _each(money.before, mine.before)),
        first_orders=_compared(firsts, period),
        from_campaigns=_compared(earned, period),
        new_people=_compared(people, period),
        events=_compared(events, period),
        refunded=sum((row[4] for row in own if row[0] in period.dates), ZERO),
        other_currencies=_others(found.trade, period, currency),
        by_day=tuple(
            Day(
                day,
                revenue=Decimal(revenue[day]), revenue_before=Decimal(revenue[before]),
                from_campaigns=Decimal(earned[day]),
                orders=orders[day], first_orders=firsts[day], new_people=people[day], events=events[day],
            )
            for day, before in zip(period.dates, period.dates_before, strict=True)
        ),
        event_names=_names(found.deeds),
        products=_ranked(found.goods, "product", found.labels or {}),
        categories=_ranked(found.goods, "category", {}),
    )  # fmt: skip


def _sums(rows: Iterable[Sequence[Any]]) -> dict[date, Any]:
    found: dict[date, Any] = defaultdict(int)
    for day, value in rows:
        found[day] += value
    return found


def _compared(by_day: Mapping[date, Any], period: Period) -> Compared:
    now = sum((by_day[day] for day in period.dates), 0)
    return Compared(now, sum((by_day[day] for day in period.dates_before), 0))


def _each(whole: Any, parts: Any) -> Decimal:
    return Decimal(whole) / parts if parts else ZERO


def _others(trade: Rows, period: Period, currency: str) -> tuple[Earned, ...]:
    within = set(period.dates)
    found: dict[str, Earned] = {}
    for day, money, orders, total, refunded, _ in trade:
        if money != currency and day in within:
            one = found.get(money, Earned(money))
            found[money] = Earned(money, one.orders + orders, one.total + total, one.refunded + refunded)
    return main_first(found.values(), currency)


def _names(deeds: Rows) -> tuple[Named, ...]:
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for is_day, _, name, is_now, count in deeds:
        if not is_day:
            counts[name][0 if is_now else 1] += count
    ranked = sorted(counts.items(), key=lambda one: (-one[1][0], one[0]))
    return tuple(Named(name, Compared(*both)) for name, both in ranked[:NAMES] if both[0])


def _ranked(goods: Rows, kind: str, labels: Mapping[str, str]) -> tuple[Ranked, ...]:
    return tuple(
        Ranked(key, labels.get(key) or key, Compared(now, before), pieces)
        for found, key, now, before, pieces in goods
        if found == kind
    )
