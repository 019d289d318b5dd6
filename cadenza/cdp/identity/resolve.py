"""Whose arrivals are these, who is new, and who turns out to be the same person.

Two people with different external ids are never made one: the shop says that they are two.  A device
(`anonymous_id`) that two such people share follows the one who was seen on it last.  Otherwise whoever
shares an identifier is one person, and the profile with an external id, else the older one, survives.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from cadenza.cdp.identity.types import KINDS, Identifier

RANK = {kind: place for place, kind in enumerate(KINDS)}


@dataclass
class Plan:
    """What must be written, and the profile of each arrival."""

    of: list[int] = field(default_factory=list)
    created: set[int] = field(default_factory=set)
    learnt: dict[Identifier, int] = field(default_factory=dict)
    merges: list[tuple[int, int, str]] = field(default_factory=list)
    blocked: set[tuple[int, int]] = field(default_factory=set)


def resolve(
    arrivals: Sequence[Sequence[Identifier]],
    known: Mapping[Identifier, int],
    external: Mapping[int, str],
    fresh: Iterator[int],
) -> Plan:
    """Decide for all arrivals, in their order.

    `known`: identifier → profile; `external`: profile → its external id; `fresh`: ids for new profiles.
    """
    state = _State(dict(known), dict(external), fresh)
    for identifiers in arrivals:
        state.take(sorted(identifiers, key=lambda one: RANK[one.kind]))
    plan = state.plan
    plan.of = [state.now(profile) for profile in plan.of]
    plan.blocked = {(state.now(main), state.now(other)) for main, other in plan.blocked}
    plan.learnt = {one: state.now(profile) for one, profile in plan.learnt.items()}
    return plan


class _State:
    """What is known while the arrivals are walked through."""

    def __init__(self, known: dict[Identifier, int], external: dict[int, str], fresh: Iterator[int]) -> None:
        self.known, self.external, self.fresh = known, external, fresh
        self.into: dict[int, int] = {}
        self.plan = Plan()

    def now(self, profile: int) -> int:
        while profile in self.into:
            profile = self.into[profile]
        return profile

    def take(self, identifiers: Sequence[Identifier]) -> None:
        found = [self.now(self.known[one]) for one in identifiers if one in self.known]
        told = next((one.value for one in identifiers if one.kind == "external_id"), None)
        named = self.known.get(identifiers[0]) if told is not None else None
        main = self._main(found, told) if named is None else self.now(named)
        if told is not None:
            self.external.setdefault(main, told)  # before it meets others: it is nobody else's any more
        for other in dict.fromkeys(found):
            if self.now(other) != main:
                main = self._meet(main, self.now(other))
        self._learn(main, identifiers)
        self.plan.of.append(main)

    def _main(self, found: Iterable[int], told: str | None) -> int:
        for profile in found:
            if told is None or self.external.get(profile, told) == told:
                return profile
        made = next(self.fresh)
        self.plan.created.add(made)
        if told is not None:
            self.external[made] = told
        return made

    def _meet(self, main: int, other: int) -> int:
        mine, theirs = self.external.get(main), self.external.get(other)
        if mine is not None and theirs is not None and mine != theirs:
            self.plan.blocked.add((main, other))
            return main
        winner, loser = (other, main) if (mine is None, main) > (theirs is None, other) else (main, other)
        self.into[loser] = winner
        self.plan.merges.append((winner, loser, "same_identifier"))
        if loser in self.external:
            self.external.setdefault(winner, self.external[loser])
        return winner

    def _learn(self, main: int, identifiers: Iterable[Identifier]) -> None:
        for one in identifiers:
            owner = self.known.get(one)
            taken = owner is not None and self.now(owner) != main
            if owner is None or (taken and one.kind == "anonymous_id"):
                self.known[one] = main
                self.plan.learnt[one] = main
