"""A merge alone lets nobody in and nobody out."""

from __future__ import annotations

import pytest
from pyroaring import BitMap64

from cadenza.cdp.segments.follow import follow


@pytest.mark.parametrize("before, now, merged, entered, left", [
    ({1, 2}, {1}, {2: 1}, set(), set()),  # both were in, and so is who they are now
    ({2}, {1}, {2: 1}, set(), set()),  # only the one that is gone was in
    ({2}, set(), {2: 1}, set(), {1}),  # merged, and out at the same time
    ({1, 2}, set(), {2: 1}, set(), {1}),
    ({1}, {3}, {}, {3}, {1}),
])  # fmt: skip
def test_who_came_and_who_went(before, now, merged, entered, left):
    assert follow(BitMap64(before), BitMap64(now), merged) == (BitMap64(entered), BitMap64(left))
