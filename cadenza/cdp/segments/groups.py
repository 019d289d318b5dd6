"""Groups of segments of which a person can be in one only: the first, in their order, that fits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from pyroaring import BitMap64

from cadenza.base import clock
from cadenza.base.fact import tell
from cadenza.base.ids import SegmentId, WorkspaceId
from cadenza.base.problem import BadInput, NotFound
from cadenza.cdp.segments import asking, knowledge, models
from cadenza.cdp.segments.facts import SegmentChanged
from cadenza.cdp.segments.types import Group, Mode, Segment, Share

LONGEST_NAME = 200
MOST = 50  # segments in a group


def make_group(workspace: WorkspaceId, name: str, segments: Sequence[SegmentId]) -> Group:
    """A new group of these, in this order."""
    row = models.Group.objects.create(workspace_id=workspace, name=_named(name), created_at=clock.now())
    return arrange_group(workspace, row.id, segments)


def _named(name: Any) -> str:
    if not isinstance(name, str) or not name.strip() or len(name) > LONGEST_NAME or "\0" in name:
        raise BadInput("A group needs a name.", at="name", hint=f"Use 1 to {LONGEST_NAME} characters.")
    return name.strip()


def arrange_group(
    workspace: WorkspaceId, group: UUID, segments: Sequence[SegmentId], name: str | None = None
) -> Group:
    """These, in this order, and no others; under another name, where one is told."""
    row = _row(workspace, group)
    if name is not None:
        row.name = _named(name)
        row.save(update_fields=["name"])
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


def _chosen(workspace: WorkspaceId, group: UUID | None, segments: Sequence[SegmentId]) -> list[SegmentId]:
    return [SegmentId(row.id) for row in _chosen_rows(workspace, group, segments)]


def _chosen_rows(
    workspace: WorkspaceId, group: UUID | None, segments: Sequence[SegmentId]
) -> list[models.Segment]:
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
    return list(rows.values())


def dissolve_group(workspace: WorkspaceId, group: UUID) -> None:
    """Its segments stand for themselves again."""
    row, now = _row(workspace, group), clock.now()
    members = models.Segment.objects.filter(workspace_id=workspace, group_id=group)
    changed = [SegmentId(one) for one in members.values_list("id", flat=True)]
    members.update(group_id=None, position=0)
    row.delete()
    tell(*(SegmentChanged(workspace=workspace, at=now, segment=one) for one in changed))


def rehearse_group(
    workspace: WorkspaceId, segments: Sequence[SegmentId], group: UUID | None = None
) -> tuple[list[Share], int]:
    """What each would hold in this order, and how many all of them together; changes nothing."""
    rows = {SegmentId(row.id): row for row in _chosen_rows(workspace, group, segments)}
    here = knowledge.known(workspace)
    trees = [knowledge.sound(workspace, rows[one].tree, here) for one in segments]
    found = asking.ask(trees, knowledge.frame(workspace, here), knowledge.given(workspace, trees))
    shares, taken = [], BitMap64()
    for segment, alone in zip(segments, found, strict=True):
        shares.append(Share(segment, len(alone - taken), len(alone)))
        taken |= alone
    return shares, len(taken)


def ranked(workspace: WorkspaceId, segment: Segment) -> dict[str, Any]:
    """The tree of a segment with its place in its group: whoever is in one before it is not in it."""
    if segment.group is None:
        return segment.tree
    before = models.Segment.objects.filter(
        workspace_id=workspace, group_id=segment.group, position__lt=segment.position, archived_at=None
    )
    earlier = [{"segment": str(one)} for one in before.order_by("position").values_list("id", flat=True)]
    return {"all": [segment.tree, *({"not": one} for one in earlier)]} if earlier else segment.tree


def group(workspace: WorkspaceId, id: UUID) -> Group:
    """One group; raises NotFound."""
    row = _row(workspace, id)
    found = models.Segment.objects.filter(workspace_id=workspace, group_id=id, archived_at=None)
    held = found.order_by("position").values_list("id", flat=True)
    return Group(row.id, row.name, tuple(map(SegmentId, held)))


def groups(workspace: WorkspaceId) -> list[Group]:
    """The groups, by name, each with its segments in their order."""
    held: dict[UUID, list[SegmentId]] = {}
    found = models.Segment.objects.filter(workspace_id=workspace, archived_at=None).exclude(group_id=None)
    for group, segment in found.order_by("position").values_list("group_id", "id"):
        held.setdefault(group, []).append(SegmentId(segment))  # type: ignore[arg-type]
    rows = models.Group.objects.filter(workspace_id=workspace).order_by("name", "id")
    return [Group(row.id, row.name, tuple(held.get(row.id, ()))) for row in rows]


def _row(workspace: WorkspaceId, group: UUID) -> models.Group:
    found = models.Group.objects.filter(workspace_id=workspace, id=group).first()
    if not found:
        raise NotFound("There is no such group.", hint="It may have been dissolved.")
    return found
