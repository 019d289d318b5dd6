"""Jobs of imports: carry out, check, take up again what a dead worker left, and forget old files."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from cadenza.base import clock, database, disk, jobs
from cadenza.base.ids import ImportId, WorkspaceId
from cadenza.connect.imports import runner, service, store

STALLED = timedelta(seconds=90)
UNUSED, FAULTS = (
    timedelta(days=7),
    timedelta(days=30),
)  # how long uploads that nobody starts, and error files, are kept


@jobs.task(queue="imports", retries=10)
def run_import(workspace: str, run: str) -> None:
    """Carry an import on from its checkpoint."""
    runner.carry(WorkspaceId(UUID(workspace)), ImportId(UUID(run)))


@jobs.task(queue="imports", retries=3)
def check_import(workspace: str, run: str) -> None:
    """Count what an import would do."""
    runner.check(WorkspaceId(UUID(workspace)), ImportId(UUID(run)))


@jobs.every(seconds=30)
def resume_stalled() -> None:
    """Runs whose worker died go on; two workers on one run hinder, but never harm, each other."""
    with database.system_scope():
        left = [(one, "run") for one in store.stalled(clock.now() - STALLED, "running")]
        left += [(one, "check") for one in store.stalled(clock.now() - STALLED, "checking")]
    for (workspace, run), what in left:
        with database.scope(workspace):
            job = run_import if what == "run" else check_import
            jobs.defer(job, once=f"{what}:{run}", workspace=str(workspace), run=str(run))


@jobs.every(seconds=30)
def resume_held() -> None:
    """Runs that waited for room on the disk go on once there is some."""
    if disk.level() >= disk.Level.TIGHT:
        return
    with database.system_scope():
        held = store.held(disk.STOPPED)
    for workspace, run in held:
        with database.scope(workspace):
            service.resume(workspace, run)


@jobs.every(seconds=3600)
def forget_old_files() -> None:
    """Uploads that were never started, and old error files, are removed: they hold personal data."""
    with database.system_scope():
        old = store.outdated(clock.now(), UNUSED, FAULTS)
    for workspace, run in old:
        with database.scope(workspace):
            row = store.row(workspace, run, lock=True)
            store.forget_files(workspace, row)
            store.fault_file(workspace, run).unlink(missing_ok=True)
            row.fault_bytes = 0
            row.state = row.state if row.state in store.OVER else "cancelled"
            row.save()
