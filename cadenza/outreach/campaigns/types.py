"""The nouns of campaigns: a draft, a campaign as it stands, what can be done with it, and how far it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from cadenza.base.ids import CampaignId, SegmentId, TemplateId
from cadenza.outreach.content.types import Advice
from cadenza.outreach.delivery.types import Counts, Foreseen

PURPOSE = "I.10"
NEWSLETTER = "newsletter"


class State(StrEnum):
    """Where a campaign stands."""

    DRAFT = "draft"
    SCHEDULED = "scheduled"
    SENDING = "sending"
    PAUSED = "paused"
    FINISHED = "finished"
    CANCELLED = "cancelled"


class Move(StrEnum):
    """What can be done with a campaign, by a person or by the clock."""

    SCHEDULE = "schedule"
    UNSCHEDULE = "unschedule"
    SEND = "send"
    PAUSE = "pause"
    RESUME = "resume"
    CANCEL = "cancel"
    FINISH = "finish"


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignDraft:
    """What a marketer decides. `subject` empty: the template's own."""

    name: str
    template: TemplateId | None = None
    include: tuple[SegmentId, ...] = ()
    exclude: tuple[SegmentId, ...] = ()
    subject: str = ""
    topic: str = NEWSLETTER
    channel: str = "email"


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """A campaign as it stands. `reason`: why it paused itself; `late` asks whether to send still."""

    id: CampaignId
    draft: CampaignDraft
    state: State
    reason: str
    purpose: str
    created_at: datetime
    updated_at: datetime
    scheduled_at: datetime | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    audience: int | None = None
    version: int | None = None

    @property
    def name(self) -> str:
        return self.draft.name


@dataclass(frozen=True, slots=True)
class Flaw:
    """What must be mended before a campaign can be sent."""

    detail: str
    at: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Preflight:
    """What would happen if it were sent now. `sampled`: the sums are scaled up from part of a large audience."""

    foreseen: Foreseen
    flaws: tuple[Flaw, ...]
    advice: tuple[Advice, ...]
    sampled: bool = False

    @property
    def is_clear(self) -> bool:
        """Nothing stands in the way."""
        return not self.flaws


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a campaign is. `queued`: how many of the audience have their row already."""

    campaign: Campaign
    counts: Counts
    queued: int

    @property
    def share(self) -> float:
        """From 0 to 1: how much of the audience has ended, in whatever way."""
        audience = self.campaign.audience or 0
        return (self.counts.audience - self.counts.waiting) / audience if audience else 0.0


@dataclass(frozen=True, slots=True)
class TestSend:
    """A test message: when, and how it ended."""

    at: datetime
    actor: str
    outcome: str
    detail: str
