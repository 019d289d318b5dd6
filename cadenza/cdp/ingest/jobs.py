"""Jobs of ingestion: housekeeping by the clock, and sending many rejected events again."""

from uuid import UUID

from cadenza.base import database, jobs
from cadenza.base.config import config
from cadenza.base.ids import WorkspaceId
from cadenza.cdp.ingest import service


@jobs.every(seconds=3600)
def prune() -> None:
    """Forget old requests and message ids."""
    service.prune(config().inbox_days)


@jobs.every(seconds=30)
def resume_replays() -> None:
    """Go on where a worker died."""
    service.resume_replays()


@jobs.task(retries=10)
def replay_all(workspace: str, replay: str) -> None:
    """Send again, some in each transaction; a worker that dies is followed by another, where it stopped."""
    here, which = WorkspaceId(UUID(workspace)), UUID(replay)
    goes_on = True
    while goes_on:
        with database.scope(here):
            goes_on = service.carry_on_replay(here, which)
