"""What the builder of segments is told of this workspace: what can be asked of people, and the names for it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from django.http import HttpRequest

from cadenza.base.ids import SegmentId, WorkspaceId
from cadenza.cdp.catalog import service as catalog
from cadenza.cdp.events import service as events
from cadenza.cdp.schemas import service as schemas
from cadenza.cdp.segments import service as segments
from cadenza.cdp.segments.types import PURPOSE
from cadenza.outreach.campaigns import service as campaigns
from cadenza.trust.consent import service as consent
from cadenza.trust.privacy import service as privacy
from cadenza.web.reasons import LEFT_OUT
from cadenza.web.segment_starts import STARTS

SUGGESTED = 30
STATUSES = ("placed", "paid", "delivered", "returned")
# Offered before the first of them has been seen, so that a segment can wait for its people.
USUAL = (
    "Order Completed", "Product Viewed", "Product Added", "Checkout Started", "Products Searched", "Page Viewed",
    "Email Opened", "Email Link Clicked",
)  # fmt: skip
CHANNELS = (
    ("email", "e-mail"), ("sms", "SMS"), ("viber", "Viber"), ("mobile_push", "mobile push"), ("web_push", "web push"),
)  # fmt: skip
IDENTIFIERS = (
    ("external_id", "customer number"), ("email", "e-mail address"), ("phone", "phone number"),
    ("loyalty_card", "loyalty card"), ("card_hash", "payment card"), ("anonymous_id", "visit to the site"),
    ("app_id", "app"),
)  # fmt: skip

Told = dict[str, Any]


def told(request: HttpRequest, tree: str, own: SegmentId | None) -> Told:
    """All of it, for the page; `own` is the segment that is edited, which cannot ask for itself."""
    here = request.workspace  # type: ignore[attr-defined]
    return {
        "fields": _fields(here.id), "events": _events(here.id), "statuses": STATUSES, "currency": here.currency,
        "topics": [{"key": one.key, "title": one.title} for one in consent.topics(here.id)],
        "channels": _options(CHANNELS), "reasons": _options((key, said[0]) for key, said in LEFT_OUT.items()),
        "identifiers": [{"kind": kind, "label": label} for kind, label in IDENTIFIERS],
        "segments": _segments(here.id, own),
        "product_segments": _options((str(one.id), one.name) for one in segments.product_segments(here.id)),
        "campaigns": _options((str(one.id), one.draft.name) for one in campaigns.all(here.id)),
        "products": _products(here.id, tree),
        "starts": [{"key": one.key, "name": one.name, "tree": one.tree} for one in STARTS],
        "zone": here.time_zone, "draft": f"{here.id}:{request.user.pk}:{own or 'new'}",
        "suggest": "/segments/suggest", "sentence": "/segments/sentence",
    }  # fmt: skip


def _options(pairs: Any) -> list[Told]:
    return [{"value": value, "label": label} for value, label in pairs]


def _fields(here: WorkspaceId) -> list[Told]:
    allowed = privacy.allowed(here, PURPOSE)
    return [
        {"name": one.name, "label": one.label, "kind": one.kind.value, "covered": one.category in allowed}
        for one in segments.fields(here)
    ]


def _events(here: WorkspaceId) -> list[Told]:
    seen = [name for name, _ in events.names(here)]
    named = [*seen, *(name for name in USUAL if name not in seen)]
    return [{"name": name, "phrase": segments.phrase(name)} for name in named]


def _segments(here: WorkspaceId, own: SegmentId | None) -> list[Told]:
    used = _options((str(one.id), one.name) for one in segments.all(here) if one.id != own)
    away = _options((str(one.id), one.name) for one in segments.all(here, archived=True) if one.id != own)
    return used + [one | {"hint": "archived"} for one in away]


def _products(here: WorkspaceId, tree: str) -> dict[str, str]:
    """The names of the products that a tree asks for."""
    try:
        ids = list(_asked(json.loads(tree)))
    except (ValueError, RecursionError):
        return {}
    return {id: one.name for id, one in catalog.many(here, ids).items()} if ids else {}


def _asked(json: Any) -> Iterator[str]:
    for key, value in json.items() if isinstance(json, dict) else enumerate(json):
        if key == "product" and isinstance(value, str):
            yield value
        elif isinstance(value, dict | list):
            yield from _asked(value)


def suggest(here: WorkspaceId, asked: Mapping[str, str]) -> Told:
    """Values of a field, details of an event, values of a detail, or what is in the catalogue."""
    if field := asked.get("field"):
        return {"values": segments.values(here, field, SUGGESTED)}
    if what := asked.get("choose"):
        return {"options": _in_catalogue(here, what, asked.get("q", ""))}
    event, detail = asked.get("event", ""), asked.get("property", "")
    if event and detail:
        seen = _may_see(here, event, detail) and events.property_values(here, event, detail, SUGGESTED)
        return {"values": seen or []}
    return {"properties": events.property_names(here, event) if event else []}


def _in_catalogue(here: WorkspaceId, what: str, typed: str) -> list[Told]:
    if what == "product":
        found = catalog.page(here, search=typed, limit=SUGGESTED)
        return [{"value": one.id, "label": one.name, "hint": one.category} for one in found]
    if what == "brand":
        return _options((name, name) for name in catalog.brands(here, typed, SUGGESTED))
    named = [name for name, _ in catalog.categories(here) if typed.casefold() in name.casefold()]
    return _options((name, name) for name in named)


def _may_see(here: WorkspaceId, event: str, detail: str) -> bool:
    """Values of what the purpose does not cover are not shown either."""
    return schemas.categories(here)(event, detail) in privacy.allowed(here, PURPOSE)
