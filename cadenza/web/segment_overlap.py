"""How segments lie over each other: in which others its people are, and two or three of them side by side."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_safe

from cadenza.base.ids import SegmentId, WorkspaceId
from cadenza.base.problem import BadInput
from cadenza.cdp.profiles import service as profiles
from cadenza.cdp.segments import service as segments
from cadenza.cdp.segments.types import Region, Segment
from cadenza.web import charts, segment_words, wording
from cadenza.web.segment_page import framed
from cadenza.web.venn import venn

LETTERS = "ABC"
SHOWN = 12
MUCH = 1.15  # so many times the usual, and more, is said to be often


@require_safe
def overlap(request: HttpRequest, segment: UUID) -> HttpResponse:
    """With `?with=` one other, and `?and=` a third; without, the others in which its people are too."""
    here, context = request.workspace.id, framed(request, segment, "overlap")  # type: ignore[attr-defined]
    found: Segment = context["segment"]
    others = [one for one in segments.all(here) if one.id != found.id]
    chosen = _chosen(request, others)
    options = [("", "Choose a segment"), *((str(one.id), one.name) for one in others)]
    return render(request, "segments/overlap.html", {
        **context, "options": options, "thirds": [("", "No third one"), *options[1:]], "others": others,
        "second": str(chosen[0].id) if chosen else "", "third": str(chosen[1].id) if len(chosen) > 1 else "",
        **(_compared(here, [found, *chosen]) if chosen else {"also": _also(here, found)}),
    })  # fmt: skip


def _chosen(request: HttpRequest, others: list[Segment]) -> list[Segment]:
    known = {str(one.id): one for one in others}
    told = dict.fromkeys(filter(None, (request.GET.get("with", ""), request.GET.get("and", ""))))
    if any(one not in known for one in told):
        raise BadInput("There is no such segment in use.", at="with", hint="Choose one from the list.")
    return [known[one] for one in told]


def _also(here: WorkspaceId, found: Segment) -> list[charts.Bar]:
    """In which others its people are, as shares of its own."""
    own = len(segments.members(here, found.id))
    rows = [pair for pair in segments.also_in(here, found.id) if pair[1]][:SHOWN]
    return [
        charts.Bar(
            one.name,
            count,
            f"{wording.thousands(count)} · {wording.percent(count / own, 0)}",
            f"?with={one.id}",
        )
        for one, count in rows
    ]


def _compared(here: WorkspaceId, chosen: list[Segment]) -> dict[str, Any]:
    letters = {one.id: LETTERS[place] for place, one in enumerate(chosen)}
    found, everyone = segments.regions(here, [one.id for one in chosen]), profiles.count(here)
    sizes = {one.id: sum(region.count for region in found if one.id in region.inside) for one in chosen}
    most = max((region.count for region in found), default=0) or 1
    rows = [
        _row(chosen, letters, region, everyone, most)
        for region in sorted(found, key=lambda one: -len(one.inside))
    ]
    context: dict[str, Any] = {
        "rows": rows, "compared": [(letters[one.id], one, sizes[one.id]) for one in chosen],
        "together": sum(region.count for region in found),
    }  # fmt: skip
    return context | (_pair(chosen, found, sizes, everyone) if len(chosen) == 2 else {})


def _row(
    chosen: list[Segment], letters: dict[SegmentId, str], region: Region, everyone: int, most: int
) -> dict[str, Any]:
    inside = [one for one in chosen if one.id in region.inside]
    outside = [one for one in chosen if one.id not in region.inside]
    marks = [letters[one.id] for one in inside]
    said = f"In {' and '.join(marks)}" if not outside else f"Only in {' and '.join(marks)}"
    tree = {
        "all": [{"segment": str(one.id)} for one in inside]
        + [{"not": {"segment": str(one.id)}} for one in outside]
    }
    name = " and ".join(one.name[:60] for one in inside) + (
        f", not {' or '.join(one.name[:60] for one in outside)}" if outside else ""
    )
    query = urlencode({"tree": json.dumps(tree, separators=(",", ":")), "name": name[:200]})
    return {
        "said": said, "marks": marks, "count": region.count, "width": f"{100 * region.count / most:.1f}",
        "share": wording.percent(region.count / everyone if everyone else 0), "keep": f"/segments/keep/?{query}",
    }  # fmt: skip


def _pair(
    chosen: list[Segment], found: list[Region], sizes: dict[SegmentId, int], everyone: int
) -> dict[str, Any]:
    """What is only said of two: the circles, and whether one is met in the other more than elsewhere."""
    one, two = (segment.id for segment in chosen)
    counts = {region.inside: region.count for region in found}
    both = counts[(one, two)]
    parts = (counts[(one,)], both, counts[(two,)])
    spoken = f"{segment_words.people(parts[0])} only in A, {wording.thousands(both)} in both, "
    return {"venn": venn(*parts), "parts": parts, "spoken": f"{spoken}{wording.thousands(parts[2])} only in B.",
            "lift": _lift(both, sizes[one], sizes[two], everyone)}  # fmt: skip


def _lift(both: int, one: int, two: int, everyone: int) -> str:
    """How much more (or less) often the people of A are in B than anyone is."""
    if not (one and two and everyone):
        return ""
    times = (both / one) / (two / everyone)
    if 1 / MUCH < times < MUCH:
        return "The people of A are about as often in B as anyone is."
    much = f"{wording.thousands(times, 1)} times as often" if times > 1 or both else "never"
    return f"The people of A are {much} in B{' as anyone is' if both else ''}."


urls = [path("segments/<uuid:segment>/overlap/", overlap, name="segment-overlap")]
