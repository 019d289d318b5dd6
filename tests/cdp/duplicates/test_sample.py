"""Pairs from everywhere: none twice, none with itself, never more than asked by much."""

from __future__ import annotations

import pytest

from cadenza.cdp.duplicates.sample import sample


@pytest.mark.parametrize("size", [0, 1, 2, 3, 4, 5, 7, 10, 99, 1000])
def test_no_pair_twice(size: int) -> None:
    found = [tuple(sorted(pair)) for pair in sample(size, 20_000)]
    assert len(found) == len(set(found)) <= 20_000 + size
    assert all(one != two and two < size for one, two in found)
    assert bool(found) == (size > 1)
