"""What product lists do when others tell something."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from cadenza.cdp.identity.facts import ProfilesMerged, ProfilesUnmerged
from cadenza.cdp.ingest.facts import EventsStored
from cadenza.cdp.product_lists import service


def on_events_stored(facts: Sequence[EventsStored]) -> None:
    """Lists follow what people put in and take out, whichever door told it."""
    for told in facts:
        service.take_in(told.workspace, told.events)


def on_profiles_merged(facts: Sequence[ProfilesMerged]) -> None:
    """Two people are one: so are their lists."""
    for workspace, group in groupby(facts, key=lambda told: told.workspace):
        service.follow_merges(workspace, [(told.winner, told.loser) for told in group])


def on_profiles_unmerged(facts: Sequence[ProfilesUnmerged]) -> None:
    """They are two again."""
    for told in facts:
        service.follow_unmerge(told.workspace, told.winner, told.loser, told.ids)
