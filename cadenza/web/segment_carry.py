"""Definitions of segments as a file: choose some and take them out; look at a file and bring it in."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_POST, require_safe

from cadenza.base import text
from cadenza.base.ids import SegmentId
from cadenza.base.problem import BadInput, Problem
from cadenza.cdp.segments import service as segments
from cadenza.cdp.segments.types import Incoming
from cadenza.web import segment_words
from cadenza.web.segments import sentence

LARGEST = 2_000_000  # bytes of a file
MODES = {"realtime": "Live", "scheduled": "On a schedule", "static": "By hand"}


@require_safe
def carry(request: HttpRequest) -> HttpResponse:
    """What can be taken out, and where a file comes in."""
    return _page(request)


def _page(request: HttpRequest, problem: Problem | None = None, **more: Any) -> HttpResponse:
    here = request.workspace.id  # type: ignore[attr-defined]
    rows = [(one, MODES[one.mode.value], sentence(one.sentence)) for one in segments.all(here)]
    return render(request, "segments/carry.html", {
        "rows": rows, "area": segment_words.area(), "problem": problem, **more,
    }, status=problem.status if problem else 200)  # fmt: skip


@require_safe
def export(request: HttpRequest) -> HttpResponse:
    """The definitions of the segments named by `?segment=` (of all) as a file."""
    here = request.workspace.id  # type: ignore[attr-defined]
    chosen = [_id(one) for one in request.GET.getlist("segment")]
    file = segments.export(here, chosen or None)
    answer = JsonResponse(file, json_dumps_params={"indent": 2, "ensure_ascii": False})
    answer.headers["Content-Disposition"] = 'attachment; filename="segments.json"'
    return answer


def _id(told: str) -> SegmentId:
    try:
        return SegmentId(UUID(told))
    except ValueError:
        raise BadInput("This is not a segment.", at="segment", hint="Choose from the list.") from None


@require_POST
def look(request: HttpRequest) -> HttpResponse:
    """What a file would make, entry by entry. Makes nothing."""
    here = request.workspace.id  # type: ignore[attr-defined]
    try:
        file = _uploaded(request)
        found = segments.rehearse_in(here, file)
    except Problem as refusal:
        return _page(request, refusal)
    rows = [_row(one, place) for place, one in enumerate(found)]
    return render(request, "segments/incoming.html", {
        "rows": rows, "file": json.dumps(file), "sound": sum(not one.problem for one in found), "count": len(found),
    })  # fmt: skip


def _row(one: Incoming, place: int) -> dict[str, Any]:
    return {
        "one": one, "mode": MODES.get(one.mode, one.mode), "sentence": sentence(one.sentence) if one.sentence else "",
        "place": f"segments.{place}", "chosen": not one.problem and not one.known,
    }  # fmt: skip


def _uploaded(request: HttpRequest) -> Any:
    file = request.FILES.get("file")
    if not file:
        raise BadInput("Choose a file first.", at="file", hint="One that was exported here.")
    content = file.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise BadInput("This file is too large.", at="file", hint="Use one of at most 2 MB.")
    return _read(content)


def _read(content: bytes | str) -> Any:
    try:
        found = json.loads(content)
        json.dumps(found, allow_nan=False, ensure_ascii=False).encode()  # no half letters either
    except (ValueError, RecursionError):
        raise BadInput("This file is no JSON.", at="file", hint="Use one that was exported here.") from None
    return found


@require_POST
def bring_in(request: HttpRequest) -> HttpResponse:
    """Make the chosen entries."""
    here, chosen = request.workspace.id, set(request.POST.getlist("entry"))  # type: ignore[attr-defined]
    try:
        file = _read(request.POST.get("json", ""))
        if isinstance(file, dict) and isinstance(file.get("segments"), list):
            entries = [one for one in file["segments"] if isinstance(one, dict) and one.get("id") in chosen]
            file["segments"] = entries
            if not entries:
                raise BadInput(
                    "Nothing was chosen.", at="file", hint="Look at the file again and choose some."
                )
        made = segments.bring_in(here, file)
    except Problem as refusal:
        refusal.at = refusal.at and text.clean(refusal.at, 200)
        return _page(request, refusal)
    said = "1 segment" if len(made) == 1 else f"{len(made):,} segments"
    messages.success(request, f"{said} made. Their people are being found now.")
    return HttpResponseRedirect("/segments/")


urls = [
    path("segments/carry/", carry, name="segment-carry"),
    path("segments/export.json", export, name="segment-export"),
    path("segments/carry/look", look, name="segment-carry-look"),
    path("segments/carry/in", bring_in, name="segment-carry-in"),
]
