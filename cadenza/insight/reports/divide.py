"""From a number of days and a moment to two periods that can be compared: whole days of the shop's own time zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from cadenza.insight.attribution.types import Span
from cadenza.insight.reports.types import Period


def divide(days: int, zone: str, now: datetime) -> Period:
    """The last `days` days with today, until now; and the same span of days before, until the same time of day."""
    here = ZoneInfo(zone)
    local = now.astimezone(here)
    first = local.date() - timedelta(days=days - 1)
    first_before = first - timedelta(days=days)
    return Period(
        days,
        zone,
        Span(_midnight(first, here), now),
        Span(_midnight(first_before, here), (local - timedelta(days=days)).astimezone(UTC)),
        tuple(first + timedelta(days=step) for step in range(days)),
        tuple(first_before + timedelta(days=step) for step in range(days)),
    )


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)
