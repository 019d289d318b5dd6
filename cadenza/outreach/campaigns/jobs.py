"""Campaigns on the clock: begin what is due, queue audiences in steps, finish what is done."""

from __future__ import annotations

from uuid import UUID

from cadenza.base import clock, database, jobs, log
from cadenza.base.ids import CampaignId, WorkspaceId
from cadenza.outreach.campaigns import models, service

_log = log.get(__name__)


@jobs.every(seconds=2)
def tick() -> None:
    """Every campaign that may have to move; one that fails does not stop the next."""
    for workspace, campaign in _moving():
        try:
            with database.scope(workspace):
                service.advance(workspace, campaign)
                if service.is_stalled(workspace, campaign):
                    jobs.defer(
                        build, once=f"campaign {campaign}", workspace=str(workspace), campaign=str(campaign)
                    )
        except Exception as error:  # the next campaign must have its turn
            _log.warning("campaign.not_moved", campaign=str(campaign), error=type(error).__name__)


def _moving() -> list[tuple[WorkspaceId, CampaignId]]:
    with database.system_scope():
        found = models.Campaign.objects.filter(state="sending") | models.Campaign.objects.filter(
            state="scheduled", scheduled_at__lte=clock.now()
        )
        return [(WorkspaceId(w), CampaignId(c)) for w, c in found.values_list("workspace_id", "id")]


@jobs.task()
def build(workspace: str, campaign: str) -> None:
    """Queue the audience of a campaign, a step in each transaction; begun again, it goes on where it stopped."""
    here, which = WorkspaceId(UUID(workspace)), CampaignId(UUID(campaign))
    while True:
        with database.scope(here):
            if not service.build(here, which):
                return
