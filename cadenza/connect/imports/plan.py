"""From a mapping and the header of a file to the steps that a row goes through.

Here everything is settled that does not depend on the row: where each column stands, which
converter its field needs, what the constants are. A mapping that does not fit the file is refused
here, with the column named.
"""

from __future__ import annotations

from collections.abc import Mapping as Table
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any

from cadenza.base.problem import BadInput
from cadenza.connect.imports.converter import Comparable, Converter, calendar_of, converter
from cadenza.connect.imports.moment import Calendar
from cadenza.connect.imports.target import FIELDS, REQUIRED, WHO, Target, is_who, target
from cadenza.connect.imports.types import Cell, Column, Mapping, Skip
from cadenza.connect.imports.unfit import Unfit

Tables = Table[str, Table[str, Table[str, str]]]
"""Lookup name → key → column → value."""


@dataclass(frozen=True)
class Step:
    """What happens to one column of a row."""

    index: int
    column: Column
    convert: Converter
    raw: bool
    """True where the cell needs no lookup, value map or change of case."""
    must: bool
    """True where a row without a right value here cannot be taken."""
    memo: dict[str, Any] | None
    """Values of texts seen before; None where a value depends on more than its text."""


@dataclass(frozen=True)
class Plan:
    """A mapping made ready for one file."""

    mapping: Mapping
    width: int
    steps: tuple[Step, ...]
    constants: dict[str, Any]
    skips: tuple[tuple[int, Skip], ...]
    key: tuple[int, ...]
    spread_by: tuple[int, ...]
    empty: frozenset[str]
    tables: Tables
    sources: dict[str, str]
    """Field → the column that fills it."""
    who: tuple[str, ...]
    """Fields that say whose a row is, the strongest first."""


def plan(
    mapping: Mapping, header: tuple[str, ...], tables: Tables, calendar: Calendar, comparable: Comparable
) -> Plan:
    """The steps for rows under this header; raises BadInput naming what does not fit."""
    steps = tuple(_step(mapping, column, header, calendar, comparable) for column in mapping.columns)
    key = tuple(_place(name, header, "key") for name in mapping.key)
    return Plan(
        mapping=mapping,
        width=len(header),
        steps=steps,
        constants={
            name: _constant(mapping, name, value, calendar, comparable)
            for name, value in mapping.constants.items()
        },
        skips=tuple((_place(skip.column, header, "skip"), skip) for skip in mapping.skip),
        key=key,
        spread_by=_first(steps, "number") or key or _first(steps, *WHO),
        empty=frozenset(word.lower() for word in ("", *mapping.empty)),
        tables=tables,
        sources={column.to: column.source for column in mapping.columns},
        who=_who(mapping),
    )


def _who(mapping: Mapping) -> tuple[str, ...]:
    told = filter(is_who, {column.to: None for column in mapping.columns} | dict(mapping.constants))
    strongest = list(WHO)
    return tuple(sorted(told, key=lambda name: (strongest.index(name.partition(":")[0]), name)))


def _first(steps: tuple[Step, ...], *fields: str) -> tuple[int, ...]:
    found = {step.column.to: step.index for step in reversed(steps)}
    return next(((found[name],) for name in fields if name in found), ())


def _place(name: str, header: tuple[str, ...], at: str) -> int:
    if name in header:
        return header.index(name)
    lowered = {known.strip().lower(): place for place, known in reversed(list(enumerate(header)))}
    if (found := lowered.get(name.strip().lower())) is not None:
        return found
    close = get_close_matches(name, header, n=1)
    hint = f"Did you mean {close[0]!r}?" if close else f"The file has: {', '.join(header[:20])}."
    raise BadInput(f"The file has no column {name!r}.", at=at, hint=hint)


def _step(
    mapping: Mapping, column: Column, header: tuple[str, ...], calendar: Calendar, comparable: Comparable
) -> Step:
    found = _target(mapping, column)
    return Step(
        index=_place(column.source, header, f"columns.{column.source}"),
        column=column,
        convert=_converter(mapping, column, found, calendar, comparable),
        raw=not (column.lookup or column.values or column.case or column.default),
        must=column.if_wrong == "reject" or column.to in REQUIRED[mapping.kind],
        memo=None if found.type == "time" and calendar.spread_hours else {},
    )


def _target(mapping: Mapping, column: Column) -> Target:
    if found := target(mapping.kind, column.to, column.type):
        return found
    raise BadInput(
        f"{mapping.kind} have no field {column.to!r}.",
        at=f"columns.{column.source}",
        hint=f"Fields are: {', '.join(FIELDS[mapping.kind])}.",
    )


def _converter(
    mapping: Mapping, column: Column, found: Target, calendar: Calendar, comparable: Comparable
) -> Converter:
    return converter(
        found.type,
        calendar_of(calendar, column.formats),
        mark=mapping.decimal,
        region=mapping.region,
        longest=found.longest,
        shifted=found.happened or column.shift,
        kind=column.to.removeprefix("into.").removeprefix("from."),
        comparable=comparable,
    )


def _constant(mapping: Mapping, name: str, value: str, calendar: Calendar, comparable: Comparable) -> Any:
    column = Column(source="", to=name)
    found = _target(mapping, column)
    try:
        return _converter(mapping, column, found, replace(calendar, formats=()), comparable)(value, "")
    except Unfit as unfit:
        raise BadInput(unfit.reason, at=f"constants.{name}", hint=unfit.hint or None) from None


def text_of(cell: Cell) -> str:
    """A cell as the text that keys and tests compare."""
    return "" if cell is None else str(cell).strip()
