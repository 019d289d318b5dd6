"""Segments on the clock: who was touched, at once; what is due, soon; all of them, now and then; one on demand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from cadenza.base import clock, database, jobs, log
from cadenza.base.ids import SegmentId, WorkspaceId
from cadenza.cdp.segments import mirrors, models, products, service, store, traits
from cadenza.cdp.segments.types import Mode

REBUILD = timedelta(hours=1)  # a fault that nobody told of lasts no longer
REMEMBERED = 1000  # ticks whose people are known by name: longer than a refresh takes

_log = log.get(__name__)


@jobs.every(seconds=0.5)
def follow() -> None:
    """Look at those whom something touched, or time, in every workspace that has segments."""
    for workspace in _workspaces():
        _each(workspace, lambda here: service.tick(here))


@jobs.every(seconds=30)
def refresh_all() -> None:
    """What is due in every workspace; a workspace that fails does not stop the next."""
    for workspace in _workspaces():
        _each(workspace, _refresh_due)


@jobs.every(seconds=600)
def refresh_products() -> None:
    """Product segments: what sells changes by the hour."""
    with database.system_scope():
        found = models.ProductSegment.objects.filter(archived_at=None).values_list("workspace_id", flat=True)
        workspaces = [WorkspaceId(one) for one in found.distinct()]
    for workspace in workspaces:
        _each(workspace, products.refresh_products)


@jobs.every(seconds=300)
def compute_traits() -> None:
    """Traits that are worked out, once a night in the shops that want them."""
    with database.system_scope():
        found = models.Progress.objects.exclude(thresholds={}).values_list("workspace_id", flat=True)
        workspaces = [WorkspaceId(one) for one in found]
    for workspace in workspaces:
        _each(workspace, lambda here: traits.is_due(here) and traits.compute_traits(here))


@jobs.every(seconds=60)
def fill_mirrors() -> None:
    """What was told before the event store mirrored it, once in every workspace."""
    for workspace in mirrors.unfilled():
        try:
            mirrors.fill(workspace)
        except Exception as error:  # it is begun anew in a minute
            _log.warning("segments.not_mirrored", workspace=str(workspace), error=type(error).__name__)


def _workspaces() -> list[WorkspaceId]:
    with database.system_scope():
        found = models.Segment.objects.filter(archived_at=None).values_list("workspace_id", flat=True)
        return [WorkspaceId(one) for one in found.distinct()]


def _each(workspace: WorkspaceId, work: Callable[[WorkspaceId], object]) -> None:
    try:
        with database.scope(workspace):
            work(workspace)
    except Exception as error:  # the next workspace must have its turn
        _log.warning("segments.not_refreshed", workspace=str(workspace), error=type(error).__name__)


def _refresh_due(workspace: WorkspaceId) -> None:
    """Scheduled segments whose time has come, those never found or in trouble; each hour all that follow events."""
    now, progress = clock.now(), store.progress(workspace)
    in_use = models.Segment.objects.filter(workspace_id=workspace, archived_at=None).exclude(mode=Mode.STATIC)
    all_too = progress.rebuilt_at is None or now - progress.rebuilt_at >= REBUILD
    chosen = set(in_use.filter(mode=Mode.REALTIME).values_list("id", flat=True)) if all_too else set()
    fine = models.State.objects.filter(workspace_id=workspace).exclude(refreshed_at=None).filter(problem=None)
    chosen |= set(in_use.exclude(id__in=fine.values("segment_id")).values_list("id", flat=True))
    late = models.State.objects.filter(workspace_id=workspace, due_at__lte=now).values("segment_id")
    chosen |= set(in_use.filter(id__in=late, mode=Mode.SCHEDULED).values_list("id", flat=True))
    if chosen:
        service.refresh(workspace, [SegmentId(one) for one in chosen])
    if all_too:  # said afterwards: a tick writes this row too; unless someone asked meanwhile for another
        seen = models.Progress.objects.filter(workspace_id=workspace, rebuilt_at=progress.rebuilt_at)
        seen.update(rebuilt_at=now)
    store.sweep(workspace, progress.ticks - REMEMBERED)


@jobs.task()
def compute_traits_of(workspace: str) -> None:
    """The traits of one workspace, because somebody asked."""
    here = WorkspaceId(UUID(workspace))
    with database.scope(here):
        traits.compute_traits(here)


@jobs.task()
def refresh_one(workspace: str, segment: str) -> None:
    """One segment, soon after it was changed."""
    here = WorkspaceId(UUID(workspace))
    with database.scope(here):
        service.refresh(here, [SegmentId(UUID(segment))])
