"""The nouns of segmentation that others may hold: what can be compared and how, and what is known of a segment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

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
    LIST = "list"


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
    ANNIVERSARY_WITHIN = "anniversary_within"
    CONTAINS_ANY = "contains_any"
    CONTAINS_ALL = "contains_all"
    IS_SET = "is_set"


class Measure(StrEnum):
    """What is asked of a person's orders."""

    COUNT = "count"
    SUM = "sum"
    AVERAGE = "average"
    SMALLEST = "smallest"
    LARGEST = "largest"
    FIRST = "first"
    LAST = "last"


Value = str | bool | float | Decimal | date | datetime | tuple[str, ...] | tuple[float, ...]


@dataclass(frozen=True)
class Comparison:
    """One comparison: `at least 5`. A `date` stands for that whole day in UTC."""

    op: Op
    value: Value


@dataclass(frozen=True)
class Askable:
    """A field of people that a tree may compare, and the comparisons that fit it."""

    name: str
    label: str
    kind: Kind
    category: str
    operators: tuple[Op, ...]


class Mode(StrEnum):
    """When a segment's members are found: at once, at set times, or not at all (people are put in by hand)."""

    REALTIME = "realtime"
    SCHEDULED = "scheduled"
    STATIC = "static"


@dataclass(frozen=True)
class Schedule:
    """Every day, every weekday (Monday to Friday), or every month on a day, at an hour of the workspace's.

    A month that has no such day is served on its last one.
    """

    every: str
    hour: int = 3
    day: int = 1


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
    mode: Mode = Mode.REALTIME
    schedule: Schedule | None = None
    group: UUID | None = None
    position: int = 0
    due_at: datetime | None = None


@dataclass(frozen=True)
class Group:
    """Segments of which a person can be in one only: the first that fits."""

    id: UUID
    name: str
    segments: tuple[SegmentId, ...]


@dataclass(frozen=True)
class Share:
    """What one segment of a group would hold: `count` in its place, `alone` without the others."""

    segment: SegmentId
    count: int
    alone: int


@dataclass(frozen=True)
class Preview:
    """What a condition would hold if it were saved now."""

    count: int
    sample: list[ProfileId]
    sentence: str
    took_ms: int


@dataclass(frozen=True)
class Refreshed:
    """What one refresh did to one segment; or one change by hand, which can be undone by its moment."""

    segment: SegmentId
    count: int
    entered: int
    left: int
    at: datetime | None = None


@dataclass(frozen=True)
class PutIn:
    """What came of identifiers: who was put in, how many were there already, and by which nobody is known.

    `at`: the moment under which it can be undone.
    """

    entered: int
    already: int
    unknown: list[str]
    at: datetime


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


@dataclass(frozen=True)
class Reason:
    """One condition for one person: its words, the value found, and whether it holds. `at` is its place in the tree."""

    at: str
    sentence: str
    value: str
    holds: bool


@dataclass(frozen=True)
class Why:
    """Why somebody is in a segment, or is not: `fits` is what the condition says now, `member` what is stored."""

    profile: ProfileId
    member: bool
    fits: bool
    reasons: list[Reason]


@dataclass(frozen=True)
class Overlap:
    """How two segments lie over each other."""

    only_first: int
    both: int
    only_second: int


@dataclass(frozen=True)
class Region:
    """How many people are in exactly these of some segments."""

    inside: tuple[SegmentId, ...]
    count: int


@dataclass(frozen=True)
class Backtest:
    """Whom a tree would have held at a moment: events and orders as of then, fields of people as they are now."""

    at: datetime
    count: int
    sample: list[ProfileId]
    sentence: str
    note: str


@dataclass(frozen=True)
class Use:
    """Something that builds on a segment: what kind of thing, its name, and its page.

    `needs`: it would go wrong if the segment were put away; what is archived, sent or a draft would not.
    """

    kind: str
    name: str
    href: str = ""
    needs: bool = True


@dataclass(frozen=True)
class Incoming:
    """What a file's entry would become. `known`: a segment of this name is there already; `problem`: why it cannot."""

    id: str
    name: str
    mode: str
    sentence: str
    known: bool
    problem: str | None = None


@dataclass(frozen=True)
class DayMoves:
    """How many entered and left a segment on one day."""

    segment: SegmentId
    day: date
    entered: int
    left: int


@dataclass(frozen=True)
class ProductSegment:
    """A saved condition about products. `count` is None until they were found first."""

    id: SegmentId
    name: str
    tree: dict[str, Any]
    sentence: str
    count: int | None
    refreshed_at: datetime | None
    problem: str | None
    archived_at: datetime | None


@dataclass(frozen=True)
class Computed:
    """How the computed traits stand. `due_at`: when they are worked out next; None where the shop has not asked."""

    thresholds: dict[str, int]
    computed_at: datetime | None
    due_at: datetime | None


@dataclass(frozen=True)
class Scored:
    """How many people have these three scores of RFM, each 1 to 5."""

    recency: int
    frequency: int
    monetary: int
    count: int
