"""Is this installation doing its work? Asked by load balancers, by `cadenza doctor` and by the dashboard.

Not whether processes live, but whether work gets done: a loop that lives and does nothing is found by the age of
its last success, a pipeline that falls behind by the age of the oldest request.  No answer holds personal data.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db import InterfaceError, OperationalError

from cadenza.base import clock, disk
from cadenza.base.heartbeat import service as heartbeat
from cadenza.base.inbox import service as inbox
from cadenza.base.projection import service as projection

SILENT_SECONDS = 60.0  # a loop that did nothing for so long has stopped
BEHIND_SECONDS = 60.0  # so old may the oldest request, or the oldest row on its way to the event store, be
LOOPS = {
    "pipeline": "carries out accepted requests",
    "projection": "copies rows to the event store",
    "sender": "sends messages",
    "jobs": "carries out jobs",
    "clock": "starts what is due",
}


@dataclass(frozen=True)
class Check:
    """One question and its answer. `age_seconds`: since when, where the answer is about time."""

    name: str
    is_ok: bool
    detail: str
    age_seconds: float | None = None


def look() -> list[Check]:
    """Every check, the most basic first; where PostgreSQL does not answer, that and the disk alone."""
    disk_check = _disk()
    started = time.monotonic()
    try:
        beats = heartbeat.beats()
        told = [*_loops(beats), _behind("inbox", "accepted requests", inbox.oldest),
                _behind("event store", "rows", projection.oldest)]  # fmt: skip
    except (OperationalError, InterfaceError):
        return [Check("postgres", False, "It does not answer."), disk_check]
    took = (time.monotonic() - started) * 1000
    return [Check("postgres", True, f"Answers in {took:.0f} ms."), disk_check, *told]


def _disk() -> Check:
    used, level = disk.share(), disk.level()
    words = {
        disk.Level.FINE: "",
        disk.Level.ALARM: " Make room soon.",
        disk.Level.TIGHT: " Imports and exports have stopped; make room.",
        disk.Level.FULL: " Events are refused; make room.",
    }
    return Check("disk", level < disk.Level.TIGHT, f"{used:.0%} full.{words[level]}")


def _loops(beats: dict[str, datetime]) -> list[Check]:
    return [_loop(name, what, beats.get(name)) for name, what in LOOPS.items()]


def _loop(name: str, what: str, at: datetime | None) -> Check:
    if at is None:
        return Check(name, False, f"It {what}, and has not begun yet.")
    age = _age(at)
    if age > SILENT_SECONDS:
        return Check(name, False, f"It {what}, and has not done so for {age:.0f} seconds: see the log.", age)
    return Check(name, True, f"It {what}.", age)


def _behind(name: str, what: str, oldest: Callable[[], datetime | None]) -> Check:
    at = oldest()
    if at is None:
        return Check(name, True, f"No {what} wait.", 0.0)
    age = _age(at)
    return Check(
        name, age <= BEHIND_SECONDS, f"The oldest of the {what} that wait is {age:.0f} seconds old.", age
    )


def _age(at: datetime) -> float:
    return max(0.0, (clock.now() - at).total_seconds())


def alarms(checks: list[Check]) -> list[Check]:
    """What somebody should look at: not what merely has not begun yet, but also a disk that is filling."""
    told = [
        one for one in checks if not one.is_ok and (one.age_seconds is not None or one.name == "postgres")
    ]
    filling = disk.level() > disk.Level.FINE
    return told + [one for one in checks if filling and one.name == "disk"]


def is_ready(checks: list[Check]) -> bool:
    """Whether all is well."""
    return all(one.is_ok for one in checks)
