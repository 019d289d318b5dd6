"""Housekeeping of ingestion, by the clock."""

from cadenza.base import jobs
from cadenza.base.config import config
from cadenza.cdp.ingest import service


@jobs.every(seconds=3600)
def prune() -> None:
    """Forget old requests and message ids."""
    service.prune(config().inbox_days)
