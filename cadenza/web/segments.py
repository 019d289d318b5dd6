"""The list of segments, and what is done with one."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path
from django.utils import timezone
from django.utils.html import format_html
from django.views.decorators.http import require_POST, require_safe

from cadenza.base import clock
from cadenza.base.ids import ProfileId, SegmentId, WorkspaceId
from cadenza.base.problem import BadInput, Conflict, Problem
from cadenza.cdp.profiles import service as profiles
from cadenza.cdp.profiles.types import Profile
from cadenza.cdp.segments import service as segments
from cadenza.cdp.segments.types import Growth, Mode, Segment
from cadenza.web import segment_words, wording
from cadenza.web.segment_starts import STARTS

SPARK_DAYS, SPARK_POINTS = 14, 40
LONGEST_COPY = 190  # letters of a name, so that "(copy)" still fits


@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """Every segment with its sentence, how many it holds and how that moves."""
    here, archived = _here(request), "archived" in request.GET
    groups = {one.id: one.name for one in segments.groups(here)}
    rows = [
        {**row, "group": groups.get(row["segment"].group)}
        for row in _rows(here, segments.all(here, archived=archived))
    ]
    put_away = len(rows) if archived else len(segments.all(here, archived=True))
    return render(request, "segments/list.html", {
        "rows": rows, "archived": archived, "put_away": put_away, "starts": STARTS, "views": _views(archived),
        "everyone": profiles.count(here), "area": segment_words.area(),
    })  # fmt: skip


def _views(archived: bool) -> list[dict[str, str]]:
    return [{"value": "", "label": "In use", "href": "/segments/"},
            {"value": "archived", "label": "Archived", "href": "/segments/?archived=1"}]  # fmt: skip


def _here(request: HttpRequest) -> WorkspaceId:
    return request.workspace.id  # type: ignore[attr-defined, no-any-return]


def _rows(here: WorkspaceId, found: list[Segment]) -> list[dict[str, Any]]:
    grown = segments.growths(here, clock.now() - timedelta(days=SPARK_DAYS))
    moved = segments.moved(here, _midnight())
    return [_row(one, grown.get(one.id, []), moved.get(one.id, (0, 0))) for one in found]


def _row(one: Segment, grown: list[Growth], moved: tuple[int, int]) -> dict[str, Any]:
    spark = few_points([point.count for point in grown])
    return {"segment": one, "href": f"/segments/{one.id}/", "spark": spark, "entered": moved[0], "left": moved[1],
            "sentence": sentence(one.sentence), "badge": segment_words.BADGES.get(one.mode, "")}  # fmt: skip


def few_points(values: list[int]) -> list[int]:
    """Few enough points for a tiny line; the first and the last always among them."""
    step = max(1, -(-len(values) // SPARK_POINTS))
    return values[::-1][::step][::-1]


def sentence(told: str) -> str:
    """The sentence of a segment, as it stands on a page."""
    return told[:1].upper() + told[1:] + ("" if told.endswith(".") else ".")


def _midnight() -> datetime:
    return timezone.localtime(clock.now()).replace(hour=0, minute=0, second=0, microsecond=0)


def _one(request: HttpRequest, segment: UUID) -> Segment:
    return segments.one(_here(request), SegmentId(segment))


def _people(here: WorkspaceId, ids: list[ProfileId]) -> list[Profile]:
    known = profiles.many(here, ids)
    return [known[one] for one in ids if one in known]


@require_POST
def rename(request: HttpRequest, segment: UUID) -> HttpResponse:
    """Give it another name; a refusal opens the dialog again."""
    found = _one(request, segment)
    try:
        segments.update(_here(request), found.id, request.POST.get("name", ""))
    except Problem as refusal:
        context = {"segment": found, "name": request.POST.get("name", ""), "problem": refusal}
        return render(request, "segments/_rename.html", context, status=refusal.status)
    messages.success(request, "Renamed.")
    return HttpResponse(headers={"HX-Redirect": f"/segments/{found.id}/"})


@require_POST
def duplicate(request: HttpRequest, segment: UUID) -> HttpResponse:
    """A copy, to be changed."""
    found = _one(request, segment)
    schedule = vars(found.schedule) if found.schedule else None
    name = f"{found.name[:LONGEST_COPY]} (copy)"
    if found.mode is Mode.STATIC:
        raise Conflict("A segment by hand has no condition to copy.", hint="Keep its people in a new one.")
    made = segments.save(_here(request), name, found.tree, mode=found.mode, schedule=schedule)
    messages.success(request, "This is the copy. Change what you like.")
    return HttpResponseRedirect(f"/segments/{made.id}/edit/")


@require_POST
def archive(request: HttpRequest, segment: UUID) -> HttpResponse:
    """Put it away, unless something needs it; the toast brings it back."""
    try:
        found = segments.archive(_here(request), SegmentId(segment))
    except Conflict as refusal:
        messages.error(request, f"{refusal.detail} {refusal.hint}")
        return HttpResponseRedirect(f"/segments/{segment}/")
    undo = '<button class="link undo" form="undo" formaction="/segments/{}/restore">Undo</button>'
    messages.success(request, format_html("“{}” is archived. " + undo, shortened(found.name), found.id))
    return HttpResponseRedirect("/segments/")


def shortened(name: str, longest: int = 60) -> str:
    """A name that fits a toast."""
    return name if len(name) <= longest else f"{name[: longest - 1]}…"


@require_POST
def restore(request: HttpRequest, segment: UUID) -> HttpResponse:
    """Bring it back from the archive."""
    found = segments.restore(_here(request), SegmentId(segment))
    messages.success(request, f"“{shortened(found.name)}” is in use again.")
    return HttpResponseRedirect(f"/segments/{found.id}/")


@require_POST
def refresh(request: HttpRequest, segment: UUID) -> HttpResponse:
    """Find all its people anew, now."""
    try:
        done = segments.refresh_now(_here(request), SegmentId(segment))
        messages.success(request, _refreshed(done.count, done.entered, done.left))
    except (BadInput, Conflict) as refusal:
        messages.error(request, str(refusal))
    return HttpResponseRedirect(f"/segments/{segment}/")


def _refreshed(count: int, entered: int, left: int) -> str:
    moved = f"{wording.thousands(entered)} entered, {wording.thousands(left)} left"
    return f"Up to date: {wording.thousands(count)} people. {moved if entered or left else 'Nobody came or went'}."


urls = [
    path("segments/", listing, name="segments"),
    path("segments/<uuid:segment>/rename", rename, name="segment-rename"),
    path("segments/<uuid:segment>/duplicate", duplicate, name="segment-duplicate"),
    path("segments/<uuid:segment>/archive", archive, name="segment-archive"),
    path("segments/<uuid:segment>/restore", restore, name="segment-restore"),
    path("segments/<uuid:segment>/refresh", refresh, name="segment-refresh"),
]
