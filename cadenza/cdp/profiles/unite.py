"""Make people one, and two again: every id keeps what was told under it, and a person is the join of their ids."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from cadenza.cdp.profiles.fold import Known, join


@dataclass
class Held:
    """One id and what is kept under it.

    Of a person, `known` is what all their ids were told; `own`, where others were merged into them, what was told
    under this id alone.  Of an id merged `into` somebody, `known` is its own.
    """

    id: int
    known: Known
    own: Known | None = None
    into: int | None = None

    @property
    def mine(self) -> Known:
        """What was told under this id alone."""
        return self.known if self.own is None else self.own

    @property
    def is_touched(self) -> bool:
        """Whether anything was told since it was read."""
        return any(part.changed or part.retold for part in (self.known, self.mine))


def unite(winner: Held, losers: Iterable[Held]) -> None:
    """The losers are the winner from now on. What had been merged into a loser follows by its `into`."""
    losers = list(losers)
    winner.own = winner.mine
    winner.known = join(winner.known, *(loser.known for loser in losers))
    for loser in losers:
        loser.known, loser.own, loser.into = loser.mine, None, winner.id


def part(winner: Held, loser: Held, followers: Iterable[Held], others: Iterable[Held]) -> None:
    """The loser is a person again, with its `followers`; the winner keeps the `others` that were merged into it."""
    loser.into = None
    _regroup(loser, list(followers))
    _regroup(winner, list(others))


def _regroup(person: Held, members: list[Held]) -> None:
    mine = person.mine
    for member in members:
        member.into = person.id
    person.known = join(mine, *(member.known for member in members))
    person.own = mine if members else None
