"""From a window and a moment to its two ends, in the workspace's time zone.

What lies in a window came after one end (exclusive; None: ever) and through the other (inclusive), to the
millisecond; nothing after the moment counts yet.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from cadenza.cdp.segments.leaves import Between, Calendar, Rolling, Unit, Window

TICK = timedelta(milliseconds=1)


@dataclass(frozen=True)
class Bounds:
    """After one moment, through another."""

    after: datetime | None
    through: datetime


def bound(window: Window, moment: datetime, zone: str) -> Bounds:
    """The two ends. Of a window that each person has for itself (`FirstDays`): all there is."""
    match window:
        case Rolling(hours):
            return Bounds(moment - timedelta(hours=hours), moment)
        case Calendar(unit, back):
            today = moment.astimezone(ZoneInfo(zone)).date()
            begin = _begin(unit, today, back)
            end = _begin(unit, today, back - 1)
            return Bounds(midnight(begin, zone) - TICK, min(moment, midnight(end, zone) - TICK))
        case Between(since, until):
            return _between(since, until, moment, zone)
        case _:
            return Bounds(None, moment)


def _between(
    since: date | datetime | None, until: date | datetime | None, moment: datetime, zone: str
) -> Bounds:
    after = None if since is None else _start(since, zone) - TICK
    if until is None:
        return Bounds(after, moment)
    end = until if isinstance(until, datetime) else midnight(until + timedelta(days=1), zone) - TICK
    return Bounds(after, min(moment, end))


def _start(one: date | datetime, zone: str) -> datetime:
    return one if isinstance(one, datetime) else midnight(one, zone)


def midnight(day: date, zone: str) -> datetime:
    """When a day begins there."""
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)


def _begin(unit: Unit, today: date, back: int) -> date:
    """The first day of the stretch that lies so many before today's; -1 is the next one."""
    match unit:
        case Unit.DAY:
            return today - timedelta(days=back)
        case Unit.WEEK:
            return today - timedelta(days=today.weekday() + 7 * back)
        case Unit.MONTH:
            months = today.year * 12 + today.month - 1 - back
            return date(months // 12, months % 12 + 1, 1)
        case Unit.YEAR:
            return date(today.year - back, 1, 1)
