"""The SQL of consent: thousands of lines at a time, the ledger first, then what follows from it.

The fold itself is not here.  The ledger is asked for the newest line of each state and proof of a contact
point (at most four), which is all that the fold can look at.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from cadenza.base import database
from cadenza.base.ids import ProfileId, WorkspaceId
from cadenza.trust.consent.types import Entry, State, Subscription, Topic, TopicKind, Wording

Point = tuple[str, bytes, str]  # channel, digest of the address, topic

APPEND = """
insert into consent_entry
  (workspace_id, channel, address_digest, topic, state, at, recorded_at, source, wording, wording_version,
   wording_hash, profile_id, actor, ip, proven)
select %s::uuid, * from unnest(
  %s::text[], %s::bytea[], %s::text[], %s::text[], %s::timestamptz[], %s::timestamptz[], %s::text[],
  %s::text[], %s::int[], %s::bytea[], %s::bigint[], %s::text[], %s::text[], %s::bool[])
on conflict do nothing
"""
# A point without a row gets a placeholder, which holds its place against other writers until `settle`.
HOLD = """
insert into consent_subscription (workspace_id, channel, address_digest, topic, state, since, source)
select %s::uuid, *, '', 'epoch'::timestamptz, '' from unnest(%s::text[], %s::bytea[], %s::text[])
on conflict do nothing
"""
LOCK = """
select channel, address_digest, topic, state, since, source from consent_subscription
where workspace_id = %s
  and (channel, address_digest, topic) in (select * from unnest(%s::text[], %s::bytea[], %s::text[]))
order by channel, address_digest, topic for update
"""
DECIDING = """
select distinct on (channel, address_digest, topic, state, proven)
  channel, address_digest, topic, state, at, recorded_at, source, wording, wording_version, wording_hash,
  profile_id, actor, ip, proven
from consent_entry
where workspace_id = %s
  and (channel, address_digest, topic) in (select * from unnest(%s::text[], %s::bytea[], %s::text[]))
order by channel, address_digest, topic, state, proven, at desc,
  source collate "C" desc, wording collate "C" desc
"""
SETTLE = """
update consent_subscription s set state = n.state, since = n.since, source = n.source
from unnest(%s::text[], %s::bytea[], %s::text[], %s::text[], %s::timestamptz[], %s::text[])
  n(channel, address_digest, topic, state, since, source)
where s.workspace_id = %s
  and (s.channel, s.address_digest, s.topic) = (n.channel, n.address_digest, n.topic)
"""
STATES = """
select address_digest, state from consent_subscription
where workspace_id = %s and channel = %s and topic = %s and address_digest = any(%s::bytea[])
"""
# A profile and all that were merged into it, however deep.
PEOPLE = """
with recursive people(id) as (
  select %(profile)s::bigint
  union
  select m.loser from consent_merge m join people p on m.winner = p.id where m.workspace_id = %(workspace)s
)
select id from people
"""
POINTS_OF_PEOPLE = """
with recursive people(id) as (
  select %(profile)s::bigint
  union
  select m.loser from consent_merge m join people p on m.winner = p.id where m.workspace_id = %(workspace)s
)
select distinct channel, address_digest from consent_entry
where workspace_id = %(workspace)s and profile_id in (select id from people)
"""
POINTS_OF_MANY = """
with recursive people(root, id) as (
  select p, p from unnest(%s::bigint[]) as p
  union
  select people.root, m.loser from consent_merge m join people on m.winner = people.id where m.workspace_id = %s
)
select distinct people.root, people.id, e.channel, e.address_digest from people
join consent_entry e on e.workspace_id = %s and e.profile_id = people.id
order by people.root, people.id
"""
SUBSCRIPTIONS = """
select channel, address_digest, topic, state, since, source from consent_subscription
where workspace_id = %s and (channel, address_digest) in (select * from unnest(%s::text[], %s::bytea[]))
order by channel, address_digest, topic
"""
STANDING = """
select channel, address_digest, topic, state, since, source from consent_subscription
where workspace_id = %s and (channel, address_digest, topic) > (%s, %s::bytea, %s) and state <> ''
order by channel, address_digest, topic limit %s for share
"""
HISTORY = """
select channel, address_digest, topic, state, at, recorded_at, source, wording, wording_version, wording_hash,
  profile_id, actor, ip, proven
from consent_entry
where workspace_id = %s and (channel, address_digest) in (select * from unnest(%s::text[], %s::bytea[]))
order by at, id
"""
FORGET_LINES = """
delete from consent_entry e
where workspace_id = %s and (channel, address_digest) in (select * from unnest(%s::text[], %s::bytea[]))
  and not exists (
    select 1 from consent_subscription s
    where s.workspace_id = e.workspace_id and s.state <> 'given' and s.since = e.at and s.state = e.state
      and (s.channel, s.address_digest, s.topic) = (e.channel, e.address_digest, e.topic))
"""
FORGET_WHOSE = """
update consent_entry set profile_id = null, actor = null, ip = null
where workspace_id = %s and (channel, address_digest) in (select * from unnest(%s::text[], %s::bytea[]))
  and (profile_id is not null or actor is not null or ip is not null)
"""
FORGET_GIVEN = """
delete from consent_subscription
where workspace_id = %s and (channel, address_digest) in (select * from unnest(%s::text[], %s::bytea[]))
  and state = 'given'
"""


def append(workspace: WorkspaceId, entries: Sequence[Entry]) -> int:
    """Write lines that are not in the ledger yet; gives how many were new."""
    # One order for every writer, so that two batches never wait for each other in a ring.
    ordered = sorted(entries, key=lambda e: (_point(e), e.at, e.state, e.source, e.wording, e.proven))
    columns = zip(*(_values(entry) for entry in ordered), strict=True)
    return database.execute(APPEND, [workspace, *(list(column) for column in columns)])


def _values(e: Entry) -> tuple[Any, ...]:
    return (
        e.channel, e.address_digest, e.topic, e.state.value, e.at, e.recorded_at, e.source, e.wording,
        e.wording_version, e.wording_hash, e.profile, e.actor, e.ip, e.proven,
    )  # fmt: skip


def _point(of: Entry | Subscription) -> Point:
    return of.channel, of.address_digest, of.topic


def lock(workspace: WorkspaceId, points: Iterable[Point]) -> dict[Point, Subscription]:
    """Hold the subscriptions of these points until the transaction ends; gives where they stood before."""
    columns = _columns(points, 3)
    database.execute(HOLD, [workspace, *columns])
    found = database.rows(LOCK, [workspace, *columns])
    return {_point(s): s for s in map(_subscription, (row for row in found if row[3]))}


def deciding(workspace: WorkspaceId, points: Iterable[Point]) -> dict[Point, list[Entry]]:
    """The newest line of each state and proof, for each point."""
    grouped: dict[Point, list[Entry]] = defaultdict(list)
    for entry in map(_entry, database.rows(DECIDING, [workspace, *_columns(points, 3)])):
        grouped[_point(entry)].append(entry)
    return grouped


def settle(workspace: WorkspaceId, standing: Sequence[Subscription]) -> None:
    """Write where the points stand now."""
    rows = [(*_point(s), s.state.value, s.since, s.source) for s in standing]
    if rows:
        database.execute(SETTLE, [*(list(column) for column in zip(*rows, strict=True)), workspace])


def states(workspace: WorkspaceId, channel: str, topic: str, digests: list[bytes]) -> dict[bytes, State]:
    """Where these contact points stand."""
    found = database.rows(STATES, [workspace, channel, topic, digests])
    return {bytes(digest): State(state) for digest, state in found}


def people(workspace: WorkspaceId, profile: ProfileId) -> list[ProfileId]:
    """A profile and all that were merged into it."""
    return [id for (id,) in database.rows(PEOPLE, {"workspace": workspace, "profile": profile})]


def points_of(workspace: WorkspaceId, profile: ProfileId) -> set[tuple[str, bytes]]:
    """The contact points that the ledger was told with this person."""
    found = database.rows(POINTS_OF_PEOPLE, {"workspace": workspace, "profile": profile})
    return {(channel, bytes(digest)) for channel, digest in found}


def owners(workspace: WorkspaceId, digests: Iterable[bytes]) -> dict[bytes, set[ProfileId]]:
    """Who was named with these contact points."""
    found = database.rows(
        "select distinct address_digest, profile_id from consent_entry"
        " where workspace_id = %s and address_digest = any(%s::bytea[]) and profile_id is not null",
        [workspace, list(digests)],
    )
    whose: dict[bytes, set[ProfileId]] = defaultdict(set)
    for digest, profile in found:
        whose[bytes(digest)].add(profile)
    return whose


def standing(workspace: WorkspaceId, after: Point, limit: int) -> list[Subscription]:
    """Where contact points stand, in their order, held against writers."""
    return [_subscription(row) for row in database.rows(STANDING, [workspace, *after, limit])]


def subscriptions(workspace: WorkspaceId, points: Iterable[tuple[str, bytes]]) -> list[Subscription]:
    """Where contact points stand on every topic."""
    columns = _columns(points, 2)
    found = database.rows(SUBSCRIPTIONS, [workspace, *columns]) if columns[0] else []
    return [_subscription(row) for row in found]


def history(workspace: WorkspaceId, points: Iterable[tuple[str, bytes]]) -> list[Entry]:
    """Every line about contact points, oldest first."""
    return [_entry(row) for row in database.rows(HISTORY, [workspace, *_columns(points, 2)])]


def points_of_many(
    workspace: WorkspaceId, profiles: Iterable[ProfileId]
) -> dict[ProfileId, dict[tuple[str, bytes], ProfileId]]:
    """The same for many people, each point with the profile that it was told with, which may be merged by now."""
    found: dict[ProfileId, dict[tuple[str, bytes], ProfileId]] = defaultdict(dict)
    bound = [database.numbers(profiles), workspace, workspace]
    for profile, told_with, channel, digest in database.bulk(POINTS_OF_MANY, bound, binary=True):
        found[profile].setdefault((channel, bytes(digest)), told_with)
    return found


def link(workspace: WorkspaceId, merges: Sequence[tuple[ProfileId, ProfileId]]) -> None:
    """From now on each loser is found under its winner."""
    database.bulk(
        "insert into consent_merge (workspace_id, winner, loser)"
        " select %s, winner, loser from unnest(%s::bigint[], %s::bigint[]) as m(winner, loser)"
        " on conflict (workspace_id, loser) do update set winner = excluded.winner",
        [workspace, database.numbers(one for one, _ in merges), database.numbers(one for _, one in merges)],
    )


def relink(workspace: WorkspaceId, winner: ProfileId, loser: ProfileId, ids: Sequence[ProfileId]) -> None:
    """`ids` are found under `loser`, a person of its own again; whatever else hung on them is the winner's."""
    bound = {"w": workspace, "winner": winner, "loser": loser, "ids": list(ids)}
    database.execute(
        "delete from consent_merge where workspace_id = %(w)s"
        " and (loser = any(%(ids)s) or (winner = any(%(ids)s) and loser = %(winner)s))",
        bound,
    )
    database.execute(
        "update consent_merge set winner = %(winner)s where workspace_id = %(w)s and winner = any(%(ids)s)",
        bound,
    )
    link(workspace, [(loser, one) for one in ids if one != loser])


@contextmanager
def erasing() -> Iterator[None]:
    """Let this transaction change the ledger: the one case in which its trigger gives way."""
    database.rows("select set_config('cadenza.erasing', 'on', true)")
    yield  # an error inside ends the transaction, and with it the setting
    database.rows("select set_config('cadenza.erasing', '', true)")


def erase(workspace: WorkspaceId, profile: ProfileId, points: Iterable[tuple[str, bytes]]) -> dict[str, int]:
    """Forget a person; gives table → rows removed or emptied.

    What they agreed to goes; what they objected to stays, as a digest that points at nobody.
    """
    bound = [workspace, *_columns(points, 2)]
    whose = people(workspace, profile)
    with erasing():
        lines = database.execute(FORGET_LINES, bound) + database.execute(FORGET_WHOSE, bound)
    given = database.execute(FORGET_GIVEN, bound)
    links = database.execute(
        "delete from consent_merge where workspace_id = %s and (loser = any(%s) or winner = any(%s))",
        [workspace, whose, whose],
    )
    return {"consent_entry": lines, "consent_subscription": given, "consent_merge": links}


def topics(workspace: WorkspaceId) -> list[Topic]:
    """The topics of a workspace, by key."""
    sql = "select key, title, kind from consent_topic where workspace_id = %s order by key"
    return [Topic(key, title, TopicKind(kind)) for key, title, kind in database.rows(sql, [workspace])]


def add_topics(workspace: WorkspaceId, topics: Iterable[Topic]) -> None:
    """Add topics that are not there yet."""
    for topic in topics:
        database.execute(
            "insert into consent_topic (workspace_id, key, title, kind) values (%s, %s, %s, %s)"
            " on conflict do nothing",
            [workspace, topic.key, topic.title, topic.kind.value],
        )


def wordings(workspace: WorkspaceId, keys: Iterable[str]) -> list[Wording]:
    """Every version of these texts."""
    found = database.rows(
        "select key, language, version, text, sha256, at from consent_wording"
        " where workspace_id = %s and key = any(%s) order by key, language, version",
        [workspace, sorted(set(keys))],
    )
    return [_wording(row) for row in found]


def all_wordings(workspace: WorkspaceId) -> list[Wording]:
    """Every version of every text."""
    found = database.rows(
        "select key, language, version, text, sha256, at from consent_wording"
        " where workspace_id = %s order by key, language, version",
        [workspace],
    )
    return [_wording(row) for row in found]


def _wording(row: database.Row) -> Wording:
    key, language, version, text, sha256, at = row
    return Wording(key, language, version, text, bytes(sha256), at)


def add_wording(workspace: WorkspaceId, wording: Wording) -> None:
    """Add one version of a text."""
    database.execute(
        "insert into consent_wording (workspace_id, key, language, version, text, sha256, at)"
        " values (%s, %s, %s, %s, %s, %s, %s)",
        [workspace, wording.key, wording.language, wording.version, wording.text, wording.sha256, wording.at],
    )


def _columns(rows: Iterable[tuple[Any, ...]], width: int) -> list[list[Any]]:
    ordered = sorted(set(rows))
    return [[row[i] for row in ordered] for i in range(width)]


def _subscription(row: database.Row) -> Subscription:
    channel, digest, topic, state, since, source = row
    return Subscription(channel, bytes(digest), topic, State(state), since, source)


def _entry(row: database.Row) -> Entry:
    channel, digest, topic, state, at, recorded_at, source, wording, version, sha256, *person, proven = row
    profile, actor, ip = person
    return Entry(
        channel=channel,
        address_digest=bytes(digest),
        topic=topic,
        state=State(state),
        at=at,
        recorded_at=recorded_at,
        source=source,
        wording=wording,
        wording_version=version,
        wording_hash=None if sha256 is None else bytes(sha256),
        profile=profile,
        actor=actor,
        ip=ip,
        proven=proven,
    )
