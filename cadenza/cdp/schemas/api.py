"""The register over HTTP: what was seen, what is expected, whose data a property is."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from ninja import Query, Router, Schema, Status

from cadenza.base.ids import WorkspaceId
from cadenza.cdp.schemas import service
from cadenza.cdp.schemas.types import EventSeen, Expectation, PropertySeen

PREFIX = "/schemas"
router = Router(tags=["Schemas"])


class ExpectedOut(Schema):
    """What is expected of one property."""

    name: str
    type: str | None
    required: bool
    choices: list[str]


class ExpectationOut(Schema):
    """What is expected of the events of a name."""

    mode: str
    others: bool
    properties: list[ExpectedOut]


class PropertyOut(Schema):
    """A property that was seen."""

    name: str
    count: int
    types: dict[str, int]
    first_seen_at: datetime
    last_seen_at: datetime
    category: str
    category_is_set: bool


class EventOut(Schema):
    """An event name that was seen; `days`: how many were stored on each of the last 30 days."""

    name: str
    count: int
    violations: int
    first_seen_at: datetime
    last_seen_at: datetime
    mode: str | None
    days: dict[str, int]


class WholeEventOut(EventOut):
    """One event name with its properties and what is expected of it."""

    properties: list[PropertyOut]
    expectation: ExpectationOut | None


class ExpectationIn(Schema):
    """`properties`: objects of `name`, and `type`, `required`, `choices` as wanted."""

    mode: str = "watch"
    others: bool = True
    properties: list[dict[str, Any]] = []


class CategoryIn(Schema):
    """A word of the vocabulary of data categories; an empty one gives the property back to the guess."""

    category: str


def _workspace(request: HttpRequest) -> WorkspaceId:
    return request.workspace  # type: ignore[attr-defined, no-any-return]


def _author(request: HttpRequest) -> str:
    return f"key:{getattr(getattr(request, 'auth', None), 'id', 'unknown')}"


def _seen(one: EventSeen) -> dict[str, Any]:
    days = {day.isoformat(): count for day, count in sorted(one.days.items())}
    return {**one.__dict__, "mode": one.mode.value if one.mode else None, "days": days}


def _property(one: PropertySeen) -> dict[str, Any]:
    return {**one.__dict__, "count": one.count, "category_is_set": one.is_set}


def _expected(found: Expectation | None) -> dict[str, Any] | None:
    if not found:
        return None
    rows = [
        {"name": one.name, "type": one.type, "required": one.is_required, "choices": list(one.choices)}
        for one in found.properties
    ]
    return {"mode": found.mode.value, "others": found.others, "properties": rows}


@router.get("", response=list[EventOut], summary="Event names seen")
def names(request: HttpRequest, search: str = "") -> list[dict[str, Any]]:
    """Every event name that was stored, most frequent first; some seconds behind what is accepted."""
    return [_seen(one) for one in service.events(_workspace(request), search)]


@router.get("/event", response=WholeEventOut, summary="One event name")
def event(request: HttpRequest, name: str = Query(...)) -> dict[str, Any]:
    """Its properties with types and counts, and what is expected of it. `name`: letter by letter."""
    workspace = _workspace(request)
    found = service.event(workspace, name)
    return {
        **_seen(found),
        "properties": [_property(one) for one in service.properties(workspace, name)],
        "expectation": _expected(service.expectation(workspace, name)),
    }


@router.put("/event/expectation", response=ExpectationOut, summary="Say what is expected")
def expect(request: HttpRequest, body: ExpectationIn, name: str = Query(...)) -> dict[str, Any]:
    """Holds from the next event on. In mode `refuse` what differs is kept under Rejected events."""
    found = service.expect(_workspace(request), name, body.dict(), _author(request))
    return _expected(found) or {}


@router.delete("/event/expectation", response={204: None}, summary="Expect nothing")
def expect_nothing(request: HttpRequest, name: str = Query(...)) -> Status[None]:
    """Events of the name are taken in as they come."""
    service.expect_nothing(_workspace(request), name)
    return Status(204, None)


@router.put("/event/category", response={204: None}, summary="Say whose data a property is")
def category(
    request: HttpRequest, body: CategoryIn, name: str = Query(...), property: str = Query("*")
) -> Status[None]:
    """Segments and other readers are checked against it when they are saved. `property` `*`: the event itself."""
    service.set_category(_workspace(request), name, property, body.category, _author(request))
    return Status(204, None)
