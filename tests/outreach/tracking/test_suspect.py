"""People, picture proxies and machines are told apart by three simple rules."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from cadenza.outreach.tracking.suspect import burst, suspect

AT = datetime(2030, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "told"),
    [
        ({b"user-agent": b"Mozilla/5.0 (iPhone) Safari/605"}, (False, False)),
        ({b"user-agent": b"Mozilla/5.0 (via ggpht.com GoogleImageProxy)"}, (False, True)),
        ({b"user-agent": b"Mozilla/5.0", b"sec-purpose": b"prefetch;prerender"}, (True, False)),
        ({b"user-agent": b"Mozilla/5.0", b"x-moz": b"prefetch"}, (True, False)),
        ({b"user-agent": b"Mozilla/5.0 (compatible; bingbot/2.0)"}, (True, False)),
        ({b"user-agent": b"Barracuda Sentinel"}, (True, False)),
        ({b"user-agent": b"python-requests/2.31"}, (True, False)),
        ({}, (True, False)),
        ({b"user-agent": b"CUBOT phone browser"}, (True, False)),
    ],
)
def test_who_asks(headers: dict[bytes, bytes], told: tuple[bool, bool]):
    assert suspect(headers) == told


def _clicks(*told: tuple[float, int]) -> list[tuple[datetime, int]]:
    return [(AT + timedelta(seconds=seconds), number) for seconds, number in told]


@pytest.mark.parametrize(
    ("clicks", "links", "hasty"),
    [
        (_clicks((0, 0)), 1, False),
        (_clicks((0, 0), (0.3, 0), (0.6, 0)), 1, False),
        (_clicks((0, 0), (1, 1)), 10, False),
        (_clicks((0, 0), (1, 1)), 2, True),
        (_clicks((0, 0), (0.5, 1), (1.9, 2)), 10, True),
        (_clicks((0, 0), (2.5, 1), (5, 2)), 3, False),
        (_clicks((0, 0), (60, 1), (60.5, 2), (61, 3)), 10, True),
    ],
)
def test_all_links_at_once_are_a_machines(clicks: list[tuple[datetime, int]], links: int, hasty: bool):
    assert burst(clicks, links) is hasty
