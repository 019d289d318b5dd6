"""Groups of segments of which a person is in one only: the list, and one that is put in order with its counts."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cadenza.base.ids import SegmentId, WorkspaceId
from cadenza.base.problem import BadInput, Problem
from cadenza.cdp.profiles import service as profiles
from cadenza.cdp.segments import service as segments
from cadenza.cdp.segments.types import Group, Mode, Segment, Share
from cadenza.web import segment_words, wording
from cadenza.web.segments import sentence


@dataclass(frozen=True)
class Draft:
    """A group as it stands in the form."""

    name: str
    order: tuple[str, ...]
    group: UUID | None = None


@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """Every group with the share of each of its segments, and the rest."""
    here = request.workspace.id  # type: ignore[attr-defined]
    known, everyone = {one.id: one for one in segments.all(here)}, profiles.count(here)
    rows = [_shown(one, known, everyone) for one in segments.groups(here)]
    can_make = len([one for one in known.values() if _may_join(one, None)]) > 1
    return render(request, "segments/groups.html", {
        "rows": rows, "area": segment_words.area(), "can_make": can_make,
    })  # fmt: skip


def _shown(group: Group, known: dict[SegmentId, Segment], everyone: int) -> dict[str, Any]:
    held = [known[one] for one in group.segments if one in known]
    taken = sum(one.count or 0 for one in held)
    return {
        "group": group, "href": f"/segments/groups/{group.id}/", "rest": max(0, everyone - taken),
        "parts": [(one, _width(one.count or 0, everyone)) for one in held],
        "problem": any(one.problem for one in held),
    }  # fmt: skip


def _width(part: int, whole: int) -> str:
    return f"{100 * part / whole if whole else 0:.2f}"


@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """A new group, in order; POST makes it."""
    return _form(request, Draft("", ()))


@require_http_methods(["GET", "POST"])
def one(request: HttpRequest, group: UUID) -> HttpResponse:
    """One group; POST saves its name and order."""
    found = segments.group(request.workspace.id, group)  # type: ignore[attr-defined]
    return _form(request, Draft(found.name, tuple(map(str, found.segments)), found.id))


def _form(request: HttpRequest, draft: Draft) -> HttpResponse:
    here, problem = request.workspace.id, None  # type: ignore[attr-defined]
    if request.method == "POST":
        draft = _told(request, draft.group)
        try:
            return _saved(request, here, draft)
        except Problem as refusal:
            problem = refusal
    context = {**_arranged(here, draft), "draft": draft, "problem": problem}
    return render(request, "segments/group.html", context, status=problem.status if problem else 200)


def _told(request: HttpRequest, group: UUID | None) -> Draft:
    order = tuple(dict.fromkeys(filter(None, request.POST.getlist("segments"))))
    return Draft(request.POST.get("name", ""), order, group)


def _saved(request: HttpRequest, here: WorkspaceId, draft: Draft) -> HttpResponse:
    chosen = [_id(one) for one in draft.order]
    if draft.group:
        made = segments.arrange_group(here, draft.group, chosen, draft.name)
    else:
        made = segments.make_group(here, draft.name, chosen)
    messages.success(request, "Saved. The people of its segments are being found anew.")
    return HttpResponseRedirect(f"/segments/groups/{made.id}/")


def _id(told: str) -> SegmentId:
    try:
        return SegmentId(UUID(told))
    except ValueError:
        raise BadInput("This is not a segment.", at="segments", hint="Choose one from the list.") from None


@require_POST
def arrange(request: HttpRequest) -> HttpResponse:
    """Called by htmx: the order after a step (up, down, out, in) with the counts it would give. Saves nothing."""
    here = request.workspace.id  # type: ignore[attr-defined]
    group = request.POST.get("group", "")
    draft = _told(request, segments.group(here, _id(group)).id if group else None)
    moved = _moved(
        draft.order, request.POST.get("step", ""), request.POST.get("which", ""), request.POST.get("add", "")
    )
    return render(request, "segments/_ranks.html", _arranged(here, Draft(draft.name, moved, draft.group)))


def _moved(order: tuple[str, ...], step: str, which: str, added: str) -> tuple[str, ...]:
    found = list(order)
    if step == "add" and added and added not in found:
        return (*order, added)
    if which not in found:
        return order
    place = found.index(which)
    found.remove(which)
    if step == "out":
        return tuple(found)
    found.insert(max(0, place + {"up": -1, "down": 1}.get(step, 0)), which)
    return tuple(found)


def _arranged(here: WorkspaceId, draft: Draft) -> dict[str, Any]:
    """The segments in their order, what each would hold, and which may still join."""
    known = {str(one.id): one for one in segments.all(here)}
    order = [known[one] for one in draft.order if one in known]
    everyone, problem = profiles.count(here), None
    shares, together = [Share(one.id, one.count or 0, one.count or 0) for one in order], 0
    try:
        if len(order) > 1:
            shares, together = segments.rehearse_group(here, [one.id for one in order], draft.group)
    except Problem as refusal:
        problem = refusal
    free = [
        one
        for one in known.values()
        if one not in order and _may_join(one, draft.group) and _suits(one, order)
    ]
    rest = max(0, everyone - together)
    return {
        "ranks": [_rank(one, share, everyone) for one, share in zip(order, shares, strict=True)],
        "rest": rest, "rest_share": wording.percent(rest / everyone if everyone else 0),
        "rest_keep": _rest(draft, order),
        "free": [("", "Choose a segment"), *((str(one.id), one.name) for one in free)], "refusal": problem,
        "group": draft.group or "", "counted": len(order) > 1 and not problem,
    }  # fmt: skip


def _rank(one: Segment, share: Share, everyone: int) -> dict[str, Any]:
    return {
        "segment": one, "count": share.count, "lost": share.alone - share.count, "sentence": sentence(one.sentence),
        "width": _width(share.count, everyone),
    }  # fmt: skip


def _rest(draft: Draft, order: list[Segment]) -> str:
    tree = {"not": {"any": [{"segment": str(one.id)} for one in order]}}
    name = f"None of {draft.name or 'these'}"[:200]
    return "/segments/keep/?" + urlencode({"tree": json.dumps(tree, separators=(",", ":")), "name": name})


def _may_join(one: Segment, group: UUID | None) -> bool:
    """A segment by hand has no place in a group; one is in one group only."""
    return one.mode is not Mode.STATIC and one.group in (None, group)


def _suits(one: Segment, order: list[Segment]) -> bool:
    """The segments of a group are found at the same times."""
    return not order or (one.mode, one.schedule) == (order[0].mode, order[0].schedule)


@require_POST
def dissolve(request: HttpRequest, group: UUID) -> HttpResponse:
    """Let its segments stand for themselves again."""
    here = request.workspace.id  # type: ignore[attr-defined]
    found = segments.group(here, group)
    segments.dissolve_group(here, found.id)
    messages.success(request, f"“{found.name[:60]}” is dissolved. Its segments stand for themselves again.")
    return HttpResponseRedirect("/segments/groups/")


urls = [
    path("segments/groups/", listing, name="segment-groups"),
    path("segments/groups/new/", new, name="segment-group-new"),
    path("segments/groups/arrange", arrange, name="segment-group-arrange"),
    path("segments/groups/<uuid:group>/", one, name="segment-group"),
    path("segments/groups/<uuid:group>/dissolve", dissolve, name="segment-group-dissolve"),
]
