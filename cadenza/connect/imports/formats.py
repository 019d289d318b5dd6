"""From sample values to the date formats that read them all, the fewest that do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

DAYS = (
    "%Y-%m-%d", "%d.%m.%Y", "%m/%d/%Y", "%d/%m/%Y", "%Y/%m/%d", "%d-%m-%Y", "%m-%d-%Y",
    "%d.%m.%y", "%m/%d/%y", "%d/%m/%y", "%m-%d-%y", "%d-%m-%y", "%d %b %Y", "%b %d, %Y", "%d %B %Y", "%Y%m%d",
)  # fmt: skip
HOURS = ("%H:%M:%S", "%H:%M", "%I:%M %p", "%H:%M:%S.%f")
CANDIDATES = (
    *DAYS,
    *(f"{day} {hour}" for day in DAYS for hour in HOURS),
    *(f"{day}T{hour}" for day in DAYS[:1] for hour in HOURS),
)


@dataclass(frozen=True)
class Formats:
    """`formats` is empty for ISO dates, which need none; `ambiguous`: day and month could be exchanged."""

    formats: tuple[str, ...] = ()
    covered: bool = False
    hours: bool = False
    ambiguous: bool = False


def formats_of(values: Sequence[str]) -> Formats:
    """Formats that read at least 95 of 100 values; nothing where these are no dates."""
    sample = list(dict.fromkeys(values))[:300]
    if not sample or not any(any(letter.isdigit() for letter in value) for value in sample[:5]):
        return Formats()
    if _count(sample, _iso) * 100 >= len(sample) * 95:
        return Formats(covered=True, hours=any(len(value) > 10 for value in sample))
    return _fewest(sample)


def _fewest(sample: list[str]) -> Formats:
    chosen: list[str] = []
    left, ambiguous = sample, False
    while left and len(chosen) < 3:
        counts = {format: sum(_reads(value, format) for value in left) for format in CANDIDATES}
        best = max(CANDIDATES, key=lambda format: (counts[format], format in chosen))
        if not counts[best]:
            break
        twins = [format for format in CANDIDATES if counts[format] == counts[best] and format != best]
        swapped = best.replace("%d", "%_").replace("%m", "%d").replace("%_", "%m")
        ambiguous |= swapped in twins
        chosen.append(best)
        left = [value for value in left if not _reads(value, best)]
    covered = len(left) * 100 <= len(sample) * 5
    return (
        Formats(tuple(chosen), covered, any("%H" in f or "%I" in f for f in chosen), ambiguous)
        if covered
        else Formats()
    )


def _count(values: Sequence[str], reads: Callable[[str], bool]) -> int:
    return sum(1 for value in values if reads(value))


def _reads(value: str, format: str) -> bool:
    try:
        return 1900 <= datetime.strptime(value, format).year <= 2100  # noqa: DTZ007 - only the year is looked at
    except ValueError:
        return False


def _iso(value: str) -> bool:
    try:
        return "-" in value and bool(datetime.fromisoformat(value.removesuffix(" UTC")))
    except ValueError:
        return False
