"""Fit what was told of a thing to the fields that were declared for it; what nobody declared is left aside."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from cadenza.cdp.fields.coerce import Misfit, coerce
from cadenza.cdp.fields.types import Field, Refused

RETIRED = "this field is retired: nothing more is taken in"


def fit(fields: Mapping[str, Field], told: Mapping[str, Any]) -> tuple[dict[str, Any], list[Refused]]:
    """The values that fit, as JSON holds them (None takes one away), and the others with their reasons."""
    fitting: dict[str, Any] = {}
    refused = []
    for name in fields.keys() & told.keys():
        try:
            fitting[name] = _fitted(fields[name], told[name])
        except Misfit as misfit:
            refused.append(Refused(name, str(misfit), told[name]))
    return fitting, refused


def _fitted(field: Field, value: Any) -> Any:
    if field.retired:
        raise Misfit(RETIRED)
    if value is None or value == "":
        return None
    found = coerce(field.type, value, choices=field.choices)
    return plain(None if found in ("", []) else found)


def plain(value: Any) -> Any:
    """A value as JSON holds it."""
    return value.isoformat() if isinstance(value, date) else value
