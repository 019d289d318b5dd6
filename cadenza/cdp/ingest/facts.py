"""What ingestion tells the others."""

from dataclasses import dataclass

from cadenza.base.fact import Fact
from cadenza.cdp.ingest.types import StoredEvent


@dataclass(frozen=True, kw_only=True)
class EventsStored(Fact):
    """Some events were taken in, in one transaction; `at` is when they were stored."""

    events: tuple[StoredEvent, ...]
