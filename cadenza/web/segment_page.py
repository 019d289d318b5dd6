"""One segment: its sentence, how many, how it grew, who is in it, what builds on it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_safe

from cadenza.base import clock
from cadenza.base.ids import ProfileId, SegmentId, WorkspaceId
from cadenza.base.problem import BadInput
from cadenza.cdp.profiles import service as profiles
from cadenza.cdp.profiles.types import Profile
from cadenza.cdp.segments import service as segments
from cadenza.cdp.segments.types import PURPOSE, Growth, Mode, Move, Segment, Use
from cadenza.web import charts, identifier_list, paging, segment_words, wording
from cadenza.web.segments import sentence

PAGE = 25
LATELY = 8


def framed(request: HttpRequest, segment: UUID, page: str) -> dict[str, Any]:
    """What every page of one segment shows around what is its own."""
    here = request.workspace.id  # type: ignore[attr-defined]
    found = segments.one(here, SegmentId(segment))
    return {
        "segment": found, "sentence": sentence(found.sentence), "kind": segment_words.kind(found),
        "kind_icon": segment_words.ICONS[found.mode], "pages": segment_words.pages(found), "page": page,
        "by_hand": found.mode is Mode.STATIC, "group": _group(here, found), "address": f"/segments/{found.id}/",
    }  # fmt: skip


def _group(here: WorkspaceId, found: Segment) -> dict[str, Any] | None:
    """The group that it is in, and its place there."""
    if found.group is None:
        return None
    group = segments.group(here, found.group)
    place = group.segments.index(found.id) + 1 if found.id in group.segments else 1
    return {"name": group.name, "href": f"/segments/groups/{group.id}/", "place": segment_words.nth(place),
            "first": place == 1}  # fmt: skip


@require_safe
def segment(request: HttpRequest, segment: UUID) -> HttpResponse:
    """Who is in it, the newest first, and how it grew."""
    return shown(request, segment)


def shown(request: HttpRequest, segment: UUID, status: int = 200, **more: Any) -> HttpResponse:
    """The page, with what came of a form on it."""
    here, context = request.workspace.id, framed(request, segment, "people")  # type: ignore[attr-defined]
    found: Segment = context["segment"]
    held, everyone = segments.members(here, found.id), profiles.count(here)
    grown, builders = segments.growth(here, found.id), segments.uses(here, found.id)
    return render(request, "segments/segment.html", {
        **context, "members": len(held), "took": f"in {found.took_ms} ms" if found.took_ms else "",
        "segment_share": f"{wording.percent(len(held) / everyone if everyone else 0)} of everyone",
        "growth": _chart(grown) if len(grown) > 1 else None,
        "today": segments.moved(here, midnight()).get(found.id, (0, 0)), "lately": lately(here, found.id),
        "uses": segment_words.uses(builders), "used_by_campaigns": _is_sent_to(builders),
        "purpose_href": f"/settings/purposes/{PURPOSE}/", "way": "search", "kinds": identifier_list.KINDS,
        **page_of(request, held), **more,
    }, status=status)  # fmt: skip


def _is_sent_to(builders: list[Use]) -> bool:
    return any(one.kind == "campaign" for one in builders)


def page_of(request: HttpRequest, held: Any) -> dict[str, Any]:
    """A page of some people, the newest first, with the ways to the pages before and after."""
    here, after = request.workspace.id, paging.cursor(request.GET)  # type: ignore[attr-defined]
    ids = _newest(held, after)
    previous, following = paging.steps(request.GET, str(ids[PAGE - 1]) if len(ids) > PAGE else None)
    return {
        "rows": [(one, f"/people/{one.id}/") for one in people(here, ids[:PAGE])],
        "previous": previous, "next": following,
        "shown": paging.shown(request.GET, min(len(ids), PAGE), PAGE, len(held)),
    }  # fmt: skip


def people(here: WorkspaceId, ids: list[ProfileId]) -> list[Profile]:
    """These people, in this order, as far as they are there."""
    known = profiles.many(here, ids)
    return [known[one] for one in ids if one in known]


def _newest(held: Any, after: str | None) -> list[ProfileId]:
    """A page of members and one more, the newest first."""
    if after and not (after.isascii() and after.isdigit() and len(after) < 19):
        raise BadInput("This is not a cursor.", at="after", hint="Follow the links “Previous” and “Next”.")
    end = held.rank(int(after) - 1) if after and int(after) else len(held) if not after else 0
    return [ProfileId(one) for one in reversed(held[max(0, end - PAGE - 1) : end])]


def _chart(grown: list[Growth]) -> charts.TimeChart:
    counts = charts.Series("People", [point.count for point in grown], kind="area")
    return charts.TimeChart("People in this segment", at=[point.at for point in grown], series=[counts])


def lately(here: WorkspaceId, segment: SegmentId) -> list[tuple[str, list[tuple[Move, Profile | None]]]]:
    """Who entered, and who left, the newest first."""
    ways = (("Entered", True), ("Left", False))
    found = [(label, segments.moves(here, segment, entered, LATELY)) for label, entered in ways]
    known = profiles.many(here, [move.profile for _, some in found for move in some])
    return [(label, [(move, known.get(move.profile)) for move in some]) for label, some in found]


def midnight(days: int = 0) -> Any:
    """When today began in the shop's time zone, or a day so many days before."""
    today = timezone.localtime(clock.now()).replace(hour=0, minute=0, second=0, microsecond=0)
    return today - timedelta(days=days)


urls = [path("segments/<uuid:segment>/", segment, name="segment")]
