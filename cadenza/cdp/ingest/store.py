"""The bulk statements of ingestion."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from cadenza.base import database
from cadenza.base.ids import WorkspaceId, new_id
from cadenza.cdp.ingest.types import Flaw


def first_time(workspace: WorkspaceId, messages: Sequence[UUID], at: datetime) -> set[UUID]:
    """Which of these messages were never taken in before; they are remembered now.

    In one order for all: pipelines side by side never wait for each other in a ring.
    """
    found = database.bulk(
        "insert into ingest_seen (workspace_id, message, at)"
        " select %s, message, %s from unnest(string_to_array(%s, ',')::uuid[]) as a(message)"
        " on conflict do nothing returning message",
        [workspace, at, ",".join(sorted({message.hex for message in messages}))],
        binary=True,
    )
    return {message for (message,) in found}


def reject(
    workspace: WorkspaceId, rejected: Sequence[tuple[Flaw, bytes]], received_at: datetime, source: str
) -> None:
    """Keep items that were not taken in."""
    if not rejected:
        return
    flaws = [flaw for flaw, _ in rejected]
    database.execute(
        "insert into ingest_rejectedevent (id, workspace_id, received_at, source, code, detail, at, payload)"
        " select id, %s, %s, %s, code, detail, at, payload"
        " from unnest(%s::uuid[], %s::text[], %s::text[], %s::text[], %s::bytea[]) as a(id, code, detail, at, payload)",
        [workspace, received_at, source, [new_id() for _ in flaws], [f.code for f in flaws],
         [f.detail[:400] for f in flaws], [f.at[:200] for f in flaws], [payload for _, payload in rejected]],
    )  # fmt: skip


def rejected_with(workspace: WorkspaceId, needles: Sequence[bytes]) -> list[tuple[UUID, bytes]]:
    """The rejected items in which one of the byte strings occurs."""
    found = database.rows(
        "select id, payload from ingest_rejectedevent where workspace_id = %s"
        " and exists (select 1 from unnest(%s::bytea[]) n where position(n in payload) > 0)",
        [workspace, list(needles)],
    )
    return [(id, bytes(payload)) for id, payload in found]


def forget_rejected(workspace: WorkspaceId, ids: Sequence[UUID]) -> int:
    """Delete these rejected items."""
    return database.execute(
        "delete from ingest_rejectedevent where workspace_id = %s and id = any(%s)", [workspace, list(ids)]
    )


def prune_seen(before: datetime) -> int:
    """Forget message ids older than the window of deduplication."""
    return database.execute("delete from ingest_seen where at < %s", [before])
