"""What tracking does when others tell something."""

from __future__ import annotations

from collections.abc import Sequence

from cadenza.cdp.identity.facts import ProfilesMerged
from cadenza.outreach.tracking import service


def on_profiles_merged(facts: Sequence[ProfilesMerged]) -> None:
    """Two people are one: so are the links made for them."""
    for told in facts:
        service.follow_merge(told.workspace, told.winner, told.loser)
