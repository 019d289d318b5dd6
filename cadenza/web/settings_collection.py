"""The page on which a shop decides what it takes in of whom, and sees what was left out."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path
from django.views.decorators.http import require_http_methods

from cadenza.base.config import config
from cadenza.base.problem import BadInput, Problem
from cadenza.cdp.ingest import service as ingest
from cadenza.cdp.ingest.types import DROPPED, Dropped, Policy
from cadenza.web.settings_pages import page

DAYS = 30
TITLES = {
    Dropped.SEEN_BEFORE: "Came again",
    Dropped.ERASED: "Of erased people",
    Dropped.NO_CONSENT: "Without consent",
    Dropped.DO_NOT_TRACK: "Do Not Track",
    Dropped.PRIVACY_CONTROL: "Global Privacy Control",
}


@require_http_methods(["GET", "POST"])
def collection(request: HttpRequest) -> HttpResponse:
    """Signals of browsers, the word of a consent tool, and how much one key may send."""
    here, problem = request.workspace.id, None  # type: ignore[attr-defined]
    told = ingest.policy(here)
    if request.method == "POST":
        try:
            told = _policy(request)
            ingest.set_policy(here, told)
            messages.success(request, "Saved. It holds within seconds.")
            return HttpResponseRedirect("/settings/collection/")
        except Problem as refusal:
            problem = refusal
    context = {
        "told": told, "categories": "\n".join(told.categories), "problem": problem, "left": _left(request),
        "most": request.POST.get("events_per_second", told.events_per_second), "truncates": config().truncate_ip,
    }  # fmt: skip
    return page(
        request, "collection", "settings/collection", context, status=problem.status if problem else 200
    )


def _policy(request: HttpRequest) -> Policy:
    told = request.POST
    most = told.get("events_per_second", "").strip() or "0"
    if not (most.isascii() and most.isdecimal() and len(most) < 10):
        raise BadInput("This is not a whole number.", at="events_per_second", hint="0 is without a limit.")
    names = [line.strip() for line in told.get("categories", "").splitlines() if line.strip()]
    return Policy("dnt" in told, "gpc" in told, "consent" in told, tuple(names), int(most))


def _left(request: HttpRequest) -> list[dict[str, Any]]:
    """What was left out in the last days, by reason."""
    found = ingest.dropped(request.workspace.id, DAYS)  # type: ignore[attr-defined]
    sums = {reason: sum(one.count for one in found if one.reason is reason) for reason in Dropped}
    return [
        {"title": TITLES[reason], "why": DROPPED[reason], "count": count}
        for reason, count in sums.items()
        if count
    ]


urls = [path("settings/collection/", collection, name="collection")]
