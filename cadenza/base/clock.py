"""The only clock. Everything that needs the moment asks here, so that tests can stop and move time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta


class FixedClock:
    """A clock that stands still until it is moved."""

    def __init__(self, at: datetime) -> None:
        self._at = at

    def now(self) -> datetime:
        return self._at

    def move(self, **by: float) -> datetime:
        """Move by `days=`, `hours=`, `minutes=` or `seconds=`, as for timedelta."""
        self._at += timedelta(**by)
        return self._at


_fixed: FixedClock | None = None


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return _fixed.now() if _fixed else datetime.now(UTC)


@contextmanager
def fixed(at: datetime) -> Iterator[FixedClock]:
    """Stop the clock at `at` for every thread of this process."""
    global _fixed
    before, _fixed = _fixed, FixedClock(at)
    try:
        yield _fixed
    finally:
        _fixed = before
