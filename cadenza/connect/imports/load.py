"""From a mapping document (TOML or JSON) to the mapping it describes; every mistake knows its place."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable
from datetime import date
from difflib import get_close_matches
from typing import Any, cast

from cadenza.base.problem import BadInput
from cadenza.connect.imports.converter import zones
from cadenza.connect.imports.target import FIELDS, ONE_OF, OPEN, OPEN_TYPES, REQUIRED, says_one_of, target
from cadenza.connect.imports.types import KINDS, LEGAL_BASES, Column, Kind, Lookup, Mapping, Shift, Skip

Document = dict[str, Any]
SECTIONS = (
    "kind name source basis columns constants lookups dates numbers file skip key empty region"
).split()
COLUMN = "to type formats values lookup case default category label shift if_wrong".split()
LONGEST_SOURCE = 32
TESTS = ("is", "is_not", "starts_with", "contains", "empty", "below")


def read(text: str) -> Document:
    """The document of a mapping file: JSON where it begins with a brace, else TOML."""
    try:
        return json.loads(text) if text.lstrip().startswith("{") else tomllib.loads(text)
    except (json.JSONDecodeError, tomllib.TOMLDecodeError) as error:
        hint = "Write the mapping as TOML or JSON; docs/imports.md has examples."
        raise BadInput(f"The mapping cannot be read: {error}.", at="mapping", hint=hint) from None


def load(document: Document) -> Mapping:
    """Check a document and make the mapping that it describes."""
    _known(document, SECTIONS, "")
    kind = cast(Kind, _choice(document.get("kind"), KINDS, "kind"))
    dates, file, basis = (_section(document, name) for name in ("dates", "file", "basis"))
    _known(dates, ["formats", "time_zone", "shift", "spread_hours"], "dates")
    _known(file, ["encoding", "delimiter", "quote", "header"], "file")
    legal, origin = _basis(basis)
    found = Mapping(
        kind=kind,
        columns=_columns(document, kind),
        source=_source(document),
        basis=legal,
        origin=origin,
        name=_text(document, "name"),
        constants={name: str(value) for name, value in _section(document, "constants").items()},
        lookups=tuple(_lookup(name, told) for name, told in _section(document, "lookups").items()),
        date_formats=tuple(_formats(dates.get("formats", ()), "dates.formats")),
        time_zone=_zone(dates),
        shift=_shift(dates.get("shift")),
        spread_hours=_spread(dates.get("spread_hours")),
        decimal=cast(
            Any, _choice(_section(document, "numbers").get("decimal", ""), ("", ".", ","), "numbers.decimal")
        ),
        region=_text(document, "region"),
        empty=_texts(document.get("empty", ()), "empty"),
        skip=tuple(_skip(told, f"skip.{place}") for place, told in enumerate(document.get("skip", ()))),
        key=_texts(document.get("key", ()), "key"),
        header=_texts(file.get("header", ()), "file.header"),
        encoding=_encoding(file),
        delimiter=_one_letter(file, "delimiter", ""),
        quote=_one_letter(file, "quote", '"'),
    )
    _complete(found)
    return found


def _known(told: Document, names: Iterable[str], at: str) -> None:
    for name in told:
        if name not in (known := list(names)):
            close = get_close_matches(name, known, n=1)
            hint = f"Did you mean {close[0]!r}?" if close else f"Known are: {', '.join(known)}."
            raise BadInput(f"A mapping has no {name!r} here.", at=f"{at}.{name}".lstrip("."), hint=hint)


def _section(document: Document, name: str) -> Document:
    found = document.get(name, {})
    if not isinstance(found, dict):
        raise BadInput("This must be a table of names and values.", at=name)
    return found


def _text(document: Document, name: str) -> str:
    found = document.get(name, "")
    if not isinstance(found, str):
        raise BadInput("This must be text.", at=name, hint="Write it in quotation marks.")
    return found.strip()


def _source(document: Document) -> str:
    found = _text(document, "source") or "import"
    if len(found) > LONGEST_SOURCE:
        hint = f"Use up to {LONGEST_SOURCE} letters, like shop or till-export."
        raise BadInput("The name of the source is too long.", at="source", hint=hint)
    return found


def _texts(told: Any, at: str) -> tuple[str, ...]:
    listed = [told] if isinstance(told, str) else told
    if not isinstance(listed, list | tuple) or not all(isinstance(one, str) for one in listed):
        raise BadInput("This must be a list of texts.", at=at, hint='Write it like ["a", "b"].')
    return tuple(listed)


def _choice(told: Any, allowed: Iterable[str], at: str) -> str:
    if told in (known := list(allowed)):
        return str(told)
    named = ", ".join(repr(one) for one in known)
    what = "is missing" if told in (None, "") else "is not known"
    raise BadInput(f"This {what}.", at=at, hint=f"Use one of {named}.")


def _basis(told: Document) -> tuple[str, str]:
    """Data that a person did not give us needs a legal basis and a source (GDPR 6, 14)."""
    _known(told, ["legal", "source"], "basis")
    origin = str(told.get("source", "")).strip()
    legal = _choice(told.get("legal"), LEGAL_BASES, "basis.legal")
    if not origin:
        hint = "Say where the data comes from, for example: our shop's order system."
        raise BadInput("The source of the data is missing.", at="basis.source", hint=hint)
    return legal, origin


def _columns(document: Document, kind: Kind) -> tuple[Column, ...]:
    found: list[Column] = []
    for source, told in _section(document, "columns").items():
        for one in told if isinstance(told, list) else [told]:
            found.append(_column(source, {"to": one} if isinstance(one, str) else one, kind))
    twice = [column for place, column in enumerate(found) if column.to in {c.to for c in found[:place]}]
    if twice:
        raise BadInput(f"The field {twice[0].to!r} is filled twice.", at=f"columns.{twice[0].source}")
    if not found:
        raise BadInput("The mapping names no column.", at="columns", hint='Add lines like Email = "email".')
    return tuple(found)


def _column(source: str, told: Any, kind: Kind) -> Column:
    at = f"columns.{source}"
    if not isinstance(told, dict):
        raise BadInput(
            "This must be a field's name or a table.", at=at, hint='Write it like Email = "email".'
        )
    _known(told, COLUMN, at)
    to, type = str(told.get("to", "")), str(told.get("type", ""))
    if target(kind, to) is None:
        raise BadInput(f"{kind} have no field {to!r}.", at=at, hint=_field_hint(kind, to))
    if type:
        _choice(type, OPEN_TYPES if to.startswith(("traits.", "properties.")) else (), f"{at}.type")
    return Column(
        source=source,
        to=to,
        type=type,
        formats=tuple(_formats(told.get("formats", ()), f"{at}.formats")),
        values={str(key): str(value) for key, value in _section(told, "values").items()},
        lookup=_steps(told.get("lookup", ()), f"{at}.lookup"),
        case=cast(Any, _choice(told.get("case", ""), ("", "title", "lower", "upper"), f"{at}.case")),
        default=str(told.get("default", "")),
        category=str(told.get("category", "")),
        label=str(told.get("label", "")),
        shift=bool(told.get("shift", False)),
        if_wrong=cast(
            Any, _choice(told.get("if_wrong", "reject"), ("reject", "leave_out"), f"{at}.if_wrong")
        ),
    )


def _field_hint(kind: Kind, to: str) -> str:
    if close := get_close_matches(to, FIELDS[kind], n=1):
        return f"Did you mean {close[0]!r}?"
    spaces = [f"{space}.<name>" for space in OPEN.get(kind, {})]
    return f"Fields are: {', '.join([*FIELDS[kind], *spaces])}."


def _formats(told: Any, at: str) -> Iterable[str]:
    for format in _texts(told, at):
        if "%" not in format:
            hint = "Write it like %d.%m.%Y; %m is the month, %M are minutes."
            raise BadInput(f"{format!r} is not a date format.", at=at, hint=hint)
        yield format


def _steps(told: Any, at: str) -> tuple[tuple[str, str], ...]:
    found = []
    for step in _texts(told, at):
        table, _, column = step.partition(".")
        if not table or not column:
            raise BadInput("This is not a lookup.", at=at, hint='Write it like "products.ProductName".')
        found.append((table, column))
    return tuple(found)


def _lookup(name: str, told: Any) -> Lookup:
    at = f"lookups.{name}"
    if not isinstance(told, dict) or not told.get("file") or not told.get("key"):
        raise BadInput("A lookup needs a file and a key.", at=at, hint='Write file = "x.csv" and key = "Id".')
    _known(told, ["file", "key", "encoding"], at)
    return Lookup(name=name, file=str(told["file"]), key=str(told["key"]), encoding=_encoding(told))


def _zone(dates: Document) -> str:
    found = str(dates.get("time_zone", ""))
    if found and found not in zones():
        raise BadInput(
            f"{found!r} is not a time zone.", at="dates.time_zone", hint="Use a name like Europe/Riga."
        )
    return found


def _shift(told: Any) -> Shift | None:
    if told is None:
        return None
    try:
        anchor, to = told["anchor"], str(told.get("to", "today"))
        if to not in ("today", "yesterday"):
            date.fromisoformat(to)
        return Shift(anchor if isinstance(anchor, date) else date.fromisoformat(str(anchor)), to)
    except (KeyError, TypeError, ValueError, AttributeError):
        hint = 'Write it like {anchor = "2023-06-30", to = "today"}.'
        raise BadInput("This is not a shift of dates.", at="dates.shift", hint=hint) from None


def _spread(told: Any) -> tuple[int, int] | None:
    if told is None:
        return None
    if isinstance(told, list | tuple) and len(told) == 2 and all(isinstance(hour, int) for hour in told):
        first, last = told
        if 0 <= first < last <= 24:
            return first, last
    raise BadInput("This is not a span of hours.", at="dates.spread_hours", hint="Write it like [8, 22].")


def _skip(told: Any, at: str) -> Skip:
    if not isinstance(told, dict) or "column" not in told:
        raise BadInput(
            "A skip rule names a column.", at=at, hint='Write it like {column = "Status", is = "test"}.'
        )
    _known(told, ["column", *TESTS], at)
    tests = [name for name in TESTS if name in told]
    if len(tests) != 1:
        raise BadInput("A skip rule has one test.", at=at, hint=f"Tests are: {', '.join(TESTS)}.")
    return Skip(str(told["column"]), cast(Any, tests[0]), str(told[tests[0]]))


def _encoding(told: Document) -> str:
    found = str(told.get("encoding", ""))
    try:
        "".encode(found or "utf-8")
    except LookupError:
        hint = "Use utf-8, latin-1 or windows-1251."
        raise BadInput(f"{found!r} is not an encoding.", at="file.encoding", hint=hint) from None
    return found


def _one_letter(told: Document, name: str, fallback: str) -> str:
    found = str(told.get(name, fallback))
    if len(found) > 1 or found in ("\n", "\r"):
        raise BadInput(f"The {name} is one character.", at=f"file.{name}", hint='For a tab write "\\t".')
    return found


def _complete(mapping: Mapping) -> None:
    """Refuse a mapping whose records could never be complete."""
    filled = {column.to for column in mapping.columns} | set(mapping.constants)
    for name in mapping.constants:
        if target(mapping.kind, name) is None:
            hint = _field_hint(mapping.kind, name)
            raise BadInput(f"{mapping.kind} have no field {name!r}.", at=f"constants.{name}", hint=hint)
    if missing := [name for name in REQUIRED[mapping.kind] if name not in filled]:
        hint = "Name the column that holds it, or a constant."
        raise BadInput(f"{mapping.kind} need the field {missing[0]!r}.", at="columns", hint=hint)
    for what, fields in ONE_OF.get(mapping.kind, {}).items():
        if not says_one_of(filled, fields):
            hint = f"Map a column to one of {', '.join(fields)}."
            raise BadInput(f"No column says {what}.", at="columns", hint=hint)
    if mapping.kind == "order_lines" and not filled & {"total", "price"}:
        raise BadInput("Lines need a total or a price.", at="columns", hint="Map a column to one of them.")
    names = {lookup.name for lookup in mapping.lookups}
    for column in mapping.columns:
        for table, _ in column.lookup:
            if table not in names:
                raise BadInput(f"There is no lookup {table!r}.", at=f"columns.{column.source}.lookup")
