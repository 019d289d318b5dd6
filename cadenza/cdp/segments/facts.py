"""What segments tell those above."""

from __future__ import annotations

from dataclasses import dataclass

from cadenza.base.fact import Fact
from cadenza.base.ids import ProfileId, SegmentId


@dataclass(frozen=True, kw_only=True)
class SegmentEntered(Fact):
    """A person is in a segment and was not before; a new segment's first members have entered too."""

    segment: SegmentId
    profile: ProfileId


@dataclass(frozen=True, kw_only=True)
class SegmentLeft(Fact):
    """A person was in a segment and is no more."""

    segment: SegmentId
    profile: ProfileId


@dataclass(frozen=True, kw_only=True)
class SegmentChanged(Fact):
    """A segment was saved, changed or brought back, so that its members must be found anew."""

    segment: SegmentId
