"""What the mailbox does when others tell something."""

from __future__ import annotations

from collections.abc import Sequence

from cadenza.cdp.identity.facts import ProfilesMerged, ProfilesUnmerged
from cadenza.channels.email import store


def on_profiles_merged(facts: Sequence[ProfilesMerged]) -> None:
    """The mails in the mailbox follow the person."""
    store.follow_merges(facts[0].workspace, [(told.winner, told.loser) for told in facts])


def on_profiles_unmerged(facts: Sequence[ProfilesUnmerged]) -> None:
    """They go back with the person."""
    for told in facts:
        store.follow_unmerge(told.workspace, told.loser, told.ids)
