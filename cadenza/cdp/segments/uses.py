"""What builds on a segment: other segments, a group, and whatever the modules above name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from cadenza.base.ids import SegmentId, WorkspaceId
from cadenza.base.problem import Conflict
from cadenza.cdp.segments import knowledge, models
from cadenza.cdp.segments.types import Use

NAMED = 3  # uses that a refusal names

_users: list[Callable[[WorkspaceId, SegmentId], Iterable[Use]]] = []


# workspace-free: modules plug in at start
def register_user(user: Callable[[WorkspaceId, SegmentId], Iterable[Use]]) -> None:
    """Plug in a module above that builds on segments: it says which of its things use one."""
    if user not in _users:
        _users.append(user)


def uses(workspace: WorkspaceId, segment: SegmentId) -> list[Use]:
    """Where a segment is used: other segments, its group, and what the modules above name."""
    known = knowledge.known(workspace)
    inside = [one for one, named in knowledge.used(workspace, known).items() if segment in named]
    put_away = set(
        models.Segment.objects.filter(workspace_id=workspace, id__in=inside)
        .exclude(archived_at=None)
        .values_list("id", flat=True)
    )
    own = [
        Use("segment", known.names.segments[one], f"/segments/{one}/", one not in put_away) for one in inside
    ]
    return [*own, *_group(workspace, segment), *(use for user in _users for use in user(workspace, segment))]


def _group(workspace: WorkspaceId, segment: SegmentId) -> list[Use]:
    held = models.Segment.objects.filter(workspace_id=workspace, id=segment, archived_at=None).values(
        "group_id"
    )
    found = models.Group.objects.filter(workspace_id=workspace, id__in=held)
    return [Use("group", one.name, f"/segments/groups/{one.id}/") for one in found]


def refuse_used(what: str, found: Sequence[Use]) -> None:
    """Raise Conflict where something would go wrong without what is put away."""
    needed = [one for one in found if one.needs]
    if needed:
        named = [f"the {one.kind} “{one.name}”" for one in needed[:NAMED]]
        more = [f"{len(needed) - NAMED} more"] if len(needed) > NAMED else []
        said = " and ".join([", ".join([*named, *more][:-1]), [*named, *more][-1]]).removeprefix(" and ")
        raise Conflict(f"“{what}” is used by {said}.", at="uses", hint="Let them do without it first.")
