"""What campaigns tell those above."""

from __future__ import annotations

from dataclasses import dataclass

from cadenza.base.fact import Fact
from cadenza.base.ids import CampaignId


@dataclass(frozen=True, kw_only=True)
class CampaignStarted(Fact):
    """A campaign began to send."""

    campaign: CampaignId


@dataclass(frozen=True, kw_only=True)
class CampaignFinished(Fact):
    """Nothing of a campaign waits or is on the wire any more."""

    campaign: CampaignId
