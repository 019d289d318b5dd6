"""What others may ask of attribution: earnings of campaigns, by day, and the orders behind them.

Reads all, changes nothing.  Clicks are read for purpose I.22, the orders that followed for purpose I.23.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from cadenza.base import clickhouse, clock
from cadenza.base.ids import CampaignId, ProfileId, WorkspaceId
from cadenza.base.problem import BadInput
from cadenza.insight.attribution.compile import Question, compile
from cadenza.insight.attribution.types import (
    BEGINNING,
    LONGEST_WINDOW,
    WINDOW,
    AttributedOrder,
    CampaignRevenue,
    DayEarned,
    Earned,
    OrderPage,
    Span,
    main_first,
    stamp,
)
from cadenza.trust.accounts import service as accounts
from cadenza.trust.privacy import service as privacy
from cadenza.trust.privacy.types import Read

CLICKS, ORDERS = "I.22", "I.23"
READS = {
    CLICKS: (Read("clicks", "engagement.messages"),),
    ORDERS: (
        Read("clicks", "engagement.messages"),
        Read("campaign", "message.labels"),
        Read("orders", "orders.history"),
    ),
}
MOST_ORDERS = 500


def campaign_revenue(
    workspace: WorkspaceId, campaign: CampaignId, window: timedelta = WINDOW
) -> CampaignRevenue:
    """What one campaign has earned until now, in each currency; the workspace's own comes first."""
    found = by_campaign(workspace, [campaign], window)
    return found.get(campaign) or CampaignRevenue(campaign, 0, 0, ())


def by_campaign(
    workspace: WorkspaceId,
    campaigns: Sequence[CampaignId] | None = None,
    window: timedelta = WINDOW,
    span: Span | None = None,
) -> dict[CampaignId, CampaignRevenue]:
    """What many campaigns (all, where none are named) earned by orders placed in a span; none earned: left out."""
    if campaigns is not None and not campaigns:
        return {}
    question = _question(workspace, campaigns or (), window, span)
    plan = compile("by_campaign", question)
    return _revenues(clickhouse.query(plan.sql, plan.parameters), question.currency)


def by_day(
    workspace: WorkspaceId,
    campaigns: Sequence[CampaignId] = (),
    window: timedelta = WINDOW,
    span: Span | None = None,
) -> tuple[DayEarned, ...]:
    """What campaigns earned day by day, by the workspace's days; days without orders are left out."""
    plan = compile("by_day", _question(workspace, campaigns, window, span))
    found = clickhouse.query(plan.sql, plan.parameters)
    return tuple(DayEarned(day, Earned(*earned)) for day, *earned in found)


def campaign_orders(
    workspace: WorkspaceId,
    campaign: CampaignId,
    window: timedelta = WINDOW,
    after: str | None = None,
    limit: int = 50,
) -> OrderPage:
    """The orders behind a campaign's revenue, newest first, each with the click that it is attributed to."""
    if not 1 <= limit <= MOST_ORDERS:
        raise BadInput("This is too many orders at once.", at="limit", hint=f"Ask for 1 to {MOST_ORDERS}.")
    seen = _seen(after) if after else None
    plan = compile("orders", _question(workspace, [campaign], window, None, seen, limit + 1))
    items = [
        AttributedOrder(row[0], ProfileId(row[1]), *row[2:])
        for row in clickhouse.query(plan.sql, plan.parameters)
    ]
    return OrderPage(tuple(items[:limit]), _cursor(items[limit - 1]) if len(items) > limit else None)


def _question(
    workspace: WorkspaceId, campaigns: Sequence[CampaignId], window: timedelta, span: Span | None,
    after: tuple[str, str] | None = None, limit: int = 50,
) -> Question:  # fmt: skip
    if not timedelta() < window <= LONGEST_WINDOW:
        raise BadInput(
            "This window is out of range.", at="window", hint=f"Use up to {LONGEST_WINDOW.days} days."
        )
    for purpose, reads in READS.items():
        privacy.check(workspace, purpose, reads)
    here = accounts.workspace(workspace)
    span = span or Span(BEGINNING, clock.now())
    return Question(workspace, span, here.currency, campaigns, window, here.time_zone, after, limit)


def _revenues(rows: Iterable[tuple[object, ...]], currency: str) -> dict[CampaignId, CampaignRevenue]:
    whole: dict[str, tuple[int, int]] = {}
    parts: dict[str, list[Earned]] = {}
    for campaign, money, is_whole, orders, people, total, refunded in rows:
        if is_whole:
            whole[str(campaign)] = (int(str(orders)), int(str(people)))
        else:
            earned = Earned(str(money), int(str(orders)), Decimal(str(total)), Decimal(str(refunded)))
            parts.setdefault(str(campaign), []).append(earned)
    return {
        known: CampaignRevenue(known, *whole[name], main_first(parts[name], currency))
        for name in whole
        if (known := _campaign(name))
    }


def _campaign(text: str) -> CampaignId | None:
    """Events come from outside too: what is no id names no campaign of ours."""
    try:
        return CampaignId(UUID(text))
    except ValueError:
        return None


def _cursor(last: AttributedOrder) -> str:
    return base64.urlsafe_b64encode(f"{stamp(last.placed_at)}|{last.number}".encode()).decode().rstrip("=")


def _seen(cursor: str) -> tuple[str, str]:
    try:
        told = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        at, _, number = told.partition("|")
        return stamp(datetime.fromisoformat(f"{at}+00:00")), number
    except (ValueError, binascii.Error):
        raise BadInput(
            "This is not a place in the list.", at="after", hint="Use `next` of the page before."
        ) from None
