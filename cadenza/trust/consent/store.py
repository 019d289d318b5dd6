"""The SQL of consent: thousands of lines at a time, the ledger first, then what follows from it.

The fold itself is not here.  The ledger is asked for the newest line of each state and proof of a contact point
(at most four), which is all that the fold can look at.
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

ENTRY = (
    ("channel", "text"), ("address_digest", "bytea"), ("topic", "text"), ("state", "text"), ("at", "timestamptz"),
    ("recorded_at", "timestamptz"), ("source", "text"), ("wording", "text"), ("wording_version", "int"),
    ("wording_hash", "bytea"), ("profile_id", "bigint"), ("actor", "text"), ("ip", "text"), ("proven", "bool"),
)  # fmt: skip
ENTRY_COLUMNS = ", ".join(name for name, _ in ENTRY)
ENTRY_ARRAYS = ", ".join(f"%s::{kind}[]" for _, kind in ENTRY)
SUBSCRIPTION = "channel, address_digest, topic, state, since, source"
POINT = "channel, address_digest, topic"
POINT_ARRAYS = "unnest(%s::text[], %s::bytea[], %s::text[])"

# A profile and all that were merged into it, however deep.
PEOPLE = """people(id) as (
  select %(profile)s::bigint
  union
  select m.loser from consent_merge m join people p on m.winner = p.id where m.workspace_id = %(workspace)s
)"""
MINE = "select distinct channel, address_digest from consent_entry" \
    " where workspace_id = %(workspace)s and profile_id in (select id from people)"  # fmt: skip


def append(workspace: WorkspaceId, entries: Sequence[Entry]) -> int:
    """Write lines that are not in the ledger yet; gives how many were new."""
    # One order for every writer, so that two batches never wait for each other in a ring.
    ordered = sorted(entries, key=lambda e: (_point(e), e.at, e.state, e.source, e.wording))
    columns = zip(*(_values(entry) for entry in ordered), strict=True)
    return database.execute(
        f"insert into consent_entry (workspace_id, {ENTRY_COLUMNS})"
        f" select %s::uuid, * from unnest({ENTRY_ARRAYS}) on conflict do nothing",
        [workspace, *(list(column) for column in columns)],
    )


def _values(entry: Entry) -> tuple[Any, ...]:
    held = {name: getattr(entry, name) for name, _ in ENTRY if name != "profile_id"}
    held |= {"profile_id": entry.profile, "state": entry.state.value}
    return tuple(held[name] for name, _ in ENTRY)


def _point(entry: Entry | Subscription) -> Point:
    return entry.channel, entry.address_digest, entry.topic


def lock(workspace: WorkspaceId, points: Iterable[Point]) -> dict[Point, Subscription]:
    """Hold the subscriptions of these points until the transaction ends; gives where they stood before.

    A point without a row gets a placeholder, which holds its place against other writers until `settle`.
    """
    columns = _columns(sorted(set(points)))
    database.execute(
        f"insert into consent_subscription (workspace_id, {SUBSCRIPTION})"
        f" select %s::uuid, *, '', 'epoch'::timestamptz, '' from {POINT_ARRAYS} on conflict do nothing",
        [workspace, *columns],
    )
    found = database.rows(
        f"select {SUBSCRIPTION} from consent_subscription"
        f" where workspace_id = %s and ({POINT}) in (select * from {POINT_ARRAYS}) order by {POINT} for update",
        [workspace, *columns],
    )
    return {_point(s): s for s in map(_subscription, (row for row in found if row[3]))}


def deciding(workspace: WorkspaceId, points: Iterable[Point]) -> dict[Point, list[Entry]]:
    """The newest line of each state and proof, for each point."""
    found = database.rows(
        f"select distinct on ({POINT}, state, proven) {ENTRY_COLUMNS} from consent_entry"
        f" where workspace_id = %s and ({POINT}) in (select * from {POINT_ARRAYS})"
        f' order by {POINT}, state, proven, at desc, source collate "C" desc, wording collate "C" desc',
        [workspace, *_columns(sorted(set(points)))],
    )
    grouped: dict[Point, list[Entry]] = defaultdict(list)
    for entry in map(_entry, found):
        grouped[_point(entry)].append(entry)
    return grouped


def settle(workspace: WorkspaceId, standing: Sequence[Subscription]) -> None:
    """Write where the points stand now."""
    rows = [(*_point(s), s.state.value, s.since, s.source) for s in standing]
    if not rows:
        return
    database.execute(
        "update consent_subscription s set state = n.state, since = n.since, source = n.source"
        " from unnest(%s::text[], %s::bytea[], %s::text[], %s::text[], %s::timestamptz[], %s::text[])"
        f" n({SUBSCRIPTION}) where s.workspace_id = %s"
        " and (s.channel, s.address_digest, s.topic) = (n.channel, n.address_digest, n.topic)",
        [*(list(column) for column in zip(*rows, strict=True)), workspace],
    )


def states(workspace: WorkspaceId, channel: str, topic: str, digests: list[bytes]) -> dict[bytes, State]:
    """Where these contact points stand."""
    found = database.rows(
        "select address_digest, state from consent_subscription"
        " where workspace_id = %s and channel = %s and topic = %s and address_digest = any(%s::bytea[])",
        [workspace, channel, topic, digests],
    )
    return {bytes(digest): State(state) for digest, state in found}


def of_person(
    workspace: WorkspaceId, profile: ProfileId, also: Iterable[tuple[str, bytes]] = ()
) -> list[Subscription]:
    """Subscriptions of every contact point that the ledger links to this person, and of those named."""
    channels, digests = [list(column) for column in zip(*also, strict=True)] or ([], [])
    found = database.rows(
        f"with recursive {PEOPLE} select {SUBSCRIPTION} from consent_subscription"
        f" where workspace_id = %(workspace)s and (channel, address_digest) in ({MINE}"
        f" union select * from unnest(%(channels)s::text[], %(digests)s::bytea[])) order by {POINT}",
        {"workspace": workspace, "profile": profile, "channels": channels, "digests": digests},
    )
    return [_subscription(row) for row in found]


def history(workspace: WorkspaceId, profile: ProfileId) -> list[Entry]:
    """Every line about this person, oldest first."""
    found = database.rows(
        f"with recursive {PEOPLE} select {ENTRY_COLUMNS} from consent_entry where workspace_id = %(workspace)s"
        f" and ((channel, address_digest) in ({MINE}) or profile_id in (select id from people)) order by at, id",
        {"workspace": workspace, "profile": profile},
    )
    return [_entry(row) for row in found]


def link(workspace: WorkspaceId, winner: ProfileId, loser: ProfileId) -> None:
    """From now on `loser` is found under `winner`."""
    database.execute(
        "insert into consent_merge (workspace_id, winner, loser) values (%s, %s, %s)"
        " on conflict (workspace_id, loser) do update set winner = excluded.winner",
        [workspace, winner, loser],
    )


def unlink(workspace: WorkspaceId, winner: ProfileId, loser: ProfileId) -> int:
    """`loser` is a person of its own again."""
    return database.execute(
        "delete from consent_merge where workspace_id = %s and winner = %s and loser = %s",
        [workspace, winner, loser],
    )


@contextmanager
def erasing() -> Iterator[None]:
    """Let this transaction change the ledger: the one case in which its trigger gives way."""
    database.rows("select set_config('cadenza.erasing', 'on', true)")
    try:
        yield
    finally:
        database.rows("select set_config('cadenza.erasing', '', true)")


def erase(workspace: WorkspaceId, profile: ProfileId, points: list[tuple[str, bytes]]) -> dict[str, int]:
    """Forget a person: what they agreed to goes, what they objected to stays, as a digest that points at nobody.

    Gives table → rows removed or emptied.
    """
    channels, digests = [list(column) for column in zip(*points, strict=True)] or ([], [])
    bound = {"workspace": workspace, "profile": profile, "channels": channels, "digests": digests}
    theirs = "(channel, address_digest) in (select * from unnest(%(channels)s::text[], %(digests)s::bytea[]))"
    objection = "(channel, address_digest, topic, state, at) in (select channel, address_digest, topic, state, since" \
        " from consent_subscription where workspace_id = %(workspace)s and state <> 'given')"  # fmt: skip
    mine = f"workspace_id = %(workspace)s and ({theirs} or profile_id in (select id from people))"
    with erasing():
        removed = database.execute(
            f"with recursive {PEOPLE} delete from consent_entry where {mine} and not ({objection})", bound
        )
        emptied = database.execute(
            f"with recursive {PEOPLE} update consent_entry set profile_id = null, actor = null, ip = null"
            f" where {mine} and (profile_id is not null or actor is not null or ip is not null)", bound
        )  # fmt: skip
        gone = database.execute(
            f"delete from consent_subscription where workspace_id = %(workspace)s and {theirs} and state = 'given'",
            bound,
        )
        links = database.execute(
            f"with recursive {PEOPLE} delete from consent_merge where workspace_id = %(workspace)s"
            " and (loser in (select id from people) or winner in (select id from people))", bound
        )  # fmt: skip
    return {"consent_entry": removed + emptied, "consent_subscription": gone, "consent_merge": links}


def topics(workspace: WorkspaceId) -> list[Topic]:
    """The topics of a workspace, by key."""
    found = database.rows(
        "select key, title, kind from consent_topic where workspace_id = %s order by key", [workspace]
    )
    return [Topic(key, title, TopicKind(kind)) for key, title, kind in found]


def add_topics(workspace: WorkspaceId, topics: Iterable[Topic]) -> None:
    """Add topics that are not there yet."""
    for topic in topics:
        database.execute(
            "insert into consent_topic (workspace_id, key, title, kind) values (%s, %s, %s, %s) on conflict do nothing",
            [workspace, topic.key, topic.title, topic.kind.value],
        )


def wordings(workspace: WorkspaceId, keys: Iterable[str]) -> list[Wording]:
    """Every version of these texts."""
    found = database.rows(
        "select key, language, version, text, sha256, at from consent_wording"
        " where workspace_id = %s and key = any(%s) order by key, language, version",
        [workspace, sorted(set(keys))],
    )
    return [
        Wording(key, language, version, text, bytes(sha), at)
        for key, language, version, text, sha, at in found
    ]


def add_wording(workspace: WorkspaceId, wording: Wording) -> None:
    """Add one version of a text."""
    database.execute(
        "insert into consent_wording (workspace_id, key, language, version, text, sha256, at)"
        " values (%s, %s, %s, %s, %s, %s, %s)",
        [workspace, wording.key, wording.language, wording.version, wording.text, wording.sha256, wording.at],
    )


def _columns(points: Sequence[Point]) -> list[list[Any]]:
    return [[point[i] for point in points] for i in range(3)]


def _subscription(row: database.Row) -> Subscription:
    channel, digest, topic, state, since, source = row
    return Subscription(channel, bytes(digest), topic, State(state), since, source)


def _entry(row: database.Row) -> Entry:
    held = dict(zip((name for name, _ in ENTRY), row, strict=True))
    held["profile"] = held.pop("profile_id")
    held["address_digest"] = bytes(held["address_digest"])
    held["wording_hash"] = bytes(held["wording_hash"]) if held["wording_hash"] is not None else None
    return Entry(**held | {"state": State(held["state"])})
