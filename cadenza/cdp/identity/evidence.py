"""Reads and writes what single people are made of: the identifiers around a conflict, links, merges, un-merges."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from cadenza.base import database
from cadenza.base.ids import WorkspaceId
from cadenza.cdp.identity.partition import Known, Link
from cadenza.cdp.identity.regroup import Placed
from cadenza.cdp.identity.resolve import SILENT
from cadenza.cdp.identity.types import SAID, Identifier, base_kind

MOST_NODES = 3000  # what hangs together beyond this is a heap, and no question of who is who

# Two statements, so that each takes its index, whatever the planner believes.
AROUND = (
    "select id, kind, value, profile_id, home, state, confirmed_at is not null from identity_identifier"
    " where workspace_id = %s and id = any(%s) limit %s",
    "select id, kind, value, profile_id, home, state, confirmed_at is not null from identity_identifier"
    " where workspace_id = %s and profile_id = any(%s) limit %s",
)
LINKS = """
select a, b, place, confirmed_at is not null from identity_link
where workspace_id = %(w)s and void_at is null and a = any(%(n)s)
union
select a, b, place, confirmed_at is not null from identity_link
where workspace_id = %(w)s and void_at is null and b = any(%(n)s)
"""
MERGES = """
select id, winner, loser, cause, a, b, place from identity_merge
where workspace_id = %(w)s and undone_at is null and a is not null and a = any(%(n)s)
union
select id, winner, loser, cause, a, b, place from identity_merge
where workspace_id = %(w)s and undone_at is null and a is not null and b = any(%(n)s)
"""
APART = """
select a, b from identity_apart where workspace_id = %(w)s and a = any(%(n)s)
union select a, b from identity_apart where workspace_id = %(w)s and b = any(%(n)s)
"""
STRONGEST = """
select distinct on (i.profile_id) i.profile_id, i.id, i.kind
from identity_identifier i where i.workspace_id = %s and i.profile_id = any(%s::bigint[])
order by i.profile_id, (%s and i.home = i.profile_id) desc nulls last,
  array_position(%s::text[], split_part(i.kind, ':', 1)), i.kind, i.value
"""
OUTSIZED = """
select count(*) from (
  select profile_id from identity_identifier i join json_to_recordset(%s::json) as l(kind text, most int)
    on l.kind = split_part(i.kind, ':', 1)
  where workspace_id = %s and profile_id is not null group by profile_id, i.kind, l.most having count(*) > l.most
) over
"""


@dataclass(frozen=True)
class Row:
    """An identifier as it stands."""

    name: Identifier
    person: int | None
    home: int | None
    state: int
    confirmed: bool

    def placed(self) -> Placed:
        return Placed(self.person, self.home, base_kind(self.name.kind) == "external_id")


@dataclass(frozen=True)
class Laid:
    """A merge in the ledger that holds."""

    id: UUID
    winner: int
    loser: int
    cause: str
    a: int
    b: int
    place: int


@dataclass
class Region:
    """All that can have a say in who is who around some identifiers."""

    nodes: dict[int, Row] = field(default_factory=dict)
    links: dict[tuple[int, int], tuple[int, bool]] = field(default_factory=dict)
    merges: dict[UUID, Laid] = field(default_factory=dict)
    apart: set[tuple[int, int]] = field(default_factory=set)

    def known(self) -> dict[int, Known]:
        return {node: Known(row.name, row.confirmed, row.state == SILENT) for node, row in self.nodes.items()}

    def evidence(self) -> list[Link]:
        return [
            Link(a, b, sure)
            for (a, b), (_, sure) in self.links.items()
            if a in self.nodes and b in self.nodes
        ]

    def musts(self) -> list[tuple[int, int]]:
        said = [laid for laid in self.merges.values() if laid.cause in SAID]
        return [(laid.a, laid.b) for laid in said if laid.a in self.nodes and laid.b in self.nodes]


def region(workspace: WorkspaceId, seeds: Iterable[int]) -> Region | None:
    """What hangs together with these nodes; None where that is more than anybody could decide."""
    found, frontier = Region(), set(seeds)
    while frontier:
        new = _around(workspace, frontier, found)
        found.nodes |= new
        if len(found.nodes) >= MOST_NODES:
            return None
        frontier = _grown(workspace, found, [node for node, row in new.items() if row.state != SILENT])
    return found


def _around(workspace: WorkspaceId, nodes: Iterable[int], found: Region) -> dict[int, Row]:
    """These nodes, and all others of their people."""
    by_node, by_person = AROUND
    rows = database.rows(by_node, [workspace, list(nodes), MOST_NODES])
    people = {row[3] for row in rows if row[3]} - {row.person for row in found.nodes.values()}
    if people:
        rows += database.rows(by_person, [workspace, list(people), MOST_NODES])
    return {row[0]: _row(row) for row in rows if row[0] not in found.nodes}


def _row(row: database.Row) -> Row:
    _, kind, value, person, home, state, confirmed = row
    return Row(Identifier(kind, value), person, home, state, confirmed)


def _grown(workspace: WorkspaceId, found: Region, nodes: Sequence[int]) -> set[int]:
    """Add what is said of these nodes; gives the nodes that it leads to."""
    if not nodes:
        return set()
    bound = {"w": workspace, "n": list(nodes)}
    for a, b, place, sure in database.rows(LINKS, bound):
        found.links[a, b] = (place, sure)
    for id, *laid in database.rows(MERGES, bound):
        found.merges[id] = Laid(id, *laid)
    found.apart |= set(database.rows(APART, bound))  # type: ignore[arg-type]
    ends = {end for pair in (*found.links, *found.apart) for end in pair}
    ends |= {end for laid in found.merges.values() for end in (laid.a, laid.b)}
    known = _existing(workspace, ends - found.nodes.keys())
    found.apart = {pair for pair in found.apart if set(pair) <= found.nodes.keys() | known}
    return known


def _existing(workspace: WorkspaceId, nodes: Iterable[int]) -> set[int]:
    wanted = list(nodes)
    if not wanted:
        return set()
    found = database.rows(
        "select id from identity_identifier where workspace_id = %s and id = any(%s)", [workspace, wanted]
    )
    return {node for (node,) in found}


def strongest(
    workspace: WorkspaceId, people: Iterable[int], priority: Sequence[str], named: bool = False
) -> dict[int, tuple[int, str]]:
    """The strongest identifier of each of these people (`named`: the one that gave the id): person → node, kind."""
    bound = [workspace, database.numbers(people), named, list(priority)]
    found = database.bulk(STRONGEST, bound, binary=True)
    return {person: (node, kind) for person, node, kind in found}


def nodes_linked_with(workspace: WorkspaceId, nodes: Sequence[int]) -> set[int]:
    """The other ends of what was told together with these nodes."""
    bound = {"w": workspace, "n": list(nodes)}
    return {end for a, b, _, _ in database.rows(LINKS, bound) for end in (a, b)} - set(nodes)


def confirm(workspace: WorkspaceId, a: int, b: int, contact: int, at: datetime) -> None:
    """One of two nodes is a contact that the other one's person has proved to be theirs."""
    database.execute(
        "insert into identity_link (workspace_id, a, b, place, at, confirmed_at)"
        " values (%s, %s, %s, nextval('identity_told'), %s, %s) on conflict (workspace_id, b, a) do update"
        " set confirmed_at = coalesce(identity_link.confirmed_at, excluded.confirmed_at), void_at = null",
        [workspace, a, b, at, at],
    )
    database.execute(
        "update identity_identifier set confirmed_at = coalesce(least(confirmed_at, %s), %s)"
        " where workspace_id = %s and id = %s",
        [at, at, workspace, contact],
    )


def void(workspace: WorkspaceId, pairs: Iterable[tuple[int, int]], at: datetime) -> None:
    """These were told together by mistake."""
    told = list(pairs)
    database.execute(
        "update identity_link l set void_at = %s from unnest(%s::bigint[], %s::bigint[]) as p(a, b)"
        " where l.workspace_id = %s and l.a = p.a and l.b = p.b",
        [at, [a for a, _ in told], [b for _, b in told], workspace],
    )


def undo(workspace: WorkspaceId, merges: Iterable[UUID], at: datetime, by: str) -> None:
    """Mark merges as undone."""
    database.execute(
        "update identity_merge set undone_at = %s, undone_by = %s"
        " where workspace_id = %s and id = any(%s) and undone_at is null",
        [at, by, workspace, list(merges)],
    )


def keep_apart(workspace: WorkspaceId, a: int, b: int, reason: str, actor: str, at: datetime) -> None:
    """Remember that the people of these two stay two."""
    database.execute(
        "insert into identity_apart (workspace_id, a, b, reason, actor, at) values (%s, %s, %s, %s, %s, %s)"
        " on conflict do nothing",
        [workspace, min(a, b), max(a, b), reason, actor, at],
    )


def may_meet(workspace: WorkspaceId, people: Sequence[int]) -> None:
    """Forget what keeps these people apart: somebody says that they are one."""
    database.execute(
        "delete from identity_apart p using identity_identifier x, identity_identifier y"
        " where p.workspace_id = %s and x.id = p.a and y.id = p.b"
        " and x.profile_id = any(%s) and y.profile_id = any(%s)",
        [workspace, list(people), list(people)],
    )


def tangled(workspace: WorkspaceId) -> list[int]:
    """All nodes that stand in a conflict."""
    found = database.rows(
        "select id from identity_identifier where workspace_id = %s and state = 1 order by id", [workspace]
    )
    return [node for (node,) in found]


def outsized(workspace: WorkspaceId, limits: dict[str, int]) -> int:
    """How many people have more of a kind than these limits allow."""
    told = [{"kind": kind, "most": most} for kind, most in limits.items()]
    return int(database.bulk(OUTSIZED, [database.as_json(told), workspace])[0][0])


def forget(workspace: WorkspaceId, nodes: Sequence[int]) -> int:
    """Take nodes out of all that was told; gives how many links went. The ledger keeps that people were merged."""
    bound = {"w": workspace, "n": list(nodes)}
    gone = database.execute(
        "delete from identity_link where workspace_id = %(w)s and (a = any(%(n)s) or b = any(%(n)s))", bound
    )
    database.execute(
        "delete from identity_apart where workspace_id = %(w)s and (a = any(%(n)s) or b = any(%(n)s))", bound
    )
    database.execute(
        "update identity_merge set a = null, b = null"
        " where workspace_id = %(w)s and (a = any(%(n)s) or b = any(%(n)s))",
        bound,
    )
    return gone
