"""What becomes of each row of a file of merges, in their order: what earlier rows make one counts for later ones."""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from typing import Literal

Pair = tuple[int, int]


@dataclass(frozen=True)
class Union:
    """`merged`: `loser` becomes `winner`, both as they are by then; `unchanged`: they are one already."""

    fate: Literal["merged", "unchanged", "blocked", "unknown"]
    winner: int = 0
    loser: int = 0


def unite(
    couples: Sequence[tuple[int | None, int | None]], apart: Set[Pair], merged: Iterable[Pair] = ()
) -> list[Union]:
    """`couples`: who stays and who becomes that one, None for nobody known; `apart`: pairs that somebody decided are
    two, the smaller number first; `merged`: what rows before these have made one, as (loser, winner)."""
    people = _People(merged)
    return [people.join(winner, loser, apart) for winner, loser in couples]


class _People:
    """Who has become whom so far."""

    def __init__(self, merged: Iterable[Pair]) -> None:
        self._into: dict[int, int] = {}
        self._were: dict[int, set[int]] = {}
        for loser, winner in merged:
            self._join(winner, loser)

    def join(self, winner: int | None, loser: int | None, apart: Set[Pair]) -> Union:
        if winner is None or loser is None:
            return Union("unknown")
        winner, loser = self._now(winner), self._now(loser)
        if winner == loser:
            return Union("unchanged", winner, loser)
        if self._are_apart(winner, loser, apart):
            return Union("blocked", winner, loser)
        self._join(winner, loser)
        return Union("merged", winner, loser)

    def _now(self, person: int) -> int:
        while person in self._into:
            person = self._into[person]
        return person

    def _are_apart(self, one: int, two: int, apart: Set[Pair]) -> bool:
        pairs = ((mine, theirs) for mine in self._of(one) for theirs in self._of(two))
        return bool(apart) and any((min(pair), max(pair)) in apart for pair in pairs)

    def _of(self, person: int) -> set[int]:
        return self._were.get(person, {person})

    def _join(self, winner: int, loser: int) -> None:
        self._into[loser] = winner
        self._were[winner] = self._of(winner) | self._were.pop(loser, {loser})
