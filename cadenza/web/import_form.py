"""A mapping as a form and back: rows that people fill in, and the document that the importer takes.

What the form does not show (skip rules, keys, lookups, shifts) is kept from the document it began with.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Document = dict[str, Any]
Told = Mapping[str, str]

BETWEEN = " | "  # stands between date formats; they may hold commas
OPEN = ("traits.", "properties.", "consent.", "external_id:")
UNTYPED = ("consent.", "external_id:")
SAMPLES = 3
MOST_ROWS = 2000
PLAIN = ("type", "case", "default", "category", "label")


@dataclass(frozen=True)
class Row:
    """One column of the file and one field that it fills; a column that fills two has two rows."""

    place: int
    source: str
    first: bool = True
    to: str = ""
    name: str = ""
    type: str = ""
    formats: str = ""
    values: str = ""
    lookup: str = ""
    case: str = ""
    default: str = ""
    category: str = ""
    label: str = ""
    shift: bool = False
    if_wrong: str = "reject"
    samples: tuple[str, ...] = ()
    wrong: str = ""

    @property
    def has_options(self) -> bool:
        """Is anything set that stands in the folded part?"""
        return bool(
            self.values or self.lookup or self.case or self.default or self.shift or self.if_wrong != "reject"
        )


@dataclass(frozen=True)
class Constant:
    """A field that is the same in every row."""

    place: int
    to: str = ""
    value: str = ""


def plain(told: Any) -> Any:
    """The same in what JSON and TOML can both hold: days as text, nothing for None, no letters that none may store."""
    match told:
        case dict():
            return {plain(str(name)): plain(one) for name, one in told.items() if one is not None}
        case list() | tuple():
            return [plain(one) for one in told if one is not None]
        case str():
            return told.replace("\0", "").encode("utf-8", "replace").decode()
        case bool() | int() | float():
            return told
        case _:
            return str(told)


def rows_of(document: Document, header: Sequence[str], samples: Mapping[str, tuple[str, ...]]) -> list[Row]:
    """Every column of the file, each with what it fills."""
    columns = document.get("columns", {})
    found: list[Row] = []
    for source in header:
        told = columns.get(source, "")
        for nth, one in enumerate(told if isinstance(told, list) and told else [told]):
            found.append(_row(len(found), source, one, samples.get(source, ()), nth == 0))
    return found


def _row(place: int, source: str, told: Any, samples: tuple[str, ...], first: bool) -> Row:
    one = told if isinstance(told, dict) else {"to": told if isinstance(told, str) else ""}
    to, name = _split(str(one.get("to", "")))
    return Row(
        place, source, first, to, name, samples=samples if first else (), shift=bool(one.get("shift")),
        formats=BETWEEN.join(texts(one.get("formats"))), lookup="\n".join(texts(one.get("lookup"))),
        values="\n".join(f"{seen} = {means}" for seen, means in table(one.get("values")).items()),
        if_wrong=str(one.get("if_wrong", "reject")), **{key: str(one.get(key, "")) for key in PLAIN},
    )  # fmt: skip


def _split(to: str) -> tuple[str, str]:
    space = next((one for one in OPEN if to.startswith(one)), "")
    return (space, to.removeprefix(space)) if space else (to, "")


def texts(told: Any) -> list[str]:
    """A list of texts, whatever was told."""
    listed = [told] if isinstance(told, str) else told or []
    return [str(one) for one in listed] if isinstance(listed, list | tuple) else []


def table(told: Any) -> Mapping[str, Any]:
    """A table, whatever was told."""
    return told if isinstance(told, Mapping) else {}


def constants_of(document: Document) -> list[Constant]:
    """The fixed values, and one empty line for another."""
    told = list(table(document.get("constants")).items())
    return [Constant(place, to, str(value)) for place, (to, value) in enumerate([*told, ("", "")])]


def samples_of(header: Sequence[str], rows: Iterable[Sequence[str]]) -> dict[str, tuple[str, ...]]:
    """A few different values of each column."""
    found: dict[str, dict[str, None]] = {name: {} for name in header}
    for row in rows:
        for name, cell in zip(header, row, strict=False):
            if cell.strip() and len(found[name]) < SAMPLES:
                found[name][cell.strip()] = None
    return {name: tuple(values) for name, values in found.items()}


def document_of(told: Told, base: Document) -> Document:
    """The document that a filled form means, over the one it began with."""
    document = {**base, "kind": told.get("kind", base.get("kind", ""))}
    document["columns"] = _columns(told)
    document["constants"] = {
        told[f"k{n}-to"]: told.get(f"k{n}-value", "") for n in _places(told, "k", "to") if told[f"k{n}-to"]
    }
    document["basis"] = {"legal": told.get("basis.legal", ""), "source": told.get("basis.source", "")}
    document["source"] = told.get("source", "")
    document["region"] = told.get("region", "").strip().upper()
    numbers = {"decimal": told.get("numbers.decimal", "")}
    dates = dict(table(base.get("dates")))
    dates |= {
        "formats": _formats(told.get("dates.formats", "")),
        "time_zone": told.get("dates.time_zone", ""),
    }
    document["dates"] = {name: value for name, value in dates.items() if value}
    document["numbers"] = {name: value for name, value in numbers.items() if value}
    return plain({name: value for name, value in document.items() if value not in ("", {}, [])})  # type: ignore[no-any-return]


def _places(told: Told, letter: str, key: str) -> list[int]:
    return [n for n in range(MOST_ROWS) if f"{letter}{n}-{key}" in told]


def _columns(told: Told) -> Document:
    found: dict[str, list[Any]] = {}
    for n in _places(told, "c", "source"):
        if one := _column({key: told.get(f"c{n}-{key}", "").strip() for key in Row.__dataclass_fields__}):
            found.setdefault(told[f"c{n}-source"], []).append(one)
    return {source: fills[0] if len(fills) == 1 else fills for source, fills in found.items()}


def _column(cell: Told) -> Any:
    if not cell["to"]:
        return None
    is_open = cell["to"] in OPEN
    document: Document = {"to": cell["to"] + cell["name"] if is_open else cell["to"]}
    document |= {key: cell[key] for key in ("case", "default") if cell[key]}
    if is_open and cell["to"] not in UNTYPED:
        document |= {key: cell[key] for key in ("type", "category", "label") if cell[key]}
    document |= {"formats": _formats(cell["formats"])} if cell["formats"] else {}
    document |= {"values": _values(cell["values"])} if cell["values"] else {}
    document |= {"lookup": _lines(cell["lookup"])} if cell["lookup"] else {}
    document |= {"shift": True} if cell["shift"] else {}
    document |= {"if_wrong": "leave_out"} if cell["if_wrong"] == "leave_out" else {}
    return document["to"] if set(document) == {"to"} else document


def _lines(told: str) -> list[str]:
    return [line.strip() for line in told.splitlines() if line.strip()]


def _formats(told: str) -> list[str]:
    return [one.strip() for one in told.split(BETWEEN.strip()) if one.strip()]


def _values(told: str) -> dict[str, str]:
    pairs = (line.partition("=") for line in _lines(told))
    return {seen.strip(): means.strip() for seen, _, means in pairs}


def with_another(document: Document, source: str) -> Document:
    """The same, with one more line under a column, to fill a second field from it."""
    columns = dict(document.get("columns", {}))
    told = columns.get(source, [])
    columns[source] = [*(told if isinstance(told, list) else [told]), ""]
    return {**document, "columns": columns}


def to_try(document: Document) -> Document:
    """The same with what only a person can say filled in for now, so that rows can be shown before it is said."""
    basis = table(document.get("basis"))
    filled = {"legal": basis.get("legal") or "contract", "source": basis.get("source") or "not said yet"}
    columns = {source: _named(fills) for source, fills in table(document.get("columns")).items()}
    return {
        **document,
        "basis": filled,
        "columns": {source: fills for source, fills in columns.items() if fills},
    }


def _named(fills: Any) -> Any:
    """Without lines that were added and not filled in."""
    if not isinstance(fills, list):
        return fills
    left = [one for one in fills if one]
    return left[0] if len(left) == 1 else left


def source_at(at: str | None, sources: Iterable[str]) -> str | None:
    """The column that a place like `columns.Birth.date.formats` speaks of; the longest name that fits."""
    fitting = [one for one in sources if at == f"columns.{one}" or (at or "").startswith(f"columns.{one}.")]
    return max(fitting, key=len, default=None)
