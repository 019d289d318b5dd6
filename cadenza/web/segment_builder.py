"""The builder of segments: a condition as a sentence, counted at each edit, and saved with its kind."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cadenza.base.ids import SegmentId, WorkspaceId
from cadenza.base.problem import BadInput, Problem
from cadenza.cdp.profiles import service as profiles
from cadenza.cdp.segments import service as segments
from cadenza.cdp.segments.types import PURPOSE, Mode, Preview, Schedule, Segment
from cadenza.trust.privacy import service as privacy
from cadenza.web import segment_told
from cadenza.web.middleware import problem_response
from cadenza.web.segment_starts import EVERYONE, STARTS, start
from cadenza.web.segments import sentence as as_sentence

SAMPLE = 8
BESIDE = ("name", "mode", "schedule")  # what is wrong with these is no mistake of the condition
ICONS = (
    "chevrons-up-down", "plus", "x", "ellipsis", "copy", "arrow-up", "arrow-down", "split", "layers", "circle-alert",
    "triangle-alert", "undo-2", "redo-2", "tag", "calendar", "calendar-clock", "clock", "map-pin", "braces",
    "package", "blend", "circle-check",
)  # fmt: skip
KINDS = (
    {"value": "realtime", "label": "Followed live", "hint": "Follows what people do, within seconds", "icon": "zap"},
    {"value": "scheduled", "label": "Found at set times", "hint": "By day, weekday or month", "icon": "calendar-clock"},
)  # fmt: skip
EVERY = (("day", "every day"), ("weekday", "Monday to Friday"), ("month", "once a month"))
HOURS = tuple((str(hour), f"{hour:02}:00") for hour in range(24))
DAYS = tuple((str(day), f"on day {day}") for day in range(1, 32))


@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """The builder, empty or begun from a template; POST saves."""
    begun = start(request.GET.get("start", ""))
    name, tree = (begun.name, begun.tree) if begun else ("", EVERYONE)
    if request.method != "POST":
        return _builder(request, name, json.dumps(tree, indent=2), begun=begun.key if begun else "")
    told = request.POST
    try:
        mode, schedule = told.get("mode", Mode.REALTIME.value), _schedule(request)
        made = segments.save(
            _here(request), told.get("name", ""), _tree(request), mode=mode, schedule=schedule
        )
    except Problem as refusal:
        return _builder(request, told.get("name", ""), told.get("tree", ""), problem=refusal)
    said = (
        "are found at the times you set"
        if made.schedule
        else "are being found now, and followed from then on"
    )
    messages.success(request, f"Saved. Its people {said}.")
    return HttpResponseRedirect(f"/segments/{made.id}/")


@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, segment: UUID) -> HttpResponse:
    """The builder of one segment; POST saves name, condition and schedule."""
    found = segments.one(_here(request), SegmentId(segment))
    if found.mode is Mode.STATIC:
        messages.info(request, "People are put into this segment by hand: it has no condition.")
        return HttpResponseRedirect(f"/segments/{found.id}/")
    if request.method != "POST":
        return _builder(request, found.name, json.dumps(found.tree, indent=2), found)
    told = request.POST
    try:
        schedule = _schedule(request) if found.schedule else None
        segments.update(_here(request), found.id, told.get("name", ""), _tree(request), schedule)
    except Problem as refusal:
        return _builder(request, told.get("name", ""), told.get("tree", ""), found, problem=refusal)
    messages.success(request, "Saved. Its people are being found anew.")
    return HttpResponseRedirect(f"/segments/{found.id}/")


def _here(request: HttpRequest) -> WorkspaceId:
    return request.workspace.id  # type: ignore[attr-defined, no-any-return]


def _tree(request: HttpRequest) -> Any:
    try:
        return json.loads(request.POST.get("tree", ""))
    except (ValueError, RecursionError):
        raise BadInput(
            "The tree is not JSON.", at="tree", hint="Look for a missing quote or bracket."
        ) from None


def _schedule(request: HttpRequest) -> dict[str, Any] | None:
    """What the form says of set times; None where the segment is followed live."""
    told = request.POST
    if "every" not in told or told.get("mode", Mode.SCHEDULED) != Mode.SCHEDULED:
        return None
    month = {"day": _whole(told.get("day", ""))} if told["every"] == "month" else {}
    return {"every": told["every"], "hour": _whole(told.get("hour", "")), **month}


def _whole(told: str) -> int | str:
    return int(told) if told.isascii() and told.isdigit() and len(told) < 4 else told


def _builder(
    request: HttpRequest,
    name: str,
    tree: str,
    found: Segment | None = None,
    problem: Problem | None = None,
    begun: str = "",
) -> HttpResponse:
    beside = bool(problem and (problem.at or "").split(".")[0] in BESIDE)
    own = found.id if found else None
    return render(request, "segments/builder.html", {
        "segment": found, "name": name, "tree": tree, "problem": problem, "starts": STARTS, "begun": begun,
        "told": segment_told.told(request, tree, own), "builder_icons": ICONS,
        "beside": problem if beside and problem and problem.at != "name" else None,
        "back": f"/segments/{own}/" if own else "/segments/", "back_label": found.name if found else "Segments",
        **_kind(request, found), **_refused(None if beside else problem),
    }, status=problem.status if problem else 200)  # fmt: skip


def _kind(request: HttpRequest, found: Segment | None) -> dict[str, Any]:
    """How its people are found: as was told, else as it is."""
    told, kept = request.POST, found.schedule if found and found.schedule else Schedule("day", 6)
    return {
        "kinds": KINDS, "everies": EVERY, "hours": HOURS, "month_days": DAYS,
        "zone": request.workspace.time_zone,  # type: ignore[attr-defined]
        "mode": found.mode.value if found else told.get("mode", Mode.REALTIME.value),
        "every": told.get("every", kept.every), "hour": told.get("hour", str(kept.hour)),
        "month_day": told.get("day", str(kept.day)),
    }  # fmt: skip


@require_POST
def preview(request: HttpRequest) -> HttpResponse:
    """Called by htmx whenever the builder changes; swaps in whom the tree holds, or what is wrong with it."""
    try:
        found = segments.preview(_here(request), _tree(request), limit=SAMPLE)
    except Problem as refusal:
        return render(request, "segments/_preview.html", _refused(refusal), status=refusal.status)
    return render(request, "segments/_preview.html", _found(_here(request), found))


def _found(here: WorkspaceId, found: Preview) -> dict[str, Any]:
    everyone, known = profiles.count(here), profiles.many(here, found.sample)
    return {
        "preview": found,
        "everyone": everyone,
        "share": found.count / everyone if everyone else 0,
        "sentence": as_sentence(found.sentence),
        "people": [known[one] for one in found.sample if one in known],
        "more": found.count - len(found.sample),
    }


def _refused(refusal: Problem | None) -> dict[str, Any]:
    """A refusal of the tree, and the pages on which its purpose can be extended."""
    outside = refusal.more.get("outside", []) if refusal else []
    categories = dict.fromkeys(one["category"] for one in outside)
    ways = [
        (privacy.category_title(key), f"/settings/purposes/{PURPOSE}/?category={key}#extend")
        for key in categories
    ]
    return {"refusal": refusal, "ways": ways, "as_json": bool(refusal and refusal.at == "tree")}


@require_POST
def sentence(request: HttpRequest) -> HttpResponse:
    """One condition in words, where the builder does not know how to show it."""
    try:
        return JsonResponse({"sentence": as_sentence(segments.sentence(_here(request), _tree(request)))})
    except Problem as refusal:
        return problem_response(refusal)


@require_POST
def text(request: HttpRequest) -> HttpResponse:
    """A condition as text, or the tree that a text means: whichever of the two is told."""
    here = _here(request)
    try:
        if "text" in request.POST:
            return JsonResponse({"tree": segments.from_text(here, request.POST["text"])})
        return JsonResponse({"text": segments.to_text(here, _tree(request))})
    except Problem as refusal:
        return problem_response(refusal)


@require_safe
def suggest(request: HttpRequest) -> HttpResponse:
    """What the builder offers while one types: values of a field, details of an event, what is in the catalogue."""
    return JsonResponse(segment_told.suggest(_here(request), request.GET))


urls = [
    path("segments/new/", new, name="segment-new"),
    path("segments/preview", preview, name="segment-preview"),
    path("segments/sentence", sentence, name="segment-sentence"),
    path("segments/text", text, name="segment-text"),
    path("segments/suggest", suggest, name="segment-suggest"),
    path("segments/<uuid:segment>/edit/", edit, name="segment-edit"),
]
