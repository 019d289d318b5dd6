"""What rules would make of a knot of people: who would become one, who would stay apart, and why."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from itertools import combinations

from cadenza.cdp.identity.partition import Parts

Pair = tuple[int, int]


def foresee(person: Mapping[int, int | None], parts: Parts) -> tuple[list[Pair], dict[Pair, str]]:
    """`person`: node → who it is now. Gives the pairs that would become one, and those that would not, with reasons."""
    return _merged(person, parts), _blocked(person, parts)


def _merged(person: Mapping[int, int | None], parts: Parts) -> list[Pair]:
    groups: dict[int, set[int]] = defaultdict(set)
    for node, group in parts.of.items():
        if (one := person[node]) is not None:
            groups[group].add(one)
    return [(min(some), other) for some in groups.values() for other in sorted(some)[1:]]


def _blocked(person: Mapping[int, int | None], parts: Parts) -> dict[Pair, str]:
    """Whoever claims one identifier and is not one, in pairs."""
    claims: dict[int, dict[int, str]] = defaultdict(dict)
    for strong, node, why in parts.refused:
        if node not in parts.silent:
            claims[node][strong] = why
    found: dict[Pair, str] = {}
    for node, some in claims.items():
        who = {person[strong]: (parts.of[strong], why) for strong, why in some.items()}
        who.setdefault(person[node], (parts.of[node], ""))
        known = {one: told for one, told in who.items() if one is not None}
        for (one, (first, why)), (other, (second, also)) in combinations(sorted(known.items()), 2):
            if first != second:
                found.setdefault((one, other), why or also)
    return found
