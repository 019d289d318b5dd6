"""Pairs taken from everywhere, evenly and always the same, to see what agrees by chance."""

from __future__ import annotations

from collections.abc import Iterator

GOLDEN = 0.6180339887498949  # steps of this share of a circle never bunch (Knuth, TAOCP 3, 6.4)


def sample(size: int, most: int) -> Iterator[tuple[int, int]]:
    """At most so many pairs of places in a row of `size`, none twice."""
    if size < 2:
        return
    circles = max(1, min(most // size, (size - 1) // 2))
    steps = dict.fromkeys(1 + int((size // 2) * (turn * GOLDEN % 1)) for turn in range(1, circles + 1))
    for step in steps:
        if 2 * step < size:
            yield from ((place, (place + step) % size) for place in range(size))
    if 1 not in steps or size == 2:
        yield from ((place, place + 1) for place in range(size - 1))
