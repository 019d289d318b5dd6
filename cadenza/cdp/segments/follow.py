"""Who entered and who left, where people became one in between: a merge alone lets nobody in and nobody out."""

from __future__ import annotations

from collections.abc import Mapping

from pyroaring import BitMap64


def follow(before: BitMap64, now: BitMap64, merged: Mapping[int, int]) -> tuple[BitMap64, BitMap64]:
    """Who entered and who left between two refreshes. `merged`: those of `before` who are somebody else now."""
    entered, left = now - before, before - now
    for loser, winner in merged.items():
        left.discard(loser)
        if winner in now:
            entered.discard(winner)
        elif winner not in before:
            left.add(winner)
    return entered, left
