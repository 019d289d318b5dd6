"""The nouns of segmentation: a condition tree, and what is known of a saved segment.

A tree is made by `parse` alone, so whoever holds one holds a sound one.  `at` says where in the JSON a
condition stood; two conditions that ask the same are equal wherever they stood.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from cadenza.base.ids import ProfileId, SegmentId

PURPOSE = "I.4"

# Of a name or an address only whether it is known can be asked: the data itself is not in ClickHouse.
PRESENCE = {"email": "has_email", "phone": "has_phone", "first_name": "has_name", "last_name": "has_name"}


class Kind(StrEnum):
    """What a profile field holds, and so in which map of the read model it stands."""

    TEXT = "text"
    NUMBER = "number"
    FLAG = "flag"
    TIME = "time"
    PRESENCE = "presence"


class Op(StrEnum):
    """How a value is compared."""

    IS = "is"
    IS_NOT = "is_not"
    ONE_OF = "one_of"
    CONTAINS = "contains"
    STARTS_WITH = "starts_with"
    AT_LEAST = "at_least"
    AT_MOST = "at_most"
    MORE_THAN = "more_than"
    LESS_THAN = "less_than"
    BEFORE = "before"
    AFTER = "after"
    DAYS_AGO_AT_LEAST = "days_ago_at_least"
    DAYS_AGO_AT_MOST = "days_ago_at_most"
    IS_SET = "is_set"


Value = str | bool | float | Decimal | date | datetime | tuple[str, ...] | tuple[float, ...]


@dataclass(frozen=True)
class Comparison:
    """One comparison: `at least 5`. A `date` stands for that whole day in UTC."""

    op: Op
    value: Value


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


@dataclass(frozen=True)
class Did:
    """What the person did: `bought at least 2 times in the last 30 days`."""

    event: str
    times: int = 1
    at_most: int | None = None
    days: int | None = None
    where: tuple[Where, ...] = ()
    at: str = field(default="tree", compare=False)


class Measure(StrEnum):
    """What is counted over a person's orders."""

    COUNT = "count"
    SUM = "sum"
    AVERAGE = "average"


@dataclass(frozen=True)
class Orders:
    """What the person's orders come to: `spent at least 500 in the last 365 days`. All tests must hold."""

    measure: Measure
    tests: tuple[Comparison, ...]
    days: int | None = None
    category: str | None = None
    status: str | None = None
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


Leaf = Attribute | Did | Orders
Condition = Leaf | AllOf | AnyOf | Not


@dataclass(frozen=True)
class Askable:
    """A field of people that a tree may compare, and the comparisons that fit it."""

    name: str
    label: str
    kind: Kind
    category: str
    operators: tuple[Op, ...]


@dataclass(frozen=True)
class Plan:
    """One query for many trees, and where in its answer the people of each leaf stand.

    The answer has rows (part, [set, set, …]): each set a roaring bitmap in hexadecimal.  `slots` says which
    set of which part belongs to a leaf; an `absent` set holds those for whom the leaf does *not* hold.
    """

    sql: str
    parameters: dict[str, Any]
    slots: dict[Leaf, Slot]


@dataclass(frozen=True)
class Slot:
    """The place of one leaf in the answer."""

    part: int
    index: int
    absent: bool = False


@dataclass(frozen=True)
class Segment:
    """A saved condition, and what its last refresh found."""

    id: SegmentId
    name: str
    tree: dict[str, Any]
    sentence: str
    purpose: str
    created_at: datetime
    updated_at: datetime
    archived_at: datetime | None
    count: int | None
    refreshed_at: datetime | None
    took_ms: int | None
    problem: str | None


@dataclass(frozen=True)
class Preview:
    """What a condition would hold if it were saved now."""

    count: int
    sample: list[ProfileId]
    sentence: str
    took_ms: int


@dataclass(frozen=True)
class Refreshed:
    """What one refresh did to one segment."""

    segment: SegmentId
    count: int
    entered: int
    left: int


@dataclass(frozen=True)
class Membership:
    """One person's time in one segment; `until` is None while it lasts."""

    segment: SegmentId
    name: str
    since: datetime
    until: datetime | None


@dataclass(frozen=True)
class Move:
    """One person entered a segment, or left it."""

    profile: ProfileId
    entered: bool
    at: datetime


@dataclass(frozen=True)
class Growth:
    """How many people a segment held at a moment."""

    at: datetime
    count: int
