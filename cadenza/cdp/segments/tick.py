"""Follow what happened: only those whom something touched since the last tick, or time, are looked at.

Members, transitions and facts are written in the transaction that takes the touched ones: each is told once,
whatever crashes.  Bitmaps are kept in memory and brought up to date from the transitions, not read at every tick.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pyroaring import BitMap64

from cadenza.base import clock, database, log, projection
from cadenza.base.ids import SegmentId, WorkspaceId
from cadenza.base.problem import BadInput
from cadenza.cdp.segments import asking, models, refresh, store
from cadenza.cdp.segments.plan import Frame
from cadenza.cdp.segments.refresh import MEMBERS, Catalogue
from cadenza.cdp.segments.types import Mode

AT_ONCE = 5000  # people in one tick
FLOOD = 100_000  # so many waiting are found faster all at once
COPIED_SECONDS = 5.0  # how long a tick waits until what was committed can be asked
EDGE_SECONDS = 5.0  # how often time is looked at
LONGEST_STEP = timedelta(hours=6)  # time that moved further is a matter for a refresh
MOST_BEHIND = 50_000  # transitions that are followed one by one
MOST_KEPT = 400  # bitmaps in memory

_log = log.get(__name__)


@dataclass
class _Kept:
    epoch: int
    members: BitMap64


@dataclass
class _Shelf:
    """The bitmaps of one workspace, all as of one transition."""

    through: int
    sets: dict[SegmentId, _Kept]


_shelves: dict[WorkspaceId, _Shelf] = {}


def tick(workspace: WorkspaceId, time_too: bool | None = None) -> int:
    """Look at those who were touched; gives how many people. `time_too`: also whom time moved (None: when due)."""
    if _is_flooded(workspace):
        return _all_at_once(workspace)
    database.lock(workspace, MEMBERS)
    progress, now = store.progress(workspace), clock.now()
    number, since = progress.ticks + 1, progress.moved_at
    ids = store.take(workspace, AT_ONCE, number)
    moves = since is not None and (_is_due(since, now) if time_too is None else time_too)
    if not ids and not moves and since is not None:
        return 0
    if ids and not projection.wait(COPIED_SECONDS):
        raise TimeoutError("What happened has not reached the event store yet.")
    here = refresh.catalogue(workspace)
    refresh.mark(workspace, here.broken)
    live = [one for one in store.held(workspace, here.of(Mode.REALTIME)) if one in here.trees]
    if moves and since and live:
        ids |= _moved(workspace, here, live, since, now, number)
    _went_on(progress, number, now if moves or since is None else since)
    return _look(workspace, here, live, ids, now) if ids and live else 0


def _is_due(since: datetime, now: datetime) -> bool:
    return (now - since).total_seconds() >= EDGE_SECONDS


def _is_flooded(workspace: WorkspaceId) -> bool:
    since = store.progress(workspace).moved_at
    if since and clock.now() - since > LONGEST_STEP:
        return True
    return store.waiting(workspace, FLOOD) >= FLOOD


def _all_at_once(workspace: WorkspaceId) -> int:
    """More than can be followed: everyone is looked at. What is written is written when the members are locked."""
    started, waited = clock.now(), store.waiting_rows(workspace)
    if not projection.wait(COPIED_SECONDS):
        raise TimeoutError("What happened has not reached the event store yet.")
    live = models.Segment.objects.filter(workspace_id=workspace, archived_at=None, mode=Mode.REALTIME)
    refresh.refresh(workspace, [SegmentId(one) for one in live.values_list("id", flat=True)])
    store.looked_at(workspace, waited)
    models.Progress.objects.filter(workspace_id=workspace).update(moved_at=started)
    return FLOOD


def _went_on(progress: models.Progress, number: int, moved_at: datetime | None) -> None:
    progress.ticks, progress.moved_at = number, moved_at
    progress.save(update_fields=["ticks", "moved_at"])


def _moved(
    workspace: WorkspaceId,
    here: Catalogue,
    live: Sequence[SegmentId],
    since: datetime,
    now: datetime,
    number: int,
) -> set[int]:
    before = Frame(workspace, since, here.known.zone)
    ids = asking.ask_moved([here.trees[one] for one in live], before, now)
    store.took(workspace, ids, number)
    return ids


def _look(
    workspace: WorkspaceId, here: Catalogue, live: Sequence[SegmentId], ids: set[int], now: datetime
) -> int:
    """Find these people for all live segments in one question, and write what changed."""
    frame = asking.spread(Frame(workspace, now, here.known.zone), ids)
    refused: dict[SegmentId, BadInput] = {}
    found = refresh.find(workspace, {one: here.trees[one] for one in live}, frame, refused)
    refresh.mark(workspace, refused)
    people = BitMap64(frame.people or ())
    kept = _members(workspace, list(found))
    changes = []
    for segment, now_in in found.items():
        was_in = kept[segment] & people
        if was_in != now_in:
            changes.append(store.Change(segment, now_in - was_in, was_in - now_in))
    if changes:
        refresh.follow_merges(workspace, [(change, found[change.segment]) for change in changes])
        _write(workspace, here, changes, kept, now)
    return len(people)


def _write(
    workspace: WorkspaceId,
    here: Catalogue,
    changes: Sequence[store.Change],
    kept: dict[SegmentId, BitMap64],
    now: datetime,
) -> None:
    counts = {c.segment: len(kept[c.segment]) + len(c.entered) - len(c.left) for c in changes}
    through = store.write_few(workspace, changes, counts, now)
    behind = store.held(workspace, [change.segment for change in changes])
    for change in changes:
        if behind[change.segment].pending > store.FOLD_AT:
            whole = (kept[change.segment] | change.entered) - change.left
            store.fold(workspace, change.segment, whole, through)
    refresh.followed(workspace, here, changes, now)


def _members(workspace: WorkspaceId, segments: Sequence[SegmentId]) -> dict[SegmentId, BitMap64]:
    """The members of these as they are stored, from memory where that can be brought up to date."""
    states = store.held(workspace, segments)
    shelf = _caught_up(workspace)
    missing = [
        one for one, state in states.items() if one not in shelf.sets or shelf.sets[one].epoch != state.epoch
    ]
    for segment, members in store.members(workspace, missing).items():
        shelf.sets[segment] = _Kept(states[segment].epoch, members)
    found = {one: shelf.sets[one].members for one in states}
    if len(shelf.sets) > MOST_KEPT:
        _shelves.pop(workspace)
    return found


def _caught_up(workspace: WorkspaceId) -> _Shelf:
    shelf = _shelves.get(workspace)
    moves = store.moves_after(workspace, shelf.through, MOST_BEHIND) if shelf else []
    if shelf is None or len(moves) >= MOST_BEHIND:
        while sum(len(one.sets) for one in _shelves.values()) > MOST_KEPT:
            _shelves.pop(next(iter(_shelves)))
        shelf = _shelves[workspace] = _Shelf(store.last_move(workspace), {})
        return shelf
    for number, segment, profile, entered in moves:
        shelf.through = number
        if segment in shelf.sets:
            store.follow(shelf.sets[segment].members, [(profile, entered)])
    return shelf
