"""What campaigns do when others tell something."""

from __future__ import annotations

from collections.abc import Sequence

from cadenza.base import jobs
from cadenza.outreach.campaigns import service
from cadenza.outreach.campaigns.facts import CampaignStarted
from cadenza.outreach.campaigns.jobs import build
from cadenza.outreach.delivery.facts import MailingPaused


def on_mailing_paused(facts: Sequence[MailingPaused]) -> None:
    """Sending stopped by itself: the campaign says why, and waits for a person."""
    for told in facts:
        service.paused_by_itself(told.workspace, told.campaign, told.reason)


def on_campaign_started(facts: Sequence[CampaignStarted]) -> None:
    """Queue its audience as soon as this transaction has been committed."""
    for told in facts:
        campaign = str(told.campaign)
        jobs.defer(build, once=f"campaign {campaign}", workspace=str(told.workspace), campaign=campaign)
