"""From a person's comings and goings to the times spent in each segment."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from cadenza.base.ids import SegmentId
from cadenza.cdp.segments.types import Membership

Move = tuple[UUID, str, bool, datetime]  # segment, its name, entered, when


def fold(moves: Iterable[Move]) -> list[Membership]:
    """Memberships from moves in the order of time: those that last first, then the ended, each the newest first."""
    lasting: dict[UUID, Membership] = {}
    ended: list[Membership] = []
    for segment, name, entered, at in moves:
        if entered:
            lasting.setdefault(segment, Membership(SegmentId(segment), name, at, None))
        elif segment in lasting:
            ended.append(replace(lasting.pop(segment), until=at))
    return [*sorted(lasting.values(), key=_since, reverse=True), *sorted(ended, key=_since, reverse=True)]


def _since(membership: Membership) -> datetime:
    return membership.since
