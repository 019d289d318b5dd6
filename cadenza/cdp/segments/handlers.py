"""What segments do when something was told: count a changed one soon, and put back who was parted from somebody."""

from __future__ import annotations

from collections.abc import Sequence

from cadenza.base import jobs
from cadenza.cdp.identity.facts import ProfilesUnmerged
from cadenza.cdp.segments import service
from cadenza.cdp.segments.facts import SegmentChanged
from cadenza.cdp.segments.jobs import refresh_one


def on_segment_changed(facts: Sequence[SegmentChanged]) -> None:
    """Refresh it as soon as this transaction has been committed."""
    for told in facts:
        segment = str(told.segment)
        jobs.defer(refresh_one, once=f"segment {segment}", workspace=str(told.workspace), segment=segment)


def on_profiles_unmerged(facts: Sequence[ProfilesUnmerged]) -> None:
    """Who is a person of its own again stands where it stood. A merge needs nothing: the next refresh follows it."""
    for told in facts:
        service.follow_unmerge(told.workspace, told.loser, told.ids)
