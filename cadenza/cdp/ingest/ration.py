"""How many events one key may send a second, where a workspace sets a limit.

A bucket that fills evenly and holds one second's events.  A batch is let in while anything is left, and what it
takes beyond is owed: so large batches pass under small limits, only less often.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from math import ceil


@dataclass(frozen=True)
class Ration:
    """What became of a request. `seconds`: until something is left again; 0 where something is."""

    limit: int
    is_allowed: bool
    left: int
    seconds: int

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        """As draft-ietf-httpapi-ratelimit-headers has them."""
        return [
            (b"ratelimit-policy", b'"key";q=%d;w=1' % self.limit),
            (b"ratelimit", b'"key";r=%d;t=%d' % (self.left, max(1, self.seconds))),
        ]


class Rations:
    """The buckets of all keys, in one process. `now` are seconds of a clock that never goes back."""

    def __init__(self, most: int = 10_000) -> None:
        self._most = most
        self._buckets: dict[Hashable, tuple[float, float]] = {}

    def take(self, key: Hashable, events: int, limit: int, now: float) -> Ration:
        """Take so many events out of a key's bucket, or none."""
        if len(self._buckets) >= self._most and key not in self._buckets:
            self._buckets.clear()
        held, at = self._buckets.get(key, (float(limit), now))
        held = min(float(limit), held + (now - at) * limit)
        is_allowed = held > 0
        held -= events if is_allowed else 0
        self._buckets[key] = held, now
        return Ration(limit, is_allowed, max(0, int(held)), 0 if held > 0 else ceil((1 - held) / limit))


def ration(rations: Rations, key: Hashable, events: int, limit: int, now: float) -> Ration | None:
    """What is left to a key; None where there is no limit."""
    return rations.take(key, events, limit, now) if limit else None
