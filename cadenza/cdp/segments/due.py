"""When a schedule is due next, in the workspace's time zone."""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from cadenza.base.problem import BadInput
from cadenza.cdp.segments.compare import whole
from cadenza.cdp.segments.types import Schedule

EVERY = ("day", "weekday", "month")
SATURDAY = 5


def due(schedule: Schedule, after: datetime, zone: str) -> datetime:
    """The first time after a moment."""
    day = after.astimezone(ZoneInfo(zone)).date()
    while True:
        at = datetime.combine(day, time(schedule.hour), ZoneInfo(zone)).astimezone(UTC)
        if at > after and _is_its_day(schedule, day):
            return at
        day += timedelta(days=1)


def _is_its_day(schedule: Schedule, day: date) -> bool:
    if schedule.every == "weekday":
        return day.weekday() < SATURDAY
    if schedule.every == "month":
        return day.day == min(schedule.day, monthrange(day.year, day.month)[1])
    return True


def read_schedule(json: Any, at: str = "schedule") -> Schedule:
    """From `{"every": "month", "day": 31, "hour": 6}`."""
    if not isinstance(json, dict) or json.get("every") not in EVERY or json.keys() - {"every", "hour", "day"}:
        raise BadInput(
            "This is no schedule.", at=at, hint='Write {"every": "day", "hour": 3}, or weekday, or month.'
        )
    return Schedule(
        json["every"],
        whole(json.get("hour", 3), f"{at}.hour", 0, 23),
        whole(json.get("day", 1), f"{at}.day", 1, 31),
    )
