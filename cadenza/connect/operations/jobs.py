"""Jobs of operations: carry out what waits in order, carry imports on, forget what is old."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.db import InterfaceError, OperationalError

from cadenza.base import clock, database, jobs, log
from cadenza.base.ids import WorkspaceId
from cadenza.connect.operations import bulk as bulks
from cadenza.connect.operations import exchange, store

AT_ONCE = 500
STALLED = timedelta(seconds=15)


@jobs.task(queue="operations", retries=10)
def carry_out(workspace: str) -> None:
    """Carry out waiting calls of a workspace, oldest first; what cannot be carried out is kept and blocks nobody."""
    here = WorkspaceId(UUID(workspace))
    for _ in range(AT_ONCE):
        try:
            if not exchange.next_waiting(here):
                return
        except (OperationalError, InterfaceError):
            raise  # the database is away: it is tried again, nothing is lost
        except Exception as error:
            log.get(__name__).error("operation.set_aside", error=type(error).__name__)
            exchange.set_aside(here, error)
    with database.scope(here):
        exchange.defer(here)


@jobs.task(queue="operations", retries=10)
def import_bulk(workspace: str, bulk: str) -> None:
    """Carry a bulk import on from its checkpoint."""
    bulks.carry(WorkspaceId(UUID(workspace)), UUID(bulk))


@jobs.every(seconds=15)
def resume_waiting() -> None:
    """What a dead worker left is taken up again."""
    before = clock.now() - STALLED
    with database.system_scope():
        waiting, unfinished = store.workspaces_waiting(before), store.bulks_waiting(before)
    for here in waiting:
        with database.scope(here):
            exchange.defer(here)
    for here, bulk in unfinished:
        with database.scope(here):
            bulks.defer(here, bulk)


@jobs.every(seconds=3600)
def prune() -> None:
    """Forget old calls."""
    with database.system_scope():
        store.prune(clock.now())
