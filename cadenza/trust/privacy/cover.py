"""Which reads a purpose does not cover, and the refusal that says so."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cadenza.base.problem import BadInput
from cadenza.trust.privacy.categories import title_of
from cadenza.trust.privacy.types import ANY, Action, Instruction, Purpose, Read


def cover(categories: Iterable[str], reads: Iterable[Read]) -> list[Read]:
    """The reads that lie outside, each field once, in their order."""
    inside = frozenset(categories)
    if ANY in inside:
        return []
    outside = {read.field: read for read in reversed(list(reads)) if read.category not in inside}
    return list(reversed(outside.values()))


def allow(purpose: Purpose, instructions: Iterable[Instruction]) -> frozenset[str]:
    """What a purpose may use: its own categories and those that instructions extend it by."""
    latest = {
        i.category: i.action for i in sorted(instructions, key=lambda i: i.number) if i.purpose == purpose.id
    }
    return frozenset(purpose.categories) | {c for c, action in latest.items() if action is Action.EXTEND}


def refusal(purpose: Purpose, outside: Sequence[Read]) -> BadInput:
    """What the one who wanted to save is told: each field, its category, the purpose, and the way out."""
    named = ", ".join(f"{read.field} ({title_of(read.category)}, {read.category})" for read in outside)
    extend = " and ".join(dict.fromkeys(read.category for read in outside))
    return BadInput(
        f"Purpose {purpose.id}, “{purpose.title}”, does not cover {named}.",
        at=outside[0].at or outside[0].field,
        hint=f"A privacy officer can extend purpose {purpose.id} by {extend} in Settings → Purposes.",
        outside=[{"field": read.field, "category": read.category, "at": read.at} for read in outside],
    )
