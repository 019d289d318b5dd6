"""The comparisons of one condition, from JSON: which operators fit what is compared, and sound values.

Values keep the type they came with: a property compared with "5" is text, with 5 a number.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from cadenza.base.problem import BadInput
from cadenza.cdp.segments.types import Comparison, Kind, Measure, Op, Value

LONGEST_TEXT = 500
LONGEST_LIST = 1000
LONGEST_WINDOW = 36_500  # days
LARGEST_MONEY = Decimal(10) ** 13
EARLIEST, LATEST = 1900, 2299  # the years that the event store can hold

_EQUAL = (Op.IS, Op.IS_NOT, Op.ONE_OF)
_ORDER = (Op.AT_LEAST, Op.AT_MOST, Op.MORE_THAN, Op.LESS_THAN)
_WORDS = (Op.CONTAINS, Op.STARTS_WITH)
_DAYS_AGO = (Op.DAYS_AGO_AT_LEAST, Op.DAYS_AGO_AT_MOST)
_SEVERAL = (Op.ONE_OF, Op.CONTAINS_ANY, Op.CONTAINS_ALL)
_WHEN = (Op.IS, Op.BEFORE, Op.AFTER, *_DAYS_AGO)

What = Kind | Measure | None  # None: an event's property, whose type only its values tell
FITTING: dict[What, tuple[Op, ...]] = {
    Kind.TEXT: (*_EQUAL, *_WORDS, Op.IS_SET),
    Kind.NUMBER: (*_EQUAL, *_ORDER, Op.IS_SET),
    Kind.FLAG: (Op.IS, Op.IS_NOT, Op.IS_SET),
    Kind.TIME: (*_WHEN, Op.ANNIVERSARY_WITHIN, Op.IS_SET),
    Kind.PRESENCE: (Op.IS_SET,),
    Kind.LIST: (Op.CONTAINS_ANY, Op.CONTAINS_ALL, Op.IS_SET),
    Measure.COUNT: (Op.IS, *_ORDER),
    Measure.SUM: (Op.IS, *_ORDER),
    Measure.AVERAGE: (Op.IS, *_ORDER),
    Measure.SMALLEST: (Op.IS, *_ORDER),
    Measure.LARGEST: (Op.IS, *_ORDER),
    Measure.FIRST: _WHEN,
    Measure.LAST: _WHEN,
    None: (*_EQUAL, *_WORDS, *_ORDER, Op.IS_SET),
}


def compare(
    json: dict[str, Any], what: What, others: tuple[str, ...], at: str, least: int = 1
) -> tuple[Comparison, ...]:
    """All comparisons in `json`, at `least` so many; `others` are its keys that are none."""
    fitting = FITTING[what]
    found = []
    for key, value in json.items():
        if key in others:
            continue
        if key not in fitting:
            raise _unfit(key, what, fitting, at)
        op = Op(key)
        found.append(Comparison(op, _value(op, what, value, f"{at}.{op}")))
    if len(found) < least:
        raise BadInput("Nothing is compared here.", at=at, hint=f"Use {', '.join(fitting)}.")
    return tuple(found)


def _unfit(key: Any, what: What, fitting: tuple[Op, ...], at: str) -> BadInput:
    key = str(key)[:60]
    said = f"{key!r} has no meaning here."
    if what is Kind.PRESENCE:
        said = "Names and addresses are not compared; only whether they are known."
    elif key in list(Op):
        said = f"{key!r} does not fit a {what}." if what else f"{key!r} does not fit a property."
    return BadInput(said, at=f"{at}.{key}", hint=f"Use {', '.join(fitting)}.")


def _value(op: Op, what: What, value: Any, at: str) -> Value:
    if op is Op.IS_SET:
        return _truth(value, at)
    if op in _DAYS_AGO:
        return float(whole(value, at, 0, LONGEST_WINDOW))
    if op is Op.ANNIVERSARY_WITHIN:
        return float(whole(value, at, 0, 365))
    if op in _SEVERAL:
        return _several(op, value, what, at)
    if what is None:
        return _property(op, value, at)
    return _READ[what](value, at)


def _property(op: Op, value: Any, at: str) -> Value:
    if op in _WORDS:
        return text(value, at)
    if op in _ORDER or (isinstance(value, int | float) and not isinstance(value, bool)):
        return number(value, at)
    if isinstance(value, bool):
        return "true" if value else "false"  # as the event store holds them
    return text(value, at)


def _several(op: Op, value: Any, what: What, at: str) -> Value:
    if not isinstance(value, list) or not value:
        raise BadInput(f"`{op}` needs a list of values.", at=at, hint='Write ["a", "b"].')
    if len(value) > LONGEST_LIST:
        raise BadInput(f"At most {LONGEST_LIST} values.", at=at, hint="Compare a field of their own.")
    numbers = what is Kind.NUMBER or (what is None and not isinstance(value[0], str))
    if numbers:
        return tuple(number(one, f"{at}.{n}") for n, one in enumerate(value))
    return tuple(text(one, f"{at}.{n}") for n, one in enumerate(value))


def text(value: Any, at: str) -> str:
    """A text with something in it, that can be stored."""
    if not isinstance(value, str):
        raise BadInput("This must be text.", at=at, hint="Put it in quotes.")
    if not value.strip():
        raise BadInput("This text is empty.", at=at, hint='Use "is_set": false for what is not known.')
    if len(value) > LONGEST_TEXT:
        raise BadInput(f"This text has more than {LONGEST_TEXT} characters.", at=at, hint="Shorten it.")
    if any(0xD800 <= ord(sign) <= 0xDFFF or sign == "\0" for sign in value):
        raise BadInput("This text holds a character that no text may hold.", at=at, hint="Type it anew.")
    return value


def whole(value: Any, at: str, least: int, most: int) -> int:
    """A whole number between two bounds."""
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise BadInput("This must be a whole number.", at=at, hint=f"From {least} to {most}.")
    return value


def number(value: Any, at: str) -> float:
    """A number that can be counted with."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadInput("This must be a number.", at=at, hint="Write it without quotes.")
    if not abs(value) <= 1e300 or math.isnan(value):
        raise BadInput("This number is too large.", at=at, hint="Use one that can be counted.")
    return float(value)


def _money(value: Any, at: str) -> Decimal:
    found = Decimal(repr(value)) if number(value, at) is not None else Decimal(0)
    if abs(found) > LARGEST_MONEY or found != round(found, 4):
        raise BadInput("Amounts have at most 13 digits and 4 decimals.", at=at, hint="Round it.")
    return found.quantize(Decimal("0.0001"))


def _count(value: Any, at: str) -> Decimal:
    return Decimal(whole(value, at, 0, 1_000_000))


def _truth(value: Any, at: str) -> bool:
    if not isinstance(value, bool):
        raise BadInput("This must be true or false.", at=at, hint="Write it without quotes.")
    return value


def moment(value: Any, at: str) -> date | datetime:
    way = 'Write "2020-01-31" or "2020-01-31T15:00:00Z".'
    try:
        found = date.fromisoformat(value) if len(value) == 10 else datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise BadInput("This is not a date.", at=at, hint=way) from None
    if isinstance(found, datetime):
        found = found.replace(tzinfo=found.tzinfo or UTC)
    if not EARLIEST < found.year < LATEST:
        raise BadInput("This date lies too far away.", at=at, hint=f"Between {EARLIEST} and {LATEST}.")
    return found.astimezone(UTC) if isinstance(found, datetime) else found


_READ: dict[Kind | Measure, Callable[[Any, str], Value]] = {
    Kind.TEXT: text,
    Kind.NUMBER: number,
    Kind.FLAG: _truth,
    Kind.TIME: moment,
    Measure.SMALLEST: _money,
    Measure.LARGEST: _money,
    Measure.FIRST: moment,
    Measure.LAST: moment,
    Measure.COUNT: _count,
    Measure.SUM: _money,
    Measure.AVERAGE: _money,
}
