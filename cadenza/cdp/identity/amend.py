"""What somebody says of people: that two are one, that one is two, that a contact is proved, and by which rules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from cadenza.base.ids import ProfileId, WorkspaceId
from cadenza.base.problem import Conflict, NotFound
from cadenza.cdp.identity import evidence, models, store
from cadenza.cdp.identity.arrive import TOO_MANY, raise_incident
from cadenza.cdp.identity.cut import Tie, cut
from cadenza.cdp.identity.evidence import Region
from cadenza.cdp.identity.foresee import foresee
from cadenza.cdp.identity.partition import UNMERGED, Parts, partition
from cadenza.cdp.identity.resolve import PLAIN, Held
from cadenza.cdp.identity.settle import Joining, settle, tell_merged
from cadenza.cdp.identity.types import SAID, UNCOUNTED, Identifier, Outcome, Rules, base_kind

KNOTS_AT_ONCE = 50


@dataclass
class _Said:
    """Pairs that were said to be one, as they add up."""

    strong: Mapping[int, tuple[int, str]]
    held: Mapping[int, Held]
    most: int
    into: dict[int, int] = field(default_factory=dict)
    sizes: dict[int, int] = field(default_factory=dict)

    def root(self, person: int) -> int:
        while person in self.into:
            person = self.into[person]
        return person

    def size(self, person: int) -> int:
        counts = self.held[person].counts if person in self.held else {}
        plain = sum(count for kind, count in counts.items() if base_kind(kind) not in UNCOUNTED)
        return self.sizes.setdefault(person, plain)

    def say(self, winner: int, loser: int) -> str:
        one, other = self.root(winner), self.root(loser)
        if one not in self.strong or other not in self.strong:
            return "unknown"
        if one == other:
            return "same"
        if self.size(one) + self.size(other) > self.most:
            return "too_many"
        self.into[other] = one
        self.sizes[one] += self.sizes[other]
        return "merged"


def join(
    workspace: WorkspaceId,
    pairs: Sequence[tuple[ProfileId, ProfileId]],
    cause: str,
    actor: str,
    rules: Rules,
    at: datetime,
) -> list[Outcome]:
    """Make the people of each pair (winner, loser) one, because somebody says so."""
    now = store.survivors(workspace, list({one for pair in pairs for one in pair}))
    people = {now.get(one, one) for pair in pairs for one in pair}
    said = _Said(
        evidence.strongest(workspace, people, rules.priority, named=True),
        store.held(workspace, people),
        rules.most_identifiers,
    )
    fates, rows = [], []
    for winner, loser in pairs:
        here, gone = said.root(now.get(winner, winner)), said.root(now.get(loser, loser))
        fates.append(said.say(here, gone))
        if fates[-1] == "merged":
            (a, _), (b, kind) = said.strong[here], said.strong[gone]
            rows.append(
                {
                    "winner": here,
                    "loser": gone,
                    "cause": cause,
                    "a": a,
                    "b": b,
                    "identifier": kind,
                    "actor": actor,
                }
            )
        elif fates[-1] == "too_many":
            raise_incident(
                workspace, max(here, gone, key=said.size), TOO_MANY, f"{said.size(here)} identifiers", at
            )
    ids = _write(workspace, said, rows, cause, rules, at)
    return [
        Outcome(
            ProfileId(said.root(now.get(winner, winner))),
            loser,
            fate,
            next(ids) if fate == "merged" else None,
        )
        for (winner, loser), fate in zip(pairs, fates, strict=True)
    ]


def _write(
    workspace: WorkspaceId,
    said: _Said,
    rows: Sequence[dict[str, Any]],
    cause: str,
    rules: Rules,
    at: datetime,
) -> Iterator[UUID]:
    rows = [row | {"winner": said.root(row["loser"])} for row in rows]
    ids = store.ledger(workspace, rows, at)
    laid = {row["loser"]: (cause, id) for row, id in zip(rows, ids, strict=True)}
    groups: dict[int, list[int]] = {}
    for row in rows:
        groups.setdefault(row["winner"], [row["winner"]]).append(row["loser"])
    plain = {winner for winner, some in groups.items() if not any(_is_tangled(said, one) for one in some)}
    moved = {row["loser"]: row["winner"] for row in rows if row["winner"] in plain}
    store.move(workspace, moved)
    store.lead(workspace, (), {}, moved)
    tell_merged(workspace, [Joining(winner, loser, *laid[loser]) for loser, winner in moved.items()], at)
    for winner, some in groups.items():
        if winner not in plain:
            evidence.may_meet(workspace, some)
            settle(workspace, [said.strong[one][0] for one in some], rules, at, first={winner}, laid=laid)
    return iter(ids)


def _is_tangled(said: _Said, person: int) -> bool:
    return person in said.held and said.held[person].tangled


def part(workspace: WorkspaceId, merge: UUID, actor: str, rules: Rules, at: datetime) -> None:
    """Undo a merge: both are as they were, and nothing but somebody's word makes them one again."""
    row = models.Merge.objects.filter(workspace_id=workspace, id=merge).first()
    if not row:
        raise NotFound("There is no such merge.", hint="See the merges of the person.")
    if row.undone_at:
        raise Conflict("This merge was undone already.", at="merge")
    found = evidence.region(workspace, [end for end in (row.a, row.b) if end])
    if found is None:
        raise Conflict("Too much hangs together here to part it.", at="merge", hint="Look at the incidents.")
    if row.a not in found.nodes or row.b not in found.nodes:
        raise Conflict("This merge cannot be undone: what it rested on was erased.", at="merge")
    person = found.nodes[row.a].person
    if person != found.nodes[row.b].person:
        raise Conflict("These are two people already.", at="merge")
    mine = [node for node, known in found.nodes.items() if known.person == person]
    done = cut(mine, _ties(found, set(mine)), row.a, row.b)
    evidence.void(workspace, [(tie.a, tie.b) for tie in done.ties if tie.merge is None], at)
    evidence.undo(workspace, [row.id, *(UUID(tie.merge) for tie in done.ties if tie.merge)], at, actor)
    one, other = (_strongest(found, side, rules) for side in (set(mine) - done.side, done.side))
    evidence.keep_apart(workspace, one, other, UNMERGED, actor, at)
    settle(workspace, [row.a, row.b], rules, at, first={row.winner, row.loser}, by=actor, undoing=row.id)


def _ties(found: Region, mine: set[int]) -> list[Tie]:
    told = [Tie(a, b, place) for (a, b), (place, _) in found.links.items() if {a, b} <= mine]
    said = [laid for laid in found.merges.values() if laid.cause in SAID and {laid.a, laid.b} <= mine]
    return told + [Tie(laid.a, laid.b, laid.place, str(laid.id)) for laid in said]


def _strongest(found: Region, side: set[int], rules: Rules) -> int:
    return min(side, key=lambda node: (rules.rank(found.nodes[node].name.kind), found.nodes[node].name))


def prove(
    workspace: WorkspaceId, profile: int, contact: Identifier, rules: Rules, at: datetime, now: datetime
) -> None:
    """Somebody proved at `at` that a contact is theirs. Whoever proved the same one turns out to be the same person."""
    strong = evidence.strongest(workspace, [profile], rules.priority).get(profile)
    if not strong:
        raise NotFound("There is no such person.", at="profile")
    known = store.nodes(workspace, [contact]).get(contact)
    node = (
        known.id
        if known
        else store.learn(workspace, [(contact, None, None, PLAIN)], now, "confirmed")[contact]
    )
    evidence.confirm(workspace, *_oriented(strong, node, contact, rules), node, at)
    settle(workspace, [node, strong[0]], rules, now)


def _oriented(strong: tuple[int, str], node: int, contact: Identifier, rules: Rules) -> tuple[int, int]:
    return (strong[0], node) if rules.rank(strong[1]) <= rules.rank(contact.kind) else (node, strong[0])


def settle_all(workspace: WorkspaceId, rules: Rules, at: datetime) -> None:
    """Decide every conflict anew, by these rules."""
    for seeds in _knots(workspace):
        if settle(workspace, seeds, rules, at).heap:
            for seed in seeds:
                settle(workspace, [seed], rules, at)


def rehearse(
    workspace: WorkspaceId, rules: Rules
) -> tuple[list[tuple[int, int]], dict[tuple[int, int], str]]:
    """What these rules would make of every conflict: the pairs that would become one, and those that would not."""
    merged: dict[tuple[int, int], None] = {}
    blocked: dict[tuple[int, int], str] = {}
    for found in _regions(workspace):
        parts = _parts(found, rules)
        pairs, why = foresee({node: row.person for node, row in found.nodes.items()}, parts)
        merged |= dict.fromkeys(pairs)
        blocked |= why
    return list(merged), blocked


def _parts(found: Region, rules: Rules) -> Parts:
    return partition(found.known(), found.evidence(), found.musts(), found.apart, rules)


def _regions(workspace: WorkspaceId) -> Iterable[Region]:
    for seeds in _knots(workspace):
        found = evidence.region(workspace, seeds)
        alone = [evidence.region(workspace, [seed]) for seed in seeds] if found is None else [found]
        yield from (one for one in alone if one is not None)


def _knots(workspace: WorkspaceId) -> Iterable[list[int]]:
    nodes = evidence.tangled(workspace)
    for start in range(0, len(nodes), KNOTS_AT_ONCE):
        yield nodes[start : start + KNOTS_AT_ONCE]


def forget(workspace: WorkspaceId, ids: Sequence[ProfileId], rules: Rules, at: datetime) -> dict[str, int]:
    """Delete what recognises a person, with what was shared by nobody else; the others are decided anew."""
    mine = models.Identifier.objects.filter(workspace_id=workspace, profile_id__in=ids)
    nodes = set(mine.values_list("id", flat=True))
    near = evidence.nodes_linked_with(workspace, list(nodes)) if nodes else set()
    alone = models.Identifier.objects.filter(workspace_id=workspace, id__in=near, profile_id=None)
    nodes |= {one.id for one in alone if evidence.nodes_linked_with(workspace, [one.id]) <= nodes}
    links = evidence.forget(workspace, list(nodes))
    gone = models.Identifier.objects.filter(workspace_id=workspace, id__in=nodes).delete()[0]
    incidents = models.Incident.objects.filter(workspace_id=workspace, profile_id__in=ids).delete()[0]
    if left := near - nodes:
        settle(workspace, left, rules, at)
    return {"identity_identifier": gone, "identity_link": links, "identity_incident": incidents}
