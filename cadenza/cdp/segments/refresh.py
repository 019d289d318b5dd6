"""Find the members of segments anew, all of them in one pass, and write who entered and who left.

The question is put before the members are locked, so that what happens meanwhile is followed at once by `tick`;
whom a tick looked at meanwhile is left as the tick said, and looked at once more.  No row that a tick writes is
written before the lock: each would wait for the other.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from pyroaring import BitMap64

from cadenza.base import clock, database, log
from cadenza.base.fact import listeners, tell
from cadenza.base.ids import ProfileId, SegmentId, WorkspaceId
from cadenza.base.problem import BadInput
from cadenza.cdp.identity import service as identity
from cadenza.cdp.segments import asking, knowledge, models, store
from cadenza.cdp.segments.compile import asked
from cadenza.cdp.segments.due import due, read_schedule
from cadenza.cdp.segments.facts import SegmentEntered, SegmentLeft
from cadenza.cdp.segments.follow import follow
from cadenza.cdp.segments.inline import inline, uses
from cadenza.cdp.segments.knowledge import Known
from cadenza.cdp.segments.leaves import Condition
from cadenza.cdp.segments.plan import Frame
from cadenza.cdp.segments.types import Mode, Refreshed
from cadenza.trust.accounts import service as accounts

MEMBERS = "segments"  # the lock under which members change
REFRESHING = "segments refresh"
AT_ONCE = 500  # conditions in one query; more would be too long a text for the engine

Trees = dict[SegmentId, Condition]
_log = log.get(__name__)


@dataclass(frozen=True)
class Catalogue:
    """The segments of a workspace that can be found, ready to be asked: each stands for all that it builds on."""

    rows: Mapping[SegmentId, models.Segment]
    trees: Trees
    used: Mapping[SegmentId, list[SegmentId]]
    known: Known
    broken: Mapping[SegmentId, BadInput]  # those that cannot be found, and why

    def of(self, mode: Mode) -> list[SegmentId]:
        """Those of a mode."""
        return [one for one in self.trees if self.rows[one].mode == mode]


def catalogue(workspace: WorkspaceId) -> Catalogue:
    """Every segment in use; beside them those that are unsound, and those that build on them."""
    known = knowledge.known(workspace)
    found = models.Segment.objects.filter(workspace_id=workspace, archived_at=None).exclude(mode=Mode.STATIC)
    rows = {SegmentId(row.id): row for row in found.order_by("position", "id")}
    trees: Trees = {}
    broken: dict[SegmentId, BadInput] = {}
    for segment, row in rows.items():
        try:
            trees[segment] = knowledge.sound(workspace, row.tree, known)
        except BadInput as refusal:
            broken[segment] = refusal
    _spread_faults(rows, trees, broken)
    live = {one for one in trees if rows[one].mode == Mode.REALTIME}
    used = {segment: uses(tree) for segment, tree in trees.items()}
    return Catalogue(rows, inline(trees, _groups(rows), live), used, known, broken)


def _spread_faults(
    rows: Mapping[SegmentId, models.Segment], trees: Trees, broken: dict[SegmentId, BadInput]
) -> None:
    more = set(broken)
    while more:
        more = {one for one, tree in trees.items() if set(uses(tree)) & more}
        for segment in more:
            del trees[segment]
            broken[segment] = BadInput(
                "A segment that this one asks cannot be found.", at="tree", hint="Mend that one first."
            )


def _groups(rows: Mapping[SegmentId, models.Segment]) -> list[list[SegmentId]]:
    groups: dict[object, list[SegmentId]] = {}
    for segment, row in rows.items():
        if row.group_id:
            groups.setdefault(row.group_id, []).append(segment)
    return list(groups.values())


def refresh(workspace: WorkspaceId, segments: Iterable[SegmentId] | None = None) -> list[Refreshed]:
    """Find the members of these segments (of all in use) anew, and tell who entered and who left."""
    database.lock(workspace, REFRESHING)
    here = catalogue(workspace)
    wanted = set(here.trees) if segments is None else _with_dependents(here, set(segments))
    chosen = {one: tree for one, tree in here.trees.items() if one in wanted}
    done = _refresh(workspace, here, chosen)
    if segments is None:
        models.Progress.objects.update_or_create(workspace_id=workspace, defaults={"rebuilt_at": clock.now()})
    return done


def _with_dependents(here: Catalogue, wanted: set[SegmentId]) -> set[SegmentId]:
    """What changes here changes those that ask for it (scheduled ones in their time), and the others of its group."""
    more = set(wanted)
    while more:
        groups = {here.rows[one].group_id for one in more if one in here.rows} - {None}
        wanted |= more
        more = {
            one
            for one, row in here.rows.items()
            if one not in wanted
            and (
                row.group_id in groups or (row.mode == Mode.REALTIME and set(here.used.get(one, ())) & wanted)
            )
        }
    return wanted


def _batches(trees: Trees) -> Iterator[Trees]:
    """As many segments at once as one query can hold; usually all of them."""
    batch: Trees = {}
    size = 0
    for segment, tree in trees.items():
        more = len(asked([tree]))
        if batch and size + more > AT_ONCE:
            yield batch
            batch, size = {}, 0
        batch[segment] = tree
        size += more
    if batch:
        yield batch


def _refresh(workspace: WorkspaceId, here: Catalogue, trees: Trees) -> list[Refreshed]:
    started = time.monotonic()
    tick = store.progress(workspace).ticks
    frame = knowledge.frame(workspace, here.known)
    found: dict[SegmentId, BitMap64] = {}
    refused = dict(here.broken)
    for some in _batches(trees):
        found |= find(workspace, some, frame, refused)
    database.lock(workspace, MEMBERS)
    mark(workspace, refused)
    if not found:
        return []
    meanwhile = store.taken_after(workspace, tick)
    changes = compare(store.members(workspace, found), found, meanwhile)
    follow_merges(workspace, [(change, found[change.segment]) for change in changes])
    store.write(workspace, changes, frame.moment, _ms(started))
    store.touch(workspace, meanwhile)
    followed(workspace, here, changes, frame.moment)
    _settle(workspace, here, [change.segment for change in changes], frame)
    return [Refreshed(c.segment, len(c.members or ()), len(c.entered), len(c.left)) for c in changes]


def compare(
    before: Mapping[SegmentId, BitMap64], found: Mapping[SegmentId, BitMap64], keep: BitMap64
) -> list[store.Change]:
    """Who came and went; those in `keep` stay as they were."""
    changes = []
    for segment, now in found.items():
        was = before[segment]
        members = (now - keep) | (was & keep) if keep else now
        changes.append(store.Change(segment, members - was, was - members, members))
    return changes


def follow_merges(workspace: WorkspaceId, found: Sequence[tuple[store.Change, BitMap64]]) -> None:
    """Mark in each change, beside it who is in now, those who are only somebody else since."""
    left = {ProfileId(one) for change, _ in found for one in change.left}
    people = identity.currents(workspace, left) if left else {}
    into = {int(old): int(new) for old, new in people.items() if old != new}
    for change, members in found if into else ():
        change.merged = follow(change.entered, change.left, members, into)


def bring_back(workspace: WorkspaceId, person: ProfileId, ids: Iterable[int]) -> None:
    """Put somebody where they stood under these ids before a merge, telling nobody: they had not left but by it."""
    segments = store.merged_away(workspace, ids)
    if not segments:
        return
    database.lock(workspace, MEMBERS)
    now, held, back = clock.now(), store.members(workspace, segments), BitMap64([person])
    changes = [
        store.Change(one, back, BitMap64(), merged=back) for one, was in held.items() if person not in was
    ]
    if changes:
        store.write_few(workspace, changes, {c.segment: len(held[c.segment]) + 1 for c in changes}, now)
        store.took(workspace, back, store.progress(workspace).ticks + 1)  # a refresh under way leaves them in
        slow = models.Segment.objects.filter(workspace_id=workspace).exclude(mode=Mode.REALTIME)
        metered = set(slow.filter(id__in=segments).values_list("id", flat=True))
        today = day_of(now, accounts.workspace(workspace).time_zone)
        store.meter(workspace, [one for one in changes if one.segment in metered], today)


def followed(workspace: WorkspaceId, here: Catalogue, changes: Iterable[store.Change], at: datetime) -> None:
    """What follows from comings and goings: facts, the ledger, and whoever asks for that segment."""
    moved = [change for change in changes if change.entered or change.left]
    metered = [c for c in moved if c.segment in here.rows and here.rows[c.segment].mode != Mode.REALTIME]
    store.meter(workspace, metered, day_of(at, here.known.zone))
    for change in metered:
        store.touch(workspace, change.entered | change.left)
    for change in moved:
        told(workspace, at, change)


def day_of(at: datetime, zone: str) -> date:
    """The workspace's day at a moment."""
    return at.astimezone(ZoneInfo(zone)).date()


def told(workspace: WorkspaceId, at: datetime, change: store.Change) -> None:
    """First who entered, then who left. Who is in for somebody that they are since, enters nothing."""
    heard = listeners()
    for kind, people in ((SegmentEntered, change.entered - change.merged), (SegmentLeft, change.left)):
        if heard.get(kind):  # a million facts that nobody hears need not be made
            tell(
                *(
                    kind(workspace=workspace, at=at, segment=change.segment, profile=ProfileId(one))
                    for one in people
                )
            )


def _settle(workspace: WorkspaceId, here: Catalogue, segments: list[SegmentId], frame: Frame) -> None:
    """When scheduled ones are due again; time, for the others, has moved until this moment and no further."""
    for segment in segments:
        row = here.rows[segment]
        if row.mode == Mode.SCHEDULED:
            next_time = due(read_schedule(row.schedule), frame.moment, frame.zone)
            models.State.objects.filter(workspace_id=workspace, segment_id=segment).update(due_at=next_time)
    database.execute(
        "update segments_progress set moved_at = least(coalesce(moved_at, %s), %s) where workspace_id = %s",
        [frame.moment, frame.moment, workspace],
    )


def find(
    workspace: WorkspaceId, trees: Trees, frame: Frame, refused: dict[SegmentId, BadInput]
) -> dict[SegmentId, BitMap64]:
    """Members of each. Where all at once is too much, each alone, so that one runaway stops only itself: it is put
    among the `refused`.
    """
    if not trees:
        return {}
    try:
        sets = knowledge.given(workspace, trees.values(), frame.people)
        return dict(zip(trees, asking.ask(list(trees.values()), frame, sets), strict=True))
    except BadInput as refusal:
        if len(trees) == 1:
            [alone] = trees
            refused[alone] = refusal
            return {}
    return {
        s: held
        for one, tree in trees.items()
        for s, held in find(workspace, {one: tree}, frame, refused).items()
    }


def mark(workspace: WorkspaceId, refused: Mapping[SegmentId, BadInput]) -> None:
    """Say on each of these segments why it cannot be found. The members must be locked."""
    for segment, refusal in refused.items():
        if store.mark(workspace, segment, str(refusal)):
            _log.warning("segment.not_refreshed", segment=str(segment), at=refusal.at)


def _ms(started: float) -> int:
    return round((time.monotonic() - started) * 1000)
