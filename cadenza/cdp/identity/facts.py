"""What identity tells the others."""

from dataclasses import dataclass

from cadenza.base.fact import Fact
from cadenza.base.ids import ProfileId


@dataclass(frozen=True, kw_only=True)
class ProfilesMerged(Fact):
    """Two profiles turned out to be one person; what hangs on the loser belongs to the winner now."""

    winner: ProfileId
    loser: ProfileId
    cause: str
