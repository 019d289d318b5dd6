"""The nouns of profiles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Generic, Literal, TypeVar

from cadenza.base.ids import ProfileId

FieldType = Literal["text", "number", "boolean", "date", "datetime"]
T = TypeVar("T")


@dataclass(frozen=True)
class Field:
    """A field of a profile: its type and its personal-data category."""

    name: str
    type: FieldType
    category: str
    label: str
    standard: bool = True
    matchable: bool = True
    """False for names and addresses: the event store does not hold them, so no condition can compare them."""


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
STANDARD_NAMES = frozenset(one.name for one in STANDARD)
COMPUTED = frozenset({"first_seen_at", "has_email", "has_phone", "has_name"})
"""What the event store says of a person by itself: no trait may have these names."""


@dataclass(frozen=True)
class TraitChange:
    """What was told of a person at a moment. None takes a value away.

    `home`: the id under which it was told (see `identity.types.Resolution`), where that is not `profile`.
    """

    profile: ProfileId
    values: Mapping[str, Any]
    at: datetime
    source: str = "api"
    home: ProfileId | None = None


@dataclass(frozen=True)
class RefusedValue:
    """A value that does not fit its field; the rest of the change (the `change`-th told) went in."""

    profile: ProfileId
    field: str
    reason: str
    change: int = 0


@dataclass(frozen=True)
class Told:
    """When a field of a person was last told, and by what."""

    at: datetime
    source: str


@dataclass(frozen=True)
class Profile:
    """What we know about a person."""

    id: ProfileId
    created_at: datetime
    updated_at: datetime
    email: str = ""
    phone: str = ""
    first_name: str = ""
    last_name: str = ""
    gender: str = ""
    birth_date: date | None = None
    country: str = ""
    region: str = ""
    city: str = ""
    language: str = ""
    time_zone: str = ""
    registered_at: datetime | None = None
    traits: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """How to call this person: the name, else the address, else that it is nobody known."""
        return (
            f"{self.first_name} {self.last_name}".strip() or self.email or self.phone or f"Visitor {self.id}"
        )


@dataclass(frozen=True)
class Page(Generic[T]):
    """Some of many; `next` is the cursor of what follows."""

    items: list[T]
    next: str | None = None
