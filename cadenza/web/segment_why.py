"""Why somebody is in a segment, or is not: each condition with the value found."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_safe

from cadenza.base.ids import ProfileId, WorkspaceId
from cadenza.base.problem import BadInput, Problem
from cadenza.cdp.identity import service as identity
from cadenza.cdp.profiles import service as profiles
from cadenza.cdp.segments import service as segments
from cadenza.cdp.segments.types import Segment
from cadenza.web import segment_words
from cadenza.web.segment_page import framed, people
from cadenza.web.why_tree import why_tree

FOUND = 8


@require_safe
def why(request: HttpRequest, segment: UUID) -> HttpResponse:
    """Look for a person (`?q=`), then see the conditions as they hold for them (`?person=`)."""
    here, context = request.workspace.id, framed(request, segment, "why")  # type: ignore[attr-defined]
    search, told = request.GET.get("q", "").strip(), request.GET.get("person", "")
    found = profiles.page(here, search=search, limit=FOUND).items if search else []
    held = segments.members(here, context["segment"].id)
    some = [ProfileId(one) for one in reversed(held[-FOUND:])] if not (search or told) else []
    return render(request, "segments/why.html", {
        **context, "q": search, "found": [(one, f"?person={one.id}", one.id in held) for one in found],
        "some": [(one, f"?person={one.id}") for one in people(here, some)],
        **(_reasons(here, context["segment"], told) if told else {}),
    })  # fmt: skip


def _reasons(here: WorkspaceId, found: Segment, told: str) -> dict[str, Any]:
    if not (told.isascii() and told.isdigit()) or len(told) > 18:
        raise BadInput("This is not a person's number.", at="person", hint="Choose one from the search.")
    person = profiles.one(here, identity.current(here, ProfileId(int(told))))
    context: dict[str, Any] = {
        "person": person,
        "person_href": f"/people/{person.id}/",
        "times": [one for one in segments.segments_of(here, person.id) if one.segment == found.id],
        "is_in": segments.is_member(here, found.id, person.id),
    }
    try:
        answer = segments.why(here, found.id, person.id)
    except Problem as refusal:
        return context | {"problem": refusal}
    reasons = {one.at: one for one in answer.reasons}
    return context | {
        "answer": answer, "tree": why_tree(found.tree, reasons, segment_words.value),
        "earlier": [one for one in answer.reasons if one.at == "group"], "lags": answer.fits is not answer.member,
    }  # fmt: skip


urls = [path("segments/<uuid:segment>/why/", why, name="segment-why")]
