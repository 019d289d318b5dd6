"""What consent tells those above."""

from __future__ import annotations

from dataclasses import dataclass

from cadenza.base.fact import Fact
from cadenza.base.ids import ProfileId
from cadenza.trust.consent.types import State


@dataclass(frozen=True, kw_only=True)
class ConsentChanged(Fact):
    """A contact point stands differently on a topic than before (`before` is None for the first word on it).

    Told once for each subscription whose state moved, never for a line that changed nothing.
    """

    profile: ProfileId | None
    channel: str
    address_digest: bytes
    topic: str
    state: State
    before: State | None
