"""The bulk SQL of segments: states, moves and counts of many at once, and the question to ClickHouse."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from pyroaring import BitMap64

from cadenza.base import clickhouse, database
from cadenza.base.ids import ProfileId, SegmentId, WorkspaceId
from cadenza.cdp.segments import models
from cadenza.cdp.segments.combine import combine
from cadenza.cdp.segments.compile import compile
from cadenza.cdp.segments.types import Condition

# A segment that needs more than this is refused with a clear message, and stops nobody else.
LIMITS = {
    "max_execution_time": 30,  # seconds
    "max_memory_usage": 4_000_000_000,
    "max_query_size": 4_000_000,  # bytes of SQL: fifty segments and more are one query
    "max_ast_elements": 500_000,
    "max_bytes_before_external_group_by": 2_000_000_000,
}


@dataclass
class Change:
    """What one refresh found for one segment. `merged`: ids that are nobody's own any more; their people went nowhere."""

    segment: SegmentId
    members: BitMap64
    entered: BitMap64
    left: BitMap64
    merged: BitMap64


def ask(workspace: WorkspaceId, trees: Sequence[Condition], moment: datetime) -> list[BitMap64]:
    """The members of each tree now; raises BadInput where the question is too large."""
    plan = compile(trees, workspace, moment, _has_merges(workspace))
    return combine(trees, plan, clickhouse.query(plan.sql, plan.parameters, LIMITS))


def _has_merges(workspace: WorkspaceId) -> bool:
    sql = "select 1 from profile_override final where workspace = {workspace:UUID} limit 1"
    return bool(clickhouse.query(sql, {"workspace": str(workspace)}))


def members(workspace: WorkspaceId, segments: Iterable[SegmentId]) -> dict[SegmentId, BitMap64]:
    """Whom these segments hold; one that was never refreshed holds nobody."""
    wanted = list(segments)
    found = models.State.objects.filter(workspace_id=workspace, segment_id__in=wanted)
    held = {row.segment_id: BitMap64.deserialize(bytes(row.members)) for row in found}
    return {segment: held[segment] if segment in held else BitMap64() for segment in wanted}


def write(workspace: WorkspaceId, changes: Sequence[Change], at: datetime, took_ms: int) -> None:
    """Write what a refresh found: states, who came and went, and this hour's counts."""
    moved = [change for change in changes if change.entered or change.left or change.merged]
    _stamp(workspace, [change.segment for change in changes], at, took_ms)
    _hold(workspace, moved)
    for change in moved:
        for profiles, entered in ((change.entered, True), (change.left, False)):
            if profiles:
                _transitions(workspace, change.segment, profiles, entered, at)
    _count(workspace, changes, at)


def _stamp(workspace: WorkspaceId, segments: list[SegmentId], at: datetime, took_ms: int) -> None:
    database.execute(
        "insert into segments_state (workspace_id, segment_id, members, count, refreshed_at, took_ms)"
        " select %s, segment, %s, 0, %s, %s from unnest(%s::uuid[]) as segment"
        " on conflict (segment_id) do update"
        " set refreshed_at = excluded.refreshed_at, took_ms = excluded.took_ms, problem = null",
        [workspace, BitMap64().serialize(), at, took_ms, segments],
    )


def _hold(workspace: WorkspaceId, changes: Sequence[Change]) -> None:
    database.execute(
        "update segments_state as s set members = n.members, count = n.count"
        " from unnest(%s::uuid[], %s::bytea[], %s::bigint[]) as n(segment, members, count)"
        " where s.workspace_id = %s and s.segment_id = n.segment",
        [
            [change.segment for change in changes],
            [change.members.serialize() for change in changes],
            [len(change.members) for change in changes],
            workspace,
        ],
    )


def _transitions(
    workspace: WorkspaceId, segment: SegmentId, profiles: BitMap64, entered: bool, at: datetime
) -> None:
    database.execute(
        "insert into segments_transition (workspace_id, segment_id, profile_id, entered, at)"
        " select %s, %s, profile, %s, %s from unnest(%s::bigint[]) as profile",
        [workspace, segment, entered, at, list(profiles)],
    )


def _count(workspace: WorkspaceId, changes: Sequence[Change], at: datetime) -> None:
    database.execute(
        "insert into segments_count (workspace_id, segment_id, hour, count)"
        " select %s, segment, date_trunc('hour', %s::timestamptz, 'UTC'), count"
        " from unnest(%s::uuid[], %s::bigint[]) as n(segment, count)"
        " on conflict (segment_id, hour) do update set count = excluded.count"
        " where segments_count.count <> excluded.count",
        [workspace, at, [change.segment for change in changes], [len(change.members) for change in changes]],
    )


def mark(workspace: WorkspaceId, segment: SegmentId, problem: str) -> None:
    """Say why a segment could not be refreshed; it keeps the members it had."""
    models.State.objects.update_or_create(
        segment_id=segment,
        defaults={"workspace_id": workspace, "problem": problem},
        create_defaults={
            "workspace_id": workspace,
            "members": BitMap64().serialize(),
            "count": 0,
            "problem": problem,
        },
    )


def values(workspace: WorkspaceId, field: str, limit: int) -> list[str]:
    """The most frequent texts of one field of people."""
    found = clickhouse.query(
        "select text[{k:String}] as v, count() as n from profile final where workspace = {w:UUID} and deleted = 0"
        " and text[{k:String}] != '' group by v order by n desc, v limit {n:UInt32}",
        {"w": str(workspace), "k": field, "n": limit},
    )
    return [value for value, _ in found]


def follow_unmerge(workspace: WorkspaceId, loser: ProfileId, ids: Sequence[ProfileId]) -> None:
    """Put who is a person of its own again into the sets that one of its ids had entered last.

    A set that is being refreshed is passed over: the refresh finds for itself who belongs there.
    """
    inside = database.rows(
        "select segment_id from (select distinct on (segment_id) segment_id, entered from segments_transition"
        " where workspace_id = %s and profile_id = any(%s) order by segment_id, at desc, id desc) last where entered",
        [workspace, list(ids)],
    )
    rows = models.State.objects.filter(
        workspace_id=workspace, segment_id__in=[segment for (segment,) in inside]
    )
    for row in rows.select_for_update(skip_locked=True) if inside else ():
        held = BitMap64.deserialize(bytes(row.members))
        held.add(loser)
        row.members, row.count = held.serialize(), len(held)
        row.save(update_fields=["members", "count"])


def forget(workspace: WorkspaceId, profiles: Sequence[ProfileId]) -> dict[str, int]:
    """Take people out of every set and out of the history."""
    gone = set(profiles)
    emptied = 0
    for row in models.State.objects.filter(workspace_id=workspace).select_for_update():
        held = BitMap64.deserialize(bytes(row.members))
        if held & BitMap64(gone):
            row.members = (held - BitMap64(gone)).serialize()
            row.count = len(held - BitMap64(gone))
            row.save(update_fields=["members", "count"])
            emptied += 1
    removed, _ = models.Transition.objects.filter(workspace_id=workspace, profile_id__in=gone).delete()
    return {"segments_state": emptied, "segments_transition": removed}
