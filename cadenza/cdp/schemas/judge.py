"""Is an event as it is expected? The first property that is not, and how."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cadenza.cdp.schemas.tally import TYPES
from cadenza.cdp.schemas.types import Expectation, Expected, PropertyType, Violation

OURS = "context"  # what the door and the client's library add: no shop plans it
WORDS = {
    PropertyType.TEXT: "a text",
    PropertyType.NUMBER: "a number",
    PropertyType.BOOLEAN: "true or false",
    PropertyType.LIST: "a list",
    PropertyType.NOTHING: "null",
}
SHOWN = 10


def judge(expectation: Expectation, properties: Mapping[str, Any]) -> Violation | None:
    """The first violation, in the order of what is expected; then properties that nobody expects."""
    for one in expectation.properties:
        if found := _of_property(one, _value(properties, one.name)):
            return found
    if expectation.others:
        return None
    known = {one.name for one in expectation.properties}
    return next(
        (Violation(name, f"{name} is not expected.") for name in _names(properties) if name not in known),
        None,
    )


_MISSING = object()


def _value(properties: Mapping[str, Any], name: str) -> Any:
    """The value of a dotted name; a key that holds a dot itself is found too."""
    if name in properties:
        return properties[name]
    first, dot, rest = name.partition(".")
    inner = properties.get(first) if dot else None
    return _value(inner, rest) if isinstance(inner, dict) else _MISSING


def _of_property(expected: Expected, value: Any) -> Violation | None:
    name = expected.name
    if value is _MISSING or value is None or value == "":
        return Violation(name, f"{name} is missing.") if expected.is_required else None
    if expected.type is not None and TYPES.get(type(value)) != expected.type:
        return Violation(name, f"{name} should be {WORDS[expected.type]}.")
    if expected.choices and str(value) not in expected.choices:
        shown = ", ".join(expected.choices[:SHOWN]) + (", …" if len(expected.choices) > SHOWN else "")
        return Violation(name, f"{name} should be one of {shown}.")
    return None


def _names(properties: Mapping[str, Any], before: str = "") -> Iterator[str]:
    for key, value in properties.items():
        if before == "" and key == OURS:
            continue
        if isinstance(value, dict) and value:
            yield from _names(value, f"{before}{key}.")
        else:
            yield before + key
