"""The nouns of likely duplicates: what is compared of a person, how two compare, and what is suggested."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NewType
from uuid import UUID

from cadenza.base.ids import ProfileId
from cadenza.trust.privacy.types import Read

SuggestionId = NewType("SuggestionId", UUID)
FIELDS = ("first_name", "last_name", "birth_date", "email", "phone", "city", "postcode", "street")
"""What is compared, in the order of every pattern."""
LEVELS: Mapping[str, tuple[str, ...]] = {
    "first_name": ("unknown", "other", "similar", "begins", "exchanged", "same"),
    "last_name": ("unknown", "other", "similar", "begins", "same"),
    "birth_date": ("unknown", "other", "near", "typo", "same"),
    "email": ("unknown", "other", "similar", "mailbox", "same"),
    "phone": ("unknown", "other", "typo", "same"),
    "city": ("unknown", "other", "similar", "same"),
    "postcode": ("unknown", "other", "typo", "same"),
    "street": ("unknown", "other", "similar", "same"),
}
"""How a field of two people can compare; the place in the tuple is the number in a pattern."""
Pattern = tuple[int, ...]
"""One level of each field of `FIELDS`."""


@dataclass(frozen=True, slots=True)
class Person:
    """What is compared of a person, already simplified; empty where unknown or not covered by the purpose."""

    id: ProfileId
    first_name: str = ""
    last_name: str = ""
    birth_date: str = ""
    email: str = ""
    phone: str = ""
    city: str = ""
    postcode: str = ""
    street: str = ""


@dataclass(frozen=True)
class Chosen:
    """Where each compared field is read from, and what is not read because the purpose does not cover it."""

    sources: Mapping[str, tuple[str, ...]]
    refused: tuple[Read, ...] = ()


@dataclass(frozen=True)
class Model:
    """How likely each level is among pairs of one person (`same`) and of two (`other`), learnt from the shop's people.

    `prior`: the share of all pairs that are one person.  Holds shares alone, nothing of anybody.
    """

    prior: float
    same: Mapping[str, tuple[float, ...]]
    other: Mapping[str, tuple[float, ...]]
    people: int = 0


@dataclass(frozen=True)
class Reason:
    """How one field of a pair compares. `likeness`: from 0 to 100, where a field is only similar."""

    field: str
    level: str
    likeness: int = 0


State = Literal["open", "merged", "apart"]


@dataclass(frozen=True)
class Suggestion:
    """Two people who are probably one, how probable that is, and why."""

    id: SuggestionId
    first: ProfileId
    second: ProfileId
    probability: float
    reasons: tuple[Reason, ...]
    state: State
    found_at: datetime
    decided_at: datetime | None = None


Progress = Literal["never", "waiting", "running", "finished", "failed"]


@dataclass(frozen=True)
class Search:
    """How far the search is. `left_out`: fields that were not compared, because the purpose does not cover them."""

    state: Progress = "never"
    done: int = 0
    total: int = 0
    people: int = 0
    pairs: int = 0
    started_at: datetime | None = None
    finished_at: datetime | None = None
    error: str = ""
    left_out: tuple[str, ...] = ()

    @property
    def fraction(self) -> float:
        """How much is done, from 0 to 1."""
        return min(self.done / self.total, 1.0) if self.total else 0.0
