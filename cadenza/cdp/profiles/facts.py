"""What profiles tell the others."""

from __future__ import annotations

from dataclasses import dataclass

from cadenza.base.fact import Fact
from cadenza.base.ids import ProfileId


@dataclass(frozen=True, kw_only=True)
class ProfilesChanged(Fact):
    """What is known of some people changed, in one transaction."""

    profiles: frozenset[ProfileId]
