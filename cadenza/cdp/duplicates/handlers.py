"""What likely duplicates do when others tell something: follow merges, and read no more than the purpose covers."""

from __future__ import annotations

from collections.abc import Sequence

from cadenza.cdp.duplicates import service
from cadenza.cdp.identity.facts import ProfilesMerged, ProfilesUnmerged
from cadenza.trust.privacy.facts import PurposeChanged


def on_profiles_merged(facts: Sequence[ProfilesMerged]) -> None:
    """Decisions about the losers hold for the winners."""
    service.follow_merges(facts[0].workspace, {told.loser: (told.winner, told.merge) for told in facts})


def on_profiles_unmerged(facts: Sequence[ProfilesUnmerged]) -> None:
    """Two whom somebody took apart are not suggested again."""
    for told in facts:
        service.follow_unmerge(told.workspace, told.winner, told.loser, told.merge)


def on_purpose_changed(facts: Sequence[PurposeChanged]) -> None:
    """What was read under an instruction that has been taken back is forgotten."""
    for told in facts:
        if told.purpose == service.PURPOSE and not told.covered:
            service.forget_learnt(told.workspace)
