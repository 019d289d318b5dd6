"""What the mailbox does when others tell something."""

from __future__ import annotations

from collections.abc import Sequence

from cadenza.cdp.identity.facts import ProfilesMerged
from cadenza.channels.email import store


def on_profiles_merged(facts: Sequence[ProfilesMerged]) -> None:
    """The mails in the mailbox follow the person."""
    for told in facts:
        store.follow_merge(told.workspace, told.winner, told.loser)
