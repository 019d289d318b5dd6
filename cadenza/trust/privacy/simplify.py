"""What the shares hand over, as plain JSON in one fixed order; and what is left in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from typing import Any


def simplify(value: Any) -> Any:
    """Text, numbers, lists and objects with sorted keys; moments in ISO 8601, bytes in hexadecimal."""
    match value:
        case Enum():
            return simplify(value.value)
        case None | bool() | int() | float() | str():
            return value
        case datetime() | date() | time():
            return value.isoformat()
        case Decimal():
            return str(value)
        case bytes() | bytearray() | memoryview():
            return bytes(value).hex()
        case Mapping():
            return {str(key): simplify(value[key]) for key in sorted(value, key=str)}
        case set() | frozenset():
            return sorted((simplify(part) for part in value), key=str)
        case list() | tuple():
            return [simplify(part) for part in value]
    if is_dataclass(value) and not isinstance(value, type):
        return simplify(asdict(value))
    return str(value)


def left_in(value: Any) -> list[str]:
    """The top-level names under which an export still holds something; no values, they may be personal."""
    if isinstance(value, Mapping):
        return sorted(str(key) for key, part in value.items() if _holds(part))
    return ["something"] if _holds(value) else []


def _holds(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(_holds(part) for part in value.values())
    if isinstance(value, list | tuple | set | frozenset):
        return any(_holds(part) for part in value)
    return value not in (None, "", False, 0)
