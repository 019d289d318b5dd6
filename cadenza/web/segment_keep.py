"""A condition that another page has made (people in both of two segments, a cell of RFM): look at it, keep it."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_http_methods

from cadenza.base.problem import BadInput, Problem
from cadenza.cdp.profiles import service as profiles
from cadenza.cdp.segments import service as segments
from cadenza.cdp.segments.types import Mode
from cadenza.web import segment_words, wording
from cadenza.web.segment_page import people
from cadenza.web.segments import sentence

SAMPLE = 10
WAYS = (
    {"value": "live", "label": "Follow it", "icon": "zap",
     "hint": "Whoever fits it is in it, from now on and within seconds."},
    {"value": "static", "label": "Keep these people", "icon": "list",
     "hint": "Those who fit it now stay in it until you take them out."},
)  # fmt: skip


@require_http_methods(["GET", "POST"])
def keep(request: HttpRequest) -> HttpResponse:
    """GET: whom `?tree=` holds now, and a name for it; POST saves it, live or with its people of now."""
    told = request.POST if request.method == "POST" else request.GET
    problem, context = None, {}
    try:
        tree = _tree(told.get("tree", ""))
        if request.method == "POST":
            return _saved(request, tree)
    except Problem as refusal:
        problem = refusal
    try:
        context = _found(request, _tree(told.get("tree", "")))
    except Problem as refusal:
        problem = refusal
    return render(request, "segments/keep.html", {
        **context, "name": told.get("name", ""), "tree": told.get("tree", ""), "way": told.get("way", "live"),
        "ways": WAYS, "problem": problem,
    }, status=problem.status if problem else 200)  # fmt: skip


def _tree(told: str) -> Any:
    try:
        return json.loads(told)
    except (ValueError, RecursionError):
        raise BadInput(
            "There is no condition here.", at="tree", hint="Come here from a page that made one."
        ) from None


def _found(request: HttpRequest, tree: Any) -> dict[str, Any]:
    here = request.workspace.id  # type: ignore[attr-defined]
    found, everyone = segments.preview(here, tree, SAMPLE), profiles.count(here)
    return {
        "preview": found, "sentence": sentence(found.sentence), "people": people(here, found.sample),
        "share": wording.percent(found.count / everyone if everyone else 0), "more": found.count - len(found.sample),
    }  # fmt: skip


def _saved(request: HttpRequest, tree: Any) -> HttpResponse:
    here, name = request.workspace.id, request.POST.get("name", "")  # type: ignore[attr-defined]
    if request.POST.get("way") != "static":
        made = segments.save(here, name, tree)
        messages.success(request, "Saved. Its people are being found now, and followed from then on.")
        return HttpResponseRedirect(f"/segments/{made.id}/")
    made = segments.save(here, name, mode=Mode.STATIC)
    done = segments.add_found(here, made.id, tree)
    messages.success(request, f"Kept: {segment_words.people(done.entered)}.")
    return HttpResponseRedirect(f"/segments/{made.id}/")


urls = [path("segments/keep/", keep, name="segment-keep")]
