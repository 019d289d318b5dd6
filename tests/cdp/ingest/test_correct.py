"""Correcting by itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from cadenza.cdp.ingest.correct import correct

NOW = datetime(2030, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
FIRST, LAST = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    ("told", "sent", "at"),
    [
        (None, None, NOW), (None, NOW, NOW), (NOW - HOUR, None, NOW - HOUR),
        (NOW - HOUR, NOW, NOW - HOUR), (NOW + 47 * HOUR, NOW + 48 * HOUR, NOW - HOUR), (NOW + HOUR, NOW, NOW + HOUR),
        (FIRST, LAST, NOW), (LAST, FIRST, NOW),
    ],
)  # fmt: skip
def test_the_moment_by_our_clock(told, sent, at):
    assert correct(told, sent, NOW) == at
