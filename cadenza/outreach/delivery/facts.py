"""What delivery tells those above."""

from __future__ import annotations

from dataclasses import dataclass

from cadenza.base.fact import Fact
from cadenza.base.ids import CampaignId, MessageId, ProfileId


@dataclass(frozen=True, kw_only=True)
class MessageSent(Fact):
    """A server took responsibility for a message."""

    message: MessageId
    campaign: CampaignId
    profile: ProfileId | None
    channel: str


@dataclass(frozen=True, kw_only=True)
class MessageBounced(Fact):
    """A message came back: the address is dead, and suppressed from now on."""

    message: MessageId
    campaign: CampaignId
    profile: ProfileId | None
    channel: str


@dataclass(frozen=True, kw_only=True)
class MailingPaused(Fact):
    """Sending stopped by itself, because every further message would fail alike; `reason` says what to mend."""

    campaign: CampaignId
    reason: str
