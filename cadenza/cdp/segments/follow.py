"""Who only changed places, where people became one in between: a merge alone lets nobody in and nobody out."""

from __future__ import annotations

from collections.abc import Mapping

from pyroaring import BitMap64


def follow(entered: BitMap64, left: BitMap64, members: BitMap64, into: Mapping[int, int]) -> BitMap64:
    """Those whose coming or going is a merge's: losers who left while their winners are in, and these winners.

    `members`: who is in now; `into`: where those lead to who are somebody else now.
    """
    gone = {loser: winner for loser, winner in into.items() if loser in left and winner in members}
    return BitMap64(gone) | (entered & BitMap64(gone.values()))
