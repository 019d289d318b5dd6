"""A merge alone lets nobody in and nobody out."""

from __future__ import annotations

import pytest
from pyroaring import BitMap64

from cadenza.cdp.segments.follow import follow


@pytest.mark.parametrize("before, now, into, merged", [
    ({1, 2}, {1}, {2: 1}, {2}),  # both were in, and so is who they are now
    ({2}, {1}, {2: 1}, {1, 2}),  # only the one that is gone was in
    ({2}, {1, 3}, {2: 1}, {1, 2}),  # somebody else came at the same time
    ({2}, set(), {2: 1}, set()),  # merged, and out at the same time
    ({1, 2}, set(), {2: 1}, set()),
    ({1}, {3}, {}, set()),
])  # fmt: skip
def test_who_only_changed_places(before, now, into, merged):
    was, members = BitMap64(before), BitMap64(now)
    assert follow(members - was, was - members, members, into) == BitMap64(merged)
