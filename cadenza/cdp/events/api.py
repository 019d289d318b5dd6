"""The HTTP door of the event store: which events there are, and how many."""

from __future__ import annotations

from django.http import HttpRequest
from ninja import Router, Schema

from cadenza.cdp.events import service

PREFIX = "/events"
router = Router(tags=["Events"])


class EventName(Schema):
    """A name that events carry, and how many do."""

    name: str
    count: int


@router.get("/names", response=list[EventName], summary="Names of events seen")
def names(request: HttpRequest) -> list[dict[str, object]]:
    """The names of events that can be queried now, with their numbers, most frequent first."""
    found = service.names(request.workspace)  # type: ignore[attr-defined]
    return [{"name": name, "count": count} for name, count in found]
