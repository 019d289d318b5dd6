"""The nouns of the schema register."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

MOST_NAMES = (
    2_000  # event names that a workspace's register lists; a name made anew for each event is a mistake
)
MOST_PROPERTIES = 500  # of one event; further ones are not listed
MOST_CHOICES = 200
LONGEST_NAME = 200


class PropertyType(StrEnum):
    """What kind of value a property holds, as JSON has them; objects are walked into (`page.url`)."""

    TEXT = "text"
    NUMBER = "number"
    BOOLEAN = "boolean"
    LIST = "list"
    NOTHING = "null"


class Mode(StrEnum):
    """What happens to an event that is not as expected."""

    WATCH = "watch"
    REFUSE = "refuse"


@dataclass(frozen=True)
class Expected:
    """What is expected of one property. `type` None: anything; `choices`: the texts it may be, none for any."""

    name: str
    type: PropertyType | None = None
    is_required: bool = False
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Expectation:
    """What is expected of the events of one name. `others`: may they carry properties that are not named here?"""

    event: str
    mode: Mode = Mode.WATCH
    others: bool = True
    properties: tuple[Expected, ...] = ()

    @property
    def refuses(self) -> bool:
        return self.mode is Mode.REFUSE


@dataclass(frozen=True)
class Violation:
    """The first property that is not as expected, and how."""

    property: str
    why: str


@dataclass(frozen=True)
class PropertySeen:
    """A property of an event: how often it came with which type, and which kind of personal data it is."""

    name: str
    types: Mapping[str, int]
    first_seen_at: datetime
    last_seen_at: datetime
    category: str
    is_set: bool = False
    """Whether somebody set the category, or it is our guess."""

    @property
    def count(self) -> int:
        return sum(self.types.values())


@dataclass(frozen=True)
class EventSeen:
    """An event name: how many were stored, since when, and lately by day."""

    name: str
    count: int
    violations: int
    first_seen_at: datetime
    last_seen_at: datetime
    mode: Mode | None = None
    days: Mapping[date, int] = field(default_factory=dict)


Document = Mapping[str, Any]
