"""What profiles do when others tell something."""

from __future__ import annotations

from collections.abc import Sequence

from cadenza.cdp.identity.facts import ProfilesMerged, ProfilesUnmerged
from cadenza.cdp.profiles import service


def on_profiles_merged(facts: Sequence[ProfilesMerged]) -> None:
    """Two people are one: so is what is known of them."""
    service.follow_merges(facts[0].workspace, [(told.winner, told.loser) for told in facts])


def on_profiles_unmerged(facts: Sequence[ProfilesUnmerged]) -> None:
    """One person is two again: each knows what was told under its own ids."""
    for told in facts:
        service.follow_unmerge(told.workspace, told.winner, told.loser, told.ids, told.at)
