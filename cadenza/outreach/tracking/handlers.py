"""What tracking does when others tell something."""

from __future__ import annotations

from collections.abc import Sequence

from cadenza.cdp.identity.facts import ProfilesMerged, ProfilesUnmerged
from cadenza.outreach.tracking import service


def on_profiles_merged(facts: Sequence[ProfilesMerged]) -> None:
    """Two people are one: so are the links made for them."""
    service.follow_merges(facts[0].workspace, [(told.winner, told.loser) for told in facts])


def on_profiles_unmerged(facts: Sequence[ProfilesUnmerged]) -> None:
    """They are two again: to each its own links."""
    for told in facts:
        service.follow_unmerge(told.workspace, told.loser, told.ids)
