"""Segments that are filled by hand, by file or by whoever else decides: people are put in and taken out."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from pyroaring import BitMap64

from cadenza.base import clock, database
from cadenza.base.ids import ProfileId, SegmentId, WorkspaceId
from cadenza.cdp.identity import service as identity
from cadenza.cdp.profiles import service as profiles
from cadenza.cdp.segments import models, refresh, store
from cadenza.cdp.segments.types import Mode, Refreshed
from cadenza.trust.accounts import service as accounts

MERGE = "merge"


def begin(workspace: WorkspaceId, segment: SegmentId, at: datetime) -> None:
    """It holds nobody yet."""
    store.write(workspace, [store.Change(segment, BitMap64(), BitMap64(), BitMap64())], at, 0)


def change(workspace: WorkspaceId, row: models.Segment, people: Iterable[int], entered: bool) -> Refreshed:
    """Put people in, or take them out; those who do not exist are passed over."""
    database.lock(workspace, refresh.MEMBERS)
    segment = SegmentId(row.id)
    named = BitMap64(identity.current_ids(workspace, people))
    known = named & BitMap64(profiles.existing(workspace, named)) if entered else named
    return _write(workspace, segment, known, entered)


def _write(workspace: WorkspaceId, segment: SegmentId, people: BitMap64, entered: bool) -> Refreshed:
    now, was = clock.now(), store.members(workspace, [segment])[segment]
    members = was | people if entered else was - people
    made = store.Change(segment, members - was, was - members, members)
    store.write(workspace, [made], now, 0)
    store.meter(workspace, [made], refresh.day_of(now, accounts.workspace(workspace).time_zone))
    store.touch(workspace, made.entered | made.left)
    refresh.told(workspace, now, made)
    return Refreshed(segment, len(members), len(made.entered), len(made.left))


def follow_merge(workspace: WorkspaceId, winner: ProfileId, loser: ProfileId) -> None:
    """Where the loser was put in, the winner is in now."""
    for segment, entered, _ in _last(workspace, loser):
        if entered:
            database.lock(
                workspace, refresh.MEMBERS
            )  # only here: ingestion, which merges, waits for no segment
            _write(workspace, segment, BitMap64([loser]), entered=False)
            _write(workspace, segment, BitMap64([winner]), entered=True)
            store.because(workspace, segment, loser, MERGE)


def follow_unmerge(workspace: WorkspaceId, loser: ProfileId) -> None:
    """Who comes back is in again where the merge took it out; the winner stays where it is."""
    for segment, entered, cause in _last(workspace, loser):
        if not entered and cause == MERGE:
            database.lock(workspace, refresh.MEMBERS)
            _write(workspace, segment, BitMap64([loser]), entered=True)


def _last(workspace: WorkspaceId, profile: ProfileId) -> list[tuple[SegmentId, bool, str | None]]:
    """The last move of somebody in each static segment."""
    return database.rows(  # type: ignore[return-value]
        "select distinct on (t.segment_id) t.segment_id, t.entered, t.cause from segments_transition t"
        " join segments_segment s on s.id = t.segment_id and s.mode = %s"
        " where t.workspace_id = %s and t.profile_id = %s order by t.segment_id, t.id desc",
        [Mode.STATIC, workspace, profile],
    )
