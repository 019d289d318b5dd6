"""Why two people may be one, in codes that a page can say in words; no value of anybody is in them."""

from __future__ import annotations

from collections.abc import Callable

from rapidfuzz.distance import OSA

from cadenza.cdp.duplicates.compare import OTHER, UNKNOWN, compare, jaro_winkler
from cadenza.cdp.duplicates.types import FIELDS, LEVELS, Person, Reason

LIKENESS: dict[str, Callable[[str, str], float]] = {"street": OSA.normalized_similarity}
MEASURED = frozenset({"similar", "begins"})


def explain(one: Person, two: Person) -> tuple[Reason, ...]:
    """How each field that is known of both compares, what differs too, in the order of `FIELDS`."""
    found = zip(FIELDS, compare(one, two), strict=True)
    return tuple(_reason(field, level, one, two) for field, level in found if level != UNKNOWN)


def _reason(field: str, level: int, one: Person, two: Person) -> Reason:
    name = LEVELS[field][level]
    if level == OTHER or name not in MEASURED:
        return Reason(field, name)
    likeness = LIKENESS.get(field, jaro_winkler)
    return Reason(field, name, round(100 * likeness(_compared(one, field), _compared(two, field))))


def _compared(one: Person, field: str) -> str:
    told: str = getattr(one, field)
    return told.partition("@")[0] if field == "email" else told
