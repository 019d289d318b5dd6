"""Segments that are filled by hand, by file or by whoever else decides: people are put in and taken out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from pyroaring import BitMap64

from cadenza.base import clock, database
from cadenza.base.ids import ProfileId, SegmentId, WorkspaceId
from cadenza.cdp.identity import service as identity
from cadenza.cdp.profiles import service as profiles
from cadenza.cdp.segments import models, refresh, store
from cadenza.cdp.segments.types import Refreshed
from cadenza.trust.accounts import service as accounts


def begin(workspace: WorkspaceId, segment: SegmentId, at: datetime) -> None:
    """It holds nobody yet."""
    store.write(workspace, [store.Change(segment, BitMap64(), BitMap64(), BitMap64())], at, 0)


def change(workspace: WorkspaceId, row: models.Segment, people: Iterable[int], entered: bool) -> Refreshed:
    """Put people in, or take them out; those who do not exist are passed over."""
    database.lock(workspace, refresh.MEMBERS)
    segment = SegmentId(row.id)
    named = BitMap64(identity.currents(workspace, map(ProfileId, people)).values())
    known = named & BitMap64(profiles.existing(workspace, named)) if entered else named
    return _write(workspace, segment, known, entered)


def _write(workspace: WorkspaceId, segment: SegmentId, people: BitMap64, entered: bool) -> Refreshed:
    now, was = clock.now(), store.members(workspace, [segment])[segment]
    members = was | people if entered else was - people
    return _written(workspace, store.Change(segment, members - was, was - members, members), now)


def _written(workspace: WorkspaceId, made: store.Change, now: datetime) -> Refreshed:
    store.write(workspace, [made], now, 0)
    store.meter(workspace, [made], refresh.day_of(now, accounts.workspace(workspace).time_zone))
    store.touch(workspace, made.entered | made.left)
    refresh.told(workspace, now, made)
    return Refreshed(made.segment, len(made.members or ()), len(made.entered), len(made.left))


def follow_merges(workspace: WorkspaceId, into: Mapping[ProfileId, ProfileId]) -> None:
    """Where losers were put in, their winners are in now."""
    held = store.held_by_hand(workspace, into)
    if not held:
        return  # ingestion, which merges, waits for no segment
    database.lock(workspace, refresh.MEMBERS)
    now, before = clock.now(), store.members(workspace, held)
    for segment, losers in held.items():
        was = before[segment]
        members = (was - losers) | BitMap64(into[ProfileId(one)] for one in losers)
        made = store.Change(segment, members - was, was - members, members)
        refresh.follow_merges(workspace, [(made, members)])
        _written(workspace, made, now)
