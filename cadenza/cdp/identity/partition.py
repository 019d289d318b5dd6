"""From what was told together to who is one person: a function of the evidence alone, never of its order.

Identifiers are nodes, and two that were told together are linked.  They are placed one by one from the strongest to
the weakest, by kind and then by value.  An identifier joins every person that it is linked with, as long as all of
them may be one.  Where they may not, it is *shared*: it joins none of them and recognises nobody else.  What somebody
said by hand (`musts`) holds before all else.

Since the answer depends on nothing but the sets that come in, any order of arrival ends in the same people.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from cadenza.cdp.identity.types import CONTACTS, UNCOUNTED, Identifier, Rules, base_kind

MOST_CLAIMS = 10  # stronger identifiers that one may be told with; what has more belongs to nobody for good
UNMERGED, ACCESS, UNCONFIRMED = "unmerged", "different_access", "unconfirmed"
TOO_MANY = "too_many_identifiers"

Pair = tuple[int, int]


@dataclass(frozen=True)
class Known:
    """An identifier as a node: is it confirmed, and is it silent for good?"""

    name: Identifier
    confirmed: bool = False
    silent: bool = False


@dataclass(frozen=True)
class Link:
    """Two nodes that were told together; `confirmed`: one side proved that the other is theirs."""

    a: int
    b: int
    confirmed: bool = False


@dataclass
class Parts:
    """Who is one: node → a node that stands for its person; the nodes that are shared; the links that do not hold."""

    of: dict[int, int] = field(default_factory=dict)
    shared: set[int] = field(default_factory=set)
    silent: set[int] = field(default_factory=set)
    refused: list[tuple[int, int, str]] = field(default_factory=list)

    def tangled(self) -> set[int]:
        """The nodes whose place may change with anything new that is told of them."""
        ends = {end for a, b, _ in self.refused if not {a, b} & self.silent for end in (a, b)}
        return (ends | self.shared) - self.silent


def partition(
    nodes: Mapping[int, Known],
    links: Iterable[Link],
    musts: Iterable[Pair],
    apart: Iterable[Pair],
    rules: Rules,
) -> Parts:
    """Place every node. `musts`: pairs that were said to be one; `apart`: pairs that were said to be two."""
    return _Placing(nodes, links, musts, apart, rules).place()


@dataclass
class _Person:
    """What is known of a group while it grows."""

    nodes: set[int]
    counts: Counter[str]
    access: set[int]
    by_hand: bool = False


class _Placing:
    """The people as they grow, strongest identifiers first."""

    def __init__(self, nodes: Mapping[int, Known], links: Iterable[Link], musts: Iterable[Pair],
                 apart: Iterable[Pair], rules: Rules) -> None:  # fmt: skip
        self.nodes, self.rules = nodes, rules
        self.order = sorted(nodes, key=self._rank)
        place = {node: number for number, node in enumerate(self.order)}
        self.claims: dict[int, list[tuple[int, bool]]] = defaultdict(list)
        for link in links:
            strong, weak = sorted((link.a, link.b), key=place.__getitem__)
            self.claims[weak].append((strong, link.confirmed))
        self.apart: dict[int, set[int]] = defaultdict(set)
        for one, other in apart:
            self.apart[one].add(other)
            self.apart[other].add(one)
        self.musts = sorted(musts)
        self.person = {node: self._alone(node) for node in nodes}
        self.parts = Parts()

    def _rank(self, node: int) -> tuple[int, bool, str, str]:
        known = self.nodes[node]
        return self.rules.rank(known.name.kind), not known.confirmed, known.name.kind, known.name.value

    def _alone(self, node: int) -> _Person:
        known = self.nodes[node]
        opens = known.confirmed and base_kind(known.name.kind) in self.rules.access
        return _Person({node}, Counter([known.name.kind]), {node} if opens else set())

    def place(self) -> Parts:
        for a, b in self.musts:
            self._unite(self.person[a], self.person[b], by_hand=True)
        for node in self.order:
            self._place(node)
        for node in self.order:
            self.parts.of[node] = min(self.person[node].nodes)
        return self.parts

    def _place(self, node: int) -> None:
        claims = self.claims.get(node, [])
        if self._is_silent(node, len(claims)):
            self.parts.silent.add(node)
            self.parts.refused += [(strong, node, "shared") for strong, _ in claims]
            return
        claims = [claim for claim in claims if claim[0] not in self.parts.shared | self.parts.silent]
        fitting = self._fitting(node, claims)
        mine = self.person[node]
        if self._all_fit(node, mine, fitting):
            for other in fitting:
                self._unite(self.person[node], other)
        else:
            self._contested(node, claims, fitting)

    def _kind(self, node: int) -> str:
        return self.nodes[node].name.kind

    def _is_silent(self, node: int, claims: int) -> bool:
        known = self.nodes[node]
        if known.silent or claims > MOST_CLAIMS or self.rules.is_blocked(known.name):
            return True
        return base_kind(known.name.kind) in self.rules.never_merge

    def _fitting(self, node: int, claims: Sequence[tuple[int, bool]]) -> list[_Person]:
        """The people that the node itself could join, those who confirmed it first; what cannot is noted."""
        mine = self.person[node]
        found: list[_Person] = []
        for strong, _ in self._admitted(node, sorted(claims, key=lambda one: not one[1])):
            other = self.person[strong]
            if other is mine or any(other is one for one in found):
                continue
            if why := self._why_not(mine, other, self._kind(node)):
                self.parts.refused.append((strong, node, why))
            else:
                found.append(other)
        return found

    def _admitted(self, node: int, claims: Sequence[tuple[int, bool]]) -> list[tuple[int, bool]]:
        """Without what would lead into somebody's account by a contact that nobody confirmed."""
        if not self.rules.access:
            return list(claims)
        unsure = self._is_unsure(node)
        guarded = [claim for claim in claims if self.person[claim[0]].access]
        admitted = []
        for strong, confirmed in claims:
            enters = self._is_unsure(strong) and self.person[strong].access
            brings = unsure and guarded and not self.person[strong].access
            if (enters or brings) and not confirmed:
                self.parts.refused.append((strong, node, UNCONFIRMED))
            else:
                admitted.append((strong, confirmed))
        return admitted

    def _is_unsure(self, node: int) -> bool:
        known = self.nodes[node]
        kind = base_kind(known.name.kind)
        return kind in self.rules.access and kind in CONTACTS and not known.confirmed

    def _all_fit(self, node: int, mine: _Person, others: Sequence[_Person]) -> bool:
        whole = _Person(set(mine.nodes), Counter(mine.counts), set(mine.access), mine.by_hand)
        for other in others:
            if self._why_not(whole, other, self._kind(node)):
                return False
            _add(whole, other)
        return True

    def _contested(self, node: int, claims: Sequence[tuple[int, bool]], fitting: Sequence[_Person]) -> None:
        """People who must stay apart claim it: who confirmed it has it, else nobody."""
        sure = [p for p in fitting if any(ok and self.person[strong] is p for strong, ok in claims)]
        if sure and self._all_fit(node, self.person[node], sure):
            for other in sure:
                self._unite(self.person[node], other)
        elif len(self.person[node].nodes) == 1:
            self.parts.shared.add(node)
        reason = self._reason(fitting)
        self.parts.refused += [
            (strong, node, reason) for strong, _ in claims if self.person[strong] is not self.person[node]
        ]

    def _reason(self, fitting: Sequence[_Person]) -> str:
        for place, one in enumerate(fitting):
            for other in fitting[place + 1 :]:
                if why := self._why_not(one, other):
                    return why
        return TOO_MANY

    def _why_not(self, one: _Person, other: _Person, free: str = "") -> str:
        """Why these two may not be one; empty where they may.

        Who was joined by hand may have more than the rules allow, of whatever kind (`free`) is just told of them.
        """
        by_hand = one.by_hand or other.by_hand
        for kind in one.counts.keys() & other.counts.keys():
            most = self.rules.limit(kind)
            if one.counts[kind] + other.counts[kind] > most and not (by_hand and (most > 1 or kind == free)):
                return f"different_{base_kind(kind)}" if most == 1 else f"too_many_{base_kind(kind)}"
        if any(self.apart[node] & other.nodes for node in one.nodes & self.apart.keys()):
            return UNMERGED
        if _size(one) + _size(other) > self.rules.most_identifiers:
            return TOO_MANY
        return ACCESS if self._different_access(one, other) else ""

    def _different_access(self, one: _Person, other: _Person) -> bool:
        """Both have an account, each by another contact of one kind."""
        kinds = {base_kind(self.nodes[node].name.kind) for node in one.access}
        return any(base_kind(self.nodes[node].name.kind) in kinds for node in other.access)

    def _unite(self, one: _Person, other: _Person, by_hand: bool = False) -> None:
        if one is not other:
            small, large = sorted((one, other), key=lambda person: len(person.nodes))
            _add(large, small)
            for node in small.nodes:
                self.person[node] = large
            large.by_hand |= by_hand


def _add(whole: _Person, part: _Person) -> None:
    whole.nodes |= part.nodes
    whole.counts += part.counts
    whole.access |= part.access
    whole.by_hand |= part.by_hand


def _size(person: _Person) -> int:
    return sum(count for kind, count in person.counts.items() if base_kind(kind) not in UNCOUNTED)
