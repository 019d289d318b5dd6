"""The nouns of fields: what may be kept of whom, in which type, and for how long."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal

FieldType = Literal[
    "text", "number", "boolean", "date", "datetime", "integer", "decimal", "enum", "list", "id"
]
TYPES: tuple[FieldType, ...] = (
    "text", "number", "integer", "decimal", "boolean", "date", "datetime", "enum", "list", "id",
)  # fmt: skip
Entity = Literal["person", "order", "line", "product", "event"]
ENTITIES: tuple[Entity, ...] = ("person", "order", "line", "product", "event")


class Retention(StrEnum):
    """How long a field is kept, at the longest: the class that the deletion by time goes by."""

    AS_LONG_AS_NEEDED = "as_long_as_needed"
    UNTIL_WITHDRAWN = "until_withdrawn"
    ONE_YEAR_AFTER_LAST_ACTIVITY = "one_year_after_last_activity"
    TWO_YEARS_AFTER_LAST_ACTIVITY = "two_years_after_last_activity"
    FIVE_YEARS_AFTER_LAST_ORDER = "five_years_after_last_order"


@dataclass(frozen=True)
class Field:
    """A field: its type, its personal-data category, and how long it is kept. `choices` are those of an enum."""

    name: str
    type: FieldType
    category: str
    label: str
    standard: bool = True
    matchable: bool = True
    """False for names and addresses: the event store does not hold them, so no condition can compare them."""
    entity: Entity = "person"
    retention: Retention = Retention.AS_LONG_AS_NEEDED
    choices: tuple[str, ...] = ()
    retired: bool = False
    """True: hidden, and no longer taken in. What was told before stays until it is erased."""


@dataclass(frozen=True)
class Refused:
    """A value that does not fit its field, and why."""

    field: str
    reason: str
    value: Any = None


STANDARD: tuple[Field, ...] = (
    Field("email", "text", "contact.email", "E-mail", matchable=False),
    Field("phone", "text", "contact.phone", "Phone", matchable=False),
    Field("first_name", "text", "person.name", "First name", matchable=False),
    Field("last_name", "text", "person.name", "Last name", matchable=False),
    Field("gender", "text", "person.gender", "Gender"),
    Field("birth_date", "date", "person.birth_date", "Date of birth"),
    Field("country", "text", "location.area", "Country"),
    Field("region", "text", "location.area", "Region"),
    Field("city", "text", "location.area", "City"),
    Field("language", "text", "custom.fields", "Language"),
    Field("time_zone", "text", "location.area", "Time zone"),
    Field("registered_at", "datetime", "profile.registered_at", "Registered"),
)
"""The fields that every person has."""
STANDARD_NAMES = frozenset(one.name for one in STANDARD)
COMPUTED = frozenset({"first_seen_at", "has_email", "has_phone", "has_name"})
"""What the event store says of a person by itself: no field of a person may have these names."""
