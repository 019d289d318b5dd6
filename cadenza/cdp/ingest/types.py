"""The nouns of ingestion."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from cadenza.base.ids import ProfileId
from cadenza.cdp.identity.types import NOBODY, Identifier

TYPES = ("identify", "track", "page", "screen", "group", "alias")
MOST_BATCH_BYTES = 500 * 1024
MOST_EVENT_BYTES = 32 * 1024
MOST_EVENTS = 2500
MOST_DEPTH = 8
MOST_KEYS = 255
LONGEST_NAME = 200
LONGEST_ID = 320
FUTURE_HOURS = 24
PARTLY = frozenset({"bad_trait", "bad_order"})  # the event itself went in; only this part of it did not
REMOVED = b"null"  # stands where an erased person's item was, so that the places of the others hold
RETOLD = "replay-part"  # the source of such a part, sent again: its event is stored already


@dataclass(frozen=True)
class Flaw:
    """Why an item of a request was rejected: a code for programs, a sentence for people, the place."""

    index: int
    code: str
    detail: str
    at: str = ""


@dataclass(frozen=True, slots=True)
class Arrival:
    """One accepted item, in our words: who, what, when."""

    id: UUID
    identifiers: tuple[Identifier, ...]
    at: datetime
    received_at: datetime
    source: str
    name: str | None = None
    properties: Mapping[str, Any] = field(default_factory=dict)
    traits: Mapping[str, Any] = field(default_factory=dict)
    profile: ProfileId | None = None


@dataclass(frozen=True)
class StoredEvent:
    """An event that has been stored, for those who listen. `home`: the id of the person that it was told under."""

    id: UUID
    profile: ProfileId
    name: str
    at: datetime
    properties: Mapping[str, Any]
    source: str = "api"
    home: ProfileId = NOBODY

    def __post_init__(self) -> None:
        if not self.home:
            object.__setattr__(self, "home", self.profile)


@dataclass(frozen=True, slots=True)
class Told:
    """An event that another module tells of a person it knows by id. `message` names it: told twice, it is one."""

    profile: ProfileId
    name: str
    properties: Mapping[str, Any]
    message: str
    at: datetime


@dataclass(frozen=True)
class Rejected:
    """A rejected item as it came, and why. It can be sent again."""

    id: UUID
    received_at: datetime
    code: str
    detail: str
    at: str
    payload: str
    replayed_at: datetime | None = None
