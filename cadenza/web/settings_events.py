"""The pages of the schema register: which events come, with what, whose data that is, and what is expected of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any
from urllib.parse import quote

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import path
from django.views.decorators.http import require_http_methods, require_safe

from cadenza.base import clock
from cadenza.base.ids import WorkspaceId
from cadenza.base.problem import Problem
from cadenza.cdp.schemas import service as schemas
from cadenza.cdp.schemas.types import EventSeen, Expectation, Expected, PropertySeen, PropertyType
from cadenza.trust.privacy import service as privacy
from cadenza.web.settings_pages import page

TYPES = [
    ("", "Anything"),
    *((one.value, one.value) for one in PropertyType if one is not PropertyType.NOTHING),
]
MODES = (
    {"value": "", "label": "Nothing", "hint": "Events are taken in as they come.", "icon": "list"},
    {
        "value": "watch",
        "label": "Watch",
        "hint": "What differs is counted, and taken in.",
        "icon": "activity",
    },
    {
        "value": "refuse",
        "label": "Refuse",
        "hint": "What differs waits under Rejected events.",
        "icon": "shield",
    },
)
MOST_ROWS = 600
SPARK_DAYS = 30


@require_safe
def events(request: HttpRequest) -> HttpResponse:
    """Every event name that was stored, most frequent first; searched as one types."""
    search = request.GET.get("q", "").strip()[:200].replace("\x00", "")
    found = schemas.events(_here(request), search)
    rows = [(one, _address(one.name), _spark(one)) for one in found]
    return page(request, "events", "settings/events", {"rows": rows, "q": search})


def _here(request: HttpRequest) -> WorkspaceId:
    return request.workspace.id  # type: ignore[attr-defined, no-any-return]


def _address(name: str) -> str:
    return f"/settings/events/one?name={quote(name, safe='')}"


def _spark(one: EventSeen) -> list[int]:
    """The last days, the oldest first; none where nothing came."""
    today = clock.now().date()
    counts = [one.days.get(day, 0) for day in _days(today)]
    return counts if any(counts) else []


def _days(today: date) -> Iterator[date]:
    return (today - timedelta(days=back) for back in reversed(range(SPARK_DAYS)))


@require_http_methods(["GET", "POST"])
def event(request: HttpRequest) -> HttpResponse:
    """One event: its properties as they were seen, whose data they are, and what is expected of them."""
    here, name, problem = _here(request), request.GET.get("name", ""), None
    found = schemas.event(here, name)
    if request.method == "POST":
        try:
            _save(request, name)
            messages.success(request, "Saved. It holds for the next event.")
            return HttpResponseRedirect(_address(name))
        except Problem as refusal:
            problem = refusal
    expectation = schemas.expectation(here, name)
    told = request.POST if problem else None
    context = {
        "event": found, "spark": _spark(found), "problem": problem, "modes": MODES, "types": TYPES,
        "rows": _rows(schemas.properties(here, name), expectation, told),
        "mode": told.get("mode", "") if told else expectation.mode.value if expectation else "",
        "others": ("others" in told) if told else expectation.others if expectation else True,
        "categories": [(key, privacy.category_title(key)) for key in sorted(privacy.vocabulary())],
        "action": _address(name), "own": schemas.categories(here)(name, schemas.ITSELF),
    }  # fmt: skip
    return page(request, "events", "settings/event", context, status=problem.status if problem else 200)


def _rows(
    seen: list[PropertySeen], expectation: Expectation | None, told: QueryDict | None
) -> list[dict[str, Any]]:
    """One row a property, seen or expected, and an empty one for what is to come."""
    expected = {one.name: one for one in expectation.properties} if expectation else {}
    known = {one.name: one for one in seen}
    names = [*known, *(name for name in expected if name not in known), ""]
    rows = [_row(place, name, known.get(name), expected.get(name)) for place, name in enumerate(names)]
    return [row | _told(row["key"], told) for row in rows] if told else rows


def _row(place: int, name: str, seen: PropertySeen | None, expected: Expected | None) -> dict[str, Any]:
    return {
        "key": f"p{place}", "name": name, "seen": seen,
        "types": [(kind, count) for kind, count in sorted((seen.types if seen else {}).items())],
        "category": seen.category if seen and seen.is_set else "", "was": seen.category if seen and seen.is_set else "",
        "guess": seen.category if seen and not seen.is_set else "",
        "type": (expected.type or "") if expected else "", "required": bool(expected and expected.is_required),
        "choices": ", ".join(expected.choices) if expected else "",
    }  # fmt: skip


def _told(key: str, told: QueryDict) -> dict[str, Any]:
    """What somebody has just typed, so that a refusal loses nothing."""
    return {
        "category": told.get(f"{key}-category", ""),
        "type": told.get(f"{key}-type", ""),
        "required": f"{key}-required" in told,
        "choices": told.get(f"{key}-choices", ""),
    }


def _save(request: HttpRequest, name: str) -> None:
    here, told, by = _here(request), request.POST, f"user:{request.user.id}"  # type: ignore[union-attr]
    rows = [f"p{place}" for place in range(MOST_ROWS) if told.get(f"p{place}-name", "").strip()]
    for key in rows:
        category, before = told.get(f"{key}-category", "").strip(), told.get(f"{key}-before", "")
        if category != before:
            schemas.set_category(here, name, told.get(f"{key}-name", "").strip(), category, by)
    if (own := told.get("category", "").strip()) != told.get("before", ""):
        schemas.set_category(here, name, schemas.ITSELF, own, by)
    if not told.get("mode"):
        schemas.expect_nothing(here, name)
        return
    properties = [_expected(told, key) for key in rows]
    wanted = [one for one in properties if one["type"] or one["required"] or one["choices"]]
    others = "others" in told
    kept = wanted if others else properties  # where others are refused, naming one is expecting it
    schemas.expect(here, name, {"mode": told.get("mode", ""), "others": others, "properties": kept}, by)


def _expected(told: QueryDict, key: str) -> dict[str, Any]:
    choices = [word.strip() for word in told.get(f"{key}-choices", "").split(",") if word.strip()]
    return {
        "name": told.get(f"{key}-name", "").strip(),
        "type": told.get(f"{key}-type") or None,
        "required": f"{key}-required" in told,
        "choices": list(dict.fromkeys(choices)),
    }


urls = [
    path("settings/events/", events, name="settings-events"),
    path("settings/events/one", event, name="settings-event"),
]
