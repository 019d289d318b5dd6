"""The pages of rejected events: what was not taken in, why, how to mend it, and sending it again."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cadenza.base.problem import BadInput, NotFound, Problem
from cadenza.cdp.ingest import service as ingest
from cadenza.cdp.ingest.types import Rejected
from cadenza.web import paging
from cadenza.web.settings_pages import page

PAGE = 50
MOST_AT_ONCE = 500
SHOWN = 120  # letters of a payload in the list

# code → what it is called, what happened, the way out
CODES: dict[str, tuple[str, str, str]] = {
    "too_large": (
        "Too large",
        "An event may have 32 kB.",
        "Send large texts elsewhere and keep only what describes the event.",
    ),
    "not_an_object": (
        "Not an object",
        "An event, and its properties and traits, are JSON objects.",
        "Write it with { and }.",
    ),
    "not_json": ("Not JSON", "The text could not be read as JSON.", "Look for a missing quote or bracket."),
    "unknown_type": (
        "Unknown type",
        "The type is none that we know.",
        "Use identify, track, page, screen, group or alias.",
    ),
    "no_event_name": (
        "No event name",
        "A track call must say what was done.",
        "Add event, like “Product Viewed”.",
    ),
    "name_too_long": (
        "Name too long",
        "An event's name has at most 200 letters.",
        "Shorten it, and put details into properties.",
    ),
    "no_previous_id": ("No previous id", "An alias call joins two ids.", "Add previousId and userId."),
    "no_group_id": ("No group id", "A group call must say which group.", "Add groupId."),
    "no_id": (
        "Nobody's event",
        "The event does not say whose it is.",
        "Add userId, or anonymousId for a visitor.",
    ),
    "bad_id": (
        "Unusable id",
        "An id is a short text or a number.",
        "Write it as a text of at most 320 letters.",
    ),
    "too_many_keys": ("Too many keys", "An object may have 255 keys.", "Keep only what you will ask for."),
    "too_deep": ("Nested too deep", "Objects may nest 8 deep.", "Flatten the properties."),
    "bad_time": ("Unreadable time", "A moment could not be read.", "Write it like 2026-05-01T12:00:00.000Z."),
    "far_future": (
        "In the future",
        "The event says it will happen more than a day from now.",
        "Check the clock of the device, and mend timestamp.",
    ),
    "bad_trait": (
        "Trait does not fit",
        "One value did not fit its field; the rest of the call went in.",
        "Mend the value named, then send it again.",
    ),
    "bad_order": (
        "Order does not fit",
        "The event was stored, but no order could be made of it.",
        "Add order_id and amounts as numbers, then send it again.",
    ),
    "fault": (
        "Could not be carried out",
        "The request was kept as it came.",
        "Send it again; if it fails again, tell whoever runs this installation.",
    ),
}


@require_safe
def rejected(request: HttpRequest) -> HttpResponse:
    """What waits, by reason, the newest first."""
    here, code = request.workspace.id, request.GET.get("code", "")  # type: ignore[attr-defined]
    everything = "all" in request.GET
    after = paging.cursor(request.GET)
    found = ingest.rejected(
        here, code=code, waiting_only=not everything, before=_id(after) if after else None, limit=PAGE + 1
    )
    rows = found[:PAGE]
    previous, following = paging.steps(request.GET, str(rows[-1].id) if len(found) > PAGE else None)
    counts = ingest.rejected_by_code(here)
    return page(request, "rejected", "rejected/list", {
        "rows": [(one, f"/rejected/{one.id}/", explain(one.code), _glance(one)) for one in rows], "code": code,
        "reasons": [(key, count, f"/rejected/?code={key}", explain(key)) for key, count in counts],
        "waiting": sum(count for _, count in counts),
        "all": everything, "chosen": explain(code) if code else None, "previous": previous, "next": following,
    })  # fmt: skip


def _id(told: str) -> UUID:
    try:
        return UUID(told)
    except ValueError:
        raise BadInput(
            "This is not a cursor.", at="after", hint="Follow the links “Previous” and “Next”."
        ) from None


def explain(code: str) -> dict[str, str]:
    """What a code means, and the way out."""
    title, why, hint = CODES.get(
        code, (code.replace("_", " ").capitalize(), "", "Mend it and send it again.")
    )
    return {"title": title, "why": why, "hint": hint}


def _glance(one: Rejected) -> str:
    """The beginning of a payload: the event's name where it has one."""
    try:
        item = json.loads(one.payload)
        words = [
            str(item[name]) for name in ("type", "event", "name", "userId", "anonymousId") if item.get(name)
        ]
        return " · ".join(words)[:SHOWN] or one.payload[:SHOWN]
    except (ValueError, AttributeError, TypeError):
        return one.payload[:SHOWN]


@require_http_methods(["GET", "POST"])
def detail(request: HttpRequest, id: UUID) -> HttpResponse:
    """One rejected event, to be mended and sent again."""
    here, problem = request.workspace.id, None  # type: ignore[attr-defined]
    found = _one(request, id)
    payload = request.POST.get("payload", "") if request.method == "POST" else _pretty(found.payload)
    if request.method == "POST":
        try:
            ingest.replay(here, [id], payload)
            messages.success(request, "Sent again. It is taken in within a second.")
            return HttpResponseRedirect("/rejected/")
        except Problem as refusal:
            problem = refusal
    status = problem.status if problem else 200
    context = {"one": found, "explained": explain(found.code), "payload": payload, "problem": problem}
    return page(request, "rejected", "rejected/detail", context, status=status)


def _one(request: HttpRequest, id: UUID) -> Rejected:
    found = ingest.rejected_one(request.workspace.id, id)  # type: ignore[attr-defined]
    if not found:
        raise NotFound(
            "There is no such rejected event.", hint="It may have been erased together with its person."
        )
    return found


def _pretty(payload: str) -> str:
    try:
        return json.dumps(json.loads(payload), ensure_ascii=False, indent=2)
    except ValueError:
        return payload


@require_POST
def send_again(request: HttpRequest) -> HttpResponse:
    """Send many again as they are: those ticked, or all of one reason. What is still wrong stays."""
    here, code = request.workspace.id, request.POST.get("code", "")  # type: ignore[attr-defined]
    ids = [_id(one) for one in request.POST.getlist("id")][:MOST_AT_ONCE]
    if "everything" in request.POST:
        ids = [one.id for one in ingest.rejected(here, code=code, waiting_only=True, limit=MOST_AT_ONCE)]
    sent = sum(_sent(here, one) for one in ids)
    if sent:
        messages.success(request, f"{sent:,} sent again. They are taken in within seconds.")
    if len(ids) > sent:
        messages.error(request, f"{len(ids) - sent:,} are still wrong and stay here. Open one to mend it.")
    if not ids:
        messages.info(request, "Nothing was chosen. Tick the events to send again.")
    return HttpResponseRedirect(f"/rejected/?code={code}" if code in CODES else "/rejected/")


def _sent(workspace: Any, id: UUID) -> bool:
    try:
        return bool(ingest.replay(workspace, [id]))
    except Problem:
        return False


urls = [
    path("rejected/", rejected, name="rejected"),
    path("rejected/send", send_again, name="rejected-send"),
    path("rejected/<uuid:id>/", detail, name="rejected-detail"),
]
