"""How many events of which name carried which properties with which types: sums, exact, for one transaction.

Events of one kind look alike, so whole shapes are counted first, and each distinct shape is taken apart once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from cadenza.cdp.schemas.types import LONGEST_NAME, PropertyType

TYPES: dict[type, str] = {
    str: PropertyType.TEXT, int: PropertyType.NUMBER, float: PropertyType.NUMBER, bool: PropertyType.BOOLEAN,
    list: PropertyType.LIST, type(None): PropertyType.NOTHING,
}  # fmt: skip
Shape = tuple[tuple[str, type], ...]
Sums = dict[str, Any]  # event → {"n": how many, "p": {property: {type: how many}}}


def tally(events: Iterable[tuple[str, Mapping[str, Any]]]) -> Sums:
    """The sums of these events."""
    shapes: Counter[tuple[str, Shape]] = Counter()
    for name, properties in events:
        found: list[tuple[str, type]] = []
        _walk(properties, "", found)
        shapes[name, tuple(found)] += 1
    told: Sums = {}
    for (name, shape), count in shapes.items():
        event = told.setdefault(name, {"n": 0, "p": {}})
        event["n"] += count
        for key, kind in shape:
            types = event["p"].setdefault(key, {})
            named = TYPES.get(kind, PropertyType.TEXT)
            types[named] = types.get(named, 0) + count
    return told


def _walk(properties: Mapping[str, Any], before: str, found: list[tuple[str, type]]) -> None:
    for key, value in properties.items():
        kind = type(value)
        if kind is dict:
            _walk(value, f"{before}{key}.", found)
        elif len(before) + len(key) <= LONGEST_NAME and "\x00" not in key:
            found.append((before + key, kind))


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
