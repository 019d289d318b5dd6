"""The nouns of the contact policy: where a person stands, the verdict, and a suppressed address."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from cadenza.trust.consent.types import State


class Reason(StrEnum):
    """Why a person is left out. `missing_data` and `template_error` come from the template, the others from here."""

    NO_ADDRESS = "no_address"
    ERASED = "erased"
    SUPPRESSED = "suppressed"
    WITHDRAWN = "withdrawn"
    REFUSED = "refused"
    NO_CONSENT = "no_consent"
    DUPLICATE_ADDRESS = "duplicate_address"
    MISSING_DATA = "missing_data"
    TEMPLATE_ERROR = "template_error"


SAID = {
    Reason.NO_ADDRESS: "There is no address for this channel.",
    Reason.ERASED: "This person asked to be forgotten.",
    Reason.SUPPRESSED: "This address is on the list of those we never write to.",
    Reason.WITHDRAWN: "This person unsubscribed.",
    Reason.REFUSED: "This person said no.",
    Reason.NO_CONSENT: "This person has not agreed.",
    Reason.DUPLICATE_ADDRESS: "Somebody else in this audience has the same address and gets the message.",
    Reason.MISSING_DATA: "The template uses something that is not known of this person.",
    Reason.TEMPLATE_ERROR: "The template failed for this person.",
}


@dataclass(frozen=True, slots=True)
class Standing:
    """All that a verdict depends on."""

    has_address: bool = True
    erased: bool = False
    suppressed: bool = False
    consent: State | None = None
    needs_consent: bool = True


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether we may write, and if not, why."""

    allowed: bool
    reason: Reason | None = None


class Cause(StrEnum):
    """Why an address is suppressed."""

    DEAD_ADDRESS = "dead_address"
    COMPLAINT = "complaint"
    MANUAL = "manual"


@dataclass(frozen=True, slots=True)
class Suppression:
    """An address that we never write to; kept as a keyed digest alone. `released_at`: it is not suppressed any more."""

    id: UUID
    channel: str
    reason: str
    source: str
    at: datetime
    released_at: datetime | None = None
    released_by: str = ""
    release_reason: str = ""


@dataclass(frozen=True, slots=True)
class SuppressionPage:
    """Some of many, newest first; `next` is the cursor of what follows."""

    items: tuple[Suppression, ...]
    next: UUID | None
    total: int
