"""Housekeeping of the inbox, by the clock."""

from cadenza.base import jobs
from cadenza.base.inbox import service


@jobs.every(seconds=600)
def watch() -> None:
    """See that what was accepted is still kept as it was promised."""
    service.watch()
