"""Puts made-up clicks, orders and merges into the event store, as the modules below do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from cadenza.base import projection
from cadenza.base.ids import ProfileId, new_id
from cadenza.cdp.events import service as events
from cadenza.cdp.events.types import Event
from tests.insight.attribution.reference import Click, Order


def feed(
    workspace: Any,
    clicks: Iterable[Click] = (),
    orders: Iterable[Order] = (),
    overrides: Mapping[int, int] | None = None,
) -> None:
    """Everything at once; can be queried afterwards."""
    events.append(workspace, [_event(one) for one in clicks])
    projection.append("purchase", [_purchase(workspace, one) for one in orders])
    projection.append("profile_override", [
        {"workspace": str(workspace), "profile": loser, "into": winner, "version": 0, "deleted": 0}
        for loser, winner in (overrides or {}).items()
    ])  # fmt: skip
    projection.drain()


def _event(one: Click) -> Event:
    told = {
        "campaign_id": one.campaign,
        "message_id": f"m-{one.person}",
        "url": "https://shop.example/a",
        "bot": one.bot,
    }
    return Event(new_id(), ProfileId(one.person), "Email Link Clicked", one.at, one.at, one.source, told)


def _purchase(workspace: UUID, one: Order) -> dict[str, Any]:
    return {
        "workspace": str(workspace), "profile": one.person, "number": one.number, "version": 0, "deleted": 0,
        "placed_at": one.at, "status": one.status, "currency": one.currency, "total": str(one.total),
        "refunded": str(one.refunded), "country": "", "line_product": [], "line_category": [], "line_brand": [],
        "line_quantity": [], "line_total": [],
    }  # fmt: skip
