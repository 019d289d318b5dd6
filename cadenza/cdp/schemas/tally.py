"""How many events of which name carried which properties with which types: sums, exact, for one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cadenza.base import text
from cadenza.cdp.events.types import Shape
from cadenza.cdp.schemas.types import LONGEST_NAME, PropertyType

TYPES: dict[type, str] = {
    str: PropertyType.TEXT, int: PropertyType.NUMBER, float: PropertyType.NUMBER, bool: PropertyType.BOOLEAN,
    list: PropertyType.LIST, type(None): PropertyType.NOTHING,
}  # fmt: skip
Sums = dict[str, Any]  # event → {"n": how many, "p": {property: {type: how many}}}


def tally(shapes: Mapping[Shape, int]) -> Sums:
    """The sums of events, counted by shape."""
    told: Sums = {}
    for shape, count in shapes.items():
        event = told.setdefault(text.clean(shape.name, LONGEST_NAME), {"n": 0, "p": {}})
        event["n"] += count
        for key, kind in _types(shape).items():
            if len(key) <= LONGEST_NAME and "\x00" not in key:
                types = event["p"].setdefault(key, {})
                types[kind] = types.get(kind, 0) + count
    return told


def _types(shape: Shape) -> dict[str, str]:
    others = {key: TYPES.get(kind, PropertyType.TEXT) for key, kind in shape.others}
    return {
        **dict.fromkeys(shape.texts, PropertyType.TEXT),
        **dict.fromkeys(shape.numbers, PropertyType.NUMBER),
        **others,
    }


def add(sums: Sums, more: Mapping[str, Any]) -> None:
    """Add the sums of another transaction."""
    for name, told in more.items():
        event = sums.setdefault(name, {"n": 0, "p": {}})
        event["n"] += told.get("n", 0)
        event["v"] = event.get("v", 0) + told.get("v", 0)
        for key, types in told.get("p", {}).items():
            held = event["p"].setdefault(key, {})
            for kind, count in types.items():
                held[kind] = held.get(kind, 0) + count
