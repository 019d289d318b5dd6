"""From the sets of a query's answer to the members of a tree: `all`, `any` and `not` on roaring bitmaps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import reduce
from operator import and_, or_

from pyroaring import BitMap64

from cadenza.cdp.segments.leaves import AllOf, AnyOf, Condition, Given, Leaf, Not
from cadenza.cdp.segments.plan import Plan

EVERYONE = (0, 0)  # part and index
_SMALL = 0


def combine(
    trees: Sequence[Condition],
    plan: Plan,
    answer: Iterable[tuple[int, Sequence[str]]],
    given: Mapping[Given, BitMap64],
) -> list[BitMap64]:
    """The members of each tree, in the order of the trees. `given`: the sets that ClickHouse does not know."""
    parts = dict(answer)
    everyone = read(parts[EVERYONE[0]][EVERYONE[1]])
    held: dict[Leaf, BitMap64] = {leaf: found & everyone for leaf, found in given.items()}
    for leaf, slot in plan.slots.items():
        found = read(parts[slot.part][slot.index])
        held[leaf] = everyone - found if slot.absent else found & everyone
    once: dict[int, BitMap64] = {}
    return [_members(tree, held, everyone, once) for tree in trees]


def _members(
    condition: Condition, held: Mapping[Leaf, BitMap64], everyone: BitMap64, once: dict[int, BitMap64]
) -> BitMap64:
    """Each bracket is worked out once, however many trees share it."""
    known = once.get(id(condition))
    if known is not None:
        return known
    match condition:
        case AllOf(of):
            found = reduce(and_, (_members(part, held, everyone, once) for part in of), everyone)
        case AnyOf(of):
            found = reduce(or_, (_members(part, held, everyone, once) for part in of))
        case Not(of=part):
            found = everyone - _members(part, held, everyone, once)
        case leaf:
            found = held[leaf]
    once[id(condition)] = found
    return found


def read(hexadecimal: str) -> BitMap64:
    """A `groupBitmap` state of ClickHouse: up to 32 values plainly, more as a portable roaring bitmap.

    Source: ClickHouse, AggregateFunctionGroupBitmapData.h (RoaringBitmapWithSmallSet::write).
    """
    data = memoryview(bytes.fromhex(hexadecimal))
    size, start = _varint(data, 1)
    if data[0] == _SMALL:
        return BitMap64(data[start:].cast("Q").tolist())
    return BitMap64.deserialize(bytes(data[start : start + size]))


def _varint(data: memoryview, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        value, shift, at = value | (byte & 0x7F) << shift, shift + 7, at + 1
        if byte < 0x80:
            return value, at
