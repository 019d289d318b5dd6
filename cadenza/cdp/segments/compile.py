"""From many condition trees to one ClickHouse query and its parameters.

Each distinct condition becomes one set of people, a roaring bitmap; `all`, `any` and `not` are set
operations that `combine` does afterwards.  Events lie sorted by name, so each name's range is read once and
grouped once by person, with every count that any tree asks of it; orders and profiles likewise.  What was
recorded under a profile that was merged since is moved to the survivor after grouping, not before: that
touches one row a person instead of one an event.

No value from a tree is ever written into the SQL: it is bound as `{p3:String}`, which chDB and ClickHouse
both take.  The moment comes in too: SQL here never asks what time it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, cast
from uuid import UUID

from cadenza.cdp.segments.types import (
    PRESENCE,
    AllOf,
    AnyOf,
    Attribute,
    Comparison,
    Condition,
    Did,
    Kind,
    Leaf,
    Measure,
    Not,
    Op,
    Orders,
    Plan,
    Slot,
    Value,
    Where,
)

PEOPLE = 0  # the part of the answer whose first set is everyone
COMPARE = {
    Op.IS: "=", Op.IS_NOT: "!=", Op.AT_LEAST: ">=", Op.AT_MOST: "<=", Op.MORE_THAN: ">", Op.LESS_THAN: "<",
}  # fmt: skip
MONEY = "Decimal(38, 4)"
MOMENT = "{moment:DateTime64(3, 'UTC')}"
SURVIVORS = "select profile, into from profile_override final where workspace = {workspace:UUID}"


def compile(trees: Sequence[Condition], workspace: UUID, moment: datetime, overrides: bool = True) -> Plan:
    """One query that answers every leaf of every tree. `overrides`: has the workspace merged profiles?"""
    to = _Bindings({"workspace": str(workspace), "moment": stamp(moment)})
    leaves = list(dict.fromkeys(leaf for tree in trees for leaf in leaves_of(tree)))
    everyone = _Part("from profile final\nwhere workspace = {workspace:UUID}", ["groupBitmapState(profile)"])
    slots: dict[Leaf, Slot] = {}
    for leaf in leaves:
        if isinstance(leaf, Attribute):
            slots[leaf] = Slot(PEOPLE, everyone.add(f"groupBitmapStateIf(profile, {_attribute(leaf, to)})"))
    parts = [everyone]
    for source, askers in _sources(leaves).items():
        grouped = _Grouped(source, to, [leaf.days for leaf in askers])
        held = [(leaf, grouped.hold(leaf)) for leaf in askers]
        for index, (leaf, (_, absent)) in enumerate(held):
            slots[leaf] = Slot(len(parts), index, absent)
        sets = [
            f"groupBitmapStateIf({'person' if overrides else 'profile'}, {test})" for _, (test, _) in held
        ]
        parts.append(_Part(f"from (\n{_indent(grouped.sql(overrides))}\n)", sets))
    sql = "\nunion all\n".join(part.sql(number) for number, part in enumerate(parts))
    return Plan(sql, to.values, slots)


def leaves_of(condition: Condition) -> Iterator[Leaf]:
    """The conditions proper, without the brackets."""
    match condition:
        case AllOf(of) | AnyOf(of):
            for part in of:
                yield from leaves_of(part)
        case Not(of=part):
            yield from leaves_of(part)
        case Attribute() | Did() | Orders():
            yield condition


def stamp(moment: datetime) -> str:
    """A moment as ClickHouse reads it: UTC, to the millisecond."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]


@dataclass
class _Bindings:
    """Values on their way to the database; the same value is bound once."""

    values: dict[str, Any]
    _names: dict[tuple[str, Any], str] = field(default_factory=dict)

    def bind(self, value: Any, kind: str) -> str:
        key = (kind, tuple(value) if isinstance(value, list) else value)
        if key not in self._names:
            self._names[key] = f"p{len(self._names) + 1}"
            self.values[self._names[key]] = value
        return f"{{{self._names[key]}:{kind}}}"

    def text(self, value: Value) -> str:
        return self.bind(value, "String")


@dataclass
class _Part:
    """One row of the answer: some sets of people from one source."""

    source: str
    sets: list[str]

    def add(self, sql: str) -> int:
        self.sets.append(sql)
        return len(self.sets) - 1

    def sql(self, number: int) -> str:
        sets = ",\n".join(f"  hex({one})" for one in self.sets)
        return f"select toUInt16({number}) as part, [\n{sets}\n] as sets\n{self.source}"


@dataclass(frozen=True)
class _Source:
    """Rows that are read and grouped together: the events of one name, or (None) the orders."""

    event: str | None


def _sources(leaves: Iterable[Leaf]) -> dict[_Source, list[Did | Orders]]:
    found: dict[_Source, list[Did | Orders]] = {}
    for leaf in leaves:
        if not isinstance(leaf, Attribute):
            found.setdefault(_Source(leaf.event if isinstance(leaf, Did) else None), []).append(leaf)
    return found


class _Grouped:
    """One pass over a source: a row a person, a column for each different count or sum that is asked."""

    def __init__(self, source: _Source, to: _Bindings, windows: Sequence[int | None]) -> None:
        self._source, self._to = source, to
        self._longest = None if None in windows else max(days for days in windows if days)
        self._columns: dict[str, str] = {}

    def hold(self, leaf: Did | Orders) -> tuple[str, bool]:
        """The test on this person's row, and whether it picks those for whom the leaf does not hold.

        Who has no row at all counts as zero; where zero holds, only the others can be listed.
        """
        if isinstance(leaf, Did):
            return self._did(leaf)
        return self._orders(leaf)

    def _did(self, leaf: Did) -> tuple[str, bool]:
        conditions = [*self._window("at", leaf.days), *(_where(where, self._to) for where in leaf.where)]
        count = self._column("count", "", conditions)
        tests = [Comparison(Op.AT_LEAST, Decimal(leaf.times))] if leaf.times else []
        if leaf.at_most is not None:
            tests.append(Comparison(Op.AT_MOST, Decimal(leaf.at_most)))
        return self._holds(tests, count, "UInt64")

    def _orders(self, leaf: Orders) -> tuple[str, bool]:
        conditions = self._window("placed_at", leaf.days)
        money = "total - refunded"
        if leaf.category is not None:
            category = self._to.text(leaf.category)
            conditions.append(f"has(line_category, {category})")
            money = (
                f"arraySum(arrayFilter((paid, category) -> category = {category}, line_total, line_category))"
            )
        if leaf.status is not None:
            conditions.append(f"status = {self._to.text(leaf.status)}")
        if leaf.measure is Measure.COUNT:
            return self._holds(leaf.tests, self._column("count", "", conditions), "UInt64")
        total = self._column("sum", money, conditions)
        if leaf.measure is Measure.SUM:
            return self._holds(leaf.tests, total, MONEY)
        count = self._column("count", "", conditions)
        tests = [
            f"{total} {COMPARE[test.op]} {self._number(test.value, 'Decimal(38, 4)')} * {count}"
            for test in leaf.tests
        ]
        return " and ".join([f"{count} > 0", *tests]), False

    def _holds(self, tests: Sequence[Comparison], column: str, kind: str) -> tuple[str, bool]:
        said = " and ".join(f"{column} {COMPARE[test.op]} {self._number(test.value, kind)}" for test in tests)
        absent = all(_holds_zero(test) for test in tests)
        return (f"not ({said})" if absent else said), absent

    def _number(self, value: Value, kind: str) -> str:
        return self._to.bind(int(value) if kind == "UInt64" else str(value), kind)  # type: ignore[arg-type]

    def _window(self, column: str, days: int | None) -> list[str]:
        """The longest window bounds the rows that are read at all."""
        return [] if days is None or days == self._longest else [f"{column} > {_days_ago(days, self._to)}"]

    def _column(self, function: str, argument: str, conditions: list[str]) -> str:
        arguments = ", ".join(filter(None, [argument, " and ".join(conditions)]))
        sql = f"{function}{'If' if conditions else ''}({arguments})"
        return self._columns.setdefault(sql, f"c{len(self._columns) + 1}")

    def sql(self, overrides: bool) -> str:
        columns = "".join(f",\n  {sql} as {name}" for sql, name in self._columns.items())
        inner = f"select profile{columns}\n{self._rows()}\ngroup by profile"
        if not overrides:
            return inner
        merged = "".join(f", sum(kept.{name}) as {name}" for name in self._columns.values())
        return (
            f"select if(survivor.into = 0, kept.profile, survivor.into) as person{merged}\n"
            f"from (\n{_indent(inner)}\n) as kept\n"
            f"left join ({SURVIVORS}) as survivor on survivor.profile = kept.profile\n"
            "group by person"
        )

    def _rows(self) -> str:
        event = self._source.event
        if event is None:
            table, time_column, only = "purchase final", "placed_at", "status != 'cancelled'"
        else:
            table, time_column, only = "event", "at", f"name = {self._to.text(event)}"
        bounds = f"{time_column} <= {MOMENT}"
        if self._longest is not None:
            bounds = f"{time_column} > {_days_ago(self._longest, self._to)} and {bounds}"
        return f"from {table}\nwhere workspace = {{workspace:UUID}} and {only}\n  and {bounds}"


def _holds_zero(test: Comparison) -> bool:
    bound = cast(Decimal, test.value)
    match test.op:
        case Op.IS:
            return bound == 0
        case Op.AT_LEAST:
            return bound <= 0
        case Op.AT_MOST:
            return bound >= 0
        case Op.MORE_THAN:
            return bound < 0
        case _:
            return bound > 0


def _days_ago(days: int, to: _Bindings) -> str:
    return f"{MOMENT} - toIntervalDay({to.bind(days, 'UInt32')})"


def _where(where: Where, to: _Bindings) -> str:
    name = to.text(where.property)
    return " and ".join(_property(test, name, to) for test in where.tests)


def _property(test: Comparison, name: str, to: _Bindings) -> str:
    """Where the value stands, its type tells: text and yes/no in `text`, numbers in `number`."""
    if test.op is Op.IS_SET:
        known = f"(text[{name}] != '' or mapContains(number, {name}))"
        return known if test.value else f"not {known}"
    sample = test.value[0] if isinstance(test.value, tuple) else test.value
    return (_text if isinstance(sample, str) else _number)(test, name, to)


def _attribute(condition: Attribute, to: _Bindings) -> str:
    name = to.text(PRESENCE[condition.name] if condition.kind is Kind.PRESENCE else condition.name)
    write = {
        Kind.TEXT: _text,
        Kind.NUMBER: _number,
        Kind.FLAG: _flag,
        Kind.TIME: _time,
        Kind.PRESENCE: _presence,
    }
    return " and ".join(write[condition.kind](test, name, to) for test in condition.tests)


def _text(test: Comparison, name: str, to: _Bindings) -> str:
    """An empty text is one that is not there."""
    column = f"text[{name}]"
    match test.op:
        case Op.IS_SET:
            return f"{column} {'!=' if test.value else '='} ''"
        case Op.ONE_OF:
            return f"has({to.bind(list(test.value), 'Array(String)')}, {column})"  # type: ignore[arg-type]
        case Op.CONTAINS:
            return f"position(lowerUTF8({column}), lowerUTF8({to.text(test.value)})) > 0"
        case Op.STARTS_WITH:
            return f"startsWith(lowerUTF8({column}), lowerUTF8({to.text(test.value)}))"
        case _:
            return f"{column} {COMPARE[test.op]} {to.text(test.value)}"


def _number(test: Comparison, name: str, to: _Bindings) -> str:
    """A missing number reads as 0, so whether it is there is asked too."""
    known = f"mapContains(number, {name})"
    match test.op:
        case Op.IS_SET:
            return known if test.value else f"not {known}"
        case Op.IS_NOT:
            return f"not ({known} and number[{name}] = {to.bind(test.value, 'Float64')})"
        case Op.ONE_OF:
            return f"{known} and has({to.bind(list(test.value), 'Array(Float64)')}, number[{name}])"  # type: ignore[arg-type]
        case _:
            return f"{known} and number[{name}] {COMPARE[test.op]} {to.bind(test.value, 'Float64')}"


def _flag(test: Comparison, name: str, to: _Bindings) -> str:
    known = f"mapContains(flag, {name})"
    match test.op:
        case Op.IS_SET:
            return known if test.value else f"not {known}"
        case Op.IS_NOT:
            return f"not ({known} and flag[{name}] = {to.bind(int(test.value), 'UInt8')})"  # type: ignore[arg-type]
        case _:
            return f"{known} and flag[{name}] = {to.bind(int(test.value), 'UInt8')}"  # type: ignore[arg-type]


def _presence(test: Comparison, name: str, to: _Bindings) -> str:
    return f"flag[{name}] {'!=' if test.value else '='} 0"


def _time(test: Comparison, name: str, to: _Bindings) -> str:
    column = f"time[{name}]"
    if test.op is Op.IS_SET:
        return f"mapContains(time, {name})" if test.value else f"not mapContains(time, {name})"
    return f"mapContains(time, {name}) and {_moment(test, column, to)}"


def _moment(test: Comparison, column: str, to: _Bindings) -> str:
    value = test.value
    if test.op is Op.DAYS_AGO_AT_LEAST:
        return f"{column} <= {_days_ago(int(value), to)}"  # type: ignore[arg-type]
    if test.op is Op.DAYS_AGO_AT_MOST:
        return f"{column} >= {_days_ago(int(value), to)} and {column} <= {MOMENT}"  # type: ignore[arg-type]
    since, until = _bounds(cast(date, value))
    if test.op is Op.BEFORE:
        return f"{column} < {_at(since, to)}"
    if test.op is Op.AFTER:
        return f"{column} >= {_at(until, to)}"
    return f"{column} >= {_at(since, to)} and {column} < {_at(until, to)}"


def _bounds(value: date) -> tuple[datetime, datetime]:
    """From when until before when: a day is all of it, a moment its millisecond."""
    if isinstance(value, datetime):
        return value, value + timedelta(milliseconds=1)
    since = datetime.combine(value, time(), UTC)
    return since, since + timedelta(days=1)


def _at(moment: datetime, to: _Bindings) -> str:
    return to.bind(stamp(moment), "DateTime64(3, 'UTC')")


_WRITE = {
    Kind.TEXT: _text, Kind.NUMBER: _number, Kind.FLAG: _flag, Kind.TIME: _time, Kind.PRESENCE: _presence,
}  # fmt: skip


def _indent(sql: str) -> str:
    return "\n".join(f"  {line}" for line in sql.split("\n"))
