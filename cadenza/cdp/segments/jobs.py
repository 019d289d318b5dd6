"""Segments on the clock: all of them every half minute, one of them on demand."""

from __future__ import annotations

from uuid import UUID

from cadenza.base import database, jobs, log
from cadenza.base.ids import SegmentId, WorkspaceId
from cadenza.cdp.segments import models, service

_log = log.get(__name__)


@jobs.every(seconds=30)
def refresh_all() -> None:
    """Every segment of every workspace; a workspace that fails does not stop the next."""
    with database.system_scope():
        found = models.Segment.objects.filter(archived_at=None).values_list("workspace_id", flat=True)
        workspaces = [WorkspaceId(one) for one in found.distinct()]
    for workspace in workspaces:
        try:
            with database.scope(workspace):
                service.refresh(workspace)
        except Exception as error:  # the next workspace must have its turn
            _log.warning("segments.not_refreshed", workspace=str(workspace), error=type(error).__name__)


@jobs.task()
def refresh_one(workspace: str, segment: str) -> None:
    """One segment, soon after it was changed."""
    here = WorkspaceId(UUID(workspace))
    with database.scope(here):
        service.refresh(here, [SegmentId(UUID(segment))])
