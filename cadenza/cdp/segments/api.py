"""Segments over HTTP: list, preview, make, look at, change, refresh, read members, fill by hand, and ask why."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Query, Schema, Status

from cadenza.base.ids import ProfileId, SegmentId, WorkspaceId
from cadenza.base.problem import BadInput, NotFound
from cadenza.cdp.identity import service as identity
from cadenza.cdp.identity.types import KINDS, Identifier, base_kind
from cadenza.cdp.segments import service
from cadenza.cdp.segments.api_kinds import router

PREFIX = "/segments"
MOST = 1000  # members a page
MOST_NAMED = 10_000  # people put in at once
OWN = ("profile", "id")  # names of our own number


class Ask(Schema):
    """A condition tree; see docs/segments.md."""

    tree: Any


class Make(Schema):
    """`mode`: realtime, scheduled (with a `schedule`) or static (without a `tree`)."""

    name: str
    tree: Any = None
    mode: str = "realtime"
    schedule: Any = None


class Change(Schema):
    name: str | None = None
    tree: Any = None
    schedule: Any = None


class AskThen(Ask):
    """A condition tree, and a moment of the past."""

    at: datetime


class Who(Schema):
    """What recognises somebody: a kind of identifier and its value."""

    kind: str
    value: str


class People(Schema):
    """People by profile id, by what recognises them, or those whom a condition holds now."""

    profiles: list[int] = []
    identifiers: list[Who] = []
    tree: Any = None


class File(Schema):
    """What was exported."""

    version: Any = None
    segments: Any = None


class SegmentOut(Schema):
    id: UUID
    name: str
    sentence: str
    tree: Any
    purpose: str
    mode: str
    schedule: Any
    group: UUID | None
    count: int | None
    refreshed_at: datetime | None
    due_at: datetime | None
    problem: str | None
    created_at: datetime
    updated_at: datetime
    archived_at: datetime | None


class PreviewOut(Schema):
    count: int
    sample: list[int]
    sentence: str
    took_ms: int


class BacktestOut(Schema):
    """`note` says what is not as of that moment."""

    at: datetime
    count: int
    sample: list[int]
    sentence: str
    note: str


class RefreshedOut(Schema):
    count: int
    entered: int
    left: int


class MembersOut(Schema):
    """`next` is the cursor of the page that follows; null on the last one."""

    members: list[int]
    next: str | None


class MemberOut(Schema):
    """`profile` is null where nobody is known by that."""

    member: bool
    profile: int | None


class ReasonOut(Schema):
    at: str
    sentence: str
    value: str
    holds: bool


class WhyOut(Schema):
    """`fits`: what the condition says now; `member`: what is stored."""

    profile: int
    member: bool
    fits: bool
    reasons: list[ReasonOut]


class OverlapOut(Schema):
    only_first: int
    both: int
    only_second: int


class UseOut(Schema):
    kind: str
    name: str
    href: str


def _workspace(request: HttpRequest) -> WorkspaceId:
    return request.workspace  # type: ignore[attr-defined, no-any-return]


@router.get("", response=list[SegmentOut], summary="List segments")
def list_segments(request: HttpRequest, archived: bool = False) -> Any:
    return service.all(_workspace(request), archived)


@router.post("/preview", response=PreviewOut, summary="Count the people that a condition holds")
def preview(request: HttpRequest, asked: Ask) -> Any:
    return service.preview(_workspace(request), asked.tree)


@router.post("/backtest", response=BacktestOut, summary="Count whom a condition would have held at a moment")
def backtest(request: HttpRequest, asked: AskThen) -> Any:
    return service.backtest(_workspace(request), asked.tree, asked.at)


@router.get("/export", summary="The definitions as JSON")
def export(request: HttpRequest) -> Any:
    return service.export(_workspace(request))


@router.post("/import", response={201: list[SegmentOut]}, summary="Make the segments of such a file")
def bring_in(request: HttpRequest, file: File) -> Any:
    return Status(201, service.bring_in(_workspace(request), file.dict()))


@router.post("", response={201: SegmentOut}, summary="Make a segment")
def create(request: HttpRequest, asked: Make) -> Any:
    made = service.save(_workspace(request), asked.name, asked.tree, mode=asked.mode, schedule=asked.schedule)
    return Status(201, made)


@router.get("/{segment}", response=SegmentOut, summary="Look at a segment")
def get(request: HttpRequest, segment: UUID) -> Any:
    return service.one(_workspace(request), SegmentId(segment))


@router.patch("/{segment}", response=SegmentOut, summary="Change a segment's name, condition or schedule")
def change(request: HttpRequest, segment: UUID, asked: Change) -> Any:
    return service.update(_workspace(request), SegmentId(segment), asked.name, asked.tree, asked.schedule)


@router.post("/{segment}/archive", response=SegmentOut, summary="Put a segment away")
def archive(request: HttpRequest, segment: UUID) -> Any:
    return service.archive(_workspace(request), SegmentId(segment))


@router.post("/{segment}/restore", response=SegmentOut, summary="Bring an archived segment back")
def restore(request: HttpRequest, segment: UUID) -> Any:
    return service.restore(_workspace(request), SegmentId(segment))


@router.post("/{segment}/refresh", response=RefreshedOut, summary="Find the members anew now")
def refresh(request: HttpRequest, segment: UUID) -> Any:
    return service.refresh_now(_workspace(request), SegmentId(segment))


@router.get("/{segment}/members", response=MembersOut, summary="Members by profile id, page by page")
def members(
    request: HttpRequest, segment: UUID, after: int = Query(0, ge=0), limit: int = Query(100, ge=1, le=MOST)
) -> Any:
    found = service.members_after(_workspace(request), SegmentId(segment), after, limit)
    return {"members": found, "next": str(found[-1]) if len(found) == limit else None}


@router.get("/{segment}/member", response=MemberOut, summary="Whether one person is in it")
def member(request: HttpRequest, segment: UUID, kind: str, value: str) -> Any:
    """The person is named by what recognises them (`kind` external_id, `value` 4711), or by `kind` profile."""
    who = _person(_workspace(request), kind, value)
    found = who is not None and service.is_member(_workspace(request), SegmentId(segment), who)
    if who is None:
        service.one(_workspace(request), SegmentId(segment))  # a segment that is not there is another answer
    return {"member": found, "profile": who}


@router.get("/{segment}/why", response=WhyOut, summary="Why one person is in it, or is not")
def why(request: HttpRequest, segment: UUID, kind: str, value: str) -> Any:
    who = _person(_workspace(request), kind, value)
    if who is None:
        raise NotFound("There is no such person.", hint="Look for another identifier.")
    return service.why(_workspace(request), SegmentId(segment), who)


def _person(workspace: WorkspaceId, kind: str, value: str) -> ProfileId | None:
    if kind != "profile":
        return identity.find(workspace, Identifier(kind, value))
    if not value.isdecimal() or len(value) > 18:
        raise BadInput("This is no profile id.", at="value", hint="Write a whole number.")
    return ProfileId(int(value))


@router.post("/{segment}/members", response=RefreshedOut, summary="Put people into a static segment")
def add(request: HttpRequest, segment: UUID, people: People) -> Any:
    if people.tree is not None:
        return service.add_found(_workspace(request), SegmentId(segment), people.tree)
    return service.add(_workspace(request), SegmentId(segment), _named(_workspace(request), people))


@router.post(
    "/{segment}/members/remove", response=RefreshedOut, summary="Take people out of a static segment"
)
def remove(request: HttpRequest, segment: UUID, people: People) -> Any:
    return service.remove(_workspace(request), SegmentId(segment), _named(_workspace(request), people))


def _named(workspace: WorkspaceId, people: People) -> list[int]:
    if len(people.profiles) + len(people.identifiers) > MOST_NAMED:
        raise BadInput(f"At most {MOST_NAMED} people at once.", at="profiles", hint="Send them in parts.")
    if any(not 0 < one < 2**63 for one in people.profiles):
        raise BadInput("This is no profile id.", at="profiles", hint="Write whole numbers.")
    own = [_person(workspace, one.kind, one.value) for one in people.identifiers if one.kind in OWN]
    asked = [Identifier(one.kind, one.value) for one in people.identifiers if one.kind not in OWN]
    for kind in {base_kind(one.kind) for one in asked} - set(KINDS):
        raise BadInput(
            f"{kind[:60]!r} recognises nobody.", at="identifiers", hint=f"Use one of {', '.join(KINDS)}."
        )
    found = identity.find_many(workspace, asked)
    return [*people.profiles, *(one for one in (*own, *found.values()) if one is not None)]


@router.get("/{segment}/overlap/{other}", response=OverlapOut, summary="How two segments lie over each other")
def overlap(request: HttpRequest, segment: UUID, other: UUID) -> Any:
    return service.overlap(_workspace(request), SegmentId(segment), SegmentId(other))


@router.get("/{segment}/uses", response=list[UseOut], summary="Where a segment is used")
def uses(request: HttpRequest, segment: UUID) -> Any:
    service.one(_workspace(request), SegmentId(segment))
    return service.uses(_workspace(request), SegmentId(segment))
