"""What the report of a campaign shows: for the campaign's page, which includes `reports/_campaign.html`.

context |= campaign_report.context(workspace, campaign.id, request.GET)
{% include "reports/_campaign.html" %}
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_safe

from cadenza.base.ids import CampaignId, WorkspaceId
from cadenza.cdp.profiles import service as profiles
from cadenza.insight.attribution import service as attribution
from cadenza.insight.attribution.types import AttributedOrder, Earned
from cadenza.insight.reports import service as reports
from cadenza.insight.reports.types import CampaignReport, LinkClicks, Reactions, Reason
from cadenza.outreach.campaigns import service as campaigns
from cadenza.web import charts, reasons, wording

WINDOWS = (1, 7, 14, 30)  # days
USUAL = 7
ORDERS = 10


def context(workspace: WorkspaceId, campaign: CampaignId, query: Mapping[str, str]) -> dict[str, Any]:
    """Everything that `reports/_campaign.html` needs; `query` may name the `window`, in days."""
    days = _window(query)
    report = reports.campaign_report(workspace, campaign, timedelta(days=days))
    found: dict[str, Any] = {
        "report": report, "window": days, "windows": [(one, _days(one)) for one in WINDOWS],
        "sentence": sentence(report), "funnel": funnel(report),
        "left_out": _bars(report.left_out, "caution"), "failed": _bars(report.failed, "critical"),
    }  # fmt: skip
    if report.reactions:
        found |= _reactions(report.reactions, report.currency) | _orders(workspace, campaign, days, None)
    return found


def _window(query: Mapping[str, str]) -> int:
    told = query.get("window", "")
    return int(told) if told in {str(one) for one in WINDOWS} else USUAL


def _days(days: int) -> str:
    return "1 day" if days == 1 else f"{days} days"


def sentence(report: CampaignReport) -> str:
    """The report as one would tell it."""
    if not report.audience:
        return "Nothing has been sent yet."
    if not report.sent:
        return f"It has been sent to none of {wording.thousands(report.audience)} people yet."
    said = [f"It was sent to {wording.thousands(report.sent)} of {wording.thousands(report.audience)} people"]
    said += [f"{wording.percent(report.open_rate.share)} of them opened it"] if report.opened else []
    said += [f"{wording.percent(report.click_rate.share)} clicked"] if report.clicked else []
    return f"{', '.join(said)}.{_earned(report)}"


def _earned(report: CampaignReport) -> str:
    orders = report.revenue.orders
    if not orders:
        return ""
    each = wording.money(report.revenue_per_recipient, report.currency)
    total = wording.money_compact(report.revenue.net, report.currency)
    counted = f"{wording.thousands(orders)} {'order' if orders == 1 else 'orders'}"
    return f" {counted} followed for {total} after refunds, {each} a recipient."


def funnel(report: CampaignReport) -> list[charts.Step]:
    """From the audience to the orders; the notes say who is missing."""
    out = report.left_out_count
    lost = [(report.bounced, "bounced"), (report.failed_count, "failed"), (report.in_doubt, "in doubt"),
            (report.waiting, "still waiting"), (report.cancelled, "cancelled")]  # fmt: skip
    missing = ([f"{wording.thousands(out)} left out"] if out else []) + [
        f"{wording.thousands(n)} {what}" for n, what in lost if n
    ]
    steps = [
        charts.Step("Audience", report.audience),
        charts.Step("Sent", report.sent, note=", ".join(missing)),
    ]
    if report.delivered:
        steps.append(charts.Step("Confirmed", report.delivered, note="Few mail servers confirm an arrival."))
    steps += [charts.Step("Opened", report.opened), charts.Step("Clicked", report.clicked)]
    return [*steps, charts.Step("Ordered", report.reactions.buyers)] if report.reactions else steps


def _bars(counted: Sequence[Reason], tone: str) -> list[charts.Bar]:
    said = reasons.lines({one.reason: one.count for one in counted})
    return [charts.Bar(one.words[:1].upper() + one.words[1:], one.count, tone=tone) for one in said]


def _reactions(found: Reactions, currency: str) -> dict[str, Any]:
    return {
        "pace": _pace(found) if len(found.series) > 1 else None,  # one point is no line
        "earned": _earnings(found.earned_by_day, currency) if len(found.earned_by_day) > 1 else None,
        "links": [charts.Bar(_label(one), one.people) for one in found.links if one.people],
        "machines": found.opens_by_machines + found.clicks_by_machines,
    }


def _pace(found: Reactions) -> charts.TimeChart:
    opened = charts.Series("Opened", [one.opened for one in found.series])
    clicked = charts.Series("Clicked", [one.clicked for one in found.series], colour=2)
    at = [_at(found, one.at) for one in found.series]
    return charts.TimeChart(f"First opens and clicks by {found.step}", at, [opened, clicked])


def _earnings(days: Sequence[tuple[date, Decimal]], currency: str) -> charts.TimeChart:
    net = charts.Series("Revenue", [float(net) for _, net in days], "bars", colour=3)
    return charts.TimeChart("Revenue by day", [day for day, _ in days], [net], currency)


def _at(found: Reactions, at: datetime) -> date:
    return at.date() if found.step == "day" else at


def _label(link: LinkClicks) -> str:
    plain = link.url.removeprefix("https://").removeprefix("http://").rstrip("/")
    return plain if "://" in link.url else f"{plain} (link {link.number}, differs by person)"


@require_safe
def orders(request: HttpRequest, campaign: UUID) -> HttpResponse:
    """Called by htmx below the orders; brings those placed before."""
    days = _window(request.GET)
    campaigns.one(request.workspace.id, CampaignId(campaign))  # type: ignore[attr-defined]
    found = _orders(request.workspace.id, CampaignId(campaign), days, request.GET.get("after"))  # type: ignore[attr-defined]
    return render(request, "reports/_orders.html", {**found, "campaign_id": campaign, "window": days})


def _orders(workspace: WorkspaceId, campaign: CampaignId, days: int, after: str | None) -> dict[str, Any]:
    page = attribution.campaign_orders(workspace, campaign, timedelta(days=days), after, ORDERS)
    known = profiles.many(workspace, {one.profile for one in page.items})
    rows = [
        {"order": one, "person": known.get(one.profile), "later": _later(one), "net": _net(one)}
        for one in page.items
    ]
    return {"orders": rows, "next": page.next, "campaign_id": campaign}


def _net(order: AttributedOrder) -> Earned:
    return Earned(order.currency, 1, order.total, order.refunded)


def _later(order: AttributedOrder) -> str:
    """How long after the click."""
    minutes = int((order.placed_at - order.clicked_at) / timedelta(minutes=1))
    if minutes < 60:
        return f"{max(minutes, 1)} min later"
    return f"{minutes // 60} h later" if minutes < 48 * 60 else f"{minutes // 1440} days later"


urls = [path("reports/campaigns/<uuid:campaign>/orders", orders, name="report-orders")]
