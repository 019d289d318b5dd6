"""What orders do when others tell something."""

from __future__ import annotations

from collections.abc import Sequence

from cadenza.cdp.identity.facts import ProfilesMerged, ProfilesUnmerged
from cadenza.cdp.orders import service


def on_profiles_merged(facts: Sequence[ProfilesMerged]) -> None:
    """Two people are one: so are their orders."""
    service.follow_merges(facts[0].workspace, [(told.winner, told.loser) for told in facts])


def on_profiles_unmerged(facts: Sequence[ProfilesUnmerged]) -> None:
    """They are two again: to each what was told of it."""
    for told in facts:
        service.follow_unmerge(told.workspace, told.loser, told.ids)
