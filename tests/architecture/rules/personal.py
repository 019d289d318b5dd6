"""Rule for personal data: every field names its category, every table its share of a person."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

PERSONAL_FIELDS = {
    "email", "phone", "first_name", "last_name", "full_name", "middle_name", "gender", "birth_date", "birthday", "address",
    "street", "postal_code", "city", "ip", "ip_address", "user_agent", "password", "login", "username", "person",
}  # fmt: skip
POINTS_AT_A_PERSON = {"profile_id", "profile", "winner", "loser", "survivor", "user_id"}


def vocabulary(purposes: Path) -> set[str]:
    """Every data category that a purpose may name."""
    told = tomllib.loads(purposes.read_text(encoding="utf-8"))
    return {category for purpose in told["purpose"] for category in purpose["categories"]} - {"any"}


def personal_fields_have_a_category_and_a_share(
    models: Iterable[Any], known: set[str], covered: Iterable[str]
) -> list[str]:
    """Complaints about Django models that hold personal data without saying so."""
    tables = set(covered)
    return [complaint for model in models for complaint in _of_model(model, known, tables)]


def _of_model(model: Any, known: set[str], covered: set[str]) -> list[str]:
    fields = {field.attname for field in model._meta.concrete_fields} | {
        field.name for field in model._meta.concrete_fields
    }
    personal = fields & PERSONAL_FIELDS
    points = fields & POINTS_AT_A_PERSON
    declared = getattr(model, "PERSONAL", None)
    where = f"{model.__module__}.{model.__qualname__}"
    if declared is None:
        if not personal | points:
            return []
        names = ", ".join(sorted(personal | points))
        return [
            f"{where}: holds {names} and says nothing of it. Add `PERSONAL = {{field: category}}`, `{{}}` if it only points at a person."
        ]
    return [
        *(f"{where}: `{name}` is personal and has no category. Add it to PERSONAL." for name in sorted(personal - set(declared))),
        *(f"{where}: PERSONAL names `{name}`, which is no field. Take it out." for name in sorted(set(declared) - fields)),
        *(f"{where}: `{category}` ({name}) is no category of trust/privacy/purposes.toml. Use one of its words."
          for name, category in sorted(declared.items()) if category not in known),
        *_share(where, model._meta.db_table, covered),
    ]  # fmt: skip


def _share(where: str, table: str, covered: set[str]) -> list[str]:
    if table in covered:
        return []
    return [
        f"{where}: no share covers `{table}`. Export and erase it in the module's share and name it in `tables`."
    ]
