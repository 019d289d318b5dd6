"""From nested properties to the two flat maps that conditions read.

Objects are joined by dots (`page.url`); lists stay in the JSON alone; numbers go to one map, texts and
truth values (`true`, `false`) to the other.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

LARGEST = 10**300
LONGEST_TEXT = 1024  # longer texts are kept whole in the JSON; no condition compares novels


def flatten(
    properties: Mapping[str, Any], others: dict[str, type] | None = None
) -> tuple[dict[str, str], dict[str, float]]:
    """The texts and the numbers of an event's properties, by dotted name.

    `others` takes up the types of what is neither, or not plainly: truth values, lists, nothing, numbers too large.
    """
    text: dict[str, str] = {}
    number: dict[str, float] = {}
    _walk(properties, "", text, number, {} if others is None else others)
    return text, number


def _walk(
    properties: Mapping[str, Any],
    before: str,
    text: dict[str, str],
    number: dict[str, float],
    others: dict[str, type],
) -> None:
    for key, value in properties.items():
        kind = type(value)
        if kind is str:
            text[before + key] = value if len(value) <= LONGEST_TEXT else value[:LONGEST_TEXT]
        elif (kind is int or kind is float) and abs(value) < LARGEST:
            number[before + key] = float(value)
        elif kind is dict:
            _walk(value, f"{before}{key}.", text, number, others)
        else:
            others[before + key] = kind
            if kind is bool:
                text[before + key] = "true" if value else "false"
