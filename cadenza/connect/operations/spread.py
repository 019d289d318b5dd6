"""From the body of a bulk import to customer nodes, one by one: a JSON array, or CSV whose columns name fields."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cadenza.base.problem import Malformed, TooLarge
from cadenza.connect.operations.read import read_json, tidy
from cadenza.connect.operations.types import CUSTOMER_FIELDS, Invalid, Message, Tree

CODE_PAGES = {"65001": "utf-8-sig", "1251": "cp1251", "1252": "cp1252"}
MOST_COLUMNS = 300
MOST_JSON, MOST_VALUES = 16 << 20, 1_000_000
PLAIN = {name.lower(): name for name in CUSTOMER_FIELDS}
NESTED = ("ids", "customFields")


@dataclass(frozen=True)
class Form:
    """How a body is to be read."""

    kind: str  # json or csv
    encoding: str = "utf-8-sig"
    delimiter: str = ","


def form(content_type: str, asked: Mapping[str, str]) -> Form:
    """How the body of this request is to be read; raises Malformed."""
    if "json" in content_type:
        return Form("json")
    page, delimiter = asked.get("csvCodePage", "65001"), asked.get("csvColumnDelimiter", ",")
    if page not in CODE_PAGES:
        raise Malformed(
            "This code page is not known.", at="csvCodePage", hint=f"Known are: {', '.join(CODE_PAGES)}."
        )
    delimiter = {"\\t": "\t", "tab": "\t"}.get(delimiter, delimiter)
    if len(delimiter) != 1 or delimiter in '"\r\n':
        raise Malformed("A delimiter is one character.", at="csvColumnDelimiter", hint="Write ; or ,.")
    return Form("csv", CODE_PAGES[page], delimiter)


def spread(body: bytes, how: Form) -> Iterator[Tree]:
    """The customer node of each row; raises Malformed or Invalid where the whole cannot be read."""
    return _from_json(body) if how.kind == "json" else _from_csv(body, how)


def _from_json(body: bytes) -> Iterator[Tree]:
    if len(body) > MOST_JSON:
        raise TooLarge(
            f"JSON here has at most {MOST_JSON} bytes.", at="body", hint="Send CSV, or less at once."
        )
    told = read_json(body, MOST_VALUES)
    told = told.get("customers") if isinstance(told, dict) else told
    if not isinstance(told, list):
        raise Malformed(
            "A bulk import is an array of customers.", at="body", hint='Send [{"ids": …, "email": …}].'
        )
    for one in told:
        inner = one.get("customer") if isinstance(one, dict) else None
        yield inner if isinstance(inner, dict) else one if isinstance(one, dict) else {"": one}


def _from_csv(body: bytes, how: Form) -> Iterator[Tree]:
    try:
        opened = io.StringIO(body.decode(how.encoding).replace("\x00", ""), newline="")
    except UnicodeDecodeError:
        raise Malformed(
            "The body is not in this code page.", at="csvCodePage", hint="Send UTF-8, 65001."
        ) from None
    rows = csv.reader(opened, delimiter=how.delimiter)
    try:
        paths = _paths(next(rows, []))
        for row in rows:
            if any(cell.strip() for cell in row):
                yield _node(paths, row)
    except csv.Error as error:
        raise Malformed(f"The body is not CSV: {error}.", at="body") from None


def _paths(header: list[str]) -> list[tuple[str, str]]:
    """Where each column belongs in a customer node."""
    if not header or len(header) > MOST_COLUMNS:
        raise Malformed(f"The first line names 1 to {MOST_COLUMNS} columns.", at="body")
    found = [_path(name) for name in header]
    if wrong := [
        Message(f"There is no field {header[n].strip()[:80]!r}.", f"/columns/{n + 1}")
        for n, path in enumerate(found)
        if path is None
    ]:
        raise Invalid(*wrong)
    return [path for path in found if path]


def _path(column: str) -> tuple[str, str] | None:
    """`Email`, `CustomerIdsWebsiteID`, `ids.websiteID`, `CustomFields.tier`, `DiscountCardNumber`."""
    name = column.strip()
    name = (
        name[len("customer") :].lstrip(".") if name.lower().startswith("customer") and len(name) > 8 else name
    )
    if name.lower() in PLAIN and name.lower() not in ("ids", "customfields", "subscriptions", "discountcard"):
        return PLAIN[name.lower()], ""
    if name.lower().replace(".", "") in ("discountcard", "discountcardnumber", "discountcardidsnumber"):
        return "discountCard", ""
    for part in NESTED:
        for singular in (part, part.removesuffix("s")):
            if name.lower().startswith(singular.lower()) and (rest := name[len(singular) :].lstrip(".")):
                return part, rest[:1].lower() + rest[1:] if part == "ids" and "." not in name else rest
    return None


def _node(paths: list[tuple[str, str]], row: list[str]) -> Tree:
    node: dict[str, Any] = {}
    for (field, inner), cell in zip(paths, row, strict=False):
        if not (value := cell.strip()):
            continue  # an empty cell says nothing
        if field == "discountCard":
            node[field] = {"ids": {"number": value}}
        elif inner:
            node.setdefault(field, {})[inner] = value
        else:
            node[field] = {"name": value} if field == "area" else value
    return tidy(node)  # type: ignore[no-any-return]
