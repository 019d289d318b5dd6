"""The search on demand, and once a day where it was asked for before."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from cadenza.base import clock, database, jobs, log
from cadenza.base.ids import WorkspaceId
from cadenza.base.problem import Problem
from cadenza.cdp.duplicates import models, service

EVERY = timedelta(hours=24)
_log = log.get(__name__)


@jobs.task(queue="duplicates", retries=3)
def search(workspace: str) -> None:
    """Search through one workspace."""
    service.find_now(WorkspaceId(UUID(workspace)))


@jobs.every(seconds=3600)
def search_again() -> None:
    """Workspaces that have searched once look at who is new or changed, once a day."""
    with database.system_scope():
        due = models.Search.objects.filter(state="finished", finished_at__lt=clock.now() - EVERY)
        workspaces = [WorkspaceId(one) for one in due.values_list("workspace_id", flat=True)]
    for workspace in workspaces:
        try:
            with database.scope(workspace):
                service.find(workspace)
        except Problem as problem:  # the next workspace must have its turn
            _log.info("duplicates.not_searched", workspace=str(workspace), why=problem.title)
