"""From a value as told to a value of the field's type, or a reason why not."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

LONGEST = 1000
LARGEST = 10**15
SHORT = {"country": 120, "region": 120, "city": 120, "language": 32, "time_zone": 64, "gender": 32, "first_name": 200,
         "last_name": 200, "email": 320, "phone": 32}  # fmt: skip
TRUE, FALSE = {"true", "yes", "y", "1", "on"}, {"false", "no", "n", "0", "off"}
EARLIEST, LATEST = 1900, 2199  # what the event store's moments can hold, whatever the zone


class Misfit(ValueError):
    """The value does not fit; the text says why."""


def coerce(kind: str, value: Any, field: str = "") -> Any:
    """The value in the type `kind` (text, number, boolean, date, datetime); raises Misfit."""
    return COERCE[kind](value, field)


def _text(value: Any, field: str) -> str:
    if isinstance(value, dict | list):
        raise Misfit("a single value is needed, not a list or an object")
    told = str(value).strip().replace("\x00", "")
    return told.encode("utf-8", "replace").decode()[: SHORT.get(field, LONGEST)]


def _number(value: Any, field: str) -> float | int:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise Misfit("a number is needed")
    try:
        found = value if isinstance(value, int | float) else float(value.replace(" ", ""))
    except ValueError:
        raise Misfit("a number is needed") from None
    if abs(found) > LARGEST or not math.isfinite(found):
        raise Misfit("the number is out of range")
    return int(found) if isinstance(found, float) and found.is_integer() and abs(found) < 2**53 else found


def _boolean(value: Any, field: str) -> bool:
    told = str(value).strip().lower()
    if told in TRUE or told in FALSE:
        return told in TRUE
    raise Misfit("true or false is needed")


def _datetime(value: Any, field: str) -> datetime:
    return _moment(value).astimezone(UTC)


def _moment(value: Any) -> datetime:
    if isinstance(value, datetime):
        found = value
    elif isinstance(value, date):
        found = datetime(value.year, value.month, value.day, tzinfo=UTC)
    else:
        try:
            found = datetime.fromisoformat(str(value).strip())
        except ValueError:
            raise Misfit("a moment like 2026-05-01T12:00:00Z is needed") from None
    _in_calendar(found)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _in_calendar(found: date) -> None:
    if not EARLIEST <= found.year <= LATEST:
        raise Misfit(f"a year from {EARLIEST} to {LATEST} is needed")


def _date(value: Any, field: str) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        _in_calendar(value)
        return value
    try:
        return _moment(value).date()
    except Misfit as misfit:
        raise Misfit(
            str(misfit).replace("a moment like 2026-05-01T12:00:00Z", "a date like 2026-05-01")
        ) from None


COERCE: dict[str, Callable[[Any, str], Any]] = {
    "text": _text,
    "number": _number,
    "boolean": _boolean,
    "date": _date,
    "datetime": _datetime,
}


def guess(value: Any) -> str | None:
    """The type of a trait that nobody has declared, from its first value."""
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, datetime):
        return "datetime"
    if isinstance(value, date):
        return "date"
    if isinstance(value, str):
        return "datetime" if _is_moment(value) else "text"
    return None


def _is_moment(text: str) -> bool:
    if len(text) < 16 or text[4:5] != "-" or text[10:11] not in ("T", " "):
        return False
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True
