"""Whose arrivals are these, who is new, and who turns out to be the same person.

The strongest identifier of an arrival (its *centre*) is linked with each of the others.  Where nobody who is touched
by new links stands in a conflict, and all of them together may be one person, they are one: no rule could have parted
them, in whatever order they came.  All else is a *tangle*, which `partition` decides from all that was ever told.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

from cadenza.cdp.identity.normalise import is_card
from cadenza.cdp.identity.types import (
    DEVICES,
    FULL_MATCH,
    SAME_DEVICE,
    UNCOUNTED,
    Identifier,
    Rules,
    base_kind,
)

PLAIN, TANGLED, SILENT = 0, 1, 2
Pair = tuple[Identifier, Identifier]
Key = int | Identifier  # a person, or an identifier that has none yet


@dataclass(frozen=True, slots=True)
class Node:
    """An identifier as it is stored: its person (None: nobody yet), the home that it gives, its state."""

    id: int
    person: int | None
    home: int | None
    state: int = PLAIN


@dataclass(frozen=True, slots=True)
class Held:
    """How many identifiers of each kind a person has, and whether any of them stands in a conflict."""

    counts: Mapping[str, int]
    tangled: bool = False


@dataclass(frozen=True, slots=True)
class Joined:
    """`loser` became `winner` because `a` and `b` were told together."""

    winner: int
    loser: int
    a: Identifier
    b: Identifier

    @property
    def cause(self) -> str:
        return SAME_DEVICE if base_kind(self.b.kind) in DEVICES else FULL_MATCH


@dataclass
class Plan:
    """What must be written.

    `fresh`: new identifiers and their person (None: nobody yet); `silent`: those of them that join nobody; `homes`: the
    ids that centres get now; `tangles`: groups that only all of the evidence can decide; `stopped`: who is many.
    """

    fresh: dict[Identifier, int | None] = field(default_factory=dict)
    silent: set[Identifier] = field(default_factory=set)
    homes: dict[Identifier, int] = field(default_factory=dict)
    links: list[Pair] = field(default_factory=list)
    moved: dict[int, int] = field(default_factory=dict)
    merges: list[Joined] = field(default_factory=list)
    tangles: list[list[Identifier]] = field(default_factory=list)
    stopped: dict[int, int] = field(default_factory=dict)
    created: set[int] = field(default_factory=set)


def tidy(identifiers: Iterable[Identifier], rules: Rules) -> list[Identifier]:
    """The strongest first, each once; values that recognise nobody only where there is nothing else."""
    told = {one for one in identifiers if not is_card(one.value)}
    if len(told) > 1:
        told = {one for one in told if not rules.is_blocked(one)} or {min(told)}
    return sorted(told, key=lambda one: (rules.rank(one.kind), one))


def told_together(arrivals: Iterable[Sequence[Identifier]]) -> list[Pair]:
    """Each centre with each of the others, once."""
    return list(dict.fromkeys((one[0], other) for one in arrivals for other in one[1:]))


def resolve(
    arrivals: Sequence[Sequence[Identifier]],
    new: Sequence[Pair],
    known: Mapping[Identifier, Node],
    people: Mapping[int, Held],
    rules: Rules,
    fresh: Iterator[int],
) -> Plan:
    """Decide for all arrivals at once, each one tidy.

    `new`: what was told together now for the first time; `people`: whoever these pairs touch; `fresh`: new ids.
    """
    return _Resolving(arrivals, new, known, people, rules, fresh).plan()


class _Resolving:
    """The people that are touched, growing together."""

    def __init__(self, arrivals: Sequence[Sequence[Identifier]], new: Sequence[Pair], known: Mapping[Identifier, Node],
                 people: Mapping[int, Held], rules: Rules, fresh: Iterator[int]) -> None:  # fmt: skip
        self.arrivals, self.new, self.known, self.people = arrivals, new, known, people
        self.rules, self.fresh = rules, fresh
        self.centres = dict.fromkeys(one[0] for one in arrivals if one)
        self.joined: _Union = _Union()
        self.done = Plan()

    def plan(self) -> Plan:
        for a, b in self.new:
            if not (self._is_silent(a) or self._is_silent(b)):
                self.joined.unite(self._key(a), self._key(b))
        pairs: dict[Key, list[Pair]] = defaultdict(list)
        for pair in self.new:
            pairs[self.joined.root(self._key(pair[0]))].append(pair)
        groups: dict[Key, list[Identifier]] = defaultdict(list)
        for one in dict.fromkeys(chain(self.centres, *self.new)):
            root = self.joined.root(self._key(one))
            if root in pairs or not self._is_settled(one):
                groups[root].append(one)
        for root, identifiers in groups.items():
            self._decide(identifiers, pairs.get(root, []))
        return self.done

    def _is_settled(self, one: Identifier) -> bool:
        """Whether nothing is left to decide of what was told of it alone: nearly always, so that it costs little."""
        node = self.known.get(one)
        return node is not None and node.person is not None and node.home is not None

    def _is_silent(self, one: Identifier) -> bool:
        node = self.known.get(one)
        if node is not None and node.state == SILENT:
            return True
        return base_kind(one.kind) in self.rules.never_merge or self.rules.is_blocked(one)

    def _key(self, one: Identifier) -> Key:
        node = self.known.get(one)
        return one if node is None or node.person is None else node.person

    def _counts(self, person: int) -> Mapping[str, int]:
        return self.people[person].counts if person in self.people else {}

    def _decide(self, identifiers: Sequence[Identifier], pairs: Sequence[Pair]) -> None:
        persons = list(dict.fromkeys(k for one in identifiers if isinstance(k := self._key(one), int)))
        loose = [one for one in identifiers if not isinstance(self._key(one), int)]
        self.done.silent |= {one for one in loose if one not in self.known and self._is_silent(one)}
        if not any(one in self.centres for one in identifiers):
            self.done.fresh |= {one: None for one in loose if one not in self.known}
        elif not pairs and not loose:
            self._give_homes(identifiers)
        elif self._are_too_many(persons, loose):
            self._stop(identifiers, persons)
        elif self._are_tangled(persons, loose, pairs):
            self.done.fresh |= {one: None for one in loose if one not in self.known}
            self.done.links += pairs
            self.done.tangles.append(list(identifiers))
            self._give_homes(identifiers)
        else:
            self._make_one(identifiers, persons, loose, pairs)

    def _are_too_many(self, persons: Sequence[int], loose: Sequence[Identifier]) -> bool:
        held = sum(_counted(self._counts(person)) for person in persons)
        return held + _counted(Counter(one.kind for one in loose)) > self.rules.most_identifiers

    def _are_tangled(
        self, persons: Sequence[int], loose: Sequence[Identifier], pairs: Sequence[Pair]
    ) -> bool:
        if any(one in self.known for one in loose) or (self.rules.access and pairs):
            return True
        if any(self.people[p].tangled for p in persons if p in self.people):
            return True
        parts: dict[str, list[int]] = defaultdict(list)
        for some in (*map(self._counts, persons), *({one.kind: 1} for one in loose)):
            for kind, count in some.items():
                parts[kind].append(count)
        return any(len(some) > 1 and sum(some) > self.rules.limit(kind) for kind, some in parts.items())

    def _stop(self, identifiers: Sequence[Identifier], persons: Sequence[int]) -> None:
        """Nothing more is learnt of somebody who is many; each arrival belongs to its centre alone."""
        if persons:
            largest = max(persons, key=lambda person: _counted(self._counts(person)))
            self.done.stopped[largest] = _counted(self._counts(largest))
        for one in identifiers:
            if one not in self.centres:
                continue
            if isinstance(self._key(one), int):
                self._give_homes([one])
            elif one in self.known:
                self._give_homes([one])
                self.done.tangles.append([one])
            else:
                self._make_one([one], [], [one], [])

    def _make_one(self, identifiers: Sequence[Identifier], persons: Sequence[int], loose: Sequence[Identifier],
                  pairs: Sequence[Pair]) -> None:  # fmt: skip
        self._give_homes(identifiers)
        if persons:
            winner = min(persons, key=self._seniority)
        else:
            winner = min(self.done.homes[one] for one in identifiers if one in self.done.homes)
            self.done.created.add(winner)
        self.done.fresh |= dict.fromkeys(loose, winner)
        self.done.links += pairs
        self.done.moved |= {person: winner for person in persons if person != winner}
        if len(persons) > 1:
            self.done.merges += self._joins(winner, pairs)

    def _seniority(self, person: int) -> tuple[bool, int]:
        """Who has an external id survives, else the older one."""
        return not any(base_kind(kind) == "external_id" for kind in self._counts(person)), person

    def _give_homes(self, identifiers: Iterable[Identifier]) -> None:
        for one in identifiers:
            node = self.known.get(one)
            if one in self.centres and (node is None or node.home is None):
                self.done.homes[one] = next(self.fresh)

    def _joins(self, winner: int, pairs: Sequence[Pair]) -> list[Joined]:
        """One for each person but the winner: the pair by which it came in."""
        joined, found = _Union(), []
        for a, b in pairs:
            if self._is_silent(a) or self._is_silent(b):
                continue
            ends = {joined.root(self._key(a)), joined.root(self._key(b))}
            if len(ends) == 2:
                kept, gone = sorted(ends, key=lambda key: self._precedence(key, winner))
                joined.into[gone] = kept
                if isinstance(gone, int):
                    found.append(Joined(winner, gone, a, b))
        return found

    def _precedence(self, key: Key, winner: int) -> tuple[bool, bool, tuple[bool, int]]:
        """The winner first, then the other people, then identifiers that had nobody."""
        if isinstance(key, int):
            return False, key != winner, self._seniority(key)
        return True, True, (True, 0)


class _Union:
    """Who was found to be one with whom."""

    def __init__(self) -> None:
        self.into: dict[Key, Key] = {}

    def root(self, key: Key) -> Key:
        while (above := self.into.get(key)) is not None:
            self.into[key] = self.into.get(above, above)  # half the way for whoever asks next
            key = above
        return key

    def unite(self, one: Key, other: Key) -> None:
        one, other = self.root(one), self.root(other)
        if one != other:
            self.into[one] = other


def _counted(counts: Mapping[str, int]) -> int:
    return sum(count for kind, count in counts.items() if base_kind(kind) not in UNCOUNTED)
