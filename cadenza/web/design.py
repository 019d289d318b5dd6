"""The page /design: every part of the design system with made-up numbers, for those who build pages."""

from __future__ import annotations

from datetime import timedelta
from math import sin
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_safe

from cadenza.base import clock
from cadenza.base.problem import BadInput
from cadenza.web import charts

COLOURS = ("canvas", "page", "surface", "surface-2", "surface-3", "line", "line-strong", "line-control")
INKS = ("ink", "ink-2", "ink-3", "accent-ink", "accent", "danger")
PALETTE = ("chart-1", "chart-2", "chart-3", "chart-4", "chart-5", "chart-6")
STATES = tuple("draft scheduled sending paused finished delivered bounced left_out in_doubt".split())
PEOPLE = (
    ("Ann Lee", "ann.lee@example.com", "United States", 7, "2,443.35"),
    ("Jānis Bērziņš", "janis@example.lv", "Latvia", 3, "612.10"),
    ("Мария Петрова", "maria@example.com", "Bulgaria", 12, "4,019.99"),
    ("José Álvarez", "jose.alvarez@example.com", "Spain", 1, "34.99"),
    ("", "nameless@example.com", "Australia", 0, "0.00"),
)


@require_safe
def design(request: HttpRequest) -> HttpResponse:
    """Every part, living."""
    return render(request, "design.html", {**_looks(), **_numbers(), **_words()})


def _looks() -> dict[str, Any]:
    return {"colours": COLOURS, "inks": INKS, "palette": PALETTE}


def _numbers() -> dict[str, Any]:
    wave = [round(900 + 420 * sin(step / 3.1) + step * 23 + 160 * sin(step * 1.7), 2) for step in range(60)]
    days = [(clock.now() - timedelta(days=59 - step)).date() for step in range(60)]
    return {
        "wave": wave[-24:],
        "revenue": charts.TimeChart(
            "Revenue by day",
            days,
            [
                charts.Series("This period", wave),
                charts.Series("The one before", [one * 0.78 for one in wave], "line", colour=2),
            ],
            "USD",
        ),
        "orders": charts.TimeChart(
            "Orders by day", days[-30:], [charts.Series("Orders", [int(v / 31) for v in wave[-30:]], "bars")]
        ),
        "countries": [
            charts.Bar("United States", 7819, href="#charts"),
            charts.Bar("Australia", 3591),
            charts.Bar("United Kingdom", 1913),
            charts.Bar("France", 1810),
            charts.Bar("Germany", 1780),
            charts.Bar("Canada", 1571),
        ],
        "months": [
            charts.Bar(month, value)
            for month, value in zip(
                ("Dec", "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov"),
                (1290, 1480, 1340, 1610, 1720, 1890, 2012, 1870, 1930, 2140, 2260, 2381),
                strict=True,
            )
        ],
        "funnel": [
            charts.Step("Audience", 4812),
            charts.Step(
                "Sent", 4305, note="507 left out: 402 without consent, 88 suppressed, 17 without an address"
            ),
            charts.Step("Delivered", 4268),
            charts.Step("Opened", 1902),
            charts.Step("Clicked", 611),
            charts.Step("Ordered", 94),
        ],
    }


def _words() -> dict[str, Any]:
    now = clock.now()
    return {
        "people": PEOPLE,
        "states": STATES,
        "tones": ("neutral", "accent", "positive", "caution", "critical", "info"),
        "moments": {name: now - timedelta(**{name: 3}) for name in ("minutes", "hours", "days")},
        "countries_list": ("United States", "Australia", "Germany", "Latvia"),
        "whens": (
            {"value": "now", "label": "Now", "hint": "Begins as soon as you confirm.", "icon": "send"},
            {
                "value": "later",
                "label": "At a time",
                "hint": "In the workspace's time zone.",
                "icon": "calendar-clock",
            },
        ),
        "views": (("day", "Day"), ("week", "Week"), ("month", "Month")),
        "tabs": (
            {"key": "timeline", "label": "Timeline", "href": "#tabs"},
            {"key": "orders", "label": "Orders", "href": "#tabs", "count": 7},
            {"key": "messages", "label": "Messages", "href": "#tabs", "count": 1204},
        ),
        "sections": (
            ("Shop", ({"key": "team", "label": "Team", "href": "#sections"},)),
            (
                "Data in",
                (
                    {"key": "keys", "label": "Keys", "href": "#sections"},
                    {"key": "rejected", "label": "Rejected events", "href": "#sections", "count": 12},
                ),
            ),
        ),
        "steps": ("Upload", "Columns", "Check", "Import"),
        "refusal": BadInput("This is not a condition.", at="tree.all.0", hint="Use all, any, not, did."),
        "wrong": BadInput("There is no variable person.frist_name.", at="subject", hint="Is it first_name?"),
        "snippet": '{"batch": [{"type": "track", "userId": "AW00011000", "event": "Order Completed"}]}',
    }


urls = [path("design", design, name="design")]
