"""The bulk statements of identity: who is who, what was told together, and where old ids lead."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from cadenza.base import database, projection
from cadenza.base.ids import WorkspaceId, new_id
from cadenza.cdp.identity.resolve import SILENT, TANGLED, Held, Node
from cadenza.cdp.identity.types import Identifier

SEQUENCE_BLOCK = 200

NODES = """
select a.k, a.v, i.id, i.profile_id, i.home, i.state from json_to_recordset(%s::json) as a(k text, v text)
cross join lateral (select id, profile_id, home, state from identity_identifier
  where workspace_id = %s and kind = a.k and value = a.v limit 1) i
"""
LINKED = """
select p.a, p.b from unnest(%s::bigint[], %s::bigint[]) as p(a, b) where exists (
  select 1 from identity_link l where l.workspace_id = %s and l.b = p.b and l.a = p.a)
"""
HELD = """
select profile_id, kind, count(*), bool_or(state = 1) from identity_identifier
where workspace_id = %s and profile_id = any(%s::bigint[]) group by profile_id, kind
"""
LEARN = """
insert into identity_identifier (workspace_id, kind, value, home, profile_id, state, first_seen_at, source)
select %s, k, v, h, p, s, %s, %s from json_to_recordset(%s::json) as a(k text, v text, h bigint, p bigint, s smallint)
returning kind, value, id
"""
LINK = """
insert into identity_link (workspace_id, a, b, place, at)
select %s, a, b, nextval('identity_told'), %s from unnest(%s::bigint[], %s::bigint[]) as p(a, b)
on conflict do nothing
"""
MOVE = """
update identity_identifier i set profile_id = m.winner from unnest(%s::bigint[], %s::bigint[]) as m(loser, winner)
where i.workspace_id = %s and i.profile_id = m.loser
"""
PLACE = """
update identity_identifier i set profile_id = m.person, state = m.state
from json_to_recordset(%s::json) as m(node bigint, person bigint, state smallint)
where i.workspace_id = %s and i.id = m.node
"""
GIVE_HOMES = """
update identity_identifier i set home = m.home from unnest(%s::bigint[], %s::bigint[]) as m(node, home)
where i.workspace_id = %s and i.id = m.node and i.home is null
"""
LEAD = """
insert into identity_override (workspace_id, profile_id, "into")
select %s, old, now from unnest(%s::bigint[], %s::bigint[]) as m(old, now)
on conflict (workspace_id, profile_id) do update set "into" = excluded."into"
returning profile_id, "into"
"""
FOLLOW = """
update identity_override o set "into" = m.winner from unnest(%s::bigint[], %s::bigint[]) as m(loser, winner)
where o.workspace_id = %s and o."into" = m.loser returning o.profile_id, o."into"
"""
LEDGER = """
insert into identity_merge (workspace_id, id, winner, loser, cause, a, b, identifier, actor, place, at, undone_by)
select %s, id, winner, loser, cause, a, b, identifier, actor, nextval('identity_told'), %s, ''
from json_to_recordset(%s::json)
  as m(id uuid, winner bigint, loser bigint, cause text, a bigint, b bigint, identifier text, actor text)
"""


def nodes(workspace: WorkspaceId, identifiers: Iterable[Identifier]) -> dict[Identifier, Node]:
    """These identifiers as far as known. One look into the unique index each, whatever the planner believes."""
    asked = [{"k": kind, "v": value} for kind, value in identifiers]
    found = database.bulk(NODES, [database.as_json(asked), workspace], binary=True) if asked else []
    return {Identifier(kind, value): Node(*node) for kind, value, *node in found}


def linked(workspace: WorkspaceId, pairs: Sequence[tuple[int, int]]) -> set[tuple[int, int]]:
    """Which of these nodes were told together before."""
    if not pairs:
        return set()
    ends = [database.numbers(a for a, _ in pairs), database.numbers(b for _, b in pairs)]
    return set(database.bulk(LINKED, [*ends, workspace], binary=True))  # type: ignore[arg-type]


def held(workspace: WorkspaceId, people: Iterable[int]) -> dict[int, Held]:
    """How many identifiers of each kind these people have."""
    wanted = list(people)
    counts: dict[int, dict[str, int]] = defaultdict(dict)
    tangled: set[int] = set()
    for person, kind, count, knotted in (
        database.bulk(HELD, [workspace, database.numbers(wanted)], binary=True) if wanted else []
    ):
        counts[person][kind] = count
        if knotted:
            tangled.add(person)
    return {person: Held(some, person in tangled) for person, some in counts.items()}


def fresh_ids(at_once: int = SEQUENCE_BLOCK) -> Iterator[int]:
    """Ids for new people, taken from the sequence in blocks."""
    while True:
        found = database.rows("select nextval('identity_profile_id') from generate_series(1, %s)", [at_once])
        yield from sorted(number for (number,) in found)


def learn(
    workspace: WorkspaceId,
    new: Sequence[tuple[Identifier, int | None, int | None, int]],
    at: datetime,
    source: str,
) -> dict[Identifier, int]:
    """Remember identifiers, each with its home, person and state; gives their nodes."""
    told = [
        {"k": one.kind, "v": one.value, "h": home, "p": person, "s": state}
        for one, home, person, state in new
    ]
    found = database.bulk(LEARN, [workspace, at, source, database.as_json(told)], binary=True) if told else []
    return {Identifier(kind, value): node for kind, value, node in found}


def link(workspace: WorkspaceId, pairs: Sequence[tuple[int, int]], at: datetime) -> None:
    """Remember what was told together."""
    if pairs:
        ends = [database.numbers(a for a, _ in pairs), database.numbers(b for _, b in pairs)]
        database.bulk(LINK, [workspace, at, *ends])


def give_homes(workspace: WorkspaceId, homes: Mapping[int, int]) -> None:
    """Give known nodes, told as the strongest for the first time, their homes."""
    if homes:
        database.bulk(GIVE_HOMES, [database.numbers(homes), database.numbers(homes.values()), workspace])


def move(workspace: WorkspaceId, moved: Mapping[int, int]) -> None:
    """All that recognised a loser recognises the winner."""
    if moved:
        database.bulk(MOVE, [database.numbers(moved), database.numbers(moved.values()), workspace])


def place(workspace: WorkspaceId, nodes: Iterable[tuple[int, int | None, int]]) -> None:
    """Write the person and the state of single nodes."""
    told = [{"node": node, "person": person, "state": state} for node, person, state in nodes]
    if told:
        database.bulk(PLACE, [database.as_json(told), workspace])


def lead(
    workspace: WorkspaceId, own: Iterable[int], into: Mapping[int, int], joined: Mapping[int, int]
) -> None:
    """Write where ids lead, here and in the event store.

    `own`: ids that are people of their own again; `into`: ids that lead to a person; `joined`: losers, with all who
    led to them.  In this order, so that who was parted and joined at once ends where it belongs.
    """
    now: dict[int, int | None] = {}
    gone = list(own)
    if gone:
        database.execute(
            "delete from identity_override where workspace_id = %s and profile_id = any(%s)",
            [workspace, gone],
        )
        now |= dict.fromkeys(gone)
    for some in (into, joined):
        if not some:
            continue
        ends = [database.numbers(some), database.numbers(some.values())]
        if some is joined:
            now |= dict(database.bulk(FOLLOW, [*ends, workspace]))  # type: ignore[arg-type]
        now |= dict(database.bulk(LEAD, [workspace, *ends]))  # type: ignore[arg-type]
    _mirror(workspace, now)


def _mirror(workspace: WorkspaceId, now: Mapping[int, int | None]) -> None:
    space = str(workspace)
    projection.append(
        "profile_override",
        [
            {
                "workspace": space,
                "profile": old,
                "into": into or 0,
                "version": 0,
                "deleted": int(into is None),
            }
            for old, into in now.items()
        ],
    )


def ledger(workspace: WorkspaceId, merges: Sequence[Mapping[str, Any]], at: datetime) -> list[UUID]:
    """Write merges into the ledger; gives their ids, in order."""
    ids = [new_id() for _ in merges]
    rows = [{"id": str(id), **one} for id, one in zip(ids, merges, strict=True)]
    if rows:
        database.bulk(LEDGER, [workspace, at, database.as_json(rows)])
    return ids


def survivors(workspace: WorkspaceId, profiles: Sequence[int]) -> dict[int, int]:
    """Where merged profiles went; those never merged are left out."""
    found = database.bulk(
        'select profile_id, "into" from identity_override where workspace_id = %s and profile_id = any(%s::bigint[])',
        [workspace, database.numbers(profiles)],
    )
    return dict(found)  # type: ignore[arg-type]


def merged_into(workspace: WorkspaceId, profile: int) -> list[int]:
    """The ids that lead to this person."""
    found = database.rows(
        'select profile_id from identity_override where workspace_id = %s and "into" = %s order by profile_id',
        [workspace, profile],
    )
    return [number for (number,) in found]


def shared_with(workspace: WorkspaceId, profile: int, kinds: Sequence[str]) -> list[tuple[int, int]]:
    """People whose identifiers were told with the same devices as this person's, and with how many of them."""
    return database.rows(SHARED_WITH, {"workspace": workspace, "profile": profile, "kinds": list(kinds)})  # type: ignore[return-value]


SHARED_WITH = """
with device as (
  select l.b from identity_identifier mine join identity_link l on l.workspace_id = mine.workspace_id and l.a = mine.id
  join identity_identifier d on d.id = l.b and d.kind = any(%(kinds)s)
  where mine.workspace_id = %(workspace)s and mine.profile_id = %(profile)s
  union
  select id from identity_identifier
  where workspace_id = %(workspace)s and profile_id = %(profile)s and kind = any(%(kinds)s)
)
select other.profile_id, count(distinct device.b) from device
join identity_link l on l.workspace_id = %(workspace)s and l.b = device.b
join identity_identifier other on other.id = l.a
where other.profile_id <> %(profile)s group by other.profile_id order by 2 desc, 1
"""


def quieten(workspace: WorkspaceId, kinds: Sequence[str]) -> None:
    """Identifiers of these kinds may join people again, once they are told anew or settled."""
    database.execute(
        "update identity_identifier set state = %s where workspace_id = %s and state = %s"
        " and split_part(kind, ':', 1) = any(%s)",
        [TANGLED, workspace, SILENT, list(kinds)],
    )


def holders(workspace: WorkspaceId, kind: str, among: Iterable[int] | None) -> list[int]:
    """Who has an identifier of a kind."""
    found = database.bulk(
        "select distinct profile_id from identity_identifier where workspace_id = %s and kind = %s"
        " and profile_id is not null and (%s::bigint[] is null or profile_id = any(%s::bigint[]))",
        [workspace, kind, *[None if among is None else database.numbers(among)] * 2],
        binary=True,
    )
    return [profile for (profile,) in found]
