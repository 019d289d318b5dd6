"""The nouns of a condition tree, and its leaves: the conditions proper, without the brackets.

A tree is made by `parse` alone, so whoever holds one holds a sound one.  `at` says where in the JSON a
condition stood; two conditions that ask the same are equal wherever they stood.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from cadenza.base.ids import SegmentId
from cadenza.cdp.segments.types import Comparison, Kind, Measure


def leaves(conditions: Iterable[Condition], seen: set[int] | None = None) -> Iterator[Leaf]:
    """All leaves of these trees, in their order; those of a bracket that several share, once."""
    seen = set() if seen is None else seen
    for condition in conditions:
        match condition:
            case AllOf() | AnyOf() | Not() if id(condition) in seen:
                continue
            case AllOf(of) | AnyOf(of):
                seen.add(id(condition))
                yield from leaves(of, seen)
            case Not(of=part):
                seen.add(id(condition))
                yield from leaves((part,), seen)
            case leaf:
                yield leaf


@dataclass(frozen=True)
class Attribute:
    """What is known of the person: `country is US`. All tests must hold."""

    name: str
    kind: Kind
    tests: tuple[Comparison, ...]
    at: str = field(default="tree", compare=False)


@dataclass(frozen=True)
class Where:
    """What is known of an event: `category is Bikes`. All tests must hold."""

    property: str
    tests: tuple[Comparison, ...]
    at: str = field(default="tree", compare=False)


class Unit(StrEnum):
    """A stretch of the calendar, in the workspace's time zone; a week begins on Monday."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


@dataclass(frozen=True)
class Rolling:
    """The last so many hours."""

    hours: int


@dataclass(frozen=True)
class Calendar:
    """This day, week, month or year, or (`back` = 1) the one before."""

    unit: Unit
    back: int = 0


@dataclass(frozen=True)
class Between:
    """From one day or moment until another, both within it; None is open. Days are the workspace's own."""

    since: date | datetime | None
    until: date | datetime | None


@dataclass(frozen=True)
class FirstDays:
    """Since the person registered (or, where that is not known, was first seen): so many days, or ever since."""

    days: int | None = None


Window = Rolling | Calendar | Between | FirstDays | None  # None: ever


@dataclass(frozen=True)
class Near:
    """Within so many kilometres of a point."""

    latitude: float
    longitude: float
    km: float
    at: str = field(default="tree", compare=False)


@dataclass(frozen=True)
class Which:
    """Which events of a name count: what is known of them, on which weekdays (1 is Monday), at which hours, where.

    `hours` are from one until before another, in the workspace's time zone; 22 until 6 is a night.
    """

    event: str
    where: tuple[Where, ...] = ()
    weekdays: tuple[int, ...] = ()
    hours: tuple[int, int] | None = None
    near: Near | None = None


@dataclass(frozen=True)
class Did:
    """What the person did: `bought at least 2 times in the last 30 days`."""

    what: Which
    times: int = 1
    at_most: int | None = None
    window: Window = None
    at: str = field(default="tree", compare=False)


@dataclass(frozen=True)
class Occurred:
    """When the person did something first, or last, and what that one was like: `last bought at least 30 days ago`."""

    what: Which
    last: bool
    tests: tuple[Comparison, ...] = ()
    having: tuple[Where, ...] = ()
    window: Window = None
    at: str = field(default="tree", compare=False)


@dataclass(frozen=True)
class Step:
    """Something done after the step before, within so many hours of it; `missing`: that it was not done."""

    what: Which
    within: int | None = None
    missing: bool = False


@dataclass(frozen=True)
class Sequence:
    """One thing after another: `viewed a product, then within 2 days did not buy`. The window is the first one's.

    Only the last step may be a missing one; it holds once its time has run out.
    """

    steps: tuple[Step, ...]
    window: Window = None
    at: str = field(default="tree", compare=False)


@dataclass(frozen=True)
class Orders:
    """What the person's orders come to: `spent at least 500 in the last 365 days`. All tests must hold.

    `product`, `category` and `brand` pick lines: only orders with one count, and only those lines' money.
    `products` is a product segment, asked by its id.
    """

    measure: Measure
    tests: tuple[Comparison, ...]
    window: Window = None
    category: str | None = None
    status: str | None = None
    product: str | None = None
    brand: str | None = None
    products: SegmentId | None = None
    at: str = field(default="tree", compare=False)


class Basket(StrEnum):
    """A list of products that a person keeps."""

    CART = "cart"
    WISHLIST = "wishlist"


@dataclass(frozen=True)
class Keeps:
    """How many different products lie in the person's cart, or on the wish list, now."""

    basket: Basket
    tests: tuple[Comparison, ...]
    where: tuple[Where, ...] = ()
    at: str = field(default="tree", compare=False)


class Standing(StrEnum):
    """Where a person stands on a topic in a channel: the most open word of any of their contact points."""

    GIVEN = "given"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    NEVER_ASKED = "never_asked"


@dataclass(frozen=True)
class Subscription:
    """What the person said about a topic in a channel: `newsletter by email is given`."""

    topic: str
    channel: str
    states: tuple[Standing, ...]
    at: str = field(default="tree", compare=False)


@dataclass(frozen=True)
class Identified:
    """An identifier of a kind is known: `has a customer number`."""

    kind: str
    at: str = field(default="tree", compare=False)


@dataclass(frozen=True)
class Inside:
    """Whether the person is in another segment."""

    segment: SegmentId
    at: str = field(default="tree", compare=False)


@dataclass(frozen=True)
class Bucket:
    """A share of everyone, the same people always: `since` until before `until` of 100, drawn by a name."""

    salt: str
    since: Decimal
    until: Decimal
    at: str = field(default="tree", compare=False)


@dataclass(frozen=True)
class AllOf:
    """Every part holds. Of no parts: everyone."""

    of: tuple[Condition, ...]


@dataclass(frozen=True)
class AnyOf:
    """At least one part holds."""

    of: tuple[Condition, ...]


@dataclass(frozen=True)
class Not:
    """Everyone for whom the part does not hold."""

    of: Condition


Asked = Attribute | Near | Did | Occurred | Sequence | Orders | Keeps | Subscription | Bucket  # of ClickHouse
Given = Identified | Inside  # sets that others hold
Leaf = Asked | Given
Condition = Leaf | AllOf | AnyOf | Not
