"""From JSON to what is expected of an event; a mistake knows its place."""

from __future__ import annotations

from typing import Any

from cadenza.base.problem import BadInput
from cadenza.cdp.schemas.types import (
    LONGEST_NAME,
    MOST_CHOICES,
    MOST_PROPERTIES,
    Expectation,
    Expected,
    Mode,
    PropertyType,
)

KNOWN = {"mode", "others", "properties"}
KNOWN_OF_PROPERTY = {"name", "type", "required", "choices"}


def parse(event: str, told: Any) -> Expectation:
    """`{"mode": "watch", "others": true, "properties": [{"name", "type", "required", "choices"}]}`."""
    if not isinstance(told, dict):
        raise BadInput(
            "An expectation is an object.", at="expectation", hint="Use mode, others and properties."
        )
    _only(told, KNOWN, "expectation")
    rows = told.get("properties", [])
    if not isinstance(rows, list) or len(rows) > MOST_PROPERTIES:
        raise BadInput(f"properties is a list of at most {MOST_PROPERTIES}.", at="properties")
    found = tuple(_property(row, f"properties.{place}") for place, row in enumerate(rows))
    names = [one.name for one in found]
    if twice := next((name for place, name in enumerate(names) if name in names[:place]), None):
        raise BadInput(f"{twice} is named twice.", at=f"properties.{names.index(twice)}.name")
    return Expectation(
        event, _choice(Mode, told.get("mode", "watch"), "mode"), _flag(told, "others", True), found
    )


def _property(told: Any, at: str) -> Expected:
    if not isinstance(told, dict):
        raise BadInput("A property is an object.", at=at, hint="Use name, type, required and choices.")
    _only(told, KNOWN_OF_PROPERTY, at)
    name = told.get("name")
    if not isinstance(name, str) or not name.strip() or len(name) > LONGEST_NAME or "\x00" in name:
        raise BadInput(f"A property has a name of 1 to {LONGEST_NAME} letters.", at=f"{at}.name")
    kind = told.get("type") or None
    choices = told.get("choices") or []
    if not isinstance(choices, list) or len(choices) > MOST_CHOICES or not all(map(_is_word, choices)):
        raise BadInput(f"choices is a list of at most {MOST_CHOICES} texts.", at=f"{at}.choices")
    return Expected(
        name.strip(),
        _choice(PropertyType, kind, f"{at}.type") if kind else None,
        _flag(told, "required", False, at),
        tuple(choices),
    )


def _is_word(told: Any) -> bool:
    return isinstance(told, str) and 0 < len(told) <= LONGEST_NAME and "\x00" not in told


def _choice(kind: Any, told: Any, at: str) -> Any:
    known = [one.value for one in kind]
    if not isinstance(told, str) or told not in known:
        raise BadInput("This is not one of the choices.", at=at, hint=f"Use {', '.join(known)}.")
    return kind(told)


def _flag(told: dict[str, Any], name: str, default: bool, at: str = "") -> bool:
    value = told.get(name, default)
    if not isinstance(value, bool):
        raise BadInput("This is true or false.", at=f"{at}.{name}".lstrip("."))
    return value


def _only(told: dict[str, Any], known: set[str], at: str) -> None:
    if wrong := sorted(set(map(str, told)) - known):
        raise BadInput(
            f"{wrong[0]} is not known here.", at=at, hint=f"Known are: {', '.join(sorted(known))}."
        )
