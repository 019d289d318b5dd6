"""The pages on which a shop sets up the operations that its systems call: points, keys, operations, and their calls."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path
from django.views.decorators.http import require_http_methods, require_POST

from cadenza.base import clock
from cadenza.base.config import config
from cadenza.base.ids import WorkspaceId
from cadenza.base.problem import Problem
from cadenza.connect.operations import service as operations
from cadenza.connect.operations.types import CUSTOMER_FIELDS, RETURNED_FIELDS, Operation, PointKey
from cadenza.web.settings_pages import page

HOME = "/settings/operations/"
DAY = timedelta(hours=24)
SHOWN_CALLS = 20
ACCESS = {
    "secret": ("Secret key", "From your servers alone.", "lock"),
    "ticket": (
        "Key or ticket",
        "Also from a browser that carries the customer's ticket.",
        "fingerprint-pattern",
    ),
    "open": ("Open", "Also from a browser on an allowed site, with its deviceUUID.", "globe"),
}
KEY_KINDS = (
    {
        "value": "test",
        "label": "Test key",
        "hint": "Is answered in full; nothing is kept.",
        "icon": "flask-conical",
    },
    {"value": "production", "label": "Production key", "hint": "Changes what it says.", "icon": "lock"},
)
FIELDS = ("name", "external_system", "brand", "touchpoint")


@require_http_methods(["GET", "POST"])
def listing(request: HttpRequest) -> HttpResponse:
    """Every integration point with how its operations were called lately; POST makes a new one."""
    problem = None
    if request.method == "POST":
        try:
            told = request.POST
            made = operations.create_point(
                _here(request), told.get("name", ""), external_system=told.get("external_system", ""),
                brand=told.get("brand", ""), prefix=told.get("prefix", ""), sites=told.get("sites", "").split(),
            )  # fmt: skip
            messages.success(request, "The integration point is there, with its standard operations.")
            return HttpResponseRedirect(f"{HOME}{made.id}/")
        except Problem as refusal:
            problem = refusal
    here = _here(request)
    counted = operations.counts(here, clock.now() - DAY)
    rows = [
        {"point": one, "operations": mine, "calls": sum(sum(counted.get(o.id, {}).values()) for o in mine)}
        for one in operations.points(here)
        for mine in [operations.operations(here, one.id)]
    ]
    context = {"rows": rows, "problem": problem, "told": request.POST}
    return _page(request, "settings/operations", context, problem)


def _here(request: HttpRequest) -> WorkspaceId:
    return request.workspace.id  # type: ignore[attr-defined, no-any-return]


def _page(
    request: HttpRequest, template: str, context: dict[str, Any], problem: Problem | None
) -> HttpResponse:
    return page(request, "operations", template, context, status=problem.status if problem else 200)


@require_http_methods(["GET", "POST"])
def point(request: HttpRequest, point: UUID) -> HttpResponse:
    """One integration point: its system, sites, keys and operations; POST saves."""
    problem = None
    if request.method == "POST":
        try:
            told = {name: request.POST.get(name, "") for name in FIELDS}
            operations.update_point(
                _here(request), point, **told, sites=request.POST.get("sites", "").split()
            )
            messages.success(request, "Saved.")
            return HttpResponseRedirect(f"{HOME}{point}/")
        except Problem as refusal:
            problem = refusal
    return _point(request, point, problem)


def _point(
    request: HttpRequest,
    point: UUID,
    problem: Problem | None = None,
    made: tuple[PointKey, str] | None = None,
) -> HttpResponse:
    here = _here(request)
    found, keys = operations.point(here, point), operations.keys(here, point)
    counted = operations.counts(here, clock.now() - DAY)
    told = (
        request.POST
        if problem
        else {name: getattr(found, name) for name in FIELDS} | {"sites": "\n".join(found.sites)}
    )
    context = {
        "point": found, "told": told, "problem": problem, "kinds": KEY_KINDS, "plain": made[1] if made else "",
        "keys": [one for one in keys if not one.revoked_at], "revoked": [one for one in keys if one.revoked_at],
        "operations": [_row(one, counted.get(one.id, {})) for one in operations.operations(here, point)],
        "address": f"{config().public_url}/v3/operations/sync?endpointId={found.endpoint}&operation=…",
    }  # fmt: skip
    return _page(request, "settings/operations_point", context, problem)


def _row(one: Operation, counted: dict[str, int]) -> dict[str, Any]:
    label, hint, icon = ACCESS[one.access]
    return {
        "operation": one, "does": operations.does(one.kind), "access": label, "hint": hint, "icon": icon,
        "calls": sum(counted.values()), "refused": counted.get("ValidationError", 0),
    }  # fmt: skip


@require_POST
def new_key(request: HttpRequest, point: UUID) -> HttpResponse:
    """A new key, whose text is shown this once and kept nowhere."""
    try:
        made = operations.issue_key(_here(request), point, request.POST.get("kind", ""))  # type: ignore[arg-type]
    except Problem as refusal:
        return _point(request, point, refusal)
    return _point(request, point, made=made)


@require_POST
def revoke_key(request: HttpRequest, point: UUID, point_key: UUID) -> HttpResponse:
    """End a key; programs that use it are refused within seconds."""
    operations.revoke_key(_here(request), point_key)
    messages.success(request, "The key is revoked. Programs that use it are refused within 5 seconds.")
    return HttpResponseRedirect(f"{HOME}{point}/")


@require_http_methods(["GET", "POST"])
def operation(request: HttpRequest, point: UUID, operation: UUID) -> HttpResponse:
    """One operation: what it does, takes and gives back, how to call it, and how it was called; POST saves."""
    here, problem = _here(request), None
    if request.method == "POST":
        try:
            told = request.POST
            operations.update_operation(
                here, operation, access=told.get("access", ""), target=told.get("target", ""),
                accepts=told.getlist("accepts"), returns=told.getlist("returns"), enabled=bool(told.get("enabled")),
            )  # fmt: skip
            messages.success(request, "Saved.")
            return HttpResponseRedirect(f"{HOME}{point}/{operation}/")
        except Problem as refusal:
            problem = refusal
    found, where = operations.operation(here, operation), operations.point(here, point)
    context = {
        "point": where, "operation": found, "does": operations.does(found.kind), "problem": problem,
        "targeted": operations.targeted(found.kind), "examples": operations.example(where, found, config().public_url),
        "accesses": [
            {"value": key, "label": label, "hint": hint, "icon": icon}
            for key, (label, hint, icon) in ACCESS.items()
            if key in operations.accesses(found.kind)
        ],
        "accepts": [(name, name in found.accepts) for name in CUSTOMER_FIELDS],
        "returns": [(name, name in found.returns) for name in RETURNED_FIELDS],
        "calls": operations.last_calls(here, found.id, SHOWN_CALLS),
        "counts": operations.counts(here, clock.now() - DAY).get(found.id, {}),
    }  # fmt: skip
    return _page(request, "settings/operation", context, problem)


urls = [
    path("settings/operations/", listing, name="operations"),
    path("settings/operations/<uuid:point>/", point, name="operations-point"),
    path("settings/operations/<uuid:point>/keys", new_key, name="operations-key"),
    path(
        "settings/operations/<uuid:point>/keys/<uuid:point_key>/revoke",
        revoke_key,
        name="operations-key-revoke",
    ),
    path("settings/operations/<uuid:point>/<uuid:operation>/", operation, name="operation"),
]
