"""From one comparison to SQL over the maps in which values stand: `text`, `number`, `flag`, `time` and `list`.

A map gives its type's zero for what is not there, so whether it is there is asked too, where zero could mean both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, cast
from zoneinfo import ZoneInfo

from cadenza.cdp.segments.bind import MOMENT, Bind
from cadenza.cdp.segments.bound import TICK
from cadenza.cdp.segments.leaves import Near, Where
from cadenza.cdp.segments.types import Comparison, Kind, Op

COMPARE = {
    Op.IS: "=", Op.IS_NOT: "!=", Op.AT_LEAST: ">=", Op.AT_MOST: "<=", Op.MORE_THAN: ">", Op.LESS_THAN: "<",
}  # fmt: skip
PLACES = (("latitude", "longitude"), ("lat", "lon"))  # names under which a point is told


def compile_value(test: Comparison, kind: Kind, name: str, to: Bind) -> str:
    """Whether a value of a kind holds; `name` is bound already."""
    return _WRITE[kind](test, name, to)


def compile_where(where: Where, to: Bind) -> str:
    """Whether an event's property holds. Where its value stands, the type of what it is compared with tells."""
    name = to.text(where.property)
    return " and ".join(_property(test, name, to) for test in where.tests)


def _property(test: Comparison, name: str, to: Bind) -> str:
    if test.op is Op.IS_SET:
        known = f"(text[{name}] != '' or mapContains(number, {name}))"
        return known if test.value else f"not {known}"
    sample = test.value[0] if isinstance(test.value, tuple) else test.value
    return (_text if isinstance(sample, str) else _number)(test, name, to)


def _text(test: Comparison, name: str, to: Bind) -> str:
    """An empty text is one that is not there."""
    column = f"text[{name}]"
    match test.op:
        case Op.IS_SET:
            return f"{column} {'!=' if test.value else '='} ''"
        case Op.ONE_OF:
            return f"has({to.value(_list(test), 'Array(String)')}, {column})"
        case Op.CONTAINS:
            return f"position(lowerUTF8({column}), lowerUTF8({to.text(test.value)})) > 0"
        case Op.STARTS_WITH:
            return f"startsWith(lowerUTF8({column}), lowerUTF8({to.text(test.value)}))"
        case _:
            return f"{column} {COMPARE[test.op]} {to.text(test.value)}"


def _list(test: Comparison) -> list[Any]:
    return list(cast(tuple[Any, ...], test.value))


def _number(test: Comparison, name: str, to: Bind) -> str:
    known = f"mapContains(number, {name})"
    match test.op:
        case Op.IS_SET:
            return known if test.value else f"not {known}"
        case Op.IS_NOT:
            return f"not ({known} and number[{name}] = {to.value(test.value, 'Float64')})"
        case Op.ONE_OF:
            return f"{known} and has({to.value(_list(test), 'Array(Float64)')}, number[{name}])"
        case _:
            return f"{known} and number[{name}] {COMPARE[test.op]} {to.value(test.value, 'Float64')}"


def _flag(test: Comparison, name: str, to: Bind) -> str:
    known = f"mapContains(flag, {name})"
    if test.op is Op.IS_SET:
        return known if test.value else f"not {known}"
    said = f"{known} and flag[{name}] = {to.value(int(cast(bool, test.value)), 'UInt8')}"
    return f"not ({said})" if test.op is Op.IS_NOT else said


def _presence(test: Comparison, name: str, to: Bind) -> str:
    return f"flag[{name}] {'!=' if test.value else '='} 0"


def _several(test: Comparison, name: str, to: Bind) -> str:
    column = f"list[{name}]"
    if test.op is Op.IS_SET:
        return f"{'notEmpty' if test.value else 'empty'}({column})"
    function = "hasAny" if test.op is Op.CONTAINS_ANY else "hasAll"
    return f"{function}({column}, {to.value(_list(test), 'Array(String)')})"


def _time(test: Comparison, name: str, to: Bind) -> str:
    known = f"mapContains(time, {name})"
    if test.op is Op.IS_SET:
        return known if test.value else f"not {known}"
    return f"{known} and {compile_moment(test, f'time[{name}]', to)}"


def compile_moment(test: Comparison, column: str, to: Bind) -> str:
    """Whether a moment holds."""
    if test.op in (Op.DAYS_AGO_AT_LEAST, Op.DAYS_AGO_AT_MOST):
        ago = to.at(to.frame.moment - timedelta(days=int(cast(float, test.value))))
        if test.op is Op.DAYS_AGO_AT_LEAST:
            return f"{column} <= {ago}"
        return f"{column} >= {ago} and {column} <= {MOMENT}"
    if test.op is Op.ANNIVERSARY_WITHIN:
        days = anniversaries(to.frame.moment, to.frame.zone, int(cast(float, test.value)))
        return f"has({to.value(days, 'Array(UInt16)')}, toMonth({column}) * 100 + toDayOfMonth({column}))"
    since, until = _ends(cast(date, test.value))
    if test.op is Op.BEFORE:
        return f"{column} < {to.at(since)}"
    if test.op is Op.AFTER:
        return f"{column} >= {to.at(until)}"
    return f"{column} >= {to.at(since)} and {column} < {to.at(until)}"


def anniversaries(moment: datetime, zone: str, within: int) -> list[int]:
    """The days from today on, as 100 × month + day. Who was born on 29 February has it on the 28th in other years."""
    today = moment.astimezone(ZoneInfo(zone)).date()
    days = [today + timedelta(days=n) for n in range(within + 1)]
    leapless = any(day.month == 2 and day.day == 28 and (day + timedelta(1)).day == 1 for day in days)
    return [*(100 * day.month + day.day for day in days), *([229] if leapless else [])]


def _ends(value: date) -> tuple[datetime, datetime]:
    """From when until before when: a day is all of it, a moment its millisecond."""
    if isinstance(value, datetime):
        return value, value + TICK
    since = datetime.combine(value, time(), UTC)
    return since, since + timedelta(days=1)


def compile_near(near: Near, to: Bind) -> str:
    """Whether a point lies near enough; one that is not known never does."""
    centre = f"{to.value(near.longitude, 'Float64')}, {to.value(near.latitude, 'Float64')}"
    metres = to.value(near.km * 1000, "Float64")
    said = " or ".join(
        f"mapContains(number, '{latitude}') and mapContains(number, '{longitude}')"
        f" and geoDistance(number['{longitude}'], number['{latitude}'], {centre}) <= {metres}"
        for latitude, longitude in PLACES
    )
    return f"({said})"


def holds_zero(tests: Iterable[Comparison]) -> bool:
    """Whether comparisons of a count or a sum hold for those who have none at all."""
    return all(_ZERO[test.op](cast(Decimal, test.value)) for test in tests)


_ZERO: dict[Op, Callable[[Decimal], bool]] = {
    Op.IS: lambda bound: bound == 0, Op.AT_LEAST: lambda bound: bound <= 0, Op.AT_MOST: lambda bound: bound >= 0,
    Op.MORE_THAN: lambda bound: bound < 0, Op.LESS_THAN: lambda bound: bound > 0,
}  # fmt: skip
_WRITE: dict[Kind, Callable[[Comparison, str, Bind], str]] = {
    Kind.TEXT: _text, Kind.NUMBER: _number, Kind.FLAG: _flag, Kind.TIME: _time, Kind.PRESENCE: _presence,
    Kind.LIST: _several,
}  # fmt: skip
