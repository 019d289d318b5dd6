"""The nouns of profiles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Generic, TypeVar

from cadenza.base.ids import ProfileId
from cadenza.cdp.fields.types import COMPUTED, STANDARD, STANDARD_NAMES, Field, FieldType

__all__ = ["BASES", "COMPUTED", "CONTACTS", "STANDARD", "STANDARD_NAMES", "Changed", "Field", "FieldType", "Page",
           "Profile", "RefusedValue", "Told", "TraitChange"]  # fmt: skip

CONTACTS = ("email", "phone")
BASES = frozenset({"", "consent", "contract", "legal_obligation", "vital_interests", "public_task",
                   "legitimate_interests"})  # fmt: skip
"""On which legal basis a field was told (GDPR Art. 6); empty: as the purpose says."""
T = TypeVar("T")


@dataclass(frozen=True)
class TraitChange:
    """What was told of a person at a moment. None takes a value away.

    `home`: the id under which it was told (see `identity.types.Resolution`), where that is not `profile`.
    `basis` is one of `BASES`; `operation` names the integration's operation that told it.  `confirmed`: the person
    has shown that its addresses are theirs.
    """

    profile: ProfileId
    values: Mapping[str, Any]
    at: datetime
    source: str = "api"
    home: ProfileId | None = None
    basis: str = ""
    operation: str = ""
    confirmed: bool = False


@dataclass(frozen=True)
class RefusedValue:
    """A value that does not fit its field; the rest of the change (the `change`-th told) went in."""

    profile: ProfileId
    field: str
    reason: str
    change: int = 0


@dataclass(frozen=True)
class Told:
    """When a field of a person was last told, by what, and, where named, on which basis and by which operation."""

    at: datetime
    source: str
    basis: str = ""
    operation: str = ""


@dataclass(frozen=True)
class Changed:
    """A field of a person was told, and then told otherwise.

    `at` is when it happened, `recorded_at` when we heard of it (None for what a field was told first); `home` is the
    id under which it was told.
    """

    field: str
    old: Any
    new: Any
    at: datetime
    recorded_at: datetime | None
    source: str
    home: ProfileId
    basis: str = ""
    operation: str = ""


@dataclass(frozen=True)
class Profile:
    """What we know about a person.

    An address is the confirmed one, if there is any; a newer one waits as `pending` until it is confirmed.
    `time_zone_source` is told, phone or geo (of the country): empty where no zone is known.
    """

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
    pending_email: str = ""
    pending_phone: str = ""
    email_confirmed_at: datetime | None = None
    phone_confirmed_at: datetime | None = None
    email_invalid: bool = False
    phone_invalid: bool = False
    time_zone_source: str = ""

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
