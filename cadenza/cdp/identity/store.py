"""The bulk statements of identity."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from cadenza.base import database
from cadenza.base.ids import WorkspaceId
from cadenza.cdp.identity.types import Identifier

SEQUENCE_BLOCK = 200


def owners(workspace: WorkspaceId, identifiers: Iterable[Identifier]) -> dict[Identifier, int]:
    """Who these identifiers belong to. One look into the unique index for each, whatever the planner believes."""
    asked = [{"k": kind, "v": value} for kind, value in identifiers]
    found = database.bulk(
        "select a.k, a.v, i.profile_id from json_to_recordset(%s::json) as a(k text, v text) cross join lateral"
        " (select profile_id from identity_identifier"
        " where workspace_id = %s and kind = a.k and value = a.v limit 1) i",
        [database.as_json(asked), workspace],
        binary=True,
    )
    return {Identifier(kind, value): profile for kind, value, profile in found}


def external_ids(workspace: WorkspaceId, profiles: Iterable[int]) -> dict[int, str]:
    """The external id of each of these people that has one."""
    found = database.bulk(
        "select profile_id, min(value) from identity_identifier"
        " where workspace_id = %s and kind = 'external_id' and profile_id = any(%s::bigint[]) group by profile_id",
        [workspace, database.numbers(profiles)],
    )
    return dict(found)  # type: ignore[arg-type]


def fresh_ids(at_once: int = SEQUENCE_BLOCK) -> Iterator[int]:
    """Ids for new people, taken from the sequence in blocks."""
    while True:
        found = database.rows("select nextval('identity_profile_id') from generate_series(1, %s)", [at_once])
        yield from sorted(number for (number,) in found)


def learn(workspace: WorkspaceId, learnt: dict[Identifier, int], at: datetime, source: str) -> None:
    """Remember whose identifiers these are; a device that changed hands is rewritten."""
    told = [{"k": kind, "v": value, "p": profile} for (kind, value), profile in learnt.items()]
    database.bulk(
        "insert into identity_identifier (workspace_id, kind, value, profile_id, first_seen_at, source)"
        " select %s, k, v, p, %s, %s from json_to_recordset(%s::json) as a(k text, v text, p bigint)"
        " on conflict (workspace_id, kind, value) do update set profile_id = excluded.profile_id",
        [workspace, at, source, database.as_json(told)],
    )


def move(workspace: WorkspaceId, winner: int, loser: int) -> list[tuple[str, str]]:
    """Give the loser's identifiers to the winner; gives what moved."""
    return database.rows(
        "update identity_identifier set profile_id = %s where workspace_id = %s and profile_id = %s"
        " returning kind, value",
        [winner, workspace, loser],
    )  # type: ignore[return-value]


def override(workspace: WorkspaceId, winner: int, loser: int) -> list[int]:
    """Point the loser, and all who point at it, to the winner; gives the ids that changed."""
    found = database.rows(
        'update identity_override set "into" = %s where workspace_id = %s and "into" = %s returning profile_id',
        [winner, workspace, loser],
    )
    database.execute(
        'insert into identity_override (workspace_id, profile_id, "into") values (%s, %s, %s)'
        ' on conflict (workspace_id, profile_id) do update set "into" = excluded."into"',
        [workspace, loser, winner],
    )
    return [loser, *(number for (number,) in found)]


def survivors(workspace: WorkspaceId, profiles: Sequence[int]) -> dict[int, int]:
    """Where merged profiles went; those never merged are left out."""
    found = database.rows(
        'select profile_id, "into" from identity_override where workspace_id = %s and profile_id = any(%s)',
        [workspace, list(profiles)],
    )
    return dict(found)  # type: ignore[arg-type]


def merged_into(workspace: WorkspaceId, profile: int) -> list[int]:
    """The ids that this person had before it was merged."""
    found = database.rows(
        'select profile_id from identity_override where workspace_id = %s and "into" = %s order by profile_id',
        [workspace, profile],
    )
    return [number for (number,) in found]


def holders(workspace: WorkspaceId, kind: str, among: Iterable[int] | None) -> list[int]:
    """Who has an identifier of a kind."""
    found = database.bulk(
        "select distinct profile_id from identity_identifier where workspace_id = %s and kind = %s"
        " and (%s::bigint[] is null or profile_id = any(%s::bigint[]))",
        [workspace, kind, *[None if among is None else database.numbers(among)] * 2],
        binary=True,
    )
    return [profile for (profile,) in found]
