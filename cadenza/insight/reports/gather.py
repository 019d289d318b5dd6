"""From what happened hour by hour to a series without gaps: by hour while it is short, by day once it is long."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from cadenza.insight.reports.types import Reaction

SHORT = timedelta(days=3)
OPENED, CLICKED = "Email Opened", "Email Link Clicked"


def gather(rows: Iterable[Sequence[Any]], zone: str) -> tuple[Literal["hour", "day"], tuple[Reaction, ...]]:
    """`rows` are (hour, event name, messages whose reader did it first then)."""
    counts: dict[tuple[datetime, str], int] = defaultdict(int)
    for hour, name, people in rows:
        if people:
            counts[hour.astimezone(UTC), name] += people
    if not counts:
        return "hour", ()
    first, last = min(at for at, _ in counts), max(at for at, _ in counts)
    if last - first <= SHORT:
        return "hour", _reactions(counts, _steps(first, last))
    here = ZoneInfo(zone)
    by_day: dict[tuple[datetime, str], int] = defaultdict(int)
    for (at, name), people in counts.items():
        by_day[_day(at, here), name] += people
    days = range((last.astimezone(here).date() - first.astimezone(here).date()).days + 1)
    return "day", _reactions(by_day, [_day(first, here, step) for step in days])


def _steps(first: datetime, last: datetime) -> list[datetime]:
    return [first + timedelta(hours=step) for step in range(int((last - first) / timedelta(hours=1)) + 1)]


def _day(at: datetime, zone: ZoneInfo, later: int = 0) -> datetime:
    return datetime.combine(at.astimezone(zone).date() + timedelta(days=later), time(), zone)


def _reactions(counts: dict[tuple[datetime, str], int], steps: Iterable[datetime]) -> tuple[Reaction, ...]:
    return tuple(Reaction(at, counts[at, OPENED], counts[at, CLICKED]) for at in steps)
