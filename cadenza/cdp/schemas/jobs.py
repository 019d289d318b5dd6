"""Housekeeping of the schema register, by the clock."""

from datetime import timedelta

from cadenza.base import clock, jobs
from cadenza.cdp.schemas import service


@jobs.every(seconds=5)
def sum_up() -> None:
    """Bring the register up to date."""
    while service.sum_up():
        pass


@jobs.every(seconds=86400)
def prune() -> None:
    """Forget old counts by day."""
    service.prune(clock.now() - timedelta(days=service.KEPT_DAYS))
