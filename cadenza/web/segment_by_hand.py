"""Segments that are filled by hand: make one, put people in by search, list or file, take them out, undo."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path
from django.utils.html import format_html
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cadenza.base.ids import ProfileId, SegmentId, WorkspaceId
from cadenza.base.problem import BadInput, Problem
from cadenza.cdp.identity import service as identity
from cadenza.cdp.profiles import service as profiles
from cadenza.cdp.segments import service as segments
from cadenza.cdp.segments.types import Mode, Refreshed
from cadenza.web import identifier_list, segment_page, segment_words, wording

FOUND = 8
SHOWN = 200  # unknown ones that are listed again
UNDO = (
    '<button class="link undo" form="undo" formaction="/segments/{}/undo" name="at" value="{}">Undo</button>'
)


@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Make one: empty, or with those who are in another segment now."""
    here, problem = request.workspace.id, None  # type: ignore[attr-defined]
    if request.method == "POST":
        try:
            return HttpResponseRedirect(f"/segments/{_made(here, request).id}/")
        except Problem as refusal:
            problem = refusal
    others = segments.all(here)
    options = [("", "Nobody yet"), *((str(one.id), f"Who is in “{one.name}” now") for one in others)]
    context = {"problem": problem, "told": request.POST or request.GET, "options": options}
    return render(request, "segments/by_hand.html", context, status=problem.status if problem else 200)


def _made(here: WorkspaceId, request: HttpRequest) -> Any:
    source = request.POST.get("source", "")
    known = {str(one.id): one for one in segments.all(here)}
    if source and source not in known:
        raise BadInput("There is no such segment in use.", at="source", hint="Choose one from the list.")
    made = segments.save(here, request.POST.get("name", ""), mode=Mode.STATIC)
    if source:
        done = segments.add(here, made.id, segments.members(here, known[source].id))
        messages.success(request, f"Made, with {segment_words.people(done.entered)} in it.")
    else:
        messages.success(request, "Made. Now put people in.")
    return made


@require_safe
def find(request: HttpRequest, segment: UUID) -> HttpResponse:
    """Called by htmx while one types: people, each with a button that puts them in."""
    here, search = request.workspace.id, request.GET.get("q", "").strip()  # type: ignore[attr-defined]
    found = segments.one(here, SegmentId(segment))
    held = segments.members(here, found.id)
    people = profiles.page(here, search=search, limit=FOUND).items if search else []
    return render(request, "segments/_found.html", {
        "segment": found, "q": search, "people": [(one, one.id in held) for one in people],
    })  # fmt: skip


@require_POST
def put(request: HttpRequest, segment: UUID) -> HttpResponse:
    """Called by htmx: put one person in; answers with their line."""
    here = request.workspace.id  # type: ignore[attr-defined]
    found = segments.one(here, SegmentId(segment))
    chosen = _numbers(request.POST.getlist("profile")[:1])
    if not chosen:
        raise BadInput("Choose somebody.", at="profile", hint="Use the button beside a name.")
    person = profiles.one(here, identity.current(here, chosen[0]))
    done = segments.add(here, found.id, [person.id])
    context = {"segment": found, "one": person, "is_in": True, "at": done.at if done.entered else None}
    response = render(request, "segments/_found_one.html", context)
    response.headers["HX-Trigger"] = "people-changed"
    return response


@require_POST
def fill(request: HttpRequest, segment: UUID) -> HttpResponse:
    """Put in whom a pasted list or a file names; who is not known stays in the box, to be mended."""
    here, way = request.workspace.id, request.POST.get("way", "list")  # type: ignore[attr-defined]
    found = segments.one(here, SegmentId(segment))
    try:
        told, kind = _told(request, way)
        done = segments.put_in(here, found.id, told, request.POST.get("kind", "") or kind)
    except BadInput as refusal:
        more = {"problem": refusal, "way": way, "typed": request.POST.get("told", "")[:100_000]}
        return segment_page.shown(request, segment, status=refusal.status, **more)
    typed = "\n".join(done.unknown[:SHOWN])
    return segment_page.shown(
        request, segment, done=done, way="list", typed=typed, kind_told=request.POST.get("kind", ""),
        unlisted=max(0, len(done.unknown) - SHOWN),
    )  # fmt: skip


def _told(request: HttpRequest, way: str) -> tuple[list[str], str]:
    if request.POST.get("kind", "") not in dict(identifier_list.KINDS):
        raise BadInput("There is no such kind.", at="kind", hint="Choose one from the list.")
    if way != "file":
        return identifier_list.pasted(request.POST.get("told", ""))
    file = request.FILES.get("file")
    if not file:
        raise BadInput("Choose a file first.", at="file", hint="One address or number a line, or a CSV file.")
    try:
        return identifier_list.uploaded(file.read(identifier_list.LARGEST + 1))
    except BadInput as refusal:
        refusal.at = "file"
        raise


@require_POST
def take_out(request: HttpRequest, segment: UUID) -> HttpResponse:
    """Take the chosen people out, or everyone; the toast undoes it."""
    here = request.workspace.id  # type: ignore[attr-defined]
    found = segments.one(here, SegmentId(segment))
    everyone = request.POST.get("all") == "yes"
    chosen = segments.members(here, found.id) if everyone else _numbers(request.POST.getlist("profile"))
    if not chosen and not everyone:
        messages.info(request, "Choose at least one person first.")
        return HttpResponseRedirect(f"/segments/{found.id}/")
    done = segments.remove(here, found.id, chosen)
    messages.success(request, _said("Taken out", done.left, done))
    return HttpResponseRedirect(f"/segments/{found.id}/")


def _numbers(told: list[str]) -> list[ProfileId]:
    if any(not (one.isascii() and one.isdigit()) or len(one) > 18 for one in told):
        raise BadInput("This is not a person's number.", at="profile", hint="Use the buttons on the page.")
    return [ProfileId(int(one)) for one in told]


def _said(what: str, count: int, done: Refreshed) -> Any:
    undo = format_html(UNDO, done.segment, done.at.isoformat()) if done.at and count else ""
    return format_html("{}: {}. {}", what, segment_words.people(count), undo)


@require_POST
def undo(request: HttpRequest, segment: UUID) -> HttpResponse:
    """Take back what was done at a moment."""
    here = request.workspace.id  # type: ignore[attr-defined]
    found = segments.one(here, SegmentId(segment))
    try:
        at = datetime.fromisoformat(request.POST.get("at", ""))
        if at.tzinfo is None:
            raise ValueError
    except ValueError:
        raise BadInput("This is no moment.", at="at", hint="Use the button that undoes it.") from None
    done = segments.undo(here, found.id, at)
    moved = done.entered + done.left
    said = f"Undone: {wording.thousands(moved)} moved back." if moved else "There was nothing left to undo."
    messages.success(request, said)
    return HttpResponseRedirect(f"/segments/{found.id}/")


urls = [
    path("segments/by-hand/", new, name="segment-by-hand"),
    path("segments/<uuid:segment>/find", find, name="segment-find"),
    path("segments/<uuid:segment>/put", put, name="segment-put"),
    path("segments/<uuid:segment>/fill", fill, name="segment-fill"),
    path("segments/<uuid:segment>/take-out", take_out, name="segment-take-out"),
    path("segments/<uuid:segment>/undo", undo, name="segment-undo"),
]
