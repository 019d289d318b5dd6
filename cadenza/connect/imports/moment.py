"""Dates as they stand in files: several formats in one column, two-digit years, days without an hour.

Moments without a zone are read in the zone of the mapping (or the workspace's). Days without an
hour become midday there, or, where the mapping spreads them, an hour that depends on a key of the
row alone (an order's number), so that the same file always gives the same moments.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from hashlib import sha256
from zoneinfo import ZoneInfo

from cadenza.connect.imports.types import Cell
from cadenza.connect.imports.unfit import Unfit

OLDEST_PERSON = 120  # years; the longest verified life was 122
FIRST_DAY = date(1970, 1, 1)
_ISO_TAIL = re.compile(r"\s*(?:UTC|GMT|Z)$", re.IGNORECASE)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}|\d{8}")


@dataclass(frozen=True)
class Calendar:
    """What must be known to read dates: zone, formats, the shift in days, the spread of hours, the present."""

    zone: ZoneInfo
    now: datetime
    formats: tuple[str, ...] = ()
    shift_days: int = 0
    spread_hours: tuple[int, int] | None = None


@lru_cache(maxsize=65536)
def _parsed(text: str, formats: tuple[str, ...]) -> date | datetime:
    for format in formats:
        try:
            found = datetime.strptime(text, format)  # noqa: DTZ007 - `moment` adds the zone
        except ValueError:
            continue
        return found if "%H" in format or "%I" in format else found.date()
    if formats:
        raise Unfit("This date is not written as the mapping says.", f"Expected {' or '.join(formats)}.")
    return _iso(text)


def _iso(text: str) -> date | datetime:
    aware = bool(_ISO_TAIL.search(text))
    plain = _ISO_TAIL.sub("", text)
    try:
        if _DAY.fullmatch(plain):
            return date.fromisoformat(plain)
        found = datetime.fromisoformat(plain)
    except ValueError:
        raise Unfit("This is not a date.", "Name its format in the mapping, for example %d.%m.%Y.") from None
    return found.replace(tzinfo=UTC) if aware and found.tzinfo is None else found


def read(cell: Cell, formats: tuple[str, ...]) -> date | datetime:
    """A day or a moment; moments may lack a zone still."""
    if isinstance(cell, date):
        return cell
    return _parsed(str(cell).strip(), formats)


def moment(cell: Cell, calendar: Calendar, key: str, shifted: bool) -> datetime:
    """When something happened, aware, in UTC."""
    found = read(cell, calendar.formats)
    days = timedelta(days=calendar.shift_days if shifted else 0)
    if not isinstance(found, datetime):
        found = datetime.combine(found, _hour(calendar, key))
    local = found if found.tzinfo else found.replace(tzinfo=calendar.zone)
    if local.date() < FIRST_DAY:
        raise Unfit("This date lies before 1970.", "Check the order of day, month and year.")
    at = (local + days).astimezone(UTC)
    if at > calendar.now + timedelta(days=1):
        raise Unfit("This date lies in the future.", "Check the order of day, month and year.")
    return at


def _hour(calendar: Calendar, key: str) -> time:
    if not calendar.spread_hours or not key:
        return time(12)
    first, last = calendar.spread_hours
    seconds = int.from_bytes(sha256(key.encode()).digest()[:4], "big") % ((last - first) * 3600)
    minutes, second = divmod(first * 3600 + seconds, 60)
    return time(minutes // 60, minutes % 60, second)


def day(cell: Cell, calendar: Calendar, shifted: bool = False) -> date:
    """A day of the calendar."""
    found = read(cell, calendar.formats)
    plain = found.date() if isinstance(found, datetime) else found
    return plain + timedelta(days=calendar.shift_days) if shifted else plain


def birth_date(cell: Cell, calendar: Calendar) -> date:
    """A day on which somebody living can have been born."""
    found, today = day(cell, calendar), calendar.now.astimezone(calendar.zone).date()
    if found > today and "%y" in "".join(calendar.formats):
        found = _century_before(found)
    if found > today:
        raise Unfit("This birth date lies in the future.", "Check the order of day, month and year.")
    if found.year < today.year - OLDEST_PERSON:
        raise Unfit(f"Nobody living was born in {found.year}.", "Correct the year, or leave the date empty.")
    return found


def _century_before(found: date) -> date:
    """A year of two digits that was read as one to come."""
    leap = found.month == 2 and found.day == 29
    return found.replace(year=found.year - 100, day=28 if leap else found.day)


def shift_days(anchor: date, to: str, today: date) -> int:
    """How many whole days bring `anchor` to `to`."""
    match to:
        case "today":
            return (today - anchor).days
        case "yesterday":
            return (today - anchor).days - 1
        case _:
            return (date.fromisoformat(to) - anchor).days
