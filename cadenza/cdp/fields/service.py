"""Declare fields, change and retire them, and say which there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cadenza.base import clock, text
from cadenza.base.ids import WorkspaceId
from cadenza.base.problem import BadInput, NotFound
from cadenza.cdp.fields import models
from cadenza.cdp.fields.coerce import Misfit, coerce, guess
from cadenza.cdp.fields.fit import RETIRED, fit, plain
from cadenza.cdp.fields.types import (
    COMPUTED,
    ENTITIES,
    STANDARD,
    STANDARD_NAMES,
    TYPES,
    Entity,
    Field,
    FieldType,
    Refused,
    Retention,
)
from cadenza.trust.privacy import service as privacy

__all__ = ["RETIRED", "Misfit", "all", "coerce", "declare", "edit", "fit", "guess", "of", "one", "plain", "restore",
           "retire", "retired", "take"]  # fmt: skip

MOST_FIELDS = 500
LONGEST_NAME = LONGEST_LABEL = 120
MOST_CHOICES = 200
STANDARD_CATEGORY = "custom.fields"


def all(workspace: WorkspaceId) -> list[Field]:
    """Every field of the shop's own, of whatever it is, the retired ones too; by name."""
    found = models.CustomField.objects.filter(workspace_id=workspace).order_by("name")
    return [_field(row) for row in found]


def of(workspace: WorkspaceId, entity: Entity = "person", *, retired: bool = False) -> dict[str, Field]:
    """The shop's own fields of people (or orders, lines, products, events), by name; the retired ones if asked for."""
    found = models.CustomField.objects.filter(workspace_id=workspace, entity=entity).order_by("name")
    return {row.name: _field(row) for row in found if retired or row.retired_at is None}


def retired(workspace: WorkspaceId, entity: Entity) -> frozenset[str]:
    """The names of the fields that are not shown any more."""
    found = models.CustomField.objects.filter(workspace_id=workspace, entity=entity, retired_at__isnull=False)
    return frozenset(found.values_list("name", flat=True))


def one(workspace: WorkspaceId, entity: str, name: str) -> Field:
    """One field; raises NotFound."""
    return _field(_row(workspace, entity, name))


def take(
    workspace: WorkspaceId, entity: Entity, told: Sequence[Mapping[str, Any]]
) -> list[tuple[dict[str, Any], list[Refused]]]:
    """What fits the declared fields of each of these things, and what does not; see `fit`."""
    known = of(workspace, entity, retired=True) if any(told) else {}
    return [fit(known, one) for one in told]


def declare(
    workspace: WorkspaceId,
    name: str,
    type: FieldType,
    category: str = "",
    label: str = "",
    *,
    entity: Entity = "person",
    retention: str = "",
    choices: Sequence[str] = (),
) -> Field:
    """Declare a field; declaring it again changes what is told of it, never its type."""
    name = text.clean(name.strip(), LONGEST_NAME + 1)
    _check_name(entity, name)
    if type not in TYPES:
        raise BadInput("There is no such type.", at=f"{name}.type", hint=f"Known are: {', '.join(TYPES)}.")
    _check(name, category, retention)
    wanted = _choices(name, type, choices)
    if not _known(workspace, entity, name):
        _check_new(workspace, name, type, wanted)
    row, made = models.CustomField.objects.get_or_create(
        workspace_id=workspace, entity=entity, name=name,
        defaults={
            "type": type, "category": category or STANDARD_CATEGORY, "created_at": clock.now(), "choices": wanted,
            "label": text.clean(label.strip(), LONGEST_LABEL) or _label(name),
            "retention": retention or Retention.AS_LONG_AS_NEEDED.value,
        },
    )  # fmt: skip
    if made:
        return _field(row)
    if row.type != type:
        raise BadInput(
            f"The field {name} is of the type {row.type} already.",
            at=f"{name}.type",
            hint="Use another name.",
        )
    return _changed(row, label, category, retention, choices)


def edit(
    workspace: WorkspaceId,
    entity: str,
    name: str,
    *,
    label: str = "",
    category: str = "",
    retention: str = "",
    choices: Sequence[str] = (),
) -> Field:
    """Change what is told of a field; what is empty stays as it is. Values told before stay too."""
    row = _row(workspace, entity, name)
    _check(name, category, retention)
    return _changed(row, label, category, retention, choices)


def _changed(
    row: models.CustomField, label: str, category: str, retention: str, choices: Sequence[str]
) -> Field:
    row.label = text.clean(label.strip(), LONGEST_LABEL) or row.label
    row.category, row.retention = category or row.category, retention or row.retention
    row.choices = _choices(row.name, row.type, choices) or row.choices
    row.save()
    return _field(row)


def retire(workspace: WorkspaceId, entity: str, name: str) -> Field:
    """Hide a field and take nothing more into it. What was told stays until it is erased."""
    row = _row(workspace, entity, name)
    row.retired_at = row.retired_at or clock.now()
    row.save(update_fields=["retired_at"])
    return _field(row)


def restore(workspace: WorkspaceId, entity: str, name: str) -> Field:
    """Bring a retired field back, with what was told before."""
    row = _row(workspace, entity, name)
    row.retired_at = None
    row.save(update_fields=["retired_at"])
    return _field(row)


def _check_name(entity: str, name: str) -> None:
    if entity not in ENTITIES:
        raise BadInput("There are no fields of this.", at="entity", hint=f"Known are: {', '.join(ENTITIES)}.")
    taken = STANDARD_NAMES | COMPUTED if entity == "person" else frozenset()
    if not name or len(name) > LONGEST_NAME or name in taken or name.startswith("@"):
        raise BadInput(
            "This cannot be the name of a field.",
            at=name[:40] or "name",
            hint=f"Use up to {LONGEST_NAME} letters, no standard name, and no @ in front.",
        )


def _check(name: str, category: str, retention: str) -> None:
    if category and category not in privacy.vocabulary():
        raise BadInput("There is no such data category.", at=f"{name}.category")
    if retention and retention not in set(Retention):
        raise BadInput(
            "There is no such retention class.",
            at=f"{name}.retention",
            hint=f"Known are: {', '.join(Retention)}.",
        )


def _check_new(workspace: WorkspaceId, name: str, type: str, choices: Sequence[str]) -> None:
    if type == "enum" and not choices:
        raise BadInput("An enum needs its choices.", at=f"{name}.choices", hint="Name at least one.")
    own = models.CustomField.objects.filter(workspace_id=workspace).count()
    if len(STANDARD) + own >= MOST_FIELDS:
        raise BadInput(
            f"There are {MOST_FIELDS} fields already, which is the most there can be.", at=name[:40]
        )


def _choices(name: str, type: str, told: Sequence[str]) -> list[str]:
    found = list(dict.fromkeys(plain for one in told if (plain := text.clean(str(one).strip(), 200))))
    if found and type != "enum":
        raise BadInput("Only an enum has choices.", at=f"{name}.choices", hint="Leave them out.")
    if len(found) > MOST_CHOICES or any(len(one) > LONGEST_NAME for one in found):
        raise BadInput(
            f"An enum has at most {MOST_CHOICES} choices of {LONGEST_NAME} letters.", at=f"{name}.choices"
        )
    if len({one.casefold() for one in found}) < len(found):
        raise BadInput("Two choices differ in capital letters alone.", at=f"{name}.choices")
    return found


def _label(name: str) -> str:
    return name.replace("_", " ").replace(".", " ").strip().capitalize()[:LONGEST_LABEL]


def _known(workspace: WorkspaceId, entity: str, name: str) -> models.CustomField | None:
    return models.CustomField.objects.filter(workspace_id=workspace, entity=entity, name=name).first()


def _row(workspace: WorkspaceId, entity: str, name: str) -> models.CustomField:
    row = _known(workspace, entity, text.clean(name)) if entity in ENTITIES else None
    if not row:
        raise NotFound("There is no such field.", at="name", hint="Fields are listed in Settings → Fields.")
    return row


def _field(row: models.CustomField) -> Field:
    return Field(
        row.name, row.type, row.category, row.label, standard=False, entity=row.entity,  # type: ignore[arg-type]
        retention=Retention(row.retention), choices=tuple(row.choices), retired=row.retired_at is not None,
    )  # fmt: skip
