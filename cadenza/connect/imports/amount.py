"""Numbers as people write them in files: `$90,000 `, `1.234,56 €`, `(12.50)`, `1 000`."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation

from cadenza.connect.imports.unfit import Unfit

_SIGN = r"(?:[^\W\d_]{1,4}\.?|[$€£¥₽₴₸₹]+)?"
_WRAPPING = re.compile(rf"^{_SIGN}\s*|\s*{_SIGN}$")
_SPACES = re.compile(r"[\s\u00a0\u202f'’]")
_DIGITS = re.compile(r"\+?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
_GROUPED = re.compile(r"\+?[1-9]\d{0,2}(?:_\d{2,3})*_\d{3}")  # 1_234_567, and 12_34_567 as in India
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
    bare = _WRAPPING.sub("", stripped)
    return (bare[1:], True) if bare[:1] == "-" and not negative else (bare, negative)


def _pointed(plain: str, mark: str) -> str:
    """The same number with a point as its decimal mark and no thousands."""
    if "e" in plain.lower():
        return plain
    mark = mark or _mark(plain)
    whole, _, part = plain.rpartition(mark) if mark and mark in plain else (plain, "", "")
    if "," in whole or "." in whole:
        grouped = whole.replace(",", "_").replace(".", "_")
        if not _GROUPED.fullmatch(grouped) or {",", "."} <= set(whole):
            return plain  # no number; the caller says so
        whole = grouped.replace("_", "")
    return f"{whole}.{part}" if part else whole


def _mark(plain: str) -> str:
    """The decimal mark that the number itself shows; a single comma before three digits groups thousands."""
    last_comma, last_point = plain.rfind(","), plain.rfind(".")
    if last_comma >= 0 and last_point >= 0:
        return "," if last_comma > last_point else "."
    if plain.count(",") == 1:
        return "" if _GROUPED.fullmatch(plain.replace(",", "_")) else ","
    return "." if plain.count(".") == 1 else ""


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
