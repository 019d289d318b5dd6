"""What privacy tells those above."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from cadenza.base.fact import Fact
from cadenza.base.ids import ProfileId


@dataclass(frozen=True, kw_only=True)
class PurposeChanged(Fact):
    """A purpose may from now on use a category (`covered`), or may no longer."""

    purpose: str
    category: str
    covered: bool


@dataclass(frozen=True, kw_only=True)
class PersonErased(Fact):
    """Every store has forgotten this person."""

    profile: ProfileId
    request: UUID
