"""A campaign that has begun: its progress above its report, and its messages one by one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
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
from cadenza.outreach.campaigns import service as campaigns
from cadenza.outreach.campaigns.types import Campaign, Progress, State
from cadenza.outreach.content import service as content
from cadenza.outreach.delivery import service as delivery
from cadenza.outreach.delivery.types import Message, MessageState
from cadenza.web import campaign_report, paging, reasons
from cadenza.web.gloss import gloss

PAGE = 50
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
    is_running = campaign.state in (State.SENDING, State.PAUSED)
    progress = _progress(workspace, campaign.id)
    sent = progress["progress"].counts.sent
    context = {
        "campaign": campaign,
        "about": _about(workspace, campaign),
        "is_running": is_running,
        "is_reported": bool(campaign.started_at and (sent or not is_running)),
        **progress,
    }
    if context["is_reported"]:
        context |= _report(workspace, campaign.id, request)
    return render(request, "campaigns/campaign.html", context)


def _report(workspace: WorkspaceId, campaign: CampaignId, request: HttpRequest) -> dict[str, Any]:
    """The report, each reason of which leads to the messages behind it."""
    told = campaign_report.context(workspace, campaign, request.GET)
    seen = told["report"]
    for name, lines in (("left_out", seen.left_out), ("failed", seen.failed)):
        base = f"/campaigns/{campaign}/messages?state={name}&reason="
        told[name] = [
            replace(bar, href=base + line.reason) for bar, line in zip(told[name], lines, strict=True)
        ]
    return told


def _about(workspace: WorkspaceId, campaign: Campaign) -> dict[str, Any]:
    """What was sent to whom, in the words of then as far as they are kept."""
    draft = campaign.draft
    template = None
    if draft.template:
        template = content.one(workspace, draft.template)
    labels = {one.path: one.label for one in content.variables(workspace)}
    return {
        "template": template,
        "subject": gloss(draft.subject or (template.subject if template else ""), labels),
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
        "why_left_out": reasons.lines(seen.counts.left_out),
        "left_out_count": sum(seen.counts.left_out.values()),
        "why_failed": reasons.lines(seen.counts.failed),
        "failed_count": sum(seen.counts.failed.values()),
        "counted": _counted(seen),
    }


def _through(seen: Progress) -> str:
    done = seen.counts.audience - seen.counts.waiting
    return f"{done:,} of {seen.campaign.audience or 0:,}"


def _counted(seen: Progress) -> dict[str, int]:
    """How many messages stand where, by the words of their states."""
    return {state.value: seen.counts.of(state) for state in MessageState} | {"sent_all": seen.counts.sent}


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
        "hint": next((one.hint for one in reasons.lines(why) if one.reason == reason), ""),
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
