"""From counts taken now and then to evenly spread ones, so that a line through them tells the truth about time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from cadenza.insight.attribution.types import Span

STEPS = 24


def sample(counts: Sequence[tuple[datetime, int]], span: Span, steps: int = STEPS) -> tuple[int, ...]:
    """What the latest count (oldest first) was at `steps` moments of a span; none before the first count."""
    found, place = [], -1
    for step in range(steps):
        at = span.since + (span.until - span.since) * step / (steps - 1)
        while place + 1 < len(counts) and counts[place + 1][0] <= at:
            place += 1
        if place >= 0:
            found.append(counts[place][1])
    return tuple(found)
