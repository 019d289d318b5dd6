"""What a query is asked under and what it gives: the frame, the plan, and the place of each leaf in the answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from cadenza.cdp.segments.leaves import Asked


@dataclass(frozen=True)
class Frame:
    """Whose people are asked, as of when, and where days begin.

    `merges`: the workspace has merged people.  `people`: only these are asked, under all ids that lead to
    them; None asks everyone.  `key`: by what rows are grouped (ours, never a tree's), where that is no person.
    """

    workspace: UUID
    moment: datetime
    zone: str = "UTC"
    merges: bool = True
    people: tuple[int, ...] | None = None
    key: str = "profile"


@dataclass(frozen=True)
class Plan:
    """One query for many trees, and where in its answer the people of each leaf stand.

    The answer has rows (part, [set, set, …]): each set a roaring bitmap in hexadecimal.  `slots` says which
    set of which part belongs to a leaf; an `absent` set holds those for whom the leaf does *not* hold.
    """

    sql: str
    parameters: dict[str, Any]
    slots: dict[Asked, Slot]


@dataclass(frozen=True)
class Slot:
    """The place of one leaf in the answer."""

    part: int
    index: int
    absent: bool = False
