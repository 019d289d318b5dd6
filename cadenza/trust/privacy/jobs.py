"""The watchdog of erasures: what is not done is tried again, until every store has forgotten."""

from __future__ import annotations

from uuid import UUID

from cadenza.base import clock, database, jobs
from cadenza.base.ids import WorkspaceId
from cadenza.trust.privacy import service


@jobs.task()
def carry_out_erasure(workspace: str, request: str) -> None:
    """One try at one erasure, soon after it was asked for."""
    service.carry_out_erasure(WorkspaceId(UUID(workspace)), UUID(request))


@jobs.every(seconds=60)
def finish_erasures() -> None:
    """Try what waits: requests without a job, those of a dead process, and those that a store refused."""
    with database.system_scope():
        due = service.erasures_due(clock.now())
    for workspace, request in due:
        service.carry_out_erasure(workspace, request)
