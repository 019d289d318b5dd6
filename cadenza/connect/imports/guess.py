"""From the header and some rows of a file to a first mapping, for a person to correct.

Headers are looked up in word lists of several languages; values show e-mail addresses, phones,
dates (with their formats), numbers and yes/no; what is left becomes a custom trait or property.
The legal basis and the source of the data are never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from cadenza.connect.imports.converter import NO, YES
from cadenza.connect.imports.formats import formats_of
from cadenza.connect.imports.load import Document
from cadenza.connect.imports.recognise import plain, recognise
from cadenza.connect.imports.target import FROM, INTO, ONE_OF, REQUIRED
from cadenza.connect.imports.types import KINDS, Guess, Kind

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_PHONE = re.compile(r"\+\d[\d\s().-]{7,18}")
_NUMBER = re.compile(r"[-+(]?\s*[$€£₽]?\s*\d[\d\s.,'’\u00a0]*[$€£₽]?\s*\)?")
_COMMA_DECIMAL = re.compile(r"\d+(?:\.\d{3})*,\d{1,2}\D*")
NOTHING = frozenset("na n/a null none nan - unknown undefined (not set)".split())
OPEN_SPACE = {"customers": "traits", "events": "properties", "products": "properties"}
NAMING = ("id", "key", "upc", "ean", "code", "number", "zip")  # digits that name something are no numbers
NAMED, UNNAMED = (
    50,
    80,
)  # percent of values that must fit, where the header names the field and where it does not
TIMES = ("at", "placed_at", "returned_at", "registered_at", "birth_date")
SIGNS: dict[Kind, tuple[frozenset[str], ...]] = {
    "merges": tuple(frozenset({into, other}) for into in INTO for other in FROM),
    "returns": (frozenset({"returned_at", "product"}),),
    "order_lines": (frozenset({"number", "product"}), frozenset({"number", "quantity", "price"})),
    "orders": (frozenset({"number", "total"}), frozenset({"number", "placed_at"})),
    "events": (frozenset({"event", "at"}),),
    "consents": (frozenset({"email", "state", "at"}), frozenset({"email", "state", "topic"})),
    "products": (
        frozenset({"name", "price"}),
        frozenset({"id", "category", "brand"}),
        frozenset({"sku", "name"}),
    ),
}


def guess(header: Sequence[str], rows: Sequence[Sequence[str]], kind: str = "") -> Guess:
    """A mapping document without its basis, and what to look at. `kind` is found by the columns unless given."""
    columns = {name: _seen(rows, place) for place, name in enumerate(header)}
    chosen: Kind = kind if kind in KINDS else _kind(header)
    fields = _fields(chosen, header, columns)
    told = {name: _column(to, columns[name]) for name, to in fields.items()}
    for name, values in columns.items():
        if name not in told and chosen in OPEN_SPACE and values:
            told[name] = _open(OPEN_SPACE[chosen], name, values)
    told |= _sold_by_number(chosen, fields)
    document: Document = {"kind": chosen, "columns": {name: told[name] for name in header if name in told}}
    document |= _general(columns)
    return Guess(document, tuple(_doubts(document, fields, columns)))


def _sold_by_number(kind: str, fields: dict[str, str]) -> Document:
    """Products without an id of their own are known by their SKU."""
    if kind != "products" or "id" in fields.values():
        return {}
    return {name: ["id", "sku"] for name, to in fields.items() if to == "sku"}


def _doubts(document: Document, fields: dict[str, str], columns: dict[str, list[str]]) -> Iterator[str]:
    for name, to in fields.items():
        if to in TIMES and (found := formats_of(columns[name])).ambiguous:
            yield f"{name}: day and month could be exchanged; read as {found.formats[0]}."
    filled = set(fields.values()) | ({"id"} if _sold_by_number(document["kind"], fields) else set())
    if missing := [to for to in REQUIRED[document["kind"]] if to not in filled]:
        yield f"No column was found for {', '.join(missing)}."
    for what, any_of in ONE_OF.get(document["kind"], {}).items():
        if not set(any_of) & set(fields.values()):
            yield f"No column was found that says {what}."


def _seen(rows: Sequence[Sequence[str]], place: int) -> list[str]:
    values = [row[place].strip() for row in rows if place < len(row)]
    return [value for value in values if value and value.lower() not in NOTHING]


def _kind(header: Sequence[str]) -> Kind:
    for kind, signs in SIGNS.items():
        known = {to for _, _, to in recognise(kind, header)}
        if any(sign <= known for sign in signs):
            return kind
    return "customers"


def _fields(kind: Kind, header: Sequence[str], columns: dict[str, list[str]]) -> dict[str, str]:
    """Which column fills which field."""
    found: dict[str, str] = {}
    for _, name, to in recognise(kind, header):
        to = _whom(to, columns[name]) if kind == "merges" else to
        if name not in found and to not in found.values() and _fits(to, columns[name]):
            found[name] = to
    for to, pattern in (("email", _EMAIL), ("phone", _PHONE)):
        if kind not in ("products", "merges") and to not in found.values():
            unnamed = next((n for n in header if n not in found and _mostly(pattern, columns[n])), "")
            found |= {unnamed: to} if unnamed else {}
    if kind == "customers" and not {"external_id", "email", "phone"} & set(found.values()):
        found |= {name: "external_id" for name in header[:1] if plain(name).endswith(("id", "key", "no"))}
    return found


def _whom(to: str, values: list[str]) -> str:
    """A column headed "Duplicate" may hold numbers, addresses or phones."""
    side = to.partition(".")[0]
    for kind, pattern in (("email", _EMAIL), ("phone", _PHONE)):
        if _mostly(pattern, values):
            return f"{side}.{kind}"
    return to


def _fits(to: str, values: list[str]) -> bool:
    """A column called "date" that holds no dates is not one; half of them may be wrong."""
    if not values:
        return True
    if to in TIMES:
        return formats_of(values, NAMED).covered
    if to == "email":
        return _mostly(_EMAIL, values, NAMED)
    if to in ("total", "price", "quantity", "amount", "line_number"):
        return _mostly(_NUMBER, values, NAMED)
    return True


def _mostly(pattern: re.Pattern[str], values: list[str], percent: int = UNNAMED) -> bool:
    hits = sum(1 for value in values if pattern.fullmatch(value))
    return bool(values) and hits * 100 >= len(values) * percent


def _column(to: str, values: list[str]) -> Any:
    told: Document = {"to": to}
    if to in TIMES:
        told |= _formats(values)
    if to in ("first_name", "last_name", "full_name") and values and all(value.isupper() for value in values):
        told["case"] = "title"
    return to if len(told) == 1 else told


def _formats(values: list[str]) -> Document:
    found = formats_of(values, NAMED).formats
    return {"formats": list(found)} if found else {}


def _open(space: str, name: str, values: list[str]) -> Document:
    slug = (
        re.sub(r"\W+", "_", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name.strip())).strip("_").lower() or "field"
    )
    told: Document = {"to": f"{space}.{slug}", "type": "text" if slug.endswith(NAMING) else _type(values)}
    if told["type"] in ("date", "time"):
        told |= _formats(values)
    if space == "traits":
        told["label"] = name
    return told


def _type(values: list[str]) -> str:
    words = {value.lower() for value in values}
    if words <= YES | NO and not words <= {"0", "1"}:
        return "flag"
    padded = any(len(value) > 1 and value[0] == "0" and value.isdigit() for value in values)
    if not padded and all(_NUMBER.fullmatch(value) for value in values):
        return "integer" if all(value.isdigit() for value in values) else "decimal"
    if (found := formats_of(values)).covered:
        return "time" if found.hours else "date"
    return "text"


def _general(columns: dict[str, list[str]]) -> Document:
    numbers = [v for name, values in columns.items() for v in values if _NUMBER.fullmatch(v)]
    commas = sum(1 for value in numbers if _COMMA_DECIMAL.fullmatch(value))
    points = sum(1 for value in numbers if re.search(r"\.\d{1,2}\D*$", value))
    return {"numbers": {"decimal": ","}} if commas > points else {}
