"""The rows of privacy: instructions, erasures, tombstones; and which models say that they are personal."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.apps import apps

from cadenza.base import database
from cadenza.base.ids import ProfileId, WorkspaceId
from cadenza.trust.privacy import models
from cadenza.trust.privacy.types import Action, ErasureState, Holding, Instruction, Receipt

BURY = """
insert into privacy_tombstone (workspace_id, kind, digest, erased_at)
select %s::uuid, *, %s::timestamptz from unnest(%s::text[], %s::bytea[])
on conflict (workspace_id, kind, digest)
do update set erased_at = greatest(privacy_tombstone.erased_at, excluded.erased_at)
"""
BURIED = """
select kind, digest, erased_at from privacy_tombstone
where workspace_id = %s and (kind, digest) in (select * from unnest(%s::text[], %s::bytea[]))
"""
# A running one whose process died, and a partial one that has waited longer after each try, at most a day.
DUE = """
select workspace_id, id from privacy_erasure
where state <> 'complete' and case state
  when 'received' then requested_at <= %(now)s - interval '1 minute'
  when 'running' then tried_at <= %(now)s - interval '15 minutes'
  else tried_at <= %(now)s - least(interval '1 day', interval '1 minute' * 2 ^ least(tries, 11)) end
order by requested_at
"""
TAKE = """
update privacy_erasure set state = 'running', tried_at = %(now)s, tries = tries + 1
where workspace_id = %(workspace)s and id = %(id)s
  and (state in ('received', 'partial') or (state = 'running' and tried_at <= %(stale)s))
"""
LONGEST_TRY = timedelta(minutes=15)


def instructions(workspace: WorkspaceId, purpose: str | None = None) -> list[Instruction]:
    """The decisions of a workspace, oldest first."""
    found = models.Instruction.objects.filter(workspace_id=workspace).order_by("number")
    return [
        Instruction(row.number, row.purpose, row.category, Action(row.action), row.by, row.reason, row.at)
        for row in (found.filter(purpose=purpose) if purpose else found)
    ]


def instruct(workspace: WorkspaceId, made: Instruction) -> None:
    """Write one decision."""
    models.Instruction.objects.create(
        workspace_id=workspace,
        number=made.number,
        purpose=made.purpose,
        category=made.category,
        action=made.action.value,
        by=made.by,
        reason=made.reason,
        at=made.at,
    )


def open_erasure(workspace: WorkspaceId, profile: ProfileId) -> models.Erasure | None:
    """The erasure of this person that is not complete yet."""
    found = models.Erasure.objects.filter(workspace_id=workspace, profile_id=profile)
    return found.exclude(state=ErasureState.COMPLETE.value).first()


def erasures(workspace: WorkspaceId, profile: ProfileId | None = None) -> list[models.Erasure]:
    """Erasures of a workspace, or of one person, newest first."""
    found = models.Erasure.objects.filter(workspace_id=workspace).order_by("-requested_at", "-id")
    return list(found.filter(profile_id=profile) if profile is not None else found)


def count(row: models.Erasure, counts: dict[str, dict[str, int]]) -> None:
    """Keep what has been removed so far, in the transaction that removed it."""
    models.Erasure.objects.filter(workspace_id=row.workspace_id, id=row.id).update(counts=counts)


def take(workspace: WorkspaceId, id: UUID, now: datetime) -> bool:
    """Claim an erasure for one try; False where it is complete or somebody else is at it."""
    return bool(
        database.execute(TAKE, {"workspace": workspace, "id": id, "now": now, "stale": now - LONGEST_TRY})
    )


def due(now: datetime) -> list[tuple[WorkspaceId, UUID]]:
    """Erasures that wait for a try, of all workspaces."""
    return [(WorkspaceId(workspace), id) for workspace, id in database.rows(DUE, {"now": now})]


def bury(workspace: WorkspaceId, digests: Iterable[tuple[str, bytes]], at: datetime) -> int:
    """Remember identifiers as erased at a moment."""
    ordered = sorted(set(digests))
    columns = [kind for kind, _ in ordered], [digest for _, digest in ordered]
    return database.execute(BURY, [workspace, at, *columns])


def has_buried(workspace: WorkspaceId) -> bool:
    """Whether anybody was erased in this workspace."""
    return bool(database.rows("select 1 from privacy_tombstone where workspace_id = %s limit 1", [workspace]))


def buried(workspace: WorkspaceId, digests: Iterable[tuple[str, bytes]]) -> dict[tuple[str, bytes], datetime]:
    """Which of these identifiers were erased, and when last."""
    ordered = sorted(set(digests))
    columns = [kind for kind, _ in ordered], [digest for _, digest in ordered]
    return {(kind, bytes(digest)): at for kind, digest, at in database.rows(BURIED, [workspace, *columns])}


def receipt(row: models.Erasure, kept: dict[str, str]) -> Receipt:
    """A row as others may hold it."""
    return Receipt(
        id=row.id,
        workspace=WorkspaceId(row.workspace_id),
        profile=ProfileId(row.profile_id),
        state=ErasureState(row.state),
        by=row.by,
        reason=row.reason,
        requested_at=row.requested_at,
        completed_at=row.completed_at,
        tries=row.tries,
        counts=row.counts,
        failures=row.failures,
        kept=kept,
        tombstones=row.tombstones,
    )


def holdings() -> list[Holding]:
    """Every personal field that a model declares."""
    return sorted(
        (
            Holding(model._meta.db_table, field, category)
            for model in apps.get_models()
            for field, category in _personal(model).items()
        ),
        key=lambda h: (h.category, h.place, h.field),
    )


def tables_of(label: str) -> frozenset[str]:
    """The tables of one module that say whether they are personal."""
    return frozenset(
        m._meta.db_table for m in apps.get_models() if m._meta.app_label == label and "PERSONAL" in vars(m)
    )


def _personal(model: Any) -> dict[str, str]:
    return getattr(model, "PERSONAL", {})
