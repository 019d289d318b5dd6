"""The pages on which a shop declares its own fields: what they hold, which kind of data, and for how long."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path
from django.views.decorators.http import require_http_methods, require_POST

from cadenza.base.ids import WorkspaceId
from cadenza.base.problem import Problem
from cadenza.cdp.fields import service as fields
from cadenza.cdp.fields.types import Entity, Field, FieldType, Retention
from cadenza.cdp.profiles.types import STANDARD
from cadenza.trust.privacy import service as privacy
from cadenza.web.settings_pages import page

ENTITIES: tuple[tuple[Entity, str, str], ...] = (
    ("person", "People",
     "Told with identify calls and imports. A trait that nobody declared is learnt from its first value."),
    ("order", "Orders", "Told with order events, under their own name beside order_id."),
    ("line", "Order lines", "Told with order events, in each entry of products."),
    ("product", "Products", "Told with imports, as properties of products."),
    ("event", "Actions", "Properties of events that have a type."),
)  # fmt: skip
TYPES: dict[FieldType, str] = {
    "text": "Text", "number": "Number", "integer": "Whole number", "decimal": "Exact decimal", "boolean": "Yes or no",
    "date": "Date", "datetime": "Moment", "enum": "One of several choices", "list": "List of texts", "id": "Unique id",
}  # fmt: skip
RETENTIONS = {
    Retention.AS_LONG_AS_NEEDED: "As long as it is needed",
    Retention.UNTIL_WITHDRAWN: "Until the consent is withdrawn",
    Retention.ONE_YEAR_AFTER_LAST_ACTIVITY: "One year after the last activity",
    Retention.TWO_YEARS_AFTER_LAST_ACTIVITY: "Two years after the last activity",
    Retention.FIVE_YEARS_AFTER_LAST_ORDER: "Five years after the last order",
}
PLACES = ("name", "type", "category", "retention", "choices", "entity")


def _here(request: HttpRequest) -> WorkspaceId:
    return request.workspace.id  # type: ignore[attr-defined, no-any-return]


@require_http_methods(["GET", "POST"])
def declared(request: HttpRequest) -> HttpResponse:
    """Every field, by what it is of. POST: declare another one."""
    told, problem = request.POST, None
    if request.method == "POST":
        try:
            return _declare(request)
        except Problem as refusal:
            problem = _placed(refusal)
    everything = fields.all(_here(request))
    context = {
        "groups": [(title, hint, _rows(everything, entity)) for entity, title, hint in ENTITIES],
        "retired": [_row(one) for one in everything if one.retired],
        "entities": [(entity, title) for entity, title, _ in ENTITIES], "types": list(TYPES.items()),
        "told": told, "problem": problem, **_choices(),
    }  # fmt: skip
    return page(request, "fields", "settings/fields", context, status=problem.status if problem else 200)


def _declare(request: HttpRequest) -> HttpResponse:
    told, here = request.POST, _here(request)
    entity, name = told.get("entity", "person"), told.get("name", "").strip()
    made = fields.declare(
        here, name, told.get("type", ""), told.get("category", ""), told.get("label", ""),  # type: ignore[arg-type]
        entity=entity, retention=told.get("retention", ""), choices=told.get("choices", "").splitlines(),  # type: ignore[arg-type]
    )  # fmt: skip
    messages.success(request, f"The field “{made.label}” is declared.")
    return HttpResponseRedirect("/settings/fields/")


def _placed(refusal: Problem) -> Problem:
    """The refusal beside its field in the form, where it may name the field by the name that was told."""
    last = (refusal.at or "").rpartition(".")[2]
    refusal.at = last if last in PLACES else "name"
    return refusal


def _rows(everything: list[Field], entity: Entity) -> list[dict[str, Any]]:
    standard = STANDARD if entity == "person" else ()
    return [_row(one) for one in (*standard, *everything) if one.entity == entity and not one.retired]


def _row(field: Field) -> dict[str, Any]:
    return {
        "field": field,
        "type": TYPES[field.type],
        "category": privacy.category_title(field.category),
        "retention": RETENTIONS[field.retention],
        "of": next(title for entity, title, _ in ENTITIES if entity == field.entity),
    }


def _choices() -> dict[str, Any]:
    titles = {one: privacy.category_title(one) for one in privacy.vocabulary()}
    return {
        "categories": sorted(titles.items(), key=lambda one: one[1]),
        "retentions": [(one.value, title) for one, title in RETENTIONS.items()],
    }


@require_http_methods(["GET", "POST"])
def field(request: HttpRequest, entity: str, name: str) -> HttpResponse:
    """One field: what it is called, which kind of data it is, how long it is kept. Its type stays."""
    here, told, problem = _here(request), request.POST, None
    one = fields.one(here, entity, name)
    if request.method == "POST":
        try:
            fields.edit(
                here, entity, name, label=told.get("label", ""), category=told.get("category", ""),
                retention=told.get("retention", ""), choices=told.get("choices", "").splitlines(),
            )  # fmt: skip
            messages.success(request, "Saved.")
            return HttpResponseRedirect("/settings/fields/")
        except Problem as refusal:
            problem = _placed(refusal)
    told = told or {
        "label": one.label, "category": one.category, "retention": one.retention.value,
        "choices": "\n".join(one.choices),
    }  # type: ignore[assignment]  # fmt: skip
    context = {**_row(one), "told": told, "problem": problem, **_choices()}
    return page(request, "fields", "settings/field", context, status=problem.status if problem else 200)


@require_POST
def retire(request: HttpRequest) -> HttpResponse:
    """Hide a field and take nothing more into it; or, told to restore it, bring it back."""
    here, told = _here(request), request.POST
    decide = fields.restore if told.get("restore") else fields.retire
    one = decide(here, told.get("entity", ""), told.get("name", ""))
    said = "is retired. Values that come for it are refused." if one.retired else "is back."
    messages.success(request, f"The field “{one.label}” {said}")
    return HttpResponseRedirect("/settings/fields/")


urls = [
    path("settings/fields/", declared, name="fields"),
    path("settings/fields/retire", retire, name="field-retire"),
    path("settings/fields/<str:entity>/<path:name>/", field, name="field"),
]
