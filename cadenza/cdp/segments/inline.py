"""From saved trees to what they really ask: a segment that is found in the same pass stands for its own tree.

A segment of a group holds only those whom none before it in the group holds.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence

from cadenza.base.ids import SegmentId
from cadenza.base.problem import BadInput
from cadenza.cdp.segments.leaves import AllOf, AnyOf, Condition, Inside, Not, leaves

Trees = Mapping[SegmentId, Condition]


def inline(
    trees: Trees, groups: Sequence[Sequence[SegmentId]] = (), live: Container[SegmentId] | None = None
) -> dict[SegmentId, Condition]:
    """The trees with the `live` ones of them (all) in place of their names.

    What is shared is one object, so that it is found once.  No tree may depend on itself (`refuse_ring`).
    """
    before = {segment: tuple(group[:place]) for group in groups for place, segment in enumerate(group)}
    done: dict[SegmentId, Condition] = {}

    def whole(segment: SegmentId) -> Condition:
        if segment not in done:
            own = _filled(trees[segment], whole, trees if live is None else live)
            earlier = tuple(whole(one) for one in before.get(segment, ()) if one in trees)
            done[segment] = AllOf((own, Not(AnyOf(earlier)))) if earlier else own
        return done[segment]

    return {segment: whole(segment) for segment in trees}


def _filled(
    condition: Condition, whole: Callable[[SegmentId], Condition], live: Container[SegmentId]
) -> Condition:
    match condition:
        case AllOf(of):
            return AllOf(tuple(_filled(part, whole, live) for part in of))
        case AnyOf(of):
            return AnyOf(tuple(_filled(part, whole, live) for part in of))
        case Not(of=part):
            return Not(_filled(part, whole, live))
        case Inside(segment) if segment in live:
            return whole(segment)
        case leaf:
            return leaf


def uses(condition: Condition) -> list[SegmentId]:
    """The segments that a tree names."""
    return list(dict.fromkeys(leaf.segment for leaf in leaves([condition]) if isinstance(leaf, Inside)))


def refuse_ring(
    segment: SegmentId, names: Mapping[SegmentId, str], used: Mapping[SegmentId, Sequence[SegmentId]]
) -> None:
    """Raise BadInput, with the ring named, where a segment would come to depend on itself."""
    path: list[SegmentId] = []
    seen: set[SegmentId] = set()

    def walk(one: SegmentId) -> bool:
        path.append(one)
        for following in used.get(one, ()):
            if following == segment or (following not in seen and walk(following)):
                return True
        seen.add(path.pop())
        return False

    if walk(segment):
        ring = " → ".join(f"“{names.get(one, 'this segment')}”" for one in (*path, segment))
        raise BadInput(
            f"A segment cannot depend on itself: {ring}.", at="tree", hint="Take one of these conditions out."
        )
