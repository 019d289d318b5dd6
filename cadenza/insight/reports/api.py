"""The HTTP door of reports: what a campaign did, and how the workspace is doing. Nothing is changed here."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Query, Router

from cadenza.base.ids import CampaignId, WorkspaceId
from cadenza.insight.attribution import service as attribution
from cadenza.insight.attribution.types import LONGEST_WINDOW
from cadenza.insight.reports import service
from cadenza.insight.reports.tell import tell
from cadenza.insight.reports.types import MOST_DAYS
from cadenza.outreach.campaigns import service as campaigns

PREFIX = "/reports"
router = Router(tags=["Reports"])
Window = Annotated[
    int, Query(ge=1, le=LONGEST_WINDOW.days, description="Days after a click in which an order counts.")
]


def _workspace(request: HttpRequest) -> WorkspaceId:
    return request.workspace  # type: ignore[attr-defined, no-any-return]


@router.get("/overview", summary="How the workspace is doing")
def overview(request: HttpRequest, days: Annotated[int, Query(ge=1, le=MOST_DAYS)] = 30) -> dict[str, Any]:
    """The last days beside as many before, up to the same time of day; days are those of the workspace's time zone."""
    return dict(tell(service.overview(_workspace(request), days)))


@router.get("/campaigns/{id}", summary="What became of a campaign")
def campaign(request: HttpRequest, id: UUID, window: Window = 7) -> dict[str, Any]:
    """Every number of one campaign. Amounts are texts; rates name what they are a share of."""
    return dict(tell(service.campaign_report(_workspace(request), CampaignId(id), timedelta(days=window))))


@router.get("/campaigns/{id}/orders", summary="The orders behind a campaign's revenue")
def orders(
    request: HttpRequest, id: UUID, window: Window = 7, after: str | None = None,
    limit: Annotated[int, Query(ge=1, le=attribution.MOST_ORDERS)] = 50,
) -> dict[str, Any]:  # fmt: skip
    """Newest first, each with the click that it is attributed to. `next` is the `after` of the page that follows."""
    campaigns.one(_workspace(request), CampaignId(id))
    found = attribution.campaign_orders(
        _workspace(request), CampaignId(id), timedelta(days=window), after, limit
    )
    return dict(tell(found))
