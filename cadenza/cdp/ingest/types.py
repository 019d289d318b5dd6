"""The nouns of ingestion."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

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
LONGEST_AGENT = 512
FUTURE_HOURS = 24
REMOVED = b"null"  # stands where an erased person's item was, so that the places of the others hold
RETOLD = "replay-part"  # the source of such a part, sent again: its event is stored already


class Reason(StrEnum):
    """Why an item was rejected. What each means, and the way out, stands in `EXPLAINED`."""

    TOO_LARGE = "too_large"
    NOT_AN_OBJECT = "not_an_object"
    NOT_JSON = "not_json"
    UNKNOWN_TYPE = "unknown_type"
    NO_EVENT_NAME = "no_event_name"
    NAME_TOO_LONG = "name_too_long"
    NO_PREVIOUS_ID = "no_previous_id"
    NO_GROUP_ID = "no_group_id"
    NO_ID = "no_id"
    BAD_ID = "bad_id"
    TOO_MANY_KEYS = "too_many_keys"
    TOO_DEEP = "too_deep"
    BAD_TIME = "bad_time"
    FAR_FUTURE = "far_future"
    SCHEMA_VIOLATION = "schema_violation"
    BAD_TRAIT = "bad_trait"
    BAD_ORDER = "bad_order"
    FAULT = "fault"


class Explanation(NamedTuple):
    """A reason in words: what it is called, what happened, the way out."""

    title: str
    why: str
    hint: str


EXPLAINED: Mapping[Reason, Explanation] = {
    Reason.TOO_LARGE: Explanation(
        "Too large",
        "An event may have 32 kB.",
        "Send large texts elsewhere and keep only what describes the event.",
    ),
    Reason.NOT_AN_OBJECT: Explanation(
        "Not an object",
        "An event, and its properties and traits, are JSON objects.",
        "Write it with { and }.",
    ),
    Reason.NOT_JSON: Explanation(
        "Not JSON", "The text could not be read as JSON.", "Look for a missing quote or bracket."
    ),
    Reason.UNKNOWN_TYPE: Explanation(
        "Unknown type",
        "The type is none that we know.",
        "Use identify, track, page, screen, group or alias.",
    ),
    Reason.NO_EVENT_NAME: Explanation(
        "No event name", "A track call must say what was done.", "Add event, like “Product Viewed”."
    ),
    Reason.NAME_TOO_LONG: Explanation(
        "Name too long",
        "An event's name has at most 200 letters.",
        "Shorten it, and put details into properties.",
    ),
    Reason.NO_PREVIOUS_ID: Explanation(
        "No previous id", "An alias call joins two ids.", "Add previousId and userId."
    ),
    Reason.NO_GROUP_ID: Explanation("No group id", "A group call must say which group.", "Add groupId."),
    Reason.NO_ID: Explanation(
        "Nobody's event",
        "The event does not say whose it is.",
        "Add userId, or anonymousId for a visitor.",
    ),
    Reason.BAD_ID: Explanation(
        "Unusable id", "An id is a short text or a number.", "Write it as a text of at most 320 letters."
    ),
    Reason.TOO_MANY_KEYS: Explanation(
        "Too many keys", "An object may have 255 keys.", "Keep only what you will ask for."
    ),
    Reason.TOO_DEEP: Explanation("Nested too deep", "Objects may nest 8 deep.", "Flatten the properties."),
    Reason.BAD_TIME: Explanation(
        "Unreadable time", "A moment could not be read.", "Write it like 2026-05-01T12:00:00.000Z."
    ),
    Reason.FAR_FUTURE: Explanation(
        "In the future",
        "The event says it will happen more than a day from now.",
        "Check the clock of the device, and mend timestamp.",
    ),
    Reason.SCHEMA_VIOLATION: Explanation(
        "Not as expected",
        "The event does not keep to what is expected of it.",
        "Mend the property named, or change what is expected under Settings → Events.",
    ),
    Reason.BAD_TRAIT: Explanation(
        "Trait does not fit",
        "One value did not fit its field; the rest of the call went in.",
        "Mend the value named, then send it again.",
    ),
    Reason.BAD_ORDER: Explanation(
        "Order does not fit",
        "The event was stored, but no order could be made of it.",
        "Add order_id and amounts as numbers, then send it again.",
    ),
    Reason.FAULT: Explanation(
        "Could not be carried out",
        "The request was kept as it came.",
        "Send it again; if it fails again, tell whoever runs this installation.",
    ),
}
PARTLY = frozenset(
    {Reason.BAD_TRAIT, Reason.BAD_ORDER}
)  # the event itself went in; only this part of it did not


class Dropped(StrEnum):
    """Why an arrival was neither taken in nor kept: it is counted, and that is all that is left of it."""

    SEEN_BEFORE = "seen_before"
    ERASED = "erased"
    NO_CONSENT = "no_consent"
    DO_NOT_TRACK = "do_not_track"
    PRIVACY_CONTROL = "privacy_control"


DROPPED: Mapping[Dropped, str] = {
    Dropped.SEEN_BEFORE: "Taken in before: the same message came again.",
    Dropped.ERASED: "Told of a person from before that person was erased.",
    Dropped.NO_CONSENT: "Browsing of somebody who refused statistics.",
    Dropped.DO_NOT_TRACK: "Browsing of an anonymous visitor whose browser sends DNT.",
    Dropped.PRIVACY_CONTROL: "Browsing of an anonymous visitor whose browser sends Sec-GPC.",
}


@dataclass(frozen=True)
class Flaw:
    """Why an item of a request was rejected: a `Reason` for programs, a sentence for people, the place."""

    index: int
    code: str
    detail: str
    at: str = ""


class About(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the door saw of a request: where it came from, with which program, and which signals it carried.

    `ip` is shortened unless the installation says otherwise. Kept beside the request as JSON, and no longer.
    """

    ip: str = ""
    agent: str = ""
    origin: str = ""
    gpc: bool = False
    dnt: bool = False


NOTHING = About()


class Claim(NamedTuple):
    """An id as it was told, the kind of identifier that it is, and where it stood."""

    kind: str
    value: str
    place: str


class Arrival(msgspec.Struct, frozen=True):
    """One accepted item, in our words: who, what, when. `context`: what the client told of the circumstances.

    `profile`: whoever told it knows the person, and told it of `home`, which nobody (0) leaves at that person.
    `claims`: ids that identity must first make comparable.  A struct, as all that is made for each event: made in a
    tenth of a dataclass's time.
    """

    id: UUID
    identifiers: tuple[Identifier, ...]
    at: datetime
    received_at: datetime
    source: str
    name: str | None = None
    properties: Mapping[str, Any] = msgspec.field(default_factory=dict)
    traits: Mapping[str, Any] = msgspec.field(default_factory=dict)
    profile: ProfileId | None = None
    home: ProfileId = NOBODY
    claims: tuple[Claim, ...] = ()
    context: Mapping[str, Any] = msgspec.field(default_factory=dict)


@dataclass(frozen=True)
class Policy:
    """What a workspace takes in of whom, and how much of it from one key.

    `dnt`, `gpc`: drop the browsing of anonymous visitors whose browser sends the signal. `consent`: obey what the
    consent tool of a site says; `categories` are its names for statistics. `events_per_second`: of one key; 0 is
    without a limit.
    """

    dnt: bool = True
    gpc: bool = True
    consent: bool = True
    categories: tuple[str, ...] = ("analytics", "statistics", "performance", "C0002")
    events_per_second: int = 0


class StoredEvent(msgspec.Struct, frozen=True):
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
            msgspec.structs.force_setattr(self, "home", self.profile)


@dataclass(frozen=True, slots=True)
class Told:
    """An event that another module tells of a person it knows by id. `message` names it: told twice, it is one.

    `home`: the id under which it knew the person when it happened, where that is not `profile`.
    """

    profile: ProfileId
    name: str
    properties: Mapping[str, Any]
    message: str
    at: datetime
    home: ProfileId | None = None


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
    name: str = ""


@dataclass(frozen=True)
class Filter:
    """Which rejected items: by reason, event name, days (inclusive) and a text that occurs in them."""

    code: str = ""
    name: str = ""
    since: datetime | None = None
    until: datetime | None = None
    search: str = ""


@dataclass(frozen=True)
class Replay:
    """How far the sending again of many is."""

    id: UUID
    state: str
    total: int
    done: int
    still_wrong: int
    started_at: datetime
    finished_at: datetime | None = None


@dataclass(frozen=True)
class Left:
    """How many arrivals were dropped for a reason on a day."""

    day: date
    reason: Dropped
    count: int
