"""Decides a tangle anew from all that was ever told of it, writes what changed, and tells it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from cadenza.base.fact import Fact, tell
from cadenza.base.ids import ProfileId, WorkspaceId, new_id
from cadenza.cdp.identity import evidence, store
from cadenza.cdp.identity.evidence import Region
from cadenza.cdp.identity.facts import ProfilesMerged, ProfilesUnmerged
from cadenza.cdp.identity.partition import Parts, partition
from cadenza.cdp.identity.regroup import Parted, Regrouped, regroup
from cadenza.cdp.identity.resolve import PLAIN, SILENT, TANGLED
from cadenza.cdp.identity.types import BOTH_CONFIRMED, DEVICES, FULL_MATCH, SAME_DEVICE, Rules, base_kind
from cadenza.trust.consent import service as consent

RULES = "rules"  # who undid a merge that the rules do not bear


@dataclass(frozen=True)
class Joining:
    """A merge that is in the ledger and has still to be told."""

    winner: int
    loser: int
    cause: str
    merge: UUID


@dataclass
class Settled:
    """Where nodes went, who is new, who was merged. `heap`: it was too much to decide."""

    person: dict[int, int | None] = field(default_factory=dict)
    made: set[int] = field(default_factory=set)
    joined: dict[int, int] = field(default_factory=dict)
    heap: bool = False


def settle(
    workspace: WorkspaceId, seeds: Iterable[int], rules: Rules, at: datetime, *,
    first: Collection[int] = (), laid: Mapping[int, tuple[str, UUID]] | None = None, by: str = RULES,
    undoing: UUID | None = None, fresh: Mapping[int, int] | None = None,
) -> Settled:  # fmt: skip
    """Decide anew who is who around these nodes.

    `first`: people whose id stays; `laid`: merges (loser → cause and id) that are in the ledger already; `by`: who is
    the reason for what is parted, `undoing` which merge; `fresh`: homes that nodes got just now.
    """
    found = evidence.region(workspace, seeds)
    if found is None:
        return Settled(heap=True)
    parts = partition(found.known(), found.evidence(), found.musts(), found.apart, rules)
    ordered = sorted(
        found.nodes, key=lambda node: (rules.rank(found.nodes[node].name.kind), found.nodes[node].name)
    )
    done = regroup({node: found.nodes[node].placed() for node in ordered}, parts.of, first)
    _place(workspace, found, parts, done)
    undone = _undo(workspace, found, done, at, by, undoing)
    joined = _ledger(workspace, found, done, laid or {}, at)
    _lead(workspace, found, done, fresh or {})
    _tell(workspace, done.parted, undone, _holding(found, done), at)
    tell_merged(workspace, joined, at)
    return Settled(done.person, done.made, done.joined)


def _place(workspace: WorkspaceId, found: Region, parts: Parts, done: Regrouped) -> None:
    tangled = parts.tangled() | {end for pair in found.apart for end in pair}
    changed = []
    for node, row in found.nodes.items():
        state = SILENT if node in parts.silent else TANGLED if node in tangled else PLAIN
        if (row.person, row.state) != (done.person[node], state):
            changed.append((node, done.person[node], state))
    store.place(workspace, changed)


def _undo(
    workspace: WorkspaceId, found: Region, done: Regrouped, at: datetime, by: str, undoing: UUID | None
) -> dict[int, UUID]:
    """Mark the merges whose two sides are not one any more; gives the merge by which each parted id had come in."""
    gone = [
        laid for laid in found.merges.values() if done.person.get(laid.a, -1) != done.person.get(laid.b, -1)
    ]
    if gone:
        evidence.undo(workspace, [laid.id for laid in gone], at, by)
    ids = {end: laid.id for laid in gone for end in (laid.winner, laid.loser)}
    last = undoing or (gone[0].id if gone else new_id())
    return {one.loser: undoing or next((ids[id] for id in one.ids if id in ids), last) for one in done.parted}


def _ledger(
    workspace: WorkspaceId, found: Region, done: Regrouped, laid: Mapping[int, tuple[str, UUID]], at: datetime
) -> list[Joining]:
    said = [Joining(done.joined[loser], loser, *one) for loser, one in laid.items() if loser in done.joined]
    new = [(loser, winner) for loser, winner in done.joined.items() if loser not in laid]
    why = _why(found, done) if new else {}
    causes = [why.get(loser, _UNKNOWN) for loser, _ in new]
    rows = [
        {"winner": winner, "loser": loser, "actor": "", "cause": cause, "a": a, "b": b, "identifier": kind}
        for (loser, winner), (cause, a, b, kind) in zip(new, causes, strict=True)
    ]
    ids = store.ledger(workspace, rows, at)
    told = zip(new, causes, ids, strict=True)
    return [*said, *(Joining(winner, loser, cause, id) for (loser, winner), (cause, *_), id in told)]


Cause = tuple[str, int | None, int | None, str]  # why, by which two nodes, of which kind the weaker is
_UNKNOWN: Cause = (FULL_MATCH, None, None, "")


def _why(found: Region, done: Regrouped) -> dict[int, Cause]:
    """For each loser the link that brought it in; without it the loser would not be where it is."""
    life = _lives(found, done)
    into: dict[int, int] = {}

    def root(one: int) -> int:
        while one in into:
            one = into[one]
        return one

    why: dict[int, Cause] = {}
    for (a, b), (_, sure) in sorted(found.links.items(), key=lambda one: one[1][0]):
        if a in life and b in life and done.person[a] == done.person[b]:
            ends = {root(life[a]), root(life[b])}
            if len(ends) == 2:
                kept, gone = sorted(ends, key=lambda one: (one < 0, one in done.joined, one))
                into[gone] = kept
                if gone in done.joined:
                    why[gone] = _cause(found, a, b, sure)
    return why


def _lives(found: Region, done: Regrouped) -> dict[int, int]:
    """Whom each node belonged to once everyone was parted; below zero where it was nobody's."""
    parted = {(one.winner, home): one.loser for one in done.parted for home in one.ids}
    pieces: dict[tuple[int | None, int | None], int] = {}
    for node, row in found.nodes.items():
        if row.person is not None and row.home is not None and (row.person, row.home) in parted:
            pieces[row.person, done.person[node]] = parted[row.person, row.home]
    return {
        node: pieces.get((row.person, done.person[node]), row.person or -node)
        for node, row in found.nodes.items()
    }


def _cause(found: Region, a: int, b: int, sure: bool) -> Cause:
    kind = found.nodes[b].name.kind
    return BOTH_CONFIRMED if sure else SAME_DEVICE if base_kind(kind) in DEVICES else FULL_MATCH, a, b, kind


def _lead(workspace: WorkspaceId, found: Region, done: Regrouped, fresh: Mapping[int, int]) -> None:
    into = {one: parted.loser for parted in done.parted for one in parted.ids if one != parted.loser}
    for node, home in fresh.items():
        person = done.person.get(node)
        if person is not None and home not in (person, *into) and home not in {p.loser for p in done.parted}:
            into[home] = person
    store.lead(workspace, [parted.loser for parted in done.parted], into, done.joined)


def _holding(found: Region, done: Regrouped) -> dict[ProfileId, set[UUID]]:
    """The merges on which each of those who were parted still rests."""
    parted = {one for part in done.parted for one in (part.winner, part.loser)}
    holding: dict[int, set[UUID]] = {}
    for laid in found.merges.values():
        person = done.person.get(laid.a)
        if person is not None and person == done.person.get(laid.b):
            holding.setdefault(person, set()).add(laid.id)
    return {ProfileId(one): holding.get(done.joined.get(one, one), set()) for one in parted}


def _tell(
    workspace: WorkspaceId, parted: Iterable[Parted], undone: Mapping[int, UUID],
    holding: Mapping[ProfileId, set[UUID]], at: datetime,
) -> None:  # fmt: skip
    facts: list[Fact] = []
    for one in parted:
        winner, loser, ids = ProfileId(one.winner), ProfileId(one.loser), tuple(map(ProfileId, one.ids))
        merge = undone[one.loser]
        consent.follow_unmerge(workspace, winner, loser, ids, merge, holding)
        facts.append(
            ProfilesUnmerged(workspace=workspace, at=at, winner=winner, loser=loser, ids=ids, merge=merge)
        )
    tell(*facts)


def tell_merged(workspace: WorkspaceId, joined: Iterable[Joining], at: datetime) -> None:
    """Tell of merges, as one batch, consent first."""
    told = list(joined)
    if told:
        pairs = [(ProfileId(one.winner), ProfileId(one.loser), one.merge) for one in told]
        consent.follow_merges(workspace, pairs)
        tell(
            *(
                ProfilesMerged(
                    workspace=workspace, at=at, winner=winner, loser=loser, cause=one.cause, merge=merge
                )
                for one, (winner, loser, merge) in zip(told, pairs, strict=True)
            )
        )
