"""The HTTP door of fields: which there are, and to declare, change, retire and bring back one."""

from __future__ import annotations

from django.http import HttpRequest
from ninja import Router, Schema, Status

from cadenza.base.ids import WorkspaceId
from cadenza.base.problem import BadInput
from cadenza.cdp.fields import service
from cadenza.cdp.fields.types import ENTITIES, STANDARD, Entity, Field, FieldType, Retention

PREFIX = "/fields"
router = Router(tags=["Fields"])


class FieldOut(Schema):
    """A field. `standard`: every person has it, and it cannot be changed."""

    entity: Entity
    name: str
    type: FieldType
    label: str
    category: str
    retention: Retention
    choices: list[str]
    standard: bool
    retired: bool


class Fields(Schema):
    """The fields, the standard ones first."""

    items: list[FieldOut]


class FieldChange(Schema):
    """What may be changed of a field; what is left out stays as it is."""

    label: str = ""
    category: str = ""
    retention: str = ""
    choices: list[str] = []


class NewField(FieldChange):
    """A field to declare. Declared again, its label, category, retention and choices change, and its type never."""

    name: str
    type: FieldType
    entity: Entity = "person"


def _here(request: HttpRequest) -> WorkspaceId:
    return request.workspace  # type: ignore[attr-defined, no-any-return]


def _shown(field: Field) -> FieldOut:
    return FieldOut(**{name: getattr(field, name) for name in FieldOut.model_fields if name != "choices"},
                    choices=list(field.choices))  # fmt: skip


@router.get("/", response=Fields, summary="The fields")
def fields(request: HttpRequest, entity: str = "", retired: bool = False) -> Fields:
    """Fields of people, orders, order lines, products and events; `entity` narrows, `retired` adds the retired ones."""
    if entity not in ("", *ENTITIES):
        raise BadInput("There are no fields of this.", at="entity", hint=f"Known are: {', '.join(ENTITIES)}.")
    found = [*STANDARD, *service.all(_here(request))]
    return Fields(
        items=[_shown(one) for one in found if entity in ("", one.entity) and (retired or not one.retired)]
    )


@router.post("/", response={201: FieldOut}, summary="Declare a field")
def declare(request: HttpRequest, body: NewField) -> Status[FieldOut]:
    """Declare a field with its type, kind of data and how long it is kept."""
    made = service.declare(
        _here(request), body.name, body.type, body.category, body.label,
        entity=body.entity, retention=body.retention, choices=body.choices,
    )  # fmt: skip
    return Status(201, _shown(made))


@router.patch("/{entity}/{name}", response=FieldOut, summary="Change a field")
def edit(request: HttpRequest, entity: str, name: str, body: FieldChange) -> FieldOut:
    """Change label, category, retention or choices."""
    found = service.edit(_here(request), entity, name, label=body.label, category=body.category,
                         retention=body.retention, choices=body.choices)  # fmt: skip
    return _shown(found)


@router.post("/{entity}/{name}/retire", response=FieldOut, summary="Retire a field")
def retire(request: HttpRequest, entity: str, name: str) -> FieldOut:
    """Hide a field and take nothing more into it; values that come for it are refused."""
    return _shown(service.retire(_here(request), entity, name))


@router.post("/{entity}/{name}/restore", response=FieldOut, summary="Bring a field back")
def restore(request: HttpRequest, entity: str, name: str) -> FieldOut:
    """Bring a retired field back, with what was told before."""
    return _shown(service.restore(_here(request), entity, name))
