"""What segments do when something was told: find a changed segment's members soon, not at the next tick."""

from __future__ import annotations

from collections.abc import Sequence

from cadenza.base import jobs
from cadenza.cdp.segments.facts import SegmentChanged
from cadenza.cdp.segments.jobs import refresh_one


def on_segment_changed(facts: Sequence[SegmentChanged]) -> None:
    """Refresh it as soon as this transaction has been committed."""
    for told in facts:
        segment = str(told.segment)
        jobs.defer(refresh_one, once=f"segment {segment}", workspace=str(told.workspace), segment=segment)
