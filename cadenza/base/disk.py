"""How full the disk of the data folder is, and what must stop before it is full.

The order is that of harm: first somebody is told, then large work stops, then events are refused, which their
senders keep and send again.  Opt-outs and erasure go on to the end.  Nothing is remembered: once there is room,
all goes on by itself.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import IntEnum

from cadenza.base.config import config
from cadenza.base.problem import Unavailable

LOOK_SECONDS = 1.0
HINT = "Make room on the disk of the data folder; it goes on by itself then."
STOPPED = "The disk is nearly full: imports and exports have stopped."


class Level(IntEnum):
    """From all is well to nothing more may be written."""

    FINE = 0
    ALARM = 1
    TIGHT = 2
    FULL = 3


def measure() -> float:
    """The used share of the disk that holds the data folder, as those see it who are not root."""
    found = shutil.disk_usage(config().data)
    return 1.0 - found.free / found.total


_measure: Callable[[], float] = measure
_seen: tuple[float, float] | None = None  # when we looked, and the share


def share() -> float:
    """The used share, looked up at most once a second."""
    global _seen
    now = time.monotonic()
    if _seen is None or now - _seen[0] >= LOOK_SECONDS:
        _seen = now, _measure()
    return _seen[1]


def level() -> Level:
    """How urgent it is."""
    told = config()
    percents = (told.disk_alarm_percent, told.disk_stop_percent, told.disk_refuse_percent)
    used = share() * 100
    return Level(sum(used >= percent for percent in percents))


def need_room() -> None:
    """Refuse large work (imports, exports) while the disk is nearly full."""
    if level() >= Level.TIGHT:
        raise Unavailable(STOPPED, hint=HINT, used=f"{share():.0%}")


def need_any() -> None:
    """Refuse events while the disk is full."""
    if level() >= Level.FULL:
        raise Unavailable("The disk is full: nothing can be accepted now.", hint=HINT)


@contextmanager
def measured(used: float) -> Iterator[None]:
    """Let the disk be so full, for tests."""
    global _measure, _seen
    before, _measure, _seen = _measure, lambda: used, None
    try:
        yield
    finally:
        _measure, _seen = before, None
