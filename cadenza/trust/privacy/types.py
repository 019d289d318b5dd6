"""The nouns of privacy: purposes and instructions, what is held, and the receipt of an erasure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from cadenza.base.ids import ProfileId, WorkspaceId

ANY = "any"  # in a purpose: every category that the customer uploads


@dataclass(frozen=True, slots=True)
class Purpose:
    """One entry of the data-processing agreement's Annex I.B, with what an Art. 30 record asks of it."""

    id: str
    title: str
    module: str
    subjects: str
    categories: tuple[str, ...]
    note: str
    basis: str
    recipients: tuple[str, ...]
    period: str


@dataclass(frozen=True, slots=True)
class Read:
    """One field that something saved (a segment, a template, a mapping) reads, and where in it."""

    field: str
    category: str
    at: str = ""


class Action(StrEnum):
    """What an instruction does to a purpose."""

    EXTEND = "extend"
    WITHDRAW = "withdraw"


@dataclass(frozen=True, slots=True)
class Instruction:
    """A recorded decision: a purpose may, or may no longer, use a category here. Never changed."""

    number: int
    purpose: str
    category: str
    action: Action
    by: str
    reason: str
    at: datetime


class ErasureState(StrEnum):
    """How far an erasure is. `partial`: a store refused or still holds something; it is tried again."""

    RECEIVED = "received"
    RUNNING = "running"
    PARTIAL = "partial"
    COMPLETE = "complete"


@dataclass(frozen=True, slots=True)
class Receipt:
    """What an erasure did.

    `counts`: share → table → rows removed or emptied.  `failures`: share → why it is not done.  `kept`:
    share → what it keeps by duty, in words for the person.  `tombstones`: identifiers remembered as keyed
    digests, so that a late event or an old file does not bring the person back.
    """

    id: UUID
    workspace: WorkspaceId
    profile: ProfileId
    state: ErasureState
    by: str
    reason: str
    requested_at: datetime
    completed_at: datetime | None
    tries: int
    counts: Mapping[str, Mapping[str, int]]
    failures: Mapping[str, str]
    kept: Mapping[str, str]
    tombstones: int

    @property
    def is_complete(self) -> bool:
        return self.state is ErasureState.COMPLETE


@dataclass(frozen=True, slots=True)
class Holding:
    """One personal field of one table, or of a kind of event, and its category."""

    place: str
    field: str
    category: str


@dataclass(frozen=True, slots=True)
class ProcessingRegister:
    """All that the Art. 30 record is made of."""

    purposes: tuple[Purpose, ...]
    holdings: tuple[Holding, ...]
    events: tuple[Holding, ...]
    shares: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
