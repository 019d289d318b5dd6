"""From a person's comings and goings, under all their ids, to the times spent in each segment."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from cadenza.base.ids import SegmentId
from cadenza.cdp.segments.types import Membership


class Step(NamedTuple):
    """One id entered a segment, or left it; `merged`: only because people became one, or two again."""

    segment: UUID
    name: str
    profile: int
    entered: bool
    at: datetime
    merged: bool = False


def fold(steps: Iterable[Step]) -> list[Membership]:
    """Memberships from steps in the order of time: those that last first, then the ended, each the newest first.

    A person is in as long as one of their ids is; to be somebody else for a while ends nothing.
    """
    lasting: dict[UUID, Membership] = {}
    ended: list[Membership] = []
    inside: dict[UUID, set[int]] = {}
    for step in steps:
        ids = inside.setdefault(step.segment, set())
        if step.entered:
            ids.add(step.profile)
            lasting.setdefault(step.segment, Membership(SegmentId(step.segment), step.name, step.at, None))
        elif not step.merged or ids != {step.profile}:
            ids.discard(step.profile)
            if not ids and step.segment in lasting:
                ended.append(replace(lasting.pop(step.segment), until=step.at))
    return [*sorted(lasting.values(), key=_since, reverse=True), *sorted(ended, key=_since, reverse=True)]


def _since(membership: Membership) -> datetime:
    return membership.since
