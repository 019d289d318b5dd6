"""Part one person in two where two identifiers are said to belong to different people.

What was told together is gone through in the order in which it came.  Nothing may bring the side of the one to the
side of the other; what would, is cut.  So both sides are exactly as they were before the first link between them, and
whatever came later stays with the side that it was first told with.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Tie:
    """Two nodes of one person that hold together: a link (`merge` is None) or what somebody said."""

    a: int
    b: int
    place: int
    merge: str | None = None


@dataclass
class Cut:
    """The nodes of the second side, and the ties that tell nothing any more."""

    side: set[int]
    ties: list[Tie]


def cut(nodes: Iterable[int], ties: Sequence[Tie], one: int, other: int) -> Cut:
    """The person of `nodes` in two: `one` on the first side, `other` on the second."""
    into = {node: node for node in nodes}

    def root(node: int) -> int:
        while into[node] != node:
            into[node] = into[into[node]]
            node = into[node]
        return node

    gone = []
    for tie in sorted(ties, key=lambda tie: tie.place):
        ends = {root(tie.a), root(tie.b)}
        if ends == {root(one), root(other)} and len(ends) == 2:
            gone.append(tie)
        else:
            into[root(tie.a)] = root(tie.b)
    return Cut({node for node in into if root(node) == root(other)}, gone)
