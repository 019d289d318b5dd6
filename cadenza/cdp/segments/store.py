"""The bulk SQL of segments: states, moves, counts of many at once, and who must be looked at again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from pyroaring import BitMap64

from cadenza.base import clickhouse, database, projection
from cadenza.base.ids import ProfileId, SegmentId, WorkspaceId
from cadenza.cdp.segments import models

MERGE = "merge"  # the cause of a move that is none of the person's
FOLD_AT = 5000  # transitions beside a bitmap from which on it is written anew

MOVE = """
with made as (
  insert into segments_transition (workspace_id, segment_id, profile_id, entered, at, cause)
  select %s, %s, profile, %s, %s, %s from unnest(%s::bigint[]) as profile returning id
)
select max(id) from made
"""

Moves = list[tuple[int, bool]]  # profile, entered: in the order in which they happened


@dataclass
class Change:
    """What was found for one segment. `members` are known where all of them were looked for.

    `merged`: those of `entered` and `left` who only changed places, since people became one, or two again.
    """

    segment: SegmentId
    entered: BitMap64
    left: BitMap64
    members: BitMap64 | None = None
    merged: BitMap64 = field(default_factory=BitMap64)


@dataclass(frozen=True)
class Held:
    """What is stored of a segment's members: who they are is the bitmap and the transitions after `through`."""

    count: int
    through: int
    pending: int
    epoch: int


def members(workspace: WorkspaceId, segments: Iterable[SegmentId]) -> dict[SegmentId, BitMap64]:
    """Whom these segments hold; one that was never refreshed holds nobody."""
    wanted = list(segments)
    found = {segment: BitMap64() for segment in wanted}
    behind = {}
    for row in models.State.objects.filter(workspace_id=workspace, segment_id__in=wanted):
        found[SegmentId(row.segment_id)] = BitMap64.deserialize(bytes(row.members))
        if row.pending:
            behind[row.segment_id] = row.through
    for segment, moved in _after(workspace, behind).items():
        follow(found[segment], moved)
    return found


def _after(workspace: WorkspaceId, through: Mapping[Any, int]) -> dict[SegmentId, Moves]:
    if not through:
        return {}
    found = database.bulk(  # segment by segment through the index: as a join, all that ever happened was read
        "select t.segment_id, t.profile_id, t.entered from unnest(%s::uuid[], %s::bigint[]) as s(segment, through)"
        " cross join lateral (select id, segment_id, profile_id, entered from segments_transition"
        " where segment_id = s.segment and id > s.through and workspace_id = %s offset 0) as t order by t.id",
        [list(through), list(through.values()), workspace],
        binary=True,
    )
    moves: dict[SegmentId, Moves] = {}
    for segment, profile, entered in found:
        moves.setdefault(SegmentId(segment), []).append((profile, entered))
    return moves


def follow(members: BitMap64, moves: Iterable[tuple[int, bool]]) -> None:
    """Carry out comings and goings on a set."""
    for profile, entered in moves:
        (members.add if entered else members.discard)(profile)


def held(workspace: WorkspaceId, segments: Sequence[SegmentId]) -> dict[SegmentId, Held]:
    """What is stored of these, without the bitmaps."""
    found = models.State.objects.filter(workspace_id=workspace, segment_id__in=segments).exclude(
        refreshed_at=None
    )
    return {
        SegmentId(segment): Held(*rest)
        for segment, *rest in found.values_list("segment_id", "count", "through", "pending", "epoch")
    }


def moves_after(workspace: WorkspaceId, after: int, most: int) -> list[tuple[int, SegmentId, int, bool]]:
    """Comings and goings of all segments after a transition, in their order."""
    return database.bulk(  # type: ignore[return-value]
        "select id, segment_id, profile_id, entered from segments_transition"
        " where workspace_id = %s and id > %s order by id limit %s",
        [workspace, after, most],
        binary=True,
    )


def last_move(workspace: WorkspaceId) -> int:
    """The newest transition's number."""
    [(found,)] = database.rows(
        "select coalesce(max(id), 0) from segments_transition where workspace_id = %s", [workspace]
    )
    return int(found)


def write(workspace: WorkspaceId, changes: Sequence[Change], at: datetime, took_ms: int) -> None:
    """Write what a refresh found: states, who came and went, and this hour's counts."""
    _stamp(workspace, [change.segment for change in changes], at, took_ms)
    moved = [change for change in changes if change.entered or change.left]
    through = _transitions(workspace, moved, at)
    _hold(workspace, moved, through)
    _count(workspace, [(c.segment, len(c.members or ())) for c in changes], at)


def write_few(
    workspace: WorkspaceId, changes: Sequence[Change], counts: Mapping[SegmentId, int], at: datetime
) -> int:
    """Write some comings and goings beside the bitmaps, which stay as they are; gives the last one's number."""
    through = _transitions(workspace, changes, at)
    told = [(c.segment, len(c.entered) - len(c.left), len(c.entered) + len(c.left)) for c in changes]
    database.bulk(
        "update segments_state as s set count = s.count + n.more, pending = s.pending + n.moves"
        " from unnest(%s::uuid[], %s::bigint[], %s::int[]) as n(segment, more, moves)"
        " where s.workspace_id = %s and s.segment_id = n.segment",
        [*(list(column) for column in zip(*told, strict=True)), workspace],
    )
    _count(workspace, [(c.segment, counts[c.segment]) for c in changes], at)
    return through


def fold(workspace: WorkspaceId, segment: SegmentId, members: BitMap64, through: int) -> None:
    """Write a bitmap that holds all transitions so far."""
    models.State.objects.filter(workspace_id=workspace, segment_id=segment).update(
        members=members.serialize(), count=len(members), through=through, pending=0
    )


def _stamp(workspace: WorkspaceId, segments: list[SegmentId], at: datetime, took_ms: int) -> None:
    database.execute(
        "insert into segments_state (workspace_id, segment_id, members, count, through, pending, epoch, refreshed_at,"
        " took_ms) select %s, segment, %s, 0, 0, 0, 0, %s, %s from unnest(%s::uuid[]) as segment"
        " on conflict (segment_id) do update"
        " set refreshed_at = excluded.refreshed_at, took_ms = excluded.took_ms, problem = null",
        [workspace, BitMap64().serialize(), at, took_ms, segments],
    )


def _hold(workspace: WorkspaceId, changes: Sequence[Change], through: int) -> None:
    database.execute(
        "update segments_state as s set members = n.members, count = n.count, through = %s, pending = 0"
        " from unnest(%s::uuid[], %s::bytea[], %s::bigint[]) as n(segment, members, count)"
        " where s.workspace_id = %s and s.segment_id = n.segment",
        [
            through,
            [change.segment for change in changes],
            [_whole(change).serialize() for change in changes],
            [len(_whole(change)) for change in changes],
            workspace,
        ],
    )


def _whole(change: Change) -> BitMap64:
    return change.members if change.members is not None else BitMap64()


def _transitions(workspace: WorkspaceId, changes: Sequence[Change], at: datetime) -> int:
    """Write them segment by segment, first who came; gives the last one's number."""
    last = 0
    for change in changes:
        for profiles, entered in ((change.entered, True), (change.left, False)):
            for some, cause in ((profiles - change.merged, None), (profiles & change.merged, MERGE)):
                if some:
                    bound = [workspace, change.segment, entered, at, cause, database.numbers(some)]
                    [(last,)] = database.bulk(MOVE, bound)
    return last


def held_by_hand(workspace: WorkspaceId, profiles: Iterable[int]) -> dict[SegmentId, BitMap64]:
    """The static segments that some of these are in, and who of them."""
    found = database.bulk(
        "select segment_id, profile_id from (select distinct on (t.segment_id, t.profile_id) t.segment_id,"
        " t.profile_id, t.entered from segments_transition t join segments_segment s on s.id = t.segment_id"
        " and s.mode = 'static' where t.workspace_id = %s and t.profile_id = any(%s::bigint[])"
        " order by t.segment_id, t.profile_id, t.id desc) last where entered",
        [workspace, database.numbers(profiles)],
        binary=True,
    )
    held: dict[SegmentId, BitMap64] = {}
    for segment, profile in found:
        held.setdefault(SegmentId(segment), BitMap64()).add(profile)
    return held


def merged_away(workspace: WorkspaceId, ids: Iterable[int]) -> list[SegmentId]:
    """The segments that somebody, under these ids, left last only by becoming somebody else."""
    found = database.bulk(
        "select segment_id from (select distinct on (t.segment_id) t.segment_id, t.entered, t.cause"
        " from segments_transition t join segments_state s on s.segment_id = t.segment_id"
        " where t.workspace_id = %s and t.profile_id = any(%s::bigint[]) order by t.segment_id, t.id desc) last"
        " where not entered and cause = %s order by segment_id",
        [workspace, database.numbers(ids), MERGE],
        binary=True,
    )
    return [SegmentId(segment) for (segment,) in found]


def _count(workspace: WorkspaceId, counts: Sequence[tuple[SegmentId, int]], at: datetime) -> None:
    database.execute(
        "insert into segments_count (workspace_id, segment_id, hour, count)"
        " select %s, segment, date_trunc('hour', %s::timestamptz, 'UTC'), count"
        " from unnest(%s::uuid[], %s::bigint[]) as n(segment, count)"
        " on conflict (segment_id, hour) do update set count = excluded.count"
        " where segments_count.count <> excluded.count",
        [workspace, at, [segment for segment, _ in counts], [count for _, count in counts]],
    )


def meter(workspace: WorkspaceId, changes: Iterable[Change], day: date) -> None:
    """Add transitions to the ledger by day."""
    rows = [(c.segment, len(c.entered), len(c.left)) for c in changes if c.entered or c.left]
    if rows:
        database.execute(
            'insert into segments_metered (workspace_id, segment_id, day, entered, "left")'
            " select %s, segment, %s, came, went from unnest(%s::uuid[], %s::bigint[], %s::bigint[])"
            " as n(segment, came, went) on conflict (segment_id, day) do update set"
            " entered = segments_metered.entered + excluded.entered,"
            ' "left" = segments_metered."left" + excluded."left"',
            [workspace, day, *(list(column) for column in zip(*rows, strict=True))],
        )


def mark(workspace: WorkspaceId, segment: SegmentId, problem: str) -> bool:
    """Say why a segment could not be refreshed; it keeps the members it had. Gives whether that is new."""
    said = database.rows(
        "insert into segments_state as s (workspace_id, segment_id, members, count, through, pending, epoch, problem)"
        " values (%s, %s, %s, 0, 0, 0, 0, %s) on conflict (segment_id) do update set problem = excluded.problem"
        " where s.problem is distinct from excluded.problem returning 1",
        [workspace, segment, BitMap64().serialize(), problem],
    )
    return bool(said)


def touch(workspace: WorkspaceId, profiles: Iterable[int]) -> None:
    """Somebody changed, in this transaction: who is written down here is looked at soon."""
    database.bulk(
        "insert into segments_touched (workspace_id, profile_id) select %s, profile"
        " from unnest(%s::bigint[]) as profile where exists (select 1 from segments_segment"
        " where workspace_id = %s and archived_at is null and mode = 'realtime')",
        [workspace, database.numbers(profiles), workspace],
    )


def take(workspace: WorkspaceId, most: int, tick: int) -> set[int]:
    """Some of those who wait, taken by a tick: they will be looked at in this transaction."""
    found = database.bulk(
        "update segments_touched set taken = %s where id in (select id from segments_touched"
        " where workspace_id = %s and taken is null order by id limit %s) returning profile_id",
        [tick, workspace, most],
        binary=True,
    )
    return {profile for (profile,) in found}


def took(workspace: WorkspaceId, profiles: Iterable[int], tick: int) -> None:
    """These were looked at without having been touched: time moved them."""
    database.bulk(
        "insert into segments_touched (workspace_id, profile_id, taken) select %s, profile, %s"
        " from unnest(%s::bigint[]) as profile",
        [workspace, tick, database.numbers(profiles)],
    )


def taken_after(workspace: WorkspaceId, tick: int) -> BitMap64:
    """Who was looked at by later ticks."""
    found = database.bulk(
        "select distinct profile_id from segments_touched where workspace_id = %s and taken > %s",
        [workspace, tick],
        binary=True,
    )
    return BitMap64(profile for (profile,) in found)


def waiting(workspace: WorkspaceId, most: int) -> int:
    """How many wait to be looked at, counted up to a bound."""
    [(found,)] = database.rows(
        "select count(*) from (select 1 from segments_touched where workspace_id = %s and taken is null limit %s) t",
        [workspace, most],
    )
    return int(found)


def waiting_rows(workspace: WorkspaceId) -> list[int]:
    """All that wait, by the numbers of their rows."""
    found = database.bulk(
        "select id from segments_touched where workspace_id = %s and taken is null", [workspace], binary=True
    )
    return [row for (row,) in found]


def looked_at(workspace: WorkspaceId, rows: Sequence[int]) -> None:
    """These rows wait no longer."""
    database.bulk(
        "update segments_touched set taken = 0 where workspace_id = %s and id = any(%s::bigint[])",
        [workspace, database.numbers(rows)],
    )


def sweep(workspace: WorkspaceId, tick: int) -> None:
    """Forget who was looked at long ago."""
    database.execute("delete from segments_touched where workspace_id = %s and taken < %s", [workspace, tick])


def progress(workspace: WorkspaceId) -> models.Progress:
    """How far the segments of a workspace are."""
    return models.Progress.objects.get_or_create(workspace_id=workspace)[0]


def forget(workspace: WorkspaceId, profiles: Sequence[ProfileId]) -> dict[str, int]:
    """Take people out of every set and out of the history."""
    gone = BitMap64(profiles)
    emptied = 0
    rows = {SegmentId(row.segment_id): row for row in _locked(workspace)}
    for segment, now in members(workspace, rows).items():
        if now & gone:
            row, rest = rows[segment], now - gone
            row.members, row.count, row.pending, row.epoch = rest.serialize(), len(rest), 0, row.epoch + 1
            row.through = last_move(workspace)
            row.save(update_fields=["members", "count", "pending", "epoch", "through"])
            emptied += 1
    removed, _ = models.Transition.objects.filter(workspace_id=workspace, profile_id__in=profiles).delete()
    waited, _ = models.Touched.objects.filter(workspace_id=workspace, profile_id__in=profiles).delete()
    projection.drain()
    said = sum(clickhouse.erase("subscription", workspace, one) for one in profiles)
    told = {"segments_state": emptied, "segments_transition": removed, "segments_touched": waited}
    return told | {"subscription": said}


def _locked(workspace: WorkspaceId) -> list[models.State]:
    return list(models.State.objects.filter(workspace_id=workspace).select_for_update())
