"""The times that a person spent in a segment, whoever they were meanwhile."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from cadenza.cdp.segments.fold import Step, fold

START, SEGMENT = datetime(2030, 3, 1, tzinfo=UTC), UUID(int=1)
IN, OUT, MERGED = (True, False), (False, False), (False, True)
MERGED_IN = (True, True)


@pytest.mark.parametrize("steps, times", [
    ([(1, IN), (1, OUT), (1, IN)], [(2, None), (0, 1)]),
    ([(2, IN), (1, MERGED_IN), (2, MERGED), (1, OUT)], [(0, 3)]),  # merged while in
    ([(1, IN), (2, IN), (1, OUT), (1, MERGED_IN), (2, MERGED)], [(0, None)]),  # one of both was always in
    ([(2, IN), (2, MERGED), (2, MERGED_IN)], [(0, None)]),  # merged, and parted again
    ([(2, IN), (2, MERGED), (2, MERGED_IN), (2, OUT)], [(0, 3)]),
])  # fmt: skip
def test_a_person_is_in_as_long_as_one_of_their_ids_is(steps, times):
    told = [
        Step(SEGMENT, "Buyers", who, entered, START + timedelta(days=day), merged)
        for day, (who, (entered, merged)) in enumerate(steps)
    ]
    found = [
        ((one.since - START).days, None if one.until is None else (one.until - START).days)
        for one in fold(told)
    ]
    assert found == times
