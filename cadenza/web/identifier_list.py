"""Reads a list of what recognises people, as it is pasted or lies in a file: lines, commas, a table with a head."""

from __future__ import annotations

import csv
import io
import re

from cadenza.base import text
from cadenza.base.problem import BadInput

MOST = 50_000  # people named at once
LARGEST = 5_000_000  # bytes of a file
KINDS = (
    ("", "Find out by itself"), ("external_id", "Customer number"), ("email", "E-mail"), ("phone", "Phone"),
    ("loyalty_card", "Loyalty card"), ("anonymous_id", "Visitor number"), ("app_id", "App installation"),
    ("id", "Number here"),
)  # fmt: skip
# The head of a column, as files have it, in small letters and without signs.
HEADS = {
    "email": "email", "emailaddress": "email", "mail": "email", "externalid": "external_id",
    "customerid": "external_id",
    "customernumber": "external_id", "customerkey": "external_id", "userid": "external_id", "id": "external_id",
    "phone": "phone", "phonenumber": "phone", "mobile": "phone", "loyaltycard": "loyalty_card", "card": "loyalty_card",
}  # fmt: skip
_CELLS = re.compile(r"[\n,;\t]")
_NAMED = re.compile(r".*<([^<>]+@[^<>]+)>\s*")


def pasted(told: str) -> tuple[list[str], str]:
    """What recognises somebody, each once in its order, and its kind if a head says it. Every cell is one."""
    return _read(told, every_cell=True)


def uploaded(content: bytes) -> tuple[list[str], str]:
    """The same of a file; without a head that is known, the first cell of each line is one."""
    if len(content) > LARGEST:
        raise BadInput("This file is too large.", at="file", hint="Use one of at most 5 MB, or several.")
    return _read(_decoded(content), every_cell=False)


def _decoded(content: bytes) -> str:
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return content.decode("utf-16", "replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


def _read(told: str, every_cell: bool) -> tuple[list[str], str]:
    lines = [line for line in text.clean(told.replace("\r", "\n"), LARGEST).split("\n") if line.strip()]
    place, kind = _head(lines[0]) if lines else (0, "")
    if kind:
        cells = [
            row[place] for row in csv.reader(lines[1:], delimiter=_between(lines[0])) if len(row) > place
        ]
    elif every_cell:
        cells = _CELLS.split("\n".join(lines))
    else:
        cells = [next(iter(csv.reader([line], delimiter=_between(line))), [""])[0] for line in lines]
    found = list(dict.fromkeys(one for cell in cells for one in _cleaned(cell)))
    if not found:
        raise BadInput("Nothing is in it.", at="told", hint="Write one address or number a line.")
    if len(found) > MOST:
        raise BadInput(f"At most {MOST:,} people at once.", at="told", hint="Do it in parts.")
    return found, kind


def _head(line: str) -> tuple[int, str]:
    """Which column of a table holds what recognises people, and what it is."""
    cells = next(csv.reader(io.StringIO(line), delimiter=_between(line)), [])
    for place, cell in enumerate(cells):
        if kind := HEADS.get(re.sub(r"[^a-z]", "", cell.lower())):
            return place, kind
    return 0, ""


def _between(line: str) -> str:
    return max(",;\t", key=line.count)


def _cleaned(cell: str) -> list[str]:
    """`"Ann Lee" <ann@example.com>` → the address; several addresses in one cell are several."""
    plain = cell.strip().strip("\"'").strip()
    if named := _NAMED.fullmatch(plain):
        return [named[1].strip()]
    return [one for one in plain.split() if one] if "@" in plain else [plain] * bool(plain)


__all__ = ["KINDS", "pasted", "uploaded"]
