"""The list of segments, the builder that speaks in sentences, and what is done with one."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone
from django.utils.html import format_html
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cadenza.base import clock
from cadenza.base.ids import ProfileId, SegmentId, WorkspaceId
from cadenza.base.problem import BadInput, Conflict, Problem
from cadenza.cdp.catalog import service as catalog
from cadenza.cdp.events import service as events
from cadenza.cdp.profiles import service as profiles
from cadenza.cdp.profiles.types import Profile
from cadenza.cdp.schemas import service as schemas
from cadenza.cdp.segments import service as segments
from cadenza.cdp.segments.types import PURPOSE, Growth, Mode, Preview, Segment
from cadenza.trust.privacy import service as privacy
from cadenza.web import segment_words, wording
from cadenza.web.segment_starts import EVERYONE, STARTS, start

SAMPLE = 8
SPARK_DAYS, SPARK_POINTS = 14, 40
SUGGESTED = 30
ICONS = (
    "chevrons-up-down", "plus", "x", "ellipsis", "copy", "arrow-up", "arrow-down", "split", "layers", "circle-alert",
    "triangle-alert",
)  # fmt: skip
LONGEST_COPY = 190  # letters of a name, so that "(copy)" still fits
MEASURES = (
    {"name": "count", "label": "ordered", "hint": "number of orders"},
    {"name": "sum", "label": "spent", "hint": "total of orders"},
    {"name": "average", "label": "average order", "hint": "total by number"},
)
STATUSES = ("placed", "paid", "delivered", "returned")
# Offered before the first of them has been seen, so that a segment can wait for its people.
USUAL = (
    "Product Viewed", "Product Added", "Checkout Started", "Products Searched", "Page Viewed",
    "Email Opened", "Email Link Clicked",
)  # fmt: skip


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


@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """The builder, empty or begun from a template; POST saves."""
    begun = start(request.GET.get("start", ""))
    name, tree = (begun.name, begun.tree) if begun else ("", EVERYONE)
    if request.method != "POST":
        return _builder(request, name, json.dumps(tree, indent=2), begun=begun.key if begun else "")
    try:
        made = segments.save(_here(request), request.POST.get("name", ""), _tree(request))
    except Problem as refusal:
        return _builder(request, request.POST.get("name", ""), request.POST.get("tree", ""), problem=refusal)
    messages.success(request, "Saved. Its people are being found now, and followed from then on.")
    return HttpResponseRedirect(f"/segments/{made.id}/")


@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, segment: UUID) -> HttpResponse:
    """The builder of one segment; POST saves name and condition."""
    here, found = _here(request), _one(request, segment)
    if request.method != "POST":
        return _builder(request, found.name, json.dumps(found.tree, indent=2), found)
    try:
        segments.update(here, found.id, request.POST.get("name", ""), _tree(request))
    except Problem as refusal:
        told = request.POST
        return _builder(request, told.get("name", ""), told.get("tree", ""), found, problem=refusal)
    messages.success(request, "Saved. Its people are being found anew.")
    return HttpResponseRedirect(f"/segments/{found.id}/")


def _one(request: HttpRequest, segment: UUID) -> Segment:
    return segments.one(_here(request), SegmentId(segment))


def _tree(request: HttpRequest) -> Any:
    try:
        return json.loads(request.POST.get("tree", ""))
    except (ValueError, RecursionError):
        raise BadInput(
            "The tree is not JSON.", at="tree", hint="Look for a missing quote or bracket."
        ) from None


def _builder(
    request: HttpRequest,
    name: str,
    tree: str,
    found: Segment | None = None,
    problem: Problem | None = None,
    begun: str = "",
) -> HttpResponse:
    own = problem if problem and problem.at != "name" else None
    return render(request, "segments/builder.html", {
        "segment": found, "name": name, "tree": tree, "problem": problem, "told": _told(request), "starts": STARTS,
        "begun": begun, "builder_icons": ICONS, "back": f"/segments/{found.id}/" if found else "/segments/",
        "back_label": found.name if found else "Segments", **_refused(own),
    }, status=problem.status if problem else 200)  # fmt: skip


def _told(request: HttpRequest) -> dict[str, Any]:
    """What the builder may offer: fields, events, categories."""
    here = _here(request)
    allowed = privacy.allowed(here, PURPOSE)
    seen = [name for name, _ in events.names(here)]
    named = [*seen, *(name for name in USUAL if name not in seen)]
    return {
        "fields": [
            {"name": one.name, "label": one.label, "kind": one.kind.value, "covered": one.category in allowed}
            for one in segments.fields(here)
        ],
        "events": [{"name": name, "phrase": segments.phrase(name)} for name in named],
        "measures": MEASURES, "categories": [name for name, _ in catalog.categories(here)], "statuses": STATUSES,
        "currency": request.workspace.currency, "suggest": "/segments/suggest",  # type: ignore[attr-defined]
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
    everyone = profiles.count(here)
    return {
        "preview": found,
        "everyone": everyone,
        "share": found.count / everyone if everyone else 0,
        "sentence": sentence(found.sentence),
        "people": _people(here, found.sample),
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
    return {"refusal": refusal, "ways": ways}


def _people(here: WorkspaceId, ids: list[ProfileId]) -> list[Profile]:
    known = profiles.many(here, ids)
    return [known[one] for one in ids if one in known]


@require_safe
def suggest(request: HttpRequest) -> HttpResponse:
    """What the builder offers while one types: values of a field, details of an event, values of a detail."""
    here, told = _here(request), request.GET
    if field := told.get("field"):
        return JsonResponse({"values": segments.values(here, field, SUGGESTED)})
    event, detail = told.get("event", ""), told.get("property", "")
    if event and detail:
        seen = _may_see(here, event, detail) and events.property_values(here, event, detail, SUGGESTED)
        return JsonResponse({"values": seen or []})
    return JsonResponse({"properties": events.property_names(here, event) if event else []})


def _may_see(here: WorkspaceId, event: str, detail: str) -> bool:
    """Values of what the purpose does not cover are not shown either."""
    return schemas.categories(here)(event, detail) in privacy.allowed(here, PURPOSE)


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
    path("segments/new/", new, name="segment-new"),
    path("segments/preview", preview, name="segment-preview"),
    path("segments/suggest", suggest, name="segment-suggest"),
    path("segments/<uuid:segment>/edit/", edit, name="segment-edit"),
    path("segments/<uuid:segment>/rename", rename, name="segment-rename"),
    path("segments/<uuid:segment>/duplicate", duplicate, name="segment-duplicate"),
    path("segments/<uuid:segment>/archive", archive, name="segment-archive"),
    path("segments/<uuid:segment>/restore", restore, name="segment-restore"),
    path("segments/<uuid:segment>/refresh", refresh, name="segment-refresh"),
]
