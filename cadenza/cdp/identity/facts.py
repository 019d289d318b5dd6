"""What identity tells the others."""

from dataclasses import dataclass
from uuid import UUID

from cadenza.base.fact import Fact
from cadenza.base.ids import ProfileId


@dataclass(frozen=True, kw_only=True)
class ProfilesMerged(Fact):
    """Two profiles turned out to be one person; what hangs on the loser belongs to the winner now.

    Many are told at once: whoever follows does so with one statement for all of them.  No loser is another's winner.
    """

    winner: ProfileId
    loser: ProfileId
    cause: str
    merge: UUID


@dataclass(frozen=True, kw_only=True)
class ProfilesUnmerged(Fact):
    """A merge was undone: `loser` is a person of its own again, and so is all that was told under `ids`.

    `ids` are the loser's id and those that had been merged into it before; the winner keeps every other.
    """

    winner: ProfileId
    loser: ProfileId
    ids: tuple[ProfileId, ...]
    merge: UUID


@dataclass(frozen=True, kw_only=True)
class IncidentRaised(Fact):
    """Somebody has too many identifiers to be one person; nothing more is merged into them or learnt of them."""

    profile: ProfileId
    what: str
