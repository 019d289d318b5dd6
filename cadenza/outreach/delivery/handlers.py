"""What delivery does when others tell something: mark what readers did, and follow merged people."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from cadenza.base.ids import MessageId
from cadenza.cdp.identity.facts import ProfilesMerged, ProfilesUnmerged
from cadenza.cdp.ingest.facts import EventsStored
from cadenza.cdp.ingest.types import StoredEvent
from cadenza.outreach.delivery import service, store
from cadenza.outreach.tracking.service import SOURCE

MARKS = {"Email Opened": "opened", "Email Link Clicked": "clicked", "Email Unsubscribed": "unsubscribed"}


def on_events_stored(facts: Sequence[EventsStored]) -> None:
    """The first time a person (never a machine) opened, clicked or left."""
    for told in facts:
        seen = [mark for event in told.events if event.name in MARKS and (mark := _mark(event))]
        if seen:
            store.mark(told.workspace, seen)


def _mark(event: StoredEvent) -> tuple[MessageId, str, datetime] | None:
    if event.source != SOURCE or event.properties.get(
        "bot"
    ):  # a write key is public: it may not speak for readers
        return None
    try:
        message = UUID(str(event.properties.get("message_id", "")))
    except ValueError:
        return None
    return MessageId(message), MARKS[event.name], event.at


def on_profiles_merged(facts: Sequence[ProfilesMerged]) -> None:
    """Two people are one: so are their messages."""
    service.follow_merges(facts[0].workspace, [(told.winner, told.loser) for told in facts])


def on_profiles_unmerged(facts: Sequence[ProfilesUnmerged]) -> None:
    """They are two again: to each its own messages."""
    for told in facts:
        service.follow_unmerge(told.workspace, told.loser, told.ids)
