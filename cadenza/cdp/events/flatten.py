"""From nested properties to the two flat maps that conditions read.

Objects are joined by dots (`page.url`); lists stay in the JSON alone; numbers go to one map, texts and
truth values (`true`, `false`) to the other.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

LARGEST = 10**300
LONGEST_TEXT = 1024  # longer texts are kept whole in the JSON; no condition compares novels


def flatten(properties: Mapping[str, Any]) -> tuple[dict[str, str], dict[str, float]]:
    """The texts and the numbers of an event's properties, by dotted name."""
    text: dict[str, str] = {}
    number: dict[str, float] = {}
    _walk(properties, "", text, number)
    return text, number


def _walk(properties: Mapping[str, Any], before: str, text: dict[str, str], number: dict[str, float]) -> None:
    for key, value in properties.items():
        kind = type(value)
        if kind is str:
            text[before + key] = value[:LONGEST_TEXT]
        elif kind is bool:
            text[before + key] = "true" if value else "false"
        elif (kind is int or kind is float) and abs(value) < LARGEST:
            number[before + key] = float(value)
        elif kind is dict:
            _walk(value, f"{before}{key}.", text, number)
