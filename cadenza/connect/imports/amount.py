"""Numbers as people write them in files: `$90,000 `, `1.234,56 €`, `(12.50)`, `1 000`."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation

from cadenza.connect.imports.unfit import Unfit

_WRAPPING = re.compile(r"^(?:[A-Za-zА-я]{1,4}\.?|[$€£¥₽₴₸zł₹]+)?\s*|\s*(?:[A-Za-zА-яł]{1,4}\.?|[$€£¥₽₴₸₹]+)?$")
_SPACES = re.compile(r"[\s\u00a0\u202f'’]")
_DIGITS = re.compile(r"[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
_GROUPED = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+")
LARGEST = Decimal(10) ** 13


def amount(text: str, mark: str = "") -> Decimal:
    """The number written in `text`; `mark` is the decimal mark where the mapping knows it."""
    bare, negative = _unwrapped(text)
    plain = _SPACES.sub("", bare)
    found = _read(_pointed(plain, mark))
    return -found if negative else found


def _unwrapped(text: str) -> tuple[str, bool]:
    stripped = text.strip()
    negative = False
    if stripped.startswith("(") and stripped.endswith(")"):
        stripped, negative = stripped[1:-1], True
    if len(stripped) > 1 and stripped[0] in "-−":
        stripped, negative = stripped[1:], True
    elif stripped.endswith("-"):
        stripped, negative = stripped[:-1], True
    return _WRAPPING.sub("", stripped), negative


def _pointed(plain: str, mark: str) -> str:
    """The same number with a point as its decimal mark and no thousands."""
    if mark == ",":
        return plain.replace(".", "").replace(",", ".")
    if mark == ".":
        return plain.replace(",", "")
    last_comma, last_point = plain.rfind(","), plain.rfind(".")
    if last_comma >= 0 and last_point >= 0:
        return _pointed(plain, "," if last_comma > last_point else ".")
    if last_comma >= 0:
        thousands = _GROUPED.fullmatch(plain) and not plain.lstrip("+-").startswith("0")
        return plain.replace(",", "" if thousands else ".")
    return plain.replace(".", "") if plain.count(".") > 1 else plain


def _read(plain: str) -> Decimal:
    if not _DIGITS.fullmatch(plain) or len(plain) > 40:
        raise Unfit("This is not a number.", "Write it like 12.50.")
    try:
        found = Decimal(plain)
    except InvalidOperation:
        raise Unfit("This is not a number.", "Write it like 12.50.") from None
    if abs(found) >= LARGEST:
        raise Unfit("This number is out of range.", "Numbers stay below ten trillion.")
    return found
