"""The nouns of identity."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from cadenza.base.ids import ProfileId

# From the strongest to the weakest: the strongest one present decides under which id an arrival is kept.
# `external_id` is the number in the shop's own system; `external_id:crm` the one in a further system.
CATEGORIES = {
    "external_id": "identity.internal",
    "email": "contact.email",
    "phone": "contact.phone",
    "loyalty_card": "loyalty.programme",
    "card_hash": "identity.card_hash",
    "order_number": "identity.order_number",
    "anonymous_id": "identity.web",
    "app_id": "identity.app",
    "household": "identity.internal",
    "id": "identity.internal",  # our own number of a person
}
KINDS = tuple(CATEGORIES)
DEVICES = frozenset({"anonymous_id", "app_id"})
CONTACTS = frozenset({"email", "phone", "loyalty_card"})
NOBODY = ProfileId(0)
LONGEST_VALUE = 320
LONGEST_SYSTEM = 40

FULL_MATCH, SAME_DEVICE, BOTH_CONFIRMED = "full_match", "same_device", "both_confirmed"
MANUAL, OPERATION, FILE = "manual", "operation", "file"
CAUSES = (FULL_MATCH, SAME_DEVICE, BOTH_CONFIRMED, MANUAL, OPERATION, FILE)
SAID = frozenset(
    {MANUAL, OPERATION, FILE}
)  # somebody said so: no rule but the largest size stands against it


def base_kind(kind: str) -> str:
    """`external_id:crm` → `external_id`; rules and categories go by this."""
    return kind.partition(":")[0]


class Identifier(NamedTuple):
    """What recognises a person: a kind of `KINDS` (an external id may name its system) and its normalised value."""

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
    """An identifier of a person, and since when we know it.

    `shared`: it was told with people who must stay apart, and recognises none of them.
    """

    kind: str
    value: str
    first_seen_at: datetime
    source: str
    confirmed_at: datetime | None = None
    shared: bool = False


@dataclass(frozen=True)
class Merge:
    """Two people turned out to be one.

    `identifier` is the kind of what both had; `actor` who said so (`user:7`, `key:…`), empty where nobody had to.
    """

    id: UUID
    winner: ProfileId
    loser: ProfileId
    cause: str
    at: datetime
    actor: str = ""
    identifier: str = ""
    undone_at: datetime | None = None
    undone_by: str = ""


LIMITS: Mapping[str, int] = {"external_id": 1, "email": 5, "phone": 5, "loyalty_card": 5, "card_hash": 10}
BLOCKED: Mapping[str, frozenset[str]] = {
    "*": frozenset({
        "unknown", "null", "none", "undefined", "nan", "n/a", "(null)", "[object object]", "anonymous", "guest",
        "00000000", "00000000-0000-0000-0000-000000000000",
    }),
    "email": frozenset({"test@test.com", "a@a.com", "none@none.com", "noemail@noemail.com", "no@email.com"}),
    "phone": frozenset({"+10000000000", "+11111111111", "+70000000000", "+79999999999"}),
}  # fmt: skip


@dataclass(frozen=True)
class Rules:
    """How a workspace recognises people. A kind with a system obeys the rules of its kind.

    `priority`: the strongest first; what is not named follows in the usual order.  `limits`: how many of a kind one
    person may have; a kind not named has no limit of its own.  `blocked`: values that recognise nobody, by kind or,
    under `*`, of any kind; compared without regard to case.  `never_merge`: kinds that join nobody (a household, a
    terminal in a shop).  `apart`: people with different ones of these are never one.  `access`: contacts of these
    kinds open an account once they are confirmed.  `most_identifiers`: who has so many is no single person.
    """

    priority: tuple[str, ...] = KINDS
    limits: Mapping[str, int] = field(default_factory=lambda: LIMITS)
    blocked: Mapping[str, frozenset[str]] = field(default_factory=lambda: BLOCKED)
    never_merge: frozenset[str] = frozenset({"household"})
    apart: frozenset[str] = frozenset({"external_id"})
    access: frozenset[str] = frozenset()
    most_identifiers: int = 200

    def rank(self, kind: str) -> int:
        """The place of a kind, 0 for the strongest."""
        plain = base_kind(kind)
        return self.priority.index(plain) if plain in self.priority else len(KINDS) + KINDS.index(plain)

    def limit(self, kind: str) -> int:
        """How many of a kind may meet in one person."""
        plain = base_kind(kind)
        return 1 if plain in self.apart else self.limits.get(plain, self.most_identifiers)

    def is_blocked(self, one: Identifier) -> bool:
        told = one.value.lower()
        return told in self.blocked.get("*", ()) or told in self.blocked.get(base_kind(one.kind), ())


UNCOUNTED = frozenset({"order_number", "id"})  # nobody is many people for having ordered much


@dataclass(frozen=True)
class Blocked:
    """Two people who share something and stay two, and why (`different_external_id`, `too_many_email`, …)."""

    one: ProfileId
    other: ProfileId
    reason: str


@dataclass(frozen=True)
class Rehearsal:
    """What rules would do to what is known: pairs that would become one, pairs that would not, with samples of both.

    `reasons`: how many pairs stay apart for which reason.  `over`: people who have more than the rules would allow
    by now; they stay as they are until something new is told of them.
    """

    merges: int
    blocked: int
    reasons: Mapping[str, int]
    sample: tuple[tuple[ProfileId, ProfileId], ...]
    blocked_sample: tuple[Blocked, ...]
    over: int

    def sentence(self) -> str:
        """`would merge 1,204 pairs, 37 blocked (different_external_id 30, too_many_email 7)`"""
        why = ", ".join(f"{reason} {count:,}" for reason, count in sorted(self.reasons.items()))
        return f"would merge {self.merges:,} pairs, {self.blocked:,} blocked" + (f" ({why})" if why else "")


@dataclass(frozen=True)
class Outcome:
    """What became of one pair of `merge_many`: `merged`, `same`, `unknown` or `too_many`."""

    winner: ProfileId
    loser: ProfileId
    fate: str
    merge: UUID | None = None


@dataclass(frozen=True)
class Incident:
    """Something that an employee should look at: a person who has too many identifiers to be one."""

    id: UUID
    profile: ProfileId
    what: str
    detail: str
    at: datetime


@dataclass(frozen=True)
class Sharing:
    """Somebody who was seen on the same device, and on how many of them."""

    profile: ProfileId
    devices: int
