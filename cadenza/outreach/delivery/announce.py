"""Writes out what became of messages as events of their people: what segments, reports and timelines ask.

They are no deeds of these people: nobody is “seen” by them.  Each is told once, whatever is tried again: its name
holds the message and its fate.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cadenza.base import clock
from cadenza.base.ids import CampaignId, MessageId, ProfileId, WorkspaceId
from cadenza.cdp.events.types import CHANNELS
from cadenza.cdp.ingest import service as ingest
from cadenza.cdp.ingest.types import Told
from cadenza.outreach.contact_policy.types import Reason
from cadenza.outreach.delivery import store
from cadenza.outreach.delivery.types import Fate

SOURCE = "delivery"
GONE = Reason.ERASED.value  # of whom nothing is written down


@dataclass(frozen=True, slots=True)
class Fated:
    """What became of one message. `home`: the id that its person had when it was queued; None: nobody is left."""

    message: MessageId
    fate: Fate
    campaign: CampaignId
    channel: str
    profile: ProfileId | None
    home: ProfileId | None
    at: datetime
    reason: str = ""


def announce(workspace: WorkspaceId, fated: Sequence[Fated]) -> None:
    """Write these out, in the caller's transaction."""
    told = [_told(one, one.profile) for one in fated if one.profile is not None and one.reason != GONE]
    if told:
        ingest.accept_all_of(workspace, told, SOURCE)


def _told(one: Fated, profile: ProfileId) -> Told:
    properties: dict[str, Any] = {"campaign_id": str(one.campaign), "message_id": str(one.message)}
    if one.reason:
        properties["reason"] = one.reason
    name = f"{CHANNELS.get(one.channel, one.channel)} {one.fate}"
    return Told(profile, name, properties, f"Message{one.fate}:{one.message}", one.at, one.home)


def leave_out(workspace: WorkspaceId, worker: int, left: Sequence[tuple[MessageId, str, str]]) -> None:
    """These claimed messages are not sent: (id, reason, detail)."""
    now = clock.now()
    announce(
        workspace,
        [
            Fated(message, Fate.LEFT_OUT, campaign, channel, who, home, now, reason)
            for message, campaign, channel, who, home, reason in store.leave_out(workspace, worker, left)
        ],
    )
