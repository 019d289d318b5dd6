"""A campaign that has begun: its progress, its report, and its messages one by one."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages as toasts
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_POST, require_safe

from cadenza.base.ids import CampaignId, MessageId, WorkspaceId
from cadenza.base.problem import BadInput, NotFound, Problem
from cadenza.cdp.profiles import service as profiles
from cadenza.cdp.segments import service as segments
from cadenza.insight.reports import service as reports
from cadenza.insight.reports.types import CampaignReport
from cadenza.outreach.campaigns import service as campaigns
from cadenza.outreach.campaigns.types import Campaign, Progress, State
from cadenza.outreach.content import service as content
from cadenza.outreach.delivery import service as delivery
from cadenza.outreach.delivery.types import Message, MessageState
from cadenza.web import charts, paging, reasons, wording

PAGE = 50
WINDOWS = {1: "1 day", 7: "7 days", 30: "30 days"}
USUAL = 7
POLLED = (State.SENDING,)
PAUSES = {
    "late": "Its time came while Cadenza was not running, more than two hours ago. Send it still, or cancel it.",
    "": "Nothing leaves until you let it go on. What was on its way still arrived.",
}
STATES = (
    ("", "Everyone"),
    ("queued", "Waiting"),
    ("sent", "Sent"),
    ("delivered", "Delivered"),
    ("left_out", "Left out"),
    ("bounced", "Bounced"),
    ("failed", "Failed"),
    ("in_doubt", "In doubt"),
    ("cancelled", "Cancelled"),
)


def page(request: HttpRequest, campaign: Campaign) -> HttpResponse:
    """Progress while it runs, the report once anything was sent; both stand on one page."""
    workspace = request.workspace.id  # type: ignore[attr-defined]
    days = _window(request.GET.get("window", ""))
    seen = reports.campaign_report(workspace, campaign.id, timedelta(days=days))
    context = {
        "campaign": campaign,
        "about": _about(workspace, campaign),
        "report": seen,
        "is_running": campaign.state in (State.SENDING, State.PAUSED),
        "days": days,
        "windows": [
            {"value": key, "label": label, "href": f"?window={key}"} for key, label in WINDOWS.items()
        ],
        **_progress(workspace, campaign.id),
        **_pictures(seen),
    }
    return render(request, "campaigns/campaign.html", context)


def _window(told: str) -> int:
    return int(told) if told in {str(one) for one in WINDOWS} else USUAL


def _about(workspace: WorkspaceId, campaign: Campaign) -> dict[str, Any]:
    """What was sent to whom, in the words of then as far as they are kept."""
    draft = campaign.draft
    template = None
    if draft.template:
        template = content.one(workspace, draft.template)
    return {
        "template": template,
        "subject": draft.subject or (template.subject if template else ""),
        "include": [segments.one(workspace, one) for one in draft.include],
        "exclude": [segments.one(workspace, one) for one in draft.exclude],
    }


def _progress(workspace: WorkspaceId, campaign: CampaignId) -> dict[str, Any]:
    seen = campaigns.progress(workspace, campaign)
    return {
        "progress": seen,
        "through": _through(seen),
        "polled": seen.campaign.state in POLLED,
        "paused_because": PAUSES.get(seen.campaign.reason, seen.campaign.reason),
        "left_out": reasons.lines(seen.counts.left_out),
        "left_out_count": sum(seen.counts.left_out.values()),
        "failed": reasons.lines(seen.counts.failed),
        "failed_count": sum(seen.counts.failed.values()),
        "counted": _counted(seen),
    }


def _through(seen: Progress) -> str:
    done = seen.counts.audience - seen.counts.waiting
    return f"{done:,} of {seen.campaign.audience or 0:,}"


def _counted(seen: Progress) -> dict[str, int]:
    """How many messages stand where, by the words of their states."""
    return {state.value: seen.counts.of(state) for state in MessageState} | {"sent_all": seen.counts.sent}


def _pictures(seen: CampaignReport) -> dict[str, Any]:
    reactions = seen.reactions
    return {
        "steps": _steps(seen),
        "chart": _chart(seen) if reactions and reactions.series else None,
        "earnings": _earnings(seen),
        "links": reactions.links if reactions else (),
        "orders": reactions.orders if reactions else 0,
        "buyers": reactions.buyers if reactions else 0,
    }


def _steps(seen: CampaignReport) -> list[charts.Step]:
    base = f"/campaigns/{seen.campaign}/messages"
    steps = [
        charts.Step("Audience", seen.audience, href=base),
        charts.Step("Sent", seen.sent, href=f"{base}?state=sent"),
        charts.Step("Opened", seen.opened, note="Of those who let us count it"),
        charts.Step("Clicked", seen.clicked),
    ]
    return [*steps, charts.Step("Ordered", seen.reactions.buyers)] if seen.reactions else steps


def _chart(seen: CampaignReport) -> charts.TimeChart:
    assert seen.reactions
    series = seen.reactions.series
    opened = charts.Series("Opened", [one.opened for one in series])
    clicked = charts.Series("Clicked", [one.clicked for one in series], colour=2)
    return charts.TimeChart(
        f"First opens and clicks by {seen.reactions.step}", [one.at for one in series], [opened, clicked]
    )


def _earnings(seen: CampaignReport) -> list[charts.Bar]:
    days = seen.reactions.earned_by_day if seen.reactions else ()
    return [
        charts.Bar(f"{day.day} {day:%b}", float(net), wording.money(net, seen.currency))
        for day, net in days[-31:]
    ]


@require_safe
def progress(request: HttpRequest, campaign: UUID) -> HttpResponse:
    """Called by htmx every second while it is being sent; at the end the whole page comes anew, with the report."""
    context = _progress(request.workspace.id, CampaignId(campaign))  # type: ignore[attr-defined]
    found = context["progress"].campaign
    if found.state not in POLLED:
        return HttpResponse(headers={"HX-Refresh": "true"})
    return render(request, "campaigns/_progress.html", {"campaign": found, **context})


@require_safe
def messages(request: HttpRequest, campaign: UUID) -> HttpResponse:
    """One by one: who got it, who did not, and why."""
    workspace, id = request.workspace.id, CampaignId(campaign)  # type: ignore[attr-defined]
    found = campaigns.one(workspace, id)
    state, reason = _state(request.GET.get("state", "")), request.GET.get("reason", "")[:32]
    page = delivery.messages(workspace, id, state=state, reason=reason, after=_after(request), limit=PAGE)
    previous, following = paging.steps(request.GET, str(page.next) if page.next else None)
    counts = delivery.counts(workspace, id)
    why = (
        counts.left_out
        if state is MessageState.LEFT_OUT
        else counts.failed
        if state is MessageState.FAILED
        else {}
    )
    total = _total(counts, state, reason)
    context = {
        "campaign": found,
        "back": f"/campaigns/{id}/",
        "rows": _rows(workspace, page.items),
        "state": state.value if state else "",
        "tabs": _tabs(id, counts),
        "reason": reason,
        "reasons": [
            ("", "Every reason"),
            *((one.reason, f"{reasons.said(one.reason)} ({one.count:,})") for one in reasons.lines(why)),
        ],
        "previous": previous,
        "next": following,
        "shown": paging.shown(request.GET, len(page.items), PAGE, total),
    }
    return render(request, "campaigns/messages.html", context)


def _state(told: str) -> MessageState | None:
    try:
        return MessageState(told) if told else None
    except ValueError:
        raise BadInput("There is no such state.", at="state", hint="Choose one of the list.") from None


def _after(request: HttpRequest) -> MessageId | None:
    told = paging.cursor(request.GET)
    try:
        return MessageId(UUID(told)) if told else None
    except ValueError:
        raise BadInput("This is not a page.", at="after", hint="Begin with the first page.") from None


def _total(counts: Any, state: MessageState | None, reason: str) -> int:
    if reason:
        return int(counts.left_out.get(reason, 0) + counts.failed.get(reason, 0))
    return int(counts.of(state) if state else counts.audience)


def _tabs(campaign: CampaignId, counts: Any) -> list[dict[str, Any]]:
    """The states that somebody stands in, and everyone."""
    sums = {"": counts.audience} | {state.value: counts.of(state) for state in MessageState}
    return [
        {
            "key": key,
            "label": label,
            "count": sums[key],
            "href": f"/campaigns/{campaign}/messages" + (f"?state={key}" if key else ""),
        }
        for key, label in STATES
        if sums[key] or not key
    ]


def _rows(workspace: WorkspaceId, items: Iterable[Message]) -> list[dict[str, Any]]:
    found = list(items)
    known = profiles.many(workspace, [one.profile for one in found if one.profile])
    return [
        {
            "one": one,
            "person": known.get(one.profile) if one.profile else None,
            "href": f"/people/{one.profile}/",
            "why": reasons.said(one.reason) if one.reason else "",
        }
        for one in found
    ]


@require_POST
def resolve(request: HttpRequest, campaign: UUID, message: UUID) -> HttpResponse:
    """Say of a message in doubt what the mail server's log says."""
    workspace = request.workspace.id  # type: ignore[attr-defined]
    arrived = request.POST.get("arrived") == "yes"
    try:
        _of_campaign(workspace, CampaignId(campaign), MessageId(message))
        with transaction.atomic():
            delivery.resolve(workspace, MessageId(message), arrived, str(request.user))
        toasts.success(request, "It counts as sent." if arrived else "It counts as failed.")
    except Problem as problem:
        toasts.error(request, problem.detail)
    return HttpResponseRedirect(f"/campaigns/{campaign}/messages?state=in_doubt")


def _of_campaign(workspace: WorkspaceId, campaign: CampaignId, message: MessageId) -> None:
    if message not in {one.id for one in delivery.in_doubt(workspace, campaign, limit=10_000)}:
        raise NotFound("There is no such message in doubt.")


urls = [
    path("campaigns/<uuid:campaign>/progress", progress, name="campaign-progress"),
    path("campaigns/<uuid:campaign>/messages", messages, name="campaign-messages"),
    path("campaigns/<uuid:campaign>/messages/<uuid:message>/resolve", resolve, name="message-resolve"),
]
