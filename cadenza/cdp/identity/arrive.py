"""Takes arrivals in: reads what is known of them, has it decided, writes it, tells it, all in bulk."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from cadenza.base.fact import tell
from cadenza.base.ids import ProfileId, WorkspaceId
from cadenza.cdp.identity import models, store
from cadenza.cdp.identity.facts import IncidentRaised
from cadenza.cdp.identity.resolve import PLAIN, SILENT, TANGLED, Node, Plan, resolve, tidy, told_together
from cadenza.cdp.identity.settle import Joining, Settled, settle, tell_merged
from cadenza.cdp.identity.types import Identifier, Resolution, Rules

TOO_MANY, HEAP = "too_many_identifiers", "heap"

Told = list[list[Identifier]]


@dataclass
class Known:
    """What is known of the identifiers of some arrivals, and what was decided. `nameless`: arrivals that carry none."""

    told: Told
    nodes: dict[Identifier, Node]
    plan: Plan
    nameless: list[int]
    ids: dict[Identifier, int] = field(default_factory=dict)
    settled: list[Settled] = field(default_factory=list)


def plan(
    workspace: WorkspaceId, arrivals: Sequence[Sequence[Identifier]], rules: Rules, fresh: Iterator[int]
) -> Known:
    """Read and decide; writes nothing."""
    seen: dict[tuple[Identifier, ...], list[Identifier]] = {}
    told = []
    for arrival in arrivals:
        key = tuple(arrival)
        if key not in seen:
            seen[key] = tidy(key, rules)
        told.append(seen[key])
    nodes = store.nodes(workspace, {one for some in seen.values() for one in some})
    pairs = told_together(seen.values())
    ends = {
        pair: (nodes[pair[0]].id, nodes[pair[1]].id)
        for pair in pairs
        if pair[0] in nodes and pair[1] in nodes
    }
    linked = store.linked(workspace, list(ends.values()))
    new = [pair for pair in pairs if ends.get(pair) not in linked]
    touched = {nodes[one].person for pair in new for one in pair if one in nodes}
    people = store.held(workspace, [one for one in touched if one is not None])
    nameless = [next(fresh) for one in told if not one]
    return Known(told, nodes, resolve(told, new, nodes, people, rules, fresh), nameless)


def take_in(workspace: WorkspaceId, known: Known, rules: Rules, at: datetime, source: str) -> None:
    """Write what was decided, have tangles settled, and tell."""
    done = known.plan
    known.ids = {one: node.id for one, node in known.nodes.items()}
    new = [
        (one, done.homes.get(one), whose, SILENT if one in done.silent else PLAIN)
        for one, whose in done.fresh.items()
    ]
    new += [(Identifier("id", str(number)), number, number, PLAIN) for number in known.nameless]
    known.ids |= store.learn(workspace, new, at, source)
    homes = {known.nodes[one].id: home for one, home in done.homes.items() if one in known.nodes}
    store.give_homes(workspace, homes)
    store.link(workspace, [(known.ids[a], known.ids[b]) for a, b in done.links], at)
    store.move(workspace, done.moved)
    into = {home: now for one, home in done.homes.items() if (now := person(known, one)) not in (None, home)}
    store.lead(workspace, (), into, done.moved)  # type: ignore[arg-type]
    _tell_merges(workspace, known, at)
    for tangle in done.tangles:
        known.settled.append(_settle(workspace, known, tangle, rules, at))
    for many, count in done.stopped.items():
        raise_incident(workspace, many, TOO_MANY, f"{count} identifiers", at)


def _tell_merges(workspace: WorkspaceId, known: Known, at: datetime) -> None:
    rows = [
        {"winner": one.winner, "loser": one.loser, "cause": one.cause, "a": known.ids[one.a], "b": known.ids[one.b],
         "identifier": one.b.kind, "actor": ""}
        for one in known.plan.merges
    ]  # fmt: skip
    ids = store.ledger(workspace, rows, at)
    told = zip(known.plan.merges, ids, strict=True)
    tell_merged(workspace, [Joining(one.winner, one.loser, one.cause, id) for one, id in told], at)


def _settle(
    workspace: WorkspaceId, known: Known, tangle: Sequence[Identifier], rules: Rules, at: datetime
) -> Settled:
    fresh = {known.ids[one]: home for one, home in known.plan.homes.items() if one in tangle}
    done = settle(workspace, [known.ids[one] for one in tangle], rules, at, fresh=fresh)
    if done.heap:  # nobody can say who this is: whatever is told of an identifier is kept by itself
        alone = {node: home for node, home in fresh.items() if known_person(known, tangle, node) is None}
        store.place(workspace, [(node, home, TANGLED) for node, home in alone.items()])
        people = {node.person for one in tangle if (node := known.nodes.get(one)) and node.person}
        if people:
            raise_incident(workspace, min(people), HEAP, f"{len(tangle)} identifiers", at)
        return Settled(dict(alone), set(alone.values()), heap=True)
    return done


def known_person(known: Known, tangle: Sequence[Identifier], id: int) -> int | None:
    """The person that a node had before this batch."""
    found = next(
        (known.nodes[one] for one in tangle if one in known.nodes and known.nodes[one].id == id), None
    )
    return found.person if found else None


def person(known: Known, one: Identifier) -> int | None:
    """Whose an identifier is, as far as it is decided by now; None where it is nobody's."""
    if known.settled:
        id = known.ids.get(one)
        for settled in known.settled:
            if id in settled.person:
                return settled.person[id]
    before = known.nodes.get(one)
    now = before.person if before and before.person is not None else known.plan.fresh.get(one)
    return known.plan.moved.get(now, now) if now is not None else None


def answer(known: Known) -> list[Resolution]:
    """The person of each arrival, in their order."""
    made = known.plan.created.union(*(one.made for one in known.settled))
    grown = set(known.plan.moved.values()).union(*(one.joined.values() for one in known.settled))
    nameless = iter(known.nameless)
    seen: dict[int, Resolution] = {}
    told = []
    for arrival in known.told:
        if not arrival:
            told.append(Resolution(ProfileId(next(nameless)), created=True))
            continue
        one = seen.get(id(arrival))
        if one is None:
            one = seen[id(arrival)] = _resolution(known, arrival, made, grown)
        told.append(one)
    return _first_of_each(told) if made else told


def _first_of_each(told: Iterable[Resolution]) -> list[Resolution]:
    """Somebody is made by one arrival, the first."""
    seen: set[int] = set()
    once = []
    for one in told:
        once.append(replace(one, created=False) if one.created and one.profile in seen else one)
        seen.add(one.profile)
    return once


def _resolution(known: Known, arrival: Sequence[Identifier], made: set[int], grown: set[int]) -> Resolution:
    centre = arrival[0]
    node = known.nodes.get(centre)
    home = node.home if node and node.home is not None else known.plan.homes[centre]
    who = person(known, centre) or home
    blocked = len(arrival) > 1 and any(
        person(known, one) != who and not _is_silent(known, one) for one in arrival[1:]
    )
    return Resolution(ProfileId(who), who in made, who in grown, blocked, ProfileId(home))


def _is_silent(known: Known, one: Identifier) -> bool:
    node = known.nodes.get(one)
    return node.state == SILENT if node else one in known.plan.silent


def raise_incident(workspace: WorkspaceId, profile: int, what: str, detail: str, at: datetime) -> None:
    """Write down that somebody cannot be one person, and tell it; once."""
    _, new = models.Incident.objects.get_or_create(
        workspace_id=workspace, profile_id=profile, what=what, defaults={"detail": detail, "at": at}
    )
    if new:
        tell(IncidentRaised(workspace=workspace, at=at, profile=ProfileId(profile), what=what))
