"""What others may ask of reports: one campaign, many campaigns in a line each, and the overview of a workspace.

Reads all, changes nothing.  Numbers of messages come from delivery, which is the truth about them; what needs
the event store is left out, and said, while it is away: a report opens all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from typing import TypeVar

from cadenza.base import clickhouse, clock, log
from cadenza.base.ids import CampaignId, WorkspaceId
from cadenza.base.problem import BadInput, Problem
from cadenza.cdp.catalog import service as catalog
from cadenza.cdp.orders import service as orders
from cadenza.cdp.profiles import service as profiles
from cadenza.cdp.segments import service as segments
from cadenza.cdp.segments.types import Segment
from cadenza.insight.attribution import service as attribution
from cadenza.insight.attribution.types import BEGINNING, WINDOW, CampaignRevenue, Span
from cadenza.insight.reports.compile import Subject, compile, of_campaigns, of_period
from cadenza.insight.reports.divide import divide
from cadenza.insight.reports.gather import gather
from cadenza.insight.reports.sample import sample
from cadenza.insight.reports.tally import Found, Rows, tally
from cadenza.insight.reports.types import (
    MOST_DAYS,
    CampaignLine,
    CampaignReport,
    Figures,
    LinkClicks,
    Overview,
    Period,
    Reactions,
    Reason,
    SegmentLine,
    Standing,
)
from cadenza.outreach.campaigns import service as campaigns
from cadenza.outreach.campaigns.types import Campaign
from cadenza.outreach.delivery import service as delivery
from cadenza.outreach.delivery.types import Counts, MessageState
from cadenza.trust.accounts import service as accounts
from cadenza.trust.accounts.types import Workspace
from cadenza.trust.privacy import service as privacy
from cadenza.trust.privacy.types import Read

ADVERTISING, NEWSLETTERS, CUSTOMERS = "I.22", "I.23", "I.24"
READS = {
    ADVERTISING: (
        Read("events by day", "behaviour.site"),
        Read("opens and clicks by hour", "engagement.messages"),
    ),
    NEWSLETTERS: (
        Read("campaign", "message.labels"),
        Read("opens and clicks", "engagement.messages"),
        Read("orders", "orders.history"),
    ),
    CUSTOMERS: (
        Read("orders", "orders.history"),
        Read("products bought", "behaviour.catalog"),
        Read("segments", "segments.membership"),
    ),
}
LARGEST_SEGMENTS, LATEST_CAMPAIGNS = 6, 5

Given = TypeVar("Given")
_log = log.get(__name__)


def overview(workspace: WorkspaceId, days: int = 30) -> Overview:
    """A workspace over the last days, beside as many days before. Opens without the event store too."""
    if not 1 <= days <= MOST_DAYS:
        raise BadInput("This period is out of range.", at="days", hint=f"Ask for 1 to {MOST_DAYS} days.")
    _check(workspace, READS)
    here = accounts.workspace(workspace)
    period = divide(days, here.time_zone, clock.now())
    figures, problem = _unless_away(lambda: _figures(here, period))
    listed, kept = campaigns.all(workspace), segments.all(workspace)
    latest = _lines(here, listed[:LATEST_CAMPAIGNS], known=problem is None)
    return Overview(
        period.now.until, period, here.currency, _standing(workspace, len(kept), len(listed)), figures, problem,
        _sizes(workspace, kept, period), latest,
    )  # fmt: skip


def campaign_report(
    workspace: WorkspaceId, campaign: CampaignId, window: timedelta = WINDOW
) -> CampaignReport:
    """Everything that became of one campaign; raises NotFound."""
    _check(workspace, (NEWSLETTERS, ADVERTISING))
    here, one, now = accounts.workspace(workspace), campaigns.one(workspace, campaign), clock.now()
    counts = delivery.counts(workspace, campaign)
    reactions, problem = _unless_away(lambda: _reactions(here, campaign, window, Span(BEGINNING, now)))
    return CampaignReport(
        campaign, one.name, now, window, here.currency,
        audience=counts.audience, waiting=counts.waiting, left_out=_reasons(counts.left_out), sent=counts.sent,
        delivered=counts.of(MessageState.DELIVERED), bounced=counts.of(MessageState.BOUNCED),
        failed=_reasons(counts.failed), in_doubt=counts.of(MessageState.IN_DOUBT),
        cancelled=counts.of(MessageState.CANCELLED), opened=counts.opened, clicked=counts.clicked,
        unsubscribed=counts.unsubscribed, reactions=reactions, problem=problem,
    )  # fmt: skip


def campaign_lines(workspace: WorkspaceId, chosen: Sequence[CampaignId]) -> dict[CampaignId, CampaignLine]:
    """The key numbers of many campaigns: for lists."""
    _check(workspace, (NEWSLETTERS,))
    listed = [one for one in campaigns.all(workspace) if one.id in set(chosen)]
    return {line.id: line for line in _lines(accounts.workspace(workspace), listed)}


def _check(workspace: WorkspaceId, named: Iterable[str]) -> None:
    for purpose in named:
        privacy.check(workspace, purpose, READS[purpose])


def _unless_away(ask: Callable[[], Given]) -> tuple[Given | None, str | None]:
    try:
        return ask(), None
    except Problem as away:
        _log.warning("reports.without_events", status=away.status)
        return None, str(away)


def _ask(subject: Subject, values: dict[str, object]) -> Rows:
    return clickhouse.query(*compile(subject, values))


def _figures(here: Workspace, period: Period) -> Figures:
    values = of_period(here.id, period, here.currency)
    goods = _ask("goods", values)
    found = Found(
        trade=_ask("trade", values),
        goods=goods,
        people=_ask("people", values),
        deeds=_ask("deeds", values),
        earned=attribution.by_day(here.id, span=Span(period.before.since, period.now.until)),
        labels={
            key: one.name
            for key, one in catalog.many(here.id, [row[1] for row in goods if row[0] == "product"]).items()
        },
    )
    return tally(found, period, here.currency)


def _standing(workspace: WorkspaceId, segments_kept: int, campaigns_made: int) -> Standing:
    sums = orders.totals(workspace)
    return Standing(
        profiles.count(workspace),
        sums.orders,
        sums.revenue - sums.refunded,
        catalog.count(workspace),
        segments_kept,
        campaigns_made,
    )


def _sizes(workspace: WorkspaceId, kept: Iterable[Segment], period: Period) -> tuple[SegmentLine, ...]:
    largest = sorted(kept, key=lambda one: (-(one.count or 0), one.name))[:LARGEST_SEGMENTS]
    return tuple(
        SegmentLine(
            one.id,
            one.name,
            one.count,
            sample([(g.at, g.count) for g in segments.growth(workspace, one.id)], period.now),
        )
        for one in largest
    )


def _lines(here: Workspace, listed: Sequence[Campaign], known: bool = True) -> tuple[CampaignLine, ...]:
    earned, problem = (
        _unless_away(lambda: attribution.by_campaign(here.id, [one.id for one in listed]))
        if known
        else ({}, "away")
    )
    return tuple(
        _line(here, one, delivery.counts(here.id, one.id), None if problem else earned or {})
        for one in listed
    )


def _line(
    here: Workspace, one: Campaign, counts: Counts, earned: dict[CampaignId, CampaignRevenue] | None
) -> CampaignLine:
    own = (
        earned.get(one.id, CampaignRevenue(one.id, 0, 0, ())).in_currency(here.currency)
        if earned is not None
        else None
    )
    return CampaignLine(
        one.id,
        one.name,
        one.state.value,
        one.started_at or one.scheduled_at or one.updated_at,
        counts.audience,
        counts.sent,
        counts.opened,
        counts.clicked,
        own,
    )


def _reasons(counted: object) -> tuple[Reason, ...]:
    told = dict(counted)  # type: ignore[call-overload]
    return tuple(Reason(reason, n) for reason, n in sorted(told.items(), key=lambda one: (-one[1], one[0])))


def _reactions(here: Workspace, campaign: CampaignId, window: timedelta, span: Span) -> Reactions:
    values = of_campaigns(here.id, [campaign], span, here.time_zone)
    rows = _ask("reactions", values)
    step, series = gather(((hour, name, people) for hour, name, people, _ in rows), here.time_zone)
    revenue = attribution.campaign_revenue(here.id, campaign, window)
    days = attribution.by_day(here.id, [campaign], window)
    return Reactions(
        step, series, tuple(LinkClicks(*row) for row in _ask("links", values)),
        opens_by_machines=sum(row[3] for row in rows if row[1] == "Email Opened"),
        clicks_by_machines=sum(row[3] for row in rows if row[1] == "Email Link Clicked"),
        orders=revenue.orders, buyers=revenue.people, earned=revenue.by_currency,
        earned_by_day=tuple((one.day, one.earned.net) for one in days if one.earned.currency == here.currency),
    )  # fmt: skip
