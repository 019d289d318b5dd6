"""The nouns of identity."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from cadenza.base.ids import ProfileId

# From the strongest to the weakest: the strongest one present decides whose event this is.
KINDS = ("external_id", "email", "phone", "anonymous_id")
CATEGORIES = {
    "external_id": "identity.internal",
    "email": "contact.email",
    "phone": "contact.phone",
    "anonymous_id": "identity.web",
}
NOBODY = ProfileId(0)


class Identifier(NamedTuple):
    """What recognises a person: a kind of `KINDS` and its normalised value."""

    kind: str
    value: str


@dataclass(frozen=True)
class Resolution:
    """Who an arrival belongs to.

    `profile` is the person as of now; `home` the id under which the arrival was told: what is stored under it goes
    back with it when a merge is undone.
    """

    profile: ProfileId
    created: bool = False
    merged: bool = False
    blocked: bool = False
    home: ProfileId = NOBODY

    def __post_init__(self) -> None:
        if not self.home:
            object.__setattr__(self, "home", self.profile)


@dataclass(frozen=True)
class KnownIdentifier:
    """An identifier of a person, and since when we know it."""

    kind: str
    value: str
    first_seen_at: datetime
    source: str


@dataclass(frozen=True)
class Merge:
    """Two people turned out to be one."""

    id: UUID
    winner: ProfileId
    loser: ProfileId
    cause: str
    at: datetime
