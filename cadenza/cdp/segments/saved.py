"""What is saved of segments, read as nouns: a row, its state, both together."""

from __future__ import annotations

from collections.abc import Iterable

from cadenza.base.ids import SegmentId, WorkspaceId
from cadenza.base.problem import NotFound
from cadenza.cdp.segments import models
from cadenza.cdp.segments.due import read_schedule
from cadenza.cdp.segments.types import Mode, Segment


def one(workspace: WorkspaceId, segment: SegmentId) -> Segment:
    """One segment; raises NotFound."""
    return _segment(stored(workspace, segment), _states(workspace, [segment]).get(segment))


def all(workspace: WorkspaceId, archived: bool = False) -> list[Segment]:
    """The segments in use, or the archived ones, by name."""
    found = models.Segment.objects.filter(workspace_id=workspace, archived_at__isnull=not archived)
    rows = list(found.order_by("name", "id"))
    states = _states(workspace, [row.id for row in rows])
    return [_segment(row, states.get(row.id)) for row in rows]


def stored(workspace: WorkspaceId, segment: SegmentId) -> models.Segment:
    """The row of one; raises NotFound."""
    found = models.Segment.objects.filter(workspace_id=workspace, id=segment).first()
    if not found:
        raise no_such()
    return found


def no_such() -> NotFound:
    """What is said of one that is not there."""
    return NotFound("There is no such segment.", hint="It may belong to another workspace.")


def _states(workspace: WorkspaceId, segments: Iterable[SegmentId]) -> dict[SegmentId, models.State]:
    found = models.State.objects.filter(workspace_id=workspace, segment_id__in=list(segments)).defer(
        "members"
    )
    return {SegmentId(row.segment_id): row for row in found}


def _segment(row: models.Segment, state: models.State | None) -> Segment:
    return Segment(
        SegmentId(row.id), row.name, row.tree, row.sentence, row.purpose,
        row.created_at, row.updated_at, row.archived_at,
        count=state.count if state and state.refreshed_at else None,
        refreshed_at=state.refreshed_at if state else None,
        took_ms=state.took_ms if state else None,
        problem=state.problem if state else None,
        mode=Mode(row.mode),
        schedule=read_schedule(row.schedule) if row.schedule else None,
        group=row.group_id,
        position=row.position,
        due_at=state.due_at if state else None,
    )  # fmt: skip
