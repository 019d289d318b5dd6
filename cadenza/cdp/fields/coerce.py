"""From a value as told to a value of the field's type, or a reason why not."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

LONGEST = 1000
LARGEST = 10**15
SHORT = {"country": 120, "region": 120, "city": 120, "language": 32, "time_zone": 64, "gender": 32, "first_name": 200,
         "last_name": 200, "email": 320, "phone": 32}  # fmt: skip
TRUE, FALSE = {"true", "yes", "y", "1", "on"}, {"false", "no", "n", "0", "off"}
EARLIEST, LATEST = 1900, 2199  # what the event store's moments can hold, whatever the zone
LONGEST_ID = 200
MOST_ITEMS, LONGEST_ITEM = 100, 200
FINEST = 12  # digits after the point
PLAIN = re.compile(
    r"[+-]?(\d{1,40}(\.\d{0,40})?|\.\d{1,40})"
)  # no exponent, which could unfold to any length


class Misfit(ValueError):
    """The value does not fit; the text says why."""


def coerce(kind: str, value: Any, field: str = "", choices: Sequence[str] = ()) -> Any:
    """The value in the type `kind`; raises Misfit.

    A decimal is its exact text, without needless zeros; a list holds texts, each once; the value of an enum is one
    of `choices`, however its letters were written.
    """
    return _choice(value, choices) if kind == "enum" else COERCE[kind](value, field)


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


def _integer(value: Any, field: str) -> int:
    found = _exact(value, "a whole number")
    if found != found.to_integral_value():
        raise Misfit("a whole number is needed")
    return int(found)


def _decimal(value: Any, field: str) -> str:
    found = _exact(value, "a decimal number like 19.90")
    if found != round(found, FINEST):
        raise Misfit(f"at most {FINEST} digits after the point are kept")
    plain = format(found, "f") if found else "0"  # never -0
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


def _exact(value: Any, needed: str) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        raise Misfit(f"{needed} is needed")
    try:
        told = value.replace(" ", "") if isinstance(value, str) else format(Decimal(str(value)), "f")
    except (InvalidOperation, ValueError):  # a ValueError is a number of too many digits
        raise Misfit("the number is out of range") from None
    if not PLAIN.fullmatch(told) or not told.isascii():
        raise Misfit(f"{needed} is needed")
    found = Decimal(told)
    if abs(found) > LARGEST:
        raise Misfit("the number is out of range")
    return found


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


def _id(value: Any, field: str) -> str:
    """An id that was cut would be another one's."""
    if isinstance(value, bool | float):
        raise Misfit("an id is a text or a whole number")
    told = _text(value, field)
    if len(told) > LONGEST_ID or any(letter.isspace() for letter in told):
        raise Misfit(f"an id has at most {LONGEST_ID} letters and no space")
    return told


def _list(value: Any, field: str) -> list[str]:
    told = list(value) if isinstance(value, list | tuple) else [value]
    if len(told) > MOST_ITEMS:
        raise Misfit(f"a list has at most {MOST_ITEMS} items")
    return list(dict.fromkeys(item for one in told if one is not None and (item := _item(one))))


def _item(value: Any) -> str:
    told = _text(value, "")
    if len(told) > LONGEST_ITEM:
        raise Misfit(f"an item of a list has at most {LONGEST_ITEM} letters")
    return told


def _choice(value: Any, choices: Sequence[str]) -> str:
    told = _text(value, "")
    if told in choices:
        return told
    alike = next((one for one in choices if one.casefold() == told.casefold()), None)
    if alike is None:
        more = ", …" if len(choices) > 10 else ""
        raise Misfit(f"one of {', '.join(choices[:10])}{more} is needed")
    return alike


COERCE: dict[str, Callable[[Any, str], Any]] = {
    "text": _text,
    "number": _number,
    "boolean": _boolean,
    "date": _date,
    "datetime": _datetime,
    "integer": _integer,
    "decimal": _decimal,
    "list": _list,
    "id": _id,
}


def guess(value: Any) -> str | None:
    """The type of a field that nobody has declared, from its first value."""
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
    return "list" if isinstance(value, list | tuple) and value else None


def _is_moment(text: str) -> bool:
    if len(text) < 16 or text[4:5] != "-" or text[10:11] not in ("T", " "):
        return False
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True
