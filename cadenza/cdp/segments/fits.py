"""Whether a tree holds for one person, from whether each of its leaves does."""

from __future__ import annotations

from collections.abc import Mapping

from cadenza.cdp.segments.leaves import AllOf, AnyOf, Condition, Leaf, Not


def fits(condition: Condition, held: Mapping[Leaf, bool]) -> bool:
    """`all`, `any` and `not` of what is known of the leaves."""
    match condition:
        case AllOf(of):
            return all(fits(part, held) for part in of)
        case AnyOf(of):
            return any(fits(part, held) for part in of)
        case Not(of=part):
            return not fits(part, held)
        case leaf:
            return held[leaf]
