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


def formats_of(values: Sequence[str], percent: int = 95) -> Formats:
    """Formats that read at least so many of 100 values; nothing where these are no dates."""
    sample = list(dict.fromkeys(values))[:300]
    if not sample or not any(any(letter.isdigit() for letter in value) for value in sample[:5]):
        return Formats()
    if _count(sample, _iso) * 100 >= len(sample) * percent:
        return Formats(covered=True, hours=any(len(value) > 10 for value in sample))
    return _fewest(sample, percent)


def _fewest(sample: list[str], percent: int) -> Formats:
    chosen: list[str] = []
    left, ambiguous = sample, False
    while left and len(chosen) < 3:
        counts = {format: sum(_reads(value, format) for value in left) for format in CANDIDATES}
        best = max(
            CANDIDATES, key=lambda format: (counts[format], bool(chosen) and _alike(format, chosen[0]))
        )
        if not counts[best]:
            break
        ambiguous |= not chosen and counts.get(_swapped(best)) == counts[best]
        chosen.append(best)
        left = [value for value in left if not _reads(value, best)]
    hours = any("%H" in format or "%I" in format for format in chosen)
    covered = len(left) * 100 <= len(sample) * (100 - percent)
    return Formats(tuple(chosen), True, hours, ambiguous) if covered else Formats()


def _swapped(format: str) -> str:
    """The same with day and month exchanged."""
    return format.replace("%d", "%_").replace("%m", "%d").replace("%_", "%m")


def _alike(format: str, other: str) -> bool:
    """Whether day and month stand in the same order; people rarely mix that."""
    return (format.find("%d") < format.find("%m")) == (other.find("%d") < other.find("%m"))


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
