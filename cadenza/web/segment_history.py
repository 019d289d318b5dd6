"""What became of a segment: who was in it on a day, whom its condition would have held then, who came and went."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from cadenza.base import clock
from cadenza.base.ids import SegmentId, WorkspaceId
from cadenza.base.problem import BadInput, Problem
from cadenza.cdp.profiles import service as profiles
from cadenza.cdp.segments import service as segments
from cadenza.cdp.segments.types import DayMoves, Mode, Segment
from cadenza.web import charts, segment_words, wording
from cadenza.web.segment_page import framed, lately, midnight, page_of, people
from cadenza.web.segments import sentence

DAYS = 60  # shown in the chart
LEDGER_DAYS = 31
SAMPLE = 8
EARLIEST = date(1990, 1, 1)
LONGEST_NAME = 150


@dataclass(frozen=True)
class Then:
    """A day of the past, and its last moment (or now, today)."""

    day: date
    at: datetime


@require_safe
def history(request: HttpRequest, segment: UUID) -> HttpResponse:
    """Who came and went; with `?on=2026-03-01`, who was in it when that day ended."""
    here, context = request.workspace.id, framed(request, segment, "history")  # type: ignore[attr-defined]
    found: Segment = context["segment"]
    then, problem = None, None
    try:
        then = _then(request.GET.get("on", ""))
    except BadInput as refusal:
        problem = refusal
    return render(request, "segments/history.html", {
        **context, "on": request.GET.get("on", ""), "problem": problem, "then": then, "today": midnight().date(),
        "moves": _moves(here, found), "lately": lately(here, found.id), "ledger": _ledger(here, found),
        **(_was(request, found, then) if then else {}),
    }, status=problem.status if problem else 200)  # fmt: skip


def _then(told: str) -> Then | None:
    if not told:
        return None
    try:
        day = date.fromisoformat(told)
    except ValueError:
        raise BadInput("This is not a day.", at="on", hint="Write 2026-03-01, or choose it.") from None
    if not EARLIEST <= day <= midnight().date():
        raise BadInput("Choose a day of the past.", at="on", hint="Today is the last one that has begun.")
    zone = timezone.get_current_timezone()
    ends = datetime.combine(day + timedelta(days=1), datetime.min.time(), zone) - timedelta(microseconds=1)
    return Then(day, min(ends.astimezone(UTC), clock.now()))


def _was(request: HttpRequest, found: Segment, then: Then) -> dict[str, Any]:
    """Who was in it then, and what became of them."""
    here = request.workspace.id  # type: ignore[attr-defined]
    was, now = segments.members_at(here, found.id, then.at), segments.members(here, found.id)
    return {
        "was": len(was), "still": len(was & now), "gone": len(was - now), "came": len(now - was),
        "before": then.at < found.created_at, **page_of(request, was),
    }  # fmt: skip


def _moves(here: WorkspaceId, found: Segment) -> charts.TimeChart | None:
    """Who entered and who left, day by day; None where nobody did."""
    since = midnight(DAYS - 1)
    moved = {
        one.day: one
        for one in segments.moved_by_day(here, found.id, since, timezone.get_current_timezone_name())
    }
    if not moved:
        return None
    days = [since.date() + timedelta(days=number) for number in range(DAYS)]
    none = DayMoves(found.id, since.date(), 0, 0)
    told = [moved.get(day, none) for day in days]
    series = [
        charts.Series("Entered", [one.entered for one in told], kind="bars", colour=5),
        charts.Series("Left", [one.left for one in told], kind="bars", colour=6),
    ]
    return charts.TimeChart("Entered and left, by day", at=days, series=series)


def _ledger(here: WorkspaceId, found: Segment) -> dict[str, Any] | None:
    """The counted transitions of a segment that does not follow events; None for one that does."""
    if found.mode is Mode.REALTIME:
        return None
    today = midnight().date()
    rows = segments.metered(here, today - timedelta(days=LEDGER_DAYS - 1), today, found.id)
    month = [one for one in rows if one.day >= today.replace(day=1)]
    total = sum(one.entered + one.left for one in month)
    return {"rows": rows[::-1], "month": total, "entered": sum(one.entered for one in month),
            "left": sum(one.left for one in month)}  # fmt: skip


@require_safe
def backtest(request: HttpRequest, segment: UUID) -> HttpResponse:
    """Loaded by htmx: whom the condition, as it is today, would have held on that day."""
    here = request.workspace.id  # type: ignore[attr-defined]
    found = segments.one(here, SegmentId(segment))
    try:
        then = _then(request.GET.get("on", ""))
        if then is None or found.mode is Mode.STATIC:
            raise BadInput(
                "There is nothing to test.", at="on", hint="Choose a day, and a segment with a condition."
            )
        told = segments.backtest(here, segments.ranked(here, found), then.at, SAMPLE)
    except Problem as refusal:
        return render(request, "segments/_backtest.html", {"problem": refusal}, status=refusal.status)
    everyone = profiles.count(here)
    return render(request, "segments/_backtest.html", {
        "told": told, "then": then, "people": people(here, told.sample), "sentence": sentence(told.sentence),
        "share": wording.percent(told.count / everyone if everyone else 0), "more": told.count - len(told.sample),
    })  # fmt: skip


@require_POST
def keep(request: HttpRequest, segment: UUID) -> HttpResponse:
    """Make a static segment of those who were in it then."""
    here = request.workspace.id  # type: ignore[attr-defined]
    found, then = segments.one(here, SegmentId(segment)), _then(request.POST.get("on", ""))
    if then is None:
        raise BadInput("Choose a day first.", at="on", hint="Its people are kept.")
    name = f"{found.name[:LONGEST_NAME]}, {wording.day(then.day)}"
    made = segments.save(here, name, mode=Mode.STATIC)
    done = segments.add(here, made.id, segments.members_at(here, found.id, then.at))
    messages.success(request, f"Kept: {segment_words.people(done.entered)}.")
    return HttpResponseRedirect(f"/segments/{made.id}/")


urls = [
    path("segments/<uuid:segment>/history/", history, name="segment-history"),
    path("segments/<uuid:segment>/history/keep", keep, name="segment-history-keep"),
    path("segments/<uuid:segment>/backtest", backtest, name="segment-backtest"),
]
