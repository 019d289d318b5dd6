"""Write and read heartbeats.

A loop beats after its work was done, not because it is alive: one that fails at every turn falls silent.
"""

from __future__ import annotations

import time
from datetime import datetime

from cadenza.base import clock, database

EVERY_SECONDS = 5.0

_last: dict[str, float] = {}


def due(name: str) -> bool:
    """Whether this process wrote none of this name within the last seconds."""
    return time.monotonic() - _last.get(name, -EVERY_SECONDS) >= EVERY_SECONDS


def beat(name: str) -> None:
    """See `heartbeat.beat`. Outside of any transaction of the loop's own."""
    if not due(name):
        return
    _last[name] = time.monotonic()
    database.execute(
        "insert into heartbeat_heartbeat (name, at) values (%s, %s)"
        " on conflict (name) do update set at = greatest(heartbeat_heartbeat.at, excluded.at)",
        [name, clock.now()],
    )


def beats() -> dict[str, datetime]:
    """When each loop last did its work."""
    return dict(database.rows("select name, at from heartbeat_heartbeat"))
