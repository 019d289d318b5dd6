"""The bulk SQL of suppressions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from cadenza.base import database
from cadenza.base.ids import WorkspaceId, new_id

SUPPRESSED = """
select address_digest from contact_policy_suppression
where workspace_id = %s and channel = %s and released_at is null and address_digest = any(%s::bytea[])
"""
SUPPRESS = """
insert into contact_policy_suppression
  (id, workspace_id, channel, address_digest, reason, source, at, released_by, release_reason)
select id, %s, %s, digest, %s, %s, %s, '', '' from unnest(%s::uuid[], %s::bytea[]) as told(id, digest)
on conflict do nothing
"""


def suppressed(workspace: WorkspaceId, channel: str, digests: Sequence[bytes]) -> set[bytes]:
    """Which of these are suppressed now."""
    found = database.rows(SUPPRESSED, [workspace, channel, list(digests)])
    return {bytes(digest) for (digest,) in found}


def suppress(
    workspace: WorkspaceId, channel: str, digests: Sequence[bytes], reason: str, source: str, at: datetime
) -> int:
    """Suppress those that are not yet; gives how many."""
    once = sorted(set(digests))
    return database.execute(
        SUPPRESS, [workspace, channel, reason, source, at, [new_id() for _ in once], once]
    )
