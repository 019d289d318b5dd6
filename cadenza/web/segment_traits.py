"""Computed traits: the cells of the lifecycle with their thresholds, RFM as a map, when they are worked out."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_POST, require_safe

from cadenza.base import clock
from cadenza.base.problem import BadInput
from cadenza.cdp.segments import service as segments
from cadenza.cdp.segments.types import Computed, Scored
from cadenza.web import segment_words, wording

SCORES = (5, 4, 3, 2, 1)
RECENT = {5: "most recently", 4: "", 3: "", 2: "", 1: "longest ago"}
OFTEN = {5: "most often", 4: "", 3: "", 2: "", 1: "least often"}
PATIENCE = 600  # seconds after which a run that has said nothing is no longer waited for
LABELS = {
    "new_no_orders": "New, no order", "new_one_order": "New, one order", "new_repeat": "New, came again",
    "inactive": "Inactive", "churned": "Churned", "at_risk": "At risk", "loyal": "Loyal", "active": "Active",
    "promising": "Promising",
}  # fmt: skip
THRESHOLDS = (
    ("new_days", "New for", "days", "Counted from when somebody registered, or was seen first."),
    ("active_days", "At risk after", "days", "Without an order for so long."),
    ("churn_days", "Churned after", "days", "Without an order for so long."),
    ("loyal_orders", "Loyal from", "orders", "And the last one not too long ago."),
)
WORKED_OUT = (
    "Number, total and average of orders", "First and last order", "Favourite category", "Last seen",
    "RFM score, and its three parts", "Lifecycle",
)  # fmt: skip


@require_safe
def traits(request: HttpRequest) -> HttpResponse:
    """The cells with a sentence and a count each, the map (`?m=` one score of spending), and the next run."""
    return _page(request)


def _page(request: HttpRequest, problem: BadInput | None = None) -> HttpResponse:
    here = request.workspace.id  # type: ignore[attr-defined]
    state = segments.computed(here)
    told = {name: request.POST.get(name, str(state.thresholds[name])) for name in state.thresholds}
    money = request.GET.get("m", "")
    context: dict[str, Any] = {
        "area": segment_words.area(), "state": state, "problem": problem, "worked_out": WORKED_OUT,
        "fields": [(*one, told[one[0]]) for one in THRESHOLDS], **_progress(request, state),
        "soon": state.due_at is not None and state.due_at <= clock.now(),
    }  # fmt: skip
    if state.computed_at:
        counts, scored = segments.cells(here), segments.scores(here)
        context |= {"cells": _cells(counts, state.thresholds), **_map(scored, money)}
    return render(request, "segments/traits.html", context, status=problem.status if problem else 200)


def _cells(counts: dict[str, int], at: dict[str, int]) -> list[dict[str, Any]]:
    everyone = sum(counts.values())
    said = sentences(at)
    return [
        {
            "label": LABELS[cell], "said": said[cell], "count": count,
            "share": wording.percent(count / everyone if everyone else 0),
            "keep": _keep({"attribute": "lifecycle", "is": cell}, LABELS[cell]),
        }
        for cell, count in counts.items()
    ]  # fmt: skip


def sentences(at: dict[str, int]) -> dict[str, str]:
    """Who is in each cell, in words, with these thresholds."""
    new, active, churn, loyal = (
        at[name] for name in ("new_days", "active_days", "churn_days", "loyal_orders")
    )
    older = f"Known for more than {new} days"
    lately = f"{older}, last order within {active} days"
    return {
        "new_no_orders": f"Registered within {new} days, has not ordered.",
        "new_one_order": f"Registered within {new} days, ordered once.",
        "new_repeat": f"Registered within {new} days, ordered more than once.",
        "inactive": f"{older}, never ordered.",
        "churned": f"{older}, last order at least {churn} days ago.",
        "at_risk": f"{older}, last order {active} to {churn} days ago.",
        "loyal": f"{lately}, at least {loyal} orders.",
        "active": f"{lately}, 2 to {loyal - 1} orders." if loyal > 3 else f"{lately}, 2 orders.",
        "promising": f"{lately}, one order.",
    }


def _map(scored: list[Scored], money: str) -> dict[str, Any]:
    """Five by five: how recently by how often; of one score of spending, or of all with their parts as a title."""
    chosen = int(money) if money in ("1", "2", "3", "4", "5") else 0
    cells: Counter[tuple[int, int]] = Counter()
    parts: dict[tuple[int, int], dict[int, int]] = {}
    for one in scored:
        place = (one.recency, one.frequency)
        parts.setdefault(place, {})[one.monetary] = one.count
        if chosen in (0, one.monetary):
            cells[place] += one.count
    most = max(cells.values(), default=0) or 1
    views = [("", "Any spending", "?"), *((str(n), f"{n}{_edge(n)}", f"?m={n}") for n in SCORES)]
    return {
        "map": [(r, RECENT[r], [_heat(r, f, cells[(r, f)], most, parts.get((r, f), {}), chosen) for f in SCORES])
                for r in SCORES],
        "columns": [(f, OFTEN[f]) for f in SCORES], "money": str(chosen or ""), "ordered": sum(cells.values()),
        "views": [{"value": value, "label": label, "href": f"{href}#rfm"} for value, label, href in views],
    }  # fmt: skip


def _edge(score: int) -> str:
    return {5: " (most)", 1: " (least)"}.get(score, "")


def _heat(r: int, f: int, count: int, most: int, parts: dict[int, int], chosen: int) -> dict[str, Any]:
    tests: list[dict[str, Any]] = [
        {"attribute": "rfm_recency", "is": r},
        {"attribute": "rfm_frequency", "is": f},
    ]
    if chosen:
        tests.append({"attribute": "rfm_monetary", "is": chosen})
    spent = ", ".join(f"{wording.thousands(parts[m])} with {m}" for m in SCORES if m in parts)
    said = f"Recency {r}, frequency {f}: {segment_words.people(count)}"
    return {
        "count": count, "share": f"{count / most:.3f}",
        "said": said + ("" if chosen or not spent else f". Spending: {spent}"),
        "keep": _keep({"all": tests}, f"RFM {r}{f}{chosen or ''}" + ("" if chosen else " (any spending)")),
    }  # fmt: skip


def _keep(tree: dict[str, Any], name: str) -> str:
    return "/segments/keep/?" + urlencode({"tree": json.dumps(tree, separators=(",", ":")), "name": name})


@require_POST
def save(request: HttpRequest) -> HttpResponse:
    """Set the thresholds, and have the traits worked out with them; from then on every night."""
    here = request.workspace.id  # type: ignore[attr-defined]
    try:
        segments.set_thresholds(here, {name: _whole(request, name) for name, *_ in THRESHOLDS})
    except BadInput as refusal:
        refusal.at = (refusal.at or "").removeprefix("thresholds.")
        return _page(request, refusal)
    return _started(request, "Saved. The traits are being worked out with it.")


def _whole(request: HttpRequest, name: str) -> int:
    told = request.POST.get(name, "").strip()
    if not (told.isascii() and told.isdigit() and len(told) < 7):
        raise BadInput("This must be a whole number.", at=name, hint="From 1 to 36500.")
    return int(told)


@require_POST
def run(request: HttpRequest) -> HttpResponse:
    """Have them worked out now."""
    return _started(request, "The traits are being worked out.")


def _started(request: HttpRequest, said: str) -> HttpResponse:
    segments.start_traits(request.workspace.id)  # type: ignore[attr-defined]
    messages.success(request, said)
    return HttpResponseRedirect("/segments/traits/?" + urlencode({"since": clock.now().isoformat()}))


@require_safe
def progress(request: HttpRequest) -> HttpResponse:
    """Polled by htmx while a worker is at it; the page is loaded anew when it is done."""
    seen = _progress(request, segments.computed(request.workspace.id))  # type: ignore[attr-defined]
    response = render(request, "segments/_computing.html", seen)
    if not seen["busy"]:
        response.headers["HX-Redirect"] = "/segments/traits/"
    return response


def _progress(request: HttpRequest, state: Computed) -> dict[str, Any]:
    """Whether the run that was asked for at `?since=` still goes on."""
    try:
        since = datetime.fromisoformat(request.GET.get("since", ""))
        waited = (clock.now() - since).total_seconds()
    except (ValueError, TypeError):  # a moment without its zone cannot be compared
        return {"busy": False, "since": ""}
    done = state.computed_at is not None and state.computed_at >= since
    return {"busy": not done and 0 <= waited < PATIENCE, "since": since.isoformat()}


urls = [
    path("segments/traits/", traits, name="segment-traits"),
    path("segments/traits/save", save, name="segment-traits-save"),
    path("segments/traits/run", run, name="segment-traits-run"),
    path("segments/traits/progress", progress, name="segment-traits-progress"),
]
