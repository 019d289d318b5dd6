"""Operations over HTTP: integration points, keys, operations, calls made, bulk imports and customers' tickets."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema, Status

from cadenza.base import clock
from cadenza.base.ids import ProfileId, WorkspaceId
from cadenza.connect.operations import service
from cadenza.connect.operations.types import Access, KeyKind, Kind

PREFIX = "/operations"
router = Router(tags=["Operations"])


class PointOut(Schema):
    """An integration point: one external system under its endpointId."""

    id: UUID
    endpoint: str
    name: str
    external_system: str
    brand: str
    touchpoint: str
    sites: list[str]
    created_at: datetime


class PointIn(Schema):
    """A new integration point. It begins with the standard operations, named `<prefix>.RegisterCustomer` and so on."""

    name: str
    endpoint: str = ""
    external_system: str = "websiteID"
    brand: str = ""
    touchpoint: str = ""
    sites: list[str] = []
    prefix: str = "Website"


class PointChange(Schema):
    name: str | None = None
    external_system: str | None = None
    brand: str | None = None
    touchpoint: str | None = None
    sites: list[str] | None = None


class KeyOut(Schema):
    """A key; `secret` is its text, shown once when it is made."""

    id: UUID
    kind: Literal["production", "test"]
    hint: str
    created_at: datetime
    revoked_at: datetime | None
    secret: str | None = None


class KeyIn(Schema):
    kind: KeyKind


class OperationOut(Schema):
    """A named operation and what it does."""

    id: UUID
    name: str
    kind: Kind
    target: str
    accepts: list[str]
    returns: list[str]
    access: Access
    enabled: bool


class OperationIn(Schema):
    name: str
    kind: Kind
    target: str = ""
    access: Access = "secret"


class OperationChange(Schema):
    kind: Kind | None = None
    target: str | None = None
    accepts: list[str] | None = None
    returns: list[str] | None = None
    access: Access | None = None
    enabled: bool | None = None


class CallOut(Schema):
    """A call that was made."""

    at: datetime
    mode: str
    status: str
    took_ms: int
    message: str


class CallsOut(Schema):
    """The newest calls, and how those of the last 24 hours ended."""

    counts: dict[str, int]
    calls: list[CallOut]


class BulkOut(Schema):
    """A bulk import and how far it is; `errors` names rows and places."""

    id: UUID
    state: str
    rows: int
    created: int
    changed: int
    unchanged: int
    invalid: int
    errors: list[dict[str, Any]]
    created_at: datetime
    finished_at: datetime | None


class TicketIn(Schema):
    person: Annotated[int, Field(ge=1, lt=2**63)]


class TicketOut(Schema):
    """A token with which a browser may act for this customer."""

    authentication_ticket: str


def _here(request: HttpRequest) -> WorkspaceId:
    return request.workspace  # type: ignore[attr-defined, no-any-return]


def _told(change: Schema) -> dict[str, Any]:
    return {name: value for name, value in change.dict().items() if value is not None}


@router.get("/points/", response=list[PointOut], summary="All integration points")
def points(request: HttpRequest) -> Any:
    return service.points(_here(request))


@router.post("/points/", response={201: PointOut}, summary="Make an integration point")
def create_point(request: HttpRequest, told: PointIn) -> Any:
    more = told.dict()
    return Status(201, service.create_point(_here(request), more.pop("name"), **more))


@router.get("/points/{point}/", response=PointOut, summary="One integration point")
def point(request: HttpRequest, point: UUID) -> Any:
    return service.point(_here(request), point)


@router.patch("/points/{point}/", response=PointOut, summary="Change an integration point")
def update_point(request: HttpRequest, point: UUID, told: PointChange) -> Any:
    return service.update_point(_here(request), point, **_told(told))


@router.get("/points/{point}/keys/", response=list[KeyOut], summary="Its keys, without their texts")
def keys(request: HttpRequest, point: UUID) -> Any:
    return service.keys(_here(request), service.point(_here(request), point).id)


@router.post("/points/{point}/keys/", response={201: KeyOut}, summary="Make a key, shown this once")
def issue_key(request: HttpRequest, point: UUID, told: KeyIn) -> Any:
    made, plain = service.issue_key(_here(request), point, told.kind)
    return Status(201, {**vars(made), "secret": plain})


@router.delete("/keys/{point_key}/", response={204: None}, summary="Revoke a key")
def revoke_key(request: HttpRequest, point_key: UUID) -> Any:
    service.revoke_key(_here(request), point_key)
    return Status(204, None)


@router.get("/points/{point}/operations/", response=list[OperationOut], summary="Its operations")
def operations(request: HttpRequest, point: UUID) -> Any:
    return service.operations(_here(request), service.point(_here(request), point).id)


@router.post("/points/{point}/operations/", response={201: OperationOut}, summary="Add an operation")
def add_operation(request: HttpRequest, point: UUID, told: OperationIn) -> Any:
    made = service.add_operation(
        _here(request), point, told.name, told.kind, target=told.target, access=told.access
    )
    return Status(201, made)


@router.get("/{uuid:operation}/", response=OperationOut, summary="One operation")
def operation(request: HttpRequest, operation: UUID) -> Any:
    return service.operation(_here(request), operation)


@router.patch("/{uuid:operation}/", response=OperationOut, summary="Change an operation")
def update_operation(request: HttpRequest, operation: UUID, told: OperationChange) -> Any:
    return service.update_operation(_here(request), operation, **_told(told))


@router.get("/{uuid:operation}/calls/", response=CallsOut, summary="The newest calls of an operation")
def calls(request: HttpRequest, operation: UUID, limit: int = Query(20, ge=1, le=200)) -> Any:
    here, found = _here(request), service.operation(_here(request), operation)
    counted = service.counts(here, clock.now() - timedelta(hours=24)).get(found.id, {})
    return {"counts": counted, "calls": service.last_calls(here, found.id, limit)}


@router.get("/bulk/{bulk}/", response=BulkOut, summary="How far a bulk import is")
def bulk(request: HttpRequest, bulk: UUID) -> Any:
    return service.bulk(_here(request), bulk)


@router.post("/tickets", response=TicketOut, summary="A ticket for a customer")
def issue_ticket(request: HttpRequest, told: TicketIn) -> Any:
    """A signed token with which a browser may act for this customer for 24 hours."""
    return {"authentication_ticket": service.issue_ticket(_here(request), ProfileId(told.person))}
