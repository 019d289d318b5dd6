"""Segments over HTTP: list, preview, make, look at, change, refresh, and read members page by page."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Query, Router, Schema, Status

from cadenza.base.ids import SegmentId, WorkspaceId
from cadenza.cdp.segments import service

PREFIX = "/segments"
MOST = 1000  # members a page

router = Router(tags=["segments"])


class Ask(Schema):
    """A condition tree; see docs/segments.md."""

    tree: Any


class Make(Ask):
    name: str


class Change(Schema):
    name: str | None = None
    tree: Any = None


class SegmentOut(Schema):
    id: UUID
    name: str
    sentence: str
    tree: Any
    purpose: str
    count: int | None
    refreshed_at: datetime | None
    problem: str | None
    created_at: datetime
    updated_at: datetime
    archived_at: datetime | None


class PreviewOut(Schema):
    count: int
    sample: list[int]
    sentence: str
    took_ms: int


class RefreshedOut(Schema):
    count: int
    entered: int
    left: int


class MembersOut(Schema):
    """`next` is the cursor of the page that follows; null on the last one."""

    members: list[int]
    next: str | None


def _workspace(request: HttpRequest) -> WorkspaceId:
    return request.workspace  # type: ignore[attr-defined, no-any-return]


@router.get("", response=list[SegmentOut], summary="List segments")
def list_segments(request: HttpRequest, archived: bool = False) -> Any:
    return service.all(_workspace(request), archived)


@router.post("/preview", response=PreviewOut, summary="Count the people that a condition holds")
def preview(request: HttpRequest, asked: Ask) -> Any:
    return service.preview(_workspace(request), asked.tree)


@router.post("", response={201: SegmentOut}, summary="Make a segment")
def create(request: HttpRequest, asked: Make) -> Any:
    return Status(201, service.save(_workspace(request), asked.name, asked.tree))


@router.get("/{segment}", response=SegmentOut, summary="Look at a segment")
def get(request: HttpRequest, segment: UUID) -> Any:
    return service.one(_workspace(request), SegmentId(segment))


@router.patch("/{segment}", response=SegmentOut, summary="Change a segment's name or condition")
def change(request: HttpRequest, segment: UUID, asked: Change) -> Any:
    return service.update(_workspace(request), SegmentId(segment), asked.name, asked.tree)


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
