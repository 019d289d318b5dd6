"""The pages of rejected events: what was not taken in, why, how to mend it, sending it again, or letting it go."""

from __future__ import annotations

import json
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cadenza.base.problem import BadInput, NotFound, Problem
from cadenza.cdp.ingest import service as ingest
from cadenza.cdp.ingest.types import EXPLAINED, Explanation, Filter, Reason, Rejected
from cadenza.web import paging
from cadenza.web.settings_pages import page

PAGE = 50
MOST_AT_ONCE = 500
FILTERS = ("code", "name", "since", "until", "q")
SHOWN = 120  # letters of a payload in the list


@require_safe
def rejected(request: HttpRequest) -> HttpResponse:
    """What waits, by reason, event and time, the newest first; searched as one types."""
    here, asked = request.workspace.id, _asked(request.GET)  # type: ignore[attr-defined]
    everything = "all" in request.GET
    after = paging.cursor(request.GET)
    found = ingest.rejected(
        here,
        asked=asked,
        waiting_only=not everything,
        before=_id(after) if after else None,
        limit=PAGE + 1,
    )
    rows = found[:PAGE]
    previous, following = paging.steps(request.GET, str(rows[-1].id) if len(found) > PAGE else None)
    counts = ingest.rejected_by_code(here)
    return page(request, "rejected", "rejected/list", {
        "rows": [(one, f"/rejected/{one.id}/", explain(one.code), _glance(one)) for one in rows], "code": asked.code,
        "reasons": [(key, count, f"/rejected/?code={key}", explain(key)) for key, count in counts],
        "codes": [("", "Every reason"), *((key, explain(key).title) for key, _ in counts)],
        "names": [("", "Every event"), *((name, name) for name in ingest.rejected_names(here))],
        "told": {name: request.GET.get(name, "") for name in FILTERS}, "is_filtered": asked != Filter(),
        "waiting": sum(count for _, count in counts), "fitting": ingest.count_rejected(here, asked),
        "all": everything, "chosen": explain(asked.code) if asked.code else None, "previous": previous,
        "next": following, "replay": ingest.replaying(here),
    })  # fmt: skip


def _asked(told: QueryDict) -> Filter:
    """The filter of an address or a form. Days are those of the workspace; the last one counts whole."""
    return Filter(
        code=told.get("code", "")[:32],
        name=told.get("name", "")[:200].replace("\x00", ""),
        since=_day(told, "since"),
        until=_day(told, "until", following=1),
        search=told.get("q", "").strip()[:200],
    )


def _day(told: QueryDict, name: str, following: int = 0) -> datetime | None:
    """Midnight of a day, or of one of those that follow."""
    if not (text := told.get(name, "").strip()):
        return None
    try:
        day = date.fromisoformat(text) + timedelta(days=following)
        return timezone.make_aware(datetime.combine(day, time.min))
    except (ValueError, OverflowError):
        raise BadInput("This is not a day.", at=name, hint="Write it like 2026-05-01.") from None


def _id(told: str) -> UUID:
    try:
        return UUID(told)
    except ValueError:
        raise BadInput(
            "This is not a cursor.", at="after", hint="Follow the links “Previous” and “Next”."
        ) from None


def explain(code: str) -> Explanation:
    """What a reason means, and the way out."""
    if code in EXPLAINED:
        return EXPLAINED[Reason(code)]
    return Explanation(code.replace("_", " ").capitalize(), "", "Mend it and send it again.")


def _glance(one: Rejected) -> str:
    """The beginning of a payload: the event's name where it has one."""
    try:
        item = json.loads(one.payload)
        words = [
            str(item[name]) for name in ("type", "event", "name", "userId", "anonymousId") if item.get(name)
        ]
        return _whole(" · ".join(words))[:SHOWN] or one.payload[:SHOWN]
    except (ValueError, AttributeError, TypeError, RecursionError):
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
        return _whole(json.dumps(json.loads(payload), ensure_ascii=False, indent=2))
    except (ValueError, RecursionError):
        return payload


def _whole(text: str) -> str:
    """A text without the halves of characters that JSON can spell and no page can hold."""
    return text.encode("utf-8", "replace").decode()


@require_POST
def act(request: HttpRequest) -> HttpResponse:
    """Send again, or discard: those ticked, or all that fit the filter. What is still wrong stays."""
    here, told = request.workspace.id, request.POST  # type: ignore[attr-defined]
    asked, ids = _asked(told), [_id(one) for one in told.getlist("id")][:MOST_AT_ONCE]
    match told.get("do"):
        case "send-all":
            _send_all(request, asked)
        case "discard-all":
            gone = ingest.discard_all(here, asked)
            messages.success(request, f"{gone:,} discarded. Nothing of them is kept.")
        case _ if not ids:
            messages.info(request, "Nothing was chosen. Tick the events first.")
        case "discard":
            messages.success(request, f"{ingest.discard(here, ids):,} discarded. Nothing of them is kept.")
        case _:
            sent = sum(_sent(here, one) for one in ids)
            _say(request, sent, len(ids) - sent)
    kept = {name: told.get(name, "") for name in FILTERS if told.get(name)}
    return HttpResponseRedirect(f"/rejected/?{urlencode(kept)}" if kept else "/rejected/")


def _send_all(request: HttpRequest, asked: Filter) -> None:
    try:
        replay = ingest.start_replay(request.workspace.id, asked)  # type: ignore[attr-defined]
    except Problem as refusal:
        messages.error(request, f"{refusal.detail} {refusal.hint or ''}")
        return
    if replay.finished_at:
        _say(request, replay.done - replay.still_wrong, replay.still_wrong)


def _say(request: HttpRequest, sent: int, wrong: int) -> None:
    if sent:
        messages.success(request, f"{sent:,} sent again. They are taken in within seconds.")
    if wrong:
        messages.error(request, f"{wrong:,} are still wrong and stay here. Open one to mend it.")


def _sent(workspace: Any, id: UUID) -> bool:
    try:
        return bool(ingest.replay(workspace, [id]))
    except Problem:
        return False


@require_safe
def progress(request: HttpRequest) -> HttpResponse:
    """How far the sending again of many is; asked for by htmx while it runs."""
    found = ingest.last_replay(request.workspace.id)  # type: ignore[attr-defined]
    return render(request, "rejected/_replay.html", {"replay": found})


urls = [
    path("rejected/", rejected, name="rejected"),
    path("rejected/act", act, name="rejected-act"),
    path("rejected/progress", progress, name="rejected-progress"),
    path("rejected/<uuid:id>/", detail, name="rejected-detail"),
]
