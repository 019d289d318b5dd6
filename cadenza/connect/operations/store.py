"""The statements of operations that must be exact: who comes first with a transactionId, and what waits in order."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count

from cadenza.base import database
from cadenza.base.ids import ProfileId, WorkspaceId
from cadenza.connect.operations import models
from cadenza.connect.operations.types import Logged, Mode, Operation, Point, Tree

KEPT = timedelta(days=30)
PLAIN_KEPT = timedelta(days=3)  # calls without a transactionId: for the page alone
# A second one waits here until the first has committed, and then finds its answer.
CLAIM = """
insert into operations_call (workspace_id, point_id, operation_id, transaction_id, at, mode, status, took_ms, message)
values (%s, %s, %s, %s, %s, %s, '', 0, '') on conflict do nothing returning id
"""


def claim(
    workspace: WorkspaceId, point: UUID, operation: UUID, transaction: str | None, mode: Mode, at: datetime
) -> int | None:
    """The number of this call; None where one with its transactionId was made before."""
    found = database.rows(CLAIM, [workspace, point, operation, transaction, at, mode])
    return int(found[0][0]) if found else None


def finish(
    workspace: WorkspaceId, call: int, status: str, took_ms: int, profile: ProfileId | None, answer: Tree | None,
    message: str = "",
) -> None:  # fmt: skip
    """Write down how the call ended."""
    models.Call.objects.filter(workspace_id=workspace, id=call).update(
        status=status, took_ms=took_ms, profile_id=profile, answer=answer, message=message[:200]
    )


def first_answer(workspace: WorkspaceId, point: UUID, operation: UUID, transaction: str) -> Tree | None:
    """The answer that the first call with this transactionId got; None where it was forgotten with its person."""
    row = models.Call.objects.filter(
        workspace_id=workspace, point_id=point, operation_id=operation, transaction_id=transaction
    ).first()
    return row.answer if row else None


def counts(workspace: WorkspaceId, since: datetime) -> dict[UUID, dict[str, int]]:
    """How many calls of each operation ended how."""
    found: dict[UUID, dict[str, int]] = {}
    rows = models.Call.objects.filter(workspace_id=workspace, at__gte=since).values_list(
        "operation_id", "status"
    )
    for operation, status, number in rows.annotate(n=Count("id")).order_by("status"):
        found.setdefault(operation, {})[status] = number
    return found


def last_calls(workspace: WorkspaceId, operation: UUID, limit: int) -> list[Logged]:
    """The newest calls of an operation."""
    rows = models.Call.objects.filter(workspace_id=workspace, operation_id=operation).order_by("-at")[:limit]
    return [Logged(row.at, row.mode, row.status, row.took_ms, row.message) for row in rows]


def oldest_waiting(workspace: WorkspaceId) -> models.Waiting | None:
    """The next call to carry out, held by this transaction."""
    rows = models.Waiting.objects.select_for_update().filter(workspace_id=workspace, failed_at=None)
    return rows.order_by("seq").first()


def workspaces_waiting(before: datetime) -> set[WorkspaceId]:
    """Where calls wait that came before this moment."""
    rows = models.Waiting.objects.filter(failed_at=None, received_at__lt=before)
    return {WorkspaceId(one) for one in rows.values_list("workspace_id", flat=True).distinct()}


def bulks_waiting(before: datetime) -> list[tuple[WorkspaceId, UUID]]:
    """Bulk imports that came before this moment and are not over."""
    rows = models.Bulk.objects.filter(state__in=("waiting", "running"), created_at__lt=before)
    return [(WorkspaceId(workspace), id) for workspace, id in rows.values_list("workspace_id", "id")]


def bulks_since(workspace: WorkspaceId, point: UUID, since: datetime) -> list[datetime]:
    """When the bulk imports of a point since a moment came, oldest first."""
    rows = models.Bulk.objects.filter(workspace_id=workspace, point_id=point, created_at__gt=since)
    return list(rows.order_by("created_at").values_list("created_at", flat=True))


def prune(now: datetime) -> None:
    """Forget old calls, and calls that failed long ago."""
    old = models.Call.objects.filter(at__lt=now - PLAIN_KEPT, transaction_id=None)
    old.delete()
    models.Call.objects.filter(at__lt=now - KEPT).delete()
    models.Waiting.objects.filter(failed_at__lt=now - KEPT).delete()


def erase(workspace: WorkspaceId, profiles: Sequence[ProfileId]) -> int:
    """Forget the answers that these people were in; that a transactionId was used stays known."""
    rows = models.Call.objects.filter(workspace_id=workspace, profile_id__in=list(profiles))
    return rows.update(answer=None, profile_id=None)


def waiting_with(workspace: WorkspaceId) -> list[tuple[int, bytes]]:
    """Every waiting or failed call with what it says."""
    rows = models.Waiting.objects.filter(workspace_id=workspace).values_list("seq", "payload")
    return [(seq, bytes(payload)) for seq, payload in rows]


def drop_waiting(workspace: WorkspaceId, seqs: Sequence[int]) -> int:
    """Forget these calls."""
    return models.Waiting.objects.filter(workspace_id=workspace, seq__in=list(seqs)).delete()[0]


def put_waiting(workspace: WorkspaceId, point: UUID, operation: UUID, at: datetime, payload: bytes) -> None:
    """Let a call wait for its turn."""
    models.Waiting.objects.create(
        workspace_id=workspace, point_id=point, operation_id=operation, received_at=at, payload=payload
    )


def point_of(workspace: WorkspaceId, point: UUID) -> Point | None:
    """An integration point."""
    row = models.Point.objects.filter(workspace_id=workspace, id=point).first()
    return as_point(row) if row else None


def operation_of(workspace: WorkspaceId, operation: UUID) -> Operation | None:
    """An operation, enabled or not: what was accepted is carried out."""
    row = models.Operation.objects.filter(workspace_id=workspace, id=operation).first()
    return as_operation(row) if row else None


def as_point(row: models.Point) -> Point:
    """A row as a noun."""
    return Point(
        row.id, WorkspaceId(row.workspace_id), row.endpoint, row.name, row.external_system, row.brand, row.touchpoint,
        tuple(row.sites), row.created_at,
    )  # fmt: skip


def as_operation(row: models.Operation) -> Operation:
    """A row as a noun."""
    return Operation(
        row.id, row.point_id, row.name, row.kind, row.target, tuple(row.accepts), tuple(row.returns), row.access,  # type: ignore[arg-type]
        row.enabled,
    )  # fmt: skip


def fields_of(row: Any, names: Sequence[str]) -> dict[str, Any]:
    """Some fields of a row by name."""
    return {name: getattr(row, name) for name in names}
