"""The first page: how the shop is doing, and for a new shop what to do first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_safe

from cadenza.base import readiness
from cadenza.base.ids import WorkspaceId
from cadenza.cdp.events import service as events
from cadenza.insight.reports import service as reports
from cadenza.insight.reports.types import PERIODS, Day, Figures, Overview, Ranked
from cadenza.web import charts, wording

SPANS = {7: "7 days", 30: "30 days", 90: "90 days", 365: "365 days"}
USUAL = 30
FEW_DAYS = 90  # a longer time is drawn week by week
SPARKS = 30


@dataclass(frozen=True)
class Task:
    """One step of the first day. `done` once the product sees its effect."""

    title: str
    text: str
    href: str
    action: str
    icon: str
    done: bool


@require_safe
def dashboard(request: HttpRequest) -> HttpResponse:
    """The overview. Changing the period swaps everything below the head, and the address with it."""
    asked = request.GET.get("days", "")
    days = int(asked) if asked in {str(one) for one in PERIODS} else USUAL
    seen = reports.overview(request.workspace.id, days)  # type: ignore[attr-defined]
    todo = tasks(request.workspace.id, seen)  # type: ignore[attr-defined]
    context = {
        "seen": seen, "days": days, "periods": [(one, SPANS[one]) for one in PERIODS], "span": SPANS[days],
        "tasks": todo, "left": sum(not one.done for one in todo),
        "alarms": readiness.alarms(readiness.look()),
    }  # fmt: skip
    if seen.figures and not seen.standing.is_new:
        context |= pictures(seen, seen.figures)
    whole = not request.headers.get("HX-Request") or request.headers.get("HX-History-Restore-Request")
    return render(request, "dashboard/dashboard.html" if whole else "dashboard/_overview.html", context)


def tasks(workspace: WorkspaceId, seen: Overview) -> list[Task]:
    """What leads from an empty workspace to a first campaign, in order."""
    here, figures = seen.standing, seen.figures
    spoken = not figures or bool(figures.events.now or figures.events.before or events.names(workspace))
    sent = any(one.sent for one in seen.campaigns)
    return [
        Task(
            "Bring in your people",
            "Customers and orders, from a CSV or Parquet file: you see what would happen before anything does.",
            "/imports/new", "Import a file", "import", here.people > 0,
        ),
        Task(
            "Send events from your shop",
            "Any client of the Segment API works: make a write key and point it here.",
            "/settings/keys/", "Make a write key", "webhook", spoken,
        ),
        Task(
            "Say whom you want to reach",
            "A segment is a sentence about people, such as “bought twice in a year”. It keeps itself up to date.",
            "/segments/new", "Make a segment", "blend", here.segments > 0,
        ),
        Task(
            "Write to them",
            "Only those who agreed get your campaign; its report tells what it earned.",
            "/campaigns/new", "Write a campaign", "send", sent,
        ),
    ]  # fmt: skip


def pictures(seen: Overview, figures: Figures) -> dict[str, Any]:
    """Everything of the page that is drawn."""
    by_week = seen.period.days > FEW_DAYS
    days = weeks(figures.by_day) if by_week else figures.by_day
    return {
        **_lines(days, "week" if by_week else "day", seen),
        **_notes(seen, figures),
        "sparks": _sparks(figures.by_day),
        "sentence": sentence(seen, figures),
        "products": _bars(figures.products, seen.currency),
        "categories": _bars(figures.categories, seen.currency),
        "deeds": [charts.Bar(one.name, int(one.count.now)) for one in figures.event_names],
    }


def _lines(days: Sequence[Day], pace: str, seen: Overview) -> dict[str, charts.TimeChart]:
    def line(label: str, name: str, kind: str = "area", colour: int = 0) -> charts.Series:
        return charts.Series(label, [float(getattr(one, name)) for one in days], kind, colour)

    at = [one.day for one in days]
    revenue = [
        line("Revenue", "revenue"),
        line(f"The {SPANS[seen.period.days]} before", "revenue_before", "line", 2),
    ]
    if any(one.from_campaigns for one in days):
        revenue.append(line("After a click in a campaign", "from_campaigns", "bars", 3))
    orders = [line("Orders", "orders", "bars"), line("First orders", "first_orders", "line", 3)]
    return {
        "revenue": charts.TimeChart(f"Revenue by {pace}", at, revenue, seen.currency),
        "buyers": charts.TimeChart(f"Orders by {pace}", at, orders),
        "newcomers": charts.TimeChart(
            f"New people by {pace}", at, [line("New people", "new_people", "bars", 4)]
        ),
        "activity": charts.TimeChart(f"Events by {pace}", at, [line("Events", "events", colour=5)]),
    }


def _notes(seen: Overview, figures: Figures) -> dict[str, str]:
    """What stands small beside the numbers."""
    share, firsts, new = (
        _share(figures.from_campaigns.now, figures.revenue.now),
        figures.first_orders.now,
        figures.new_people.now,
    )
    return {
        "campaign_note": f"{wording.percent(share)} of revenue" if share else "last click, 7 days",
        "revenue_note": f"After refunds of {wording.money_compact(figures.refunded, seen.currency)}"
        if figures.refunded
        else "",
        "first_note": f"{wording.thousands(firsts)} were the first of their person",
        "people_note": f"{wording.thousands(new)} new",
    }


def weeks(days: Sequence[Day]) -> list[Day]:
    """Sums of seven days, counted back from the last; the oldest takes the days that are left over."""
    oldest = len(days) % 7
    starts = [0, *range(oldest + 7, len(days), 7)] if oldest else range(0, len(days), 7)
    ends = [*list(starts)[1:], len(days)]
    return [_sum(days[start:end]) for start, end in zip(starts, ends, strict=True)]


def _sum(days: Sequence[Day]) -> Day:
    names = ("revenue", "revenue_before", "from_campaigns", "orders", "first_orders", "new_people", "events")
    return Day(days[0].day, **{name: sum(getattr(one, name) for one in days) for name in names})


def _sparks(days: Sequence[Day]) -> dict[str, list[float]]:
    """Tiny lines; a long time in few steps, so that they stay lines."""
    shown = weeks(days) if len(days) > FEW_DAYS else days
    names = ("revenue", "orders", "from_campaigns", "new_people", "events")
    lines = {name: [float(getattr(one, name)) for one in shown] for name in names}
    lines["average_order"] = [float(one.revenue) / one.orders if one.orders else 0.0 for one in shown]
    return {name: line if any(line) else [] for name, line in lines.items()}


def sentence(seen: Overview, figures: Figures) -> str:
    """The period as one would tell it."""
    orders, revenue = int(figures.orders.now), wording.money_compact(figures.revenue.now, seen.currency)
    if not orders:
        return f"No orders in the last {SPANS[seen.period.days]}."
    counted = f"{wording.thousands(orders)} {'order' if orders == 1 else 'orders'}"
    said = f"{counted} brought {revenue} in the last {SPANS[seen.period.days]}"
    return f"{said}{_against(figures.revenue.change)}.{_by_campaigns(seen, figures)}"


def _against(change: float | None) -> str:
    if change is None:
        return ""
    if abs(change) < 0.005:
        return ", as much as in the time before"
    return f", {wording.percent(abs(change), 0)} {'more' if change > 0 else 'less'} than in the time before"


def _by_campaigns(seen: Overview, figures: Figures) -> str:
    earned = figures.from_campaigns.now
    return (
        f" {wording.money_compact(earned, seen.currency)} of it followed a click in a campaign."
        if earned
        else ""
    )


def _share(part: Any, whole: Any) -> float | None:
    return float(part / whole) if whole else None


def _bars(ranked: Iterable[Ranked], currency: str) -> list[charts.Bar]:
    return [
        charts.Bar(one.label, float(one.revenue.now), wording.money_compact(one.revenue.now, currency))
        for one in ranked
    ]


urls = [path("", dashboard, name="dashboard")]
