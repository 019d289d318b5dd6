"""Groups of segments of which a person can be in one only: the first, in their order, that fits."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from cadenza.base import clock
from cadenza.base.fact import tell
from cadenza.base.ids import SegmentId, WorkspaceId
from cadenza.base.problem import BadInput, NotFound
from cadenza.cdp.segments import models
from cadenza.cdp.segments.facts import SegmentChanged
from cadenza.cdp.segments.types import Group, Mode

LONGEST_NAME = 200
MOST = 50  # segments in a group


def make_group(workspace: WorkspaceId, name: str, segments: Sequence[SegmentId]) -> Group:
    """A new group of these, in this order."""
    if not isinstance(name, str) or not name.strip() or len(name) > LONGEST_NAME:
        raise BadInput("A group needs a name.", at="name", hint=f"Use 1 to {LONGEST_NAME} characters.")
    row = models.Group.objects.create(workspace_id=workspace, name=name.strip(), created_at=clock.now())
    return arrange_group(workspace, row.id, segments)


def arrange_group(workspace: WorkspaceId, group: UUID, segments: Sequence[SegmentId]) -> Group:
    """These, in this order, and no others."""
    row = _row(workspace, group)
    chosen = _chosen(workspace, group, segments)
    left = models.Segment.objects.filter(workspace_id=workspace, group_id=group).exclude(id__in=segments)
    gone = [SegmentId(one) for one in left.values_list("id", flat=True)]
    left.update(group_id=None, position=0)
    for place, segment in enumerate(segments):
        models.Segment.objects.filter(workspace_id=workspace, id=segment).update(
            group_id=group, position=place
        )
    now = clock.now()
    tell(*(SegmentChanged(workspace=workspace, at=now, segment=one) for one in (*gone, *chosen)))
    return Group(row.id, row.name, tuple(segments))


def _chosen(workspace: WorkspaceId, group: UUID, segments: Sequence[SegmentId]) -> list[SegmentId]:
    if not 2 <= len(set(segments)) == len(segments) <= MOST:
        raise BadInput(f"A group has 2 to {MOST} segments, each once.", at="segments", hint="Leave some out.")
    found = models.Segment.objects.filter(workspace_id=workspace, id__in=segments, archived_at=None)
    rows = {SegmentId(row.id): row for row in found}
    for place, one in enumerate(segments):
        at = f"segments.{place}"
        if one not in rows:
            raise BadInput("There is no such segment in use.", at=at, hint="Choose one that is there.")
        if rows[one].group_id not in (None, group):
            raise BadInput("This segment is in another group.", at=at, hint="Take it out there first.")
    kinds = {(row.mode, str(row.schedule)) for row in rows.values()}
    if len(kinds) > 1 or any(row.mode == Mode.STATIC for row in rows.values()):
        raise BadInput(
            "The segments of a group are found at the same times.",
            at="segments",
            hint="Give them one schedule.",
        )
    return list(rows)


def dissolve_group(workspace: WorkspaceId, group: UUID) -> None:
    """Its segments stand for themselves again."""
    row, now = _row(workspace, group), clock.now()
    members = models.Segment.objects.filter(workspace_id=workspace, group_id=group)
    changed = [SegmentId(one) for one in members.values_list("id", flat=True)]
    members.update(group_id=None, position=0)
    row.delete()
    tell(*(SegmentChanged(workspace=workspace, at=now, segment=one) for one in changed))


def groups(workspace: WorkspaceId) -> list[Group]:
    """The groups, by name, each with its segments in their order."""
    held: dict[UUID, list[SegmentId]] = {}
    found = models.Segment.objects.filter(workspace_id=workspace).exclude(group_id=None)
    for group, segment in found.order_by("position").values_list("group_id", "id"):
        held.setdefault(group, []).append(SegmentId(segment))  # type: ignore[arg-type]
    rows = models.Group.objects.filter(workspace_id=workspace).order_by("name", "id")
    return [Group(row.id, row.name, tuple(held.get(row.id, ()))) for row in rows]


def _row(workspace: WorkspaceId, group: UUID) -> models.Group:
    found = models.Group.objects.filter(workspace_id=workspace, id=group).first()
    if not found:
        raise NotFound("There is no such group.", hint="It may have been dissolved.")
    return found
