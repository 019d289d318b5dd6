"""The nouns of attribution: what messages earned, by campaign, day and order. Amounts never cross currencies."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from cadenza.base.ids import CampaignId, ProfileId

WINDOW = timedelta(days=7)
LONGEST_WINDOW = timedelta(days=90)
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
ZERO = Decimal(0)


@dataclass(frozen=True)
class Span:
    """From a moment to a moment, both within."""

    since: datetime
    until: datetime

    @property
    def bound(self) -> dict[str, str]:
        """Both ends as ClickHouse reads them: UTC, to the millisecond."""
        return {"since": stamp(self.since), "until": stamp(self.until)}


def stamp(moment: datetime) -> str:
    """A moment as ClickHouse reads it: UTC, to the millisecond."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]


@dataclass(frozen=True)
class Earned:
    """Orders in one currency. `total` is what was ordered, `refunded` what was given back since."""

    currency: str
    orders: int = 0
    total: Decimal = ZERO
    refunded: Decimal = ZERO

    @property
    def net(self) -> Decimal:
        """What is left after refunds."""
        return self.total - self.refunded


@dataclass(frozen=True)
class CampaignRevenue:
    """What one campaign earned. `by_currency` has the workspace's own currency first, then the largest."""

    campaign: CampaignId
    orders: int
    people: int
    by_currency: tuple[Earned, ...]

    def in_currency(self, currency: str) -> Earned:
        """What was earned in one currency; nothing is an answer too."""
        return next((one for one in self.by_currency if one.currency == currency), Earned(currency))


@dataclass(frozen=True)
class AttributedOrder:
    """One order with the click that it is attributed to."""

    number: str
    profile: ProfileId
    placed_at: datetime
    status: str
    currency: str
    total: Decimal
    refunded: Decimal
    clicked_at: datetime
    message: str


@dataclass(frozen=True)
class OrderPage:
    """Some attributed orders, newest first; `next` is the cursor of what follows."""

    items: tuple[AttributedOrder, ...]
    next: str | None = None


@dataclass(frozen=True)
class DayEarned:
    """What one day's orders earned, in one currency; the day is of the workspace's time zone."""

    day: date
    earned: Earned


def main_first(found: Iterable[Earned], currency: str) -> tuple[Earned, ...]:
    """The workspace's own currency first, then the largest sums."""
    return tuple(sorted(found, key=lambda one: (one.currency != currency, -one.net, one.currency)))
