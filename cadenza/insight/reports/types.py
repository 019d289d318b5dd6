"""The nouns of reports. Every report knows its moment, every rate its denominator, every amount its currency."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Literal

from cadenza.base.ids import CampaignId, SegmentId
from cadenza.insight.attribution.types import ZERO, Earned, Span

Number = int | Decimal
PERIODS = (7, 30, 90, 365)  # days
MOST_DAYS = 365


@dataclass(frozen=True)
class Period:
    """Some days up to now, and as many before them up to the same time of day: so the two can be compared."""

    days: int
    zone: str
    now: Span
    before: Span
    dates: tuple[date, ...]
    dates_before: tuple[date, ...]


@dataclass(frozen=True)
class Compared:
    """A number of this period beside that of the one before."""

    now: Number
    before: Number

    @property
    def change(self) -> float | None:
        """As a share: 0.12 is 12 % more; None where there was nothing before."""
        return float((self.now - self.before) / self.before) if self.before else None


@dataclass(frozen=True)
class Rate:
    """A share that names what it is a share of."""

    part: int
    of: int
    of_what: str

    @property
    def share(self) -> float | None:
        """None where there is nothing to be a share of."""
        return self.part / self.of if self.of else None


@dataclass(frozen=True)
class Day:
    """One day of the shop. Revenue is after refunds, in the workspace's currency; cancelled orders do not count.

    `revenue_before` is that of the day as many days earlier as the period is long.
    """

    day: date
    revenue: Decimal = ZERO
    revenue_before: Decimal = ZERO
    from_campaigns: Decimal = ZERO
    orders: int = 0
    first_orders: int = 0
    new_people: int = 0
    events: int = 0


@dataclass(frozen=True)
class Ranked:
    """A product or category with what its lines sold for, before refunds."""

    key: str
    label: str
    revenue: Compared
    pieces: float


@dataclass(frozen=True)
class Named:
    """How often something was done."""

    name: str
    count: Compared


@dataclass(frozen=True)
class Figures:
    """What the event store counted over a period."""

    revenue: Compared
    orders: Compared
    average_order: Compared
    first_orders: Compared
    from_campaigns: Compared
    new_people: Compared
    events: Compared
    refunded: Decimal
    other_currencies: tuple[Earned, ...]
    by_day: tuple[Day, ...]
    event_names: tuple[Named, ...]
    products: tuple[Ranked, ...]
    categories: tuple[Ranked, ...]


@dataclass(frozen=True)
class SegmentLine:
    """A segment now, and how it came there; `sizes` are evenly spread over the period, as far as it was counted."""

    id: SegmentId
    name: str
    count: int | None
    sizes: tuple[int, ...]

    @property
    def change(self) -> float | None:
        """Against the first count of the period, as a share."""
        known = self.sizes and self.sizes[0]
        return (self.sizes[-1] - self.sizes[0]) / self.sizes[0] if known else None

    @property
    def moved(self) -> bool:
        """By enough to be worth a word: half a per cent."""
        return abs(self.change or 0) >= 0.005


@dataclass(frozen=True)
class CampaignLine:
    """A campaign with its key numbers. Opens and clicks are people's; None where the event store is away."""

    id: CampaignId
    name: str
    state: str
    at: datetime | None
    audience: int
    sent: int
    opened: int
    clicked: int
    earned: Earned | None

    @property
    def open_rate(self) -> Rate:
        return Rate(self.opened, self.sent, "sent")

    @property
    def click_rate(self) -> Rate:
        return Rate(self.clicked, self.sent, "sent")


@dataclass(frozen=True)
class Standing:
    """What a workspace holds altogether, from the tables of truth: known even where the event store is away."""

    people: int
    orders: int
    revenue: Decimal
    products: int
    segments: int
    campaigns: int

    @property
    def is_new(self) -> bool:
        """Nothing has come in yet."""
        return not (self.people or self.orders or self.products)


@dataclass(frozen=True)
class Overview:
    """A workspace at a moment. `figures` is None, and `problem` says why, while the event store is away."""

    as_of: datetime
    period: Period
    currency: str
    standing: Standing
    figures: Figures | None
    problem: str | None
    segments: tuple[SegmentLine, ...]
    campaigns: tuple[CampaignLine, ...]


@dataclass(frozen=True)
class Reason:
    """Why some were left out or failed."""

    reason: str
    count: int


@dataclass(frozen=True)
class Reaction:
    """First opens and first clicks of messages within one hour or day."""

    at: datetime
    opened: int
    clicked: int


@dataclass(frozen=True)
class LinkClicks:
    """A link of a campaign by its number: how many people followed it, how often, and how often machines did.

    `url` comes without its query; where it differs from person to person it is the domain alone.
    """

    number: int
    url: str
    people: int
    clicks: int
    by_machines: int


@dataclass(frozen=True)
class Reactions:
    """What the event store knows of a campaign. Machines (mail scanners, prefetchers) are counted apart."""

    step: Literal["hour", "day"]
    series: tuple[Reaction, ...]
    links: tuple[LinkClicks, ...]
    opens_by_machines: int
    clicks_by_machines: int
    orders: int
    buyers: int
    earned: tuple[Earned, ...]
    earned_by_day: tuple[tuple[date, Decimal], ...]


@dataclass(frozen=True)
class CampaignReport:
    """A campaign at a moment. The states of messages add up to the audience; people are counted once a message.

    `sent` were taken by a mail server; `delivered` are those of them whose arrival was confirmed, which few mail
    servers do.  `reactions` is None, and `problem` says why, while the event store is away.
    """

    campaign: CampaignId
    name: str
    as_of: datetime
    window: timedelta
    currency: str
    audience: int
    waiting: int
    left_out: tuple[Reason, ...]
    sent: int
    delivered: int
    bounced: int
    failed: tuple[Reason, ...]
    in_doubt: int
    cancelled: int
    opened: int
    clicked: int
    unsubscribed: int
    reactions: Reactions | None
    problem: str | None

    @property
    def left_out_count(self) -> int:
        return sum(one.count for one in self.left_out)

    @property
    def failed_count(self) -> int:
        return sum(one.count for one in self.failed)

    @property
    def sent_rate(self) -> Rate:
        return Rate(self.sent, self.audience, "audience")

    @property
    def bounce_rate(self) -> Rate:
        return Rate(self.bounced, self.sent + self.bounced + self.failed_count, "tried")

    @property
    def open_rate(self) -> Rate:
        return Rate(self.opened, self.sent, "sent")

    @property
    def click_rate(self) -> Rate:
        return Rate(self.clicked, self.sent, "sent")

    @property
    def click_to_open_rate(self) -> Rate:
        return Rate(self.clicked, self.opened, "opened")

    @property
    def unsubscribe_rate(self) -> Rate:
        return Rate(self.unsubscribed, self.sent, "sent")

    @property
    def order_rate(self) -> Rate:
        return Rate(self.reactions.buyers if self.reactions else 0, self.sent, "sent")

    @property
    def revenue(self) -> Earned:
        """In the workspace's own currency."""
        found = self.reactions.earned if self.reactions else ()
        return next((one for one in found if one.currency == self.currency), Earned(self.currency))

    @property
    def other_currencies(self) -> tuple[Earned, ...]:
        return tuple(
            one for one in (self.reactions.earned if self.reactions else ()) if one.currency != self.currency
        )

    @property
    def revenue_per_recipient(self) -> Decimal | None:
        """Revenue after refunds over those whom it was sent to."""
        return self.revenue.net / self.sent if self.sent else None
