"""The pages of campaigns: all of them, the editor with its forecast, sending, and how far it is."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cadenza.base.ids import CampaignId, SegmentId, TemplateId, WorkspaceId
from cadenza.base.problem import BadInput, Problem
from cadenza.cdp.segments import service as segments
from cadenza.channels.email import service as email
from cadenza.insight.reports import service as reports
from cadenza.outreach.campaigns import service as campaigns
from cadenza.outreach.campaigns.types import Campaign, CampaignDraft, State
from cadenza.outreach.content import service as content
from cadenza.trust.consent import service as consent
from cadenza.trust.consent.types import OPEN_TRACKING
from cadenza.web import campaign_pages, reasons
from cadenza.web.gloss import gloss

NEWSLETTER = "newsletter"
EDITABLE = (State.DRAFT, State.SCHEDULED)
RUNNING = (State.SENDING, State.PAUSED)
GROUPS: dict[str, tuple[str, tuple[State, ...]]] = {
    "": ("All", tuple(State)),
    "drafts": ("Drafts", (State.DRAFT,)),
    "coming": ("Coming", (State.SCHEDULED,)),
    "running": ("Running", RUNNING),
    "over": ("Done", (State.FINISHED, State.CANCELLED)),
}
FIELDS = ("name", "template", "subject", "topic", "include", "exclude")


@require_safe
def listed(request: HttpRequest) -> HttpResponse:
    """All campaigns, newest first, with their key numbers."""
    workspace = request.workspace.id  # type: ignore[attr-defined]
    everything = campaigns.all(workspace)
    asked = request.GET.get("show", "")
    group = asked if asked in GROUPS else ""
    found = [one for one in everything if one.state in GROUPS[group][1]]
    numbers = reports.campaign_lines(workspace, [one.id for one in found])
    moving = any(one.state is State.SENDING for one in found)
    context = {
        "rows": [_row(workspace, one, numbers.get(one.id)) for one in found],
        "group": group,
        "moving": moving,
        "everything": len(everything),
        "currency": request.workspace.currency,  # type: ignore[attr-defined]
        "tabs": _tabs(everything),
    }
    return render(request, "campaigns/list.html", context)


def _row(workspace: WorkspaceId, one: Campaign, numbers: Any) -> dict[str, Any]:
    """`done` is how many of the audience are through, while it is being sent."""
    sending = one.state in RUNNING and one.started_at
    done = campaigns.progress(workspace, one.id).share if sending else None
    when = one.scheduled_at if one.state is State.SCHEDULED else one.started_at or one.updated_at
    return {"one": one, "numbers": numbers if one.started_at else None, "done": done, "when": when}


def _tabs(everything: list[Campaign]) -> list[dict[str, Any]]:
    return [
        {
            "key": key,
            "label": label,
            "href": f"/campaigns/?show={key}" if key else "/campaigns/",
            "count": sum(one.state in states for one in everything),
        }
        for key, (label, states) in GROUPS.items()
    ]


@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """GET: the empty editor; `?segment=` and `?template=` are chosen already. POST: a draft."""
    workspace = request.workspace.id  # type: ignore[attr-defined]
    if request.method == "GET":
        return _editor(request, None, _told(request.GET) | _first_name(workspace))
    try:
        made = campaigns.create(workspace, _draft(request.POST), str(request.user))
    except Problem as problem:
        return _editor(request, None, _told(request.POST), problem)
    messages.success(request, "The draft is kept.")
    return HttpResponseRedirect(f"/campaigns/{made.id}/")


def _first_name(workspace: WorkspaceId) -> dict[str, Any]:
    return {"name": f"Campaign {len(campaigns.all(workspace)) + 1}"}


@require_http_methods(["GET", "POST"])
def campaign(request: HttpRequest, campaign: UUID) -> HttpResponse:
    """GET: the editor before it is sent, then progress and report. POST: change a draft; htmx does as one types."""
    id = CampaignId(campaign)
    if request.method == "POST":
        return _save(request, id)
    found = campaigns.one(request.workspace.id, id)  # type: ignore[attr-defined]
    if found.state in EDITABLE:
        return _editor(request, found, _told_of(found.draft))
    return campaign_pages.page(request, found)


def _save(request: HttpRequest, id: CampaignId) -> HttpResponse:
    workspace = request.workspace.id  # type: ignore[attr-defined]
    try:
        with transaction.atomic():
            saved = campaigns.update(workspace, id, _draft(request.POST))
    except Problem as problem:
        found = campaigns.one(workspace, id)
        if "HX-Request" in request.headers:
            return _panel(request, found, problem)
        return _editor(request, found, _told(request.POST), problem)
    if "HX-Request" in request.headers:
        return _panel(request, saved)
    messages.success(request, "Saved.")
    return HttpResponseRedirect(f"/campaigns/{id}/")


def _draft(told: QueryDict) -> CampaignDraft:
    return CampaignDraft(
        name=told.get("name", ""),
        template=_id(TemplateId, told.get("template", ""), "template"),
        include=_ids(told, "include"),
        exclude=_ids(told, "exclude"),
        subject=told.get("subject", ""),
        topic=told.get("topic") or NEWSLETTER,
    )


def _ids(told: QueryDict, name: str) -> tuple[SegmentId, ...]:
    return tuple(found for one in told.getlist(name) if (found := _id(SegmentId, one, name)))


def _id(kind: Callable[[UUID], Any], told: str, at: str) -> Any:
    try:
        return kind(UUID(told)) if told else None
    except ValueError:
        raise BadInput("This is not on the list.", at=at, hint="Choose one of the list.") from None


def _told(told: QueryDict) -> dict[str, Any]:
    """What a form or an address says, as it was written."""
    return {
        **{name: told.get(name, "") for name in ("name", "template", "subject")},
        "topic": told.get("topic") or NEWSLETTER,
        "include": told.getlist("include") + told.getlist("segment"),
        "exclude": told.getlist("exclude"),
    }


def _told_of(draft: CampaignDraft) -> dict[str, Any]:
    return {
        "name": draft.name,
        "template": str(draft.template or ""),
        "subject": draft.subject,
        "topic": draft.topic,
        "include": [str(one) for one in draft.include],
        "exclude": [str(one) for one in draft.exclude],
    }


def _editor(
    request: HttpRequest, found: Campaign | None, told: Mapping[str, Any], problem: Problem | None = None
) -> HttpResponse:
    workspace = request.workspace.id  # type: ignore[attr-defined]
    known, made = segments.all(workspace), content.all(workspace)
    context = {
        "campaign": found,
        "told": told,
        "segments": known,
        "templates": [("", "Choose a template"), *((str(one.id), one.name) for one in made)],
        "made": made,
        **_chosen(workspace, told.get("template", "")),
        "topics": [(one.key, one.title) for one in consent.topics(workspace) if one.key != OPEN_TRACKING],
        "problem": problem,
        **_wrong(problem),
        **(_forecast(request, found) if found else {}),
    }
    return render(request, "campaigns/editor.html", context, status=problem.status if problem else 200)


def _chosen(workspace: WorkspaceId, told: str) -> dict[str, Any]:
    """The template that is chosen, and its subject in words."""
    try:
        found = content.one(workspace, TemplateId(UUID(told))) if told else None
    except (ValueError, Problem):
        found = None
    labels = {one.path: one.label for one in content.variables(workspace)} if found else {}
    return {"chosen": found, "subject": gloss(found.subject, labels) if found else ""}


def _panel(
    request: HttpRequest, found: Campaign, problem: Problem | None = None, **more: Any
) -> HttpResponse:
    """The side of the editor: the forecast, what stands in the way, the buttons. Swapped whenever a draft is kept."""
    template = str(found.draft.template or "")
    context = {
        "campaign": found,
        "problem": problem,
        "swaps": True,
        "template_changed": request.POST.get("shown", template) != template,
        **_wrong(problem),
        **_chosen(request.workspace.id, template),  # type: ignore[attr-defined]
        **_forecast(request, found),
        **more,
    }
    return render(request, "campaigns/_panel.html", context, status=problem.status if problem else 200)


@require_safe
def panel(request: HttpRequest, campaign: UUID) -> HttpResponse:
    """Called by htmx while a segment that was just made is being counted."""
    return _panel(request, campaigns.one(request.workspace.id, CampaignId(campaign)))  # type: ignore[attr-defined]


def _wrong(problem: Problem | None) -> dict[str, Any]:
    """A refusal beside the field that it is about; `include.0` is about `include`."""
    at = (problem.at or "").split(".")[0] if problem else ""
    return {"fields": FIELDS, "wrong_at": at if at in FIELDS else "", "not_kept": at in FIELDS}


def _forecast(request: HttpRequest, found: Campaign) -> dict[str, Any]:
    workspace = request.workspace  # type: ignore[attr-defined]
    seen = campaigns.preflight(workspace.id, found.id)
    chosen = [segments.one(workspace.id, one) for one in found.draft.include]
    zone = ZoneInfo(workspace.time_zone)
    return {
        "seen": seen,
        "counting": any(one.count is None for one in chosen),
        "left_out": reasons.lines(seen.foreseen.left_out),
        "left_out_count": sum(seen.foreseen.left_out.values()),
        "zone": workspace.time_zone,
        "tests": campaigns.test_sends(workspace.id, found.id)[:3],
        "sink": email.settings(workspace.id).use_sink,
        "at": found.scheduled_at.astimezone(zone).strftime("%Y-%m-%dT%H:%M") if found.scheduled_at else "",
    }


@require_POST
def send(request: HttpRequest, campaign: UUID) -> HttpResponse:
    """Begin to send, after the dialog said to how many."""
    return _begun(request, campaign, lambda workspace, id: campaigns.send_now(workspace, id))


@require_POST
def schedule(request: HttpRequest, campaign: UUID) -> HttpResponse:
    """Send it at a moment, which is told in the workspace's time zone."""
    told = request.POST.get("scheduled_at", "")
    zone = ZoneInfo(request.workspace.time_zone)  # type: ignore[attr-defined]
    return _begun(
        request, campaign, lambda workspace, id: campaigns.schedule(workspace, id, _moment(told, zone))
    )


def _moment(told: str, zone: ZoneInfo) -> datetime:
    """The moment that a clock on the wall there shows; one that the change to summer time skips is refused."""
    try:
        at = datetime.fromisoformat(told)
    except ValueError:
        raise BadInput("This is not a moment.", at="scheduled_at", hint="Choose a day and a time.") from None
    local = at.replace(tzinfo=zone) if at.tzinfo is None else at.astimezone(zone)
    if datetime.fromtimestamp(local.timestamp(), zone).replace(tzinfo=None) != local.replace(tzinfo=None):
        raise BadInput("The clocks skip this time.", at="scheduled_at", hint="Choose an hour later.")
    return local


def _begun(
    request: HttpRequest, campaign: UUID, begin: Callable[[WorkspaceId, CampaignId], Campaign]
) -> HttpResponse:
    workspace, id = request.workspace.id, CampaignId(campaign)  # type: ignore[attr-defined]
    try:
        with transaction.atomic():
            begin(workspace, id)
    except Problem as problem:
        found = campaigns.one(workspace, id)
        more = {
            "opened": "schedule" if problem.at == "scheduled_at" else "",
            "at": request.POST.get("scheduled_at", ""),
        }
        if "HX-Request" in request.headers:
            return _panel(request, found, problem, **more)
        return _editor(request, found, _told_of(found.draft), problem)
    return _to(request, f"/campaigns/{id}/")


def _to(request: HttpRequest, address: str) -> HttpResponse:
    if "HX-Request" in request.headers:
        return HttpResponse(headers={"HX-Redirect": address})
    return HttpResponseRedirect(address)


@require_POST
def test(request: HttpRequest, campaign: UUID) -> HttpResponse:
    """Send it to a user of this workspace, as somebody of the audience would get it."""
    workspace, id = request.workspace.id, CampaignId(campaign)  # type: ignore[attr-defined]
    context: dict[str, Any] = {"campaign": campaigns.one(workspace, id)}
    told = {"text": "The test is sent.", "tone": "success"}
    try:
        made = campaigns.test_send(workspace, id, request.POST.get("to", ""), str(request.user))
        if made.outcome != "accepted":
            told = {"text": f"The mail server did not take it: {made.detail}", "tone": "error"}
    except Problem as problem:
        context["test_problem"] = problem
    context["tests"] = campaigns.test_sends(workspace, id)[:3]
    context["to"], context["sink"] = request.POST.get("to", ""), email.settings(workspace).use_sink
    if "HX-Request" not in request.headers:
        (messages.error if "test_problem" in context else messages.success)(request, told["text"])
        return HttpResponseRedirect(f"/campaigns/{id}/")
    wrong = context.get("test_problem")
    response = render(request, "campaigns/_test.html", context, status=wrong.status if wrong else 200)
    if not wrong:
        response.headers["HX-Trigger"] = json.dumps({"toast": told})
    return response


MOVES: dict[str, tuple[Callable[[WorkspaceId, CampaignId], Any], str]] = {
    "unschedule": (campaigns.unschedule, "It is a draft again."),
    "pause": (campaigns.pause, "Paused. What is on its way right now still arrives."),
    "resume": (campaigns.resume, "Sending goes on."),
    "cancel": (campaigns.cancel, "Cancelled. What was sent stays sent."),
    "delete": (campaigns.delete, "The draft is thrown away."),
}


@require_POST
def move(request: HttpRequest, campaign: UUID, verb: str) -> HttpResponse:
    """Pause, resume, cancel …; what the state does not allow is said, and nothing happens."""
    workspace, id = request.workspace.id, CampaignId(campaign)  # type: ignore[attr-defined]
    act, done = MOVES[verb]
    try:
        with transaction.atomic():
            act(workspace, id)
        messages.success(request, done)
    except Problem as problem:
        messages.error(request, " ".join(part for part in (problem.detail, problem.hint) if part))
    return _to(request, "/campaigns/" if verb == "delete" else f"/campaigns/{id}/")


@require_POST
def duplicate(request: HttpRequest, campaign: UUID) -> HttpResponse:
    """A new draft that says the same."""
    made = campaigns.duplicate(request.workspace.id, CampaignId(campaign), str(request.user))  # type: ignore[attr-defined]
    messages.success(request, "This is the copy, a draft. The original stays as it is.")
    return HttpResponseRedirect(f"/campaigns/{made.id}/")


urls = [
    path("campaigns/", listed, name="campaigns"),
    path("campaigns/new/", new, name="campaign-new"),
    path("campaigns/<uuid:campaign>/", campaign, name="campaign"),
    path("campaigns/<uuid:campaign>/panel", panel, name="campaign-panel"),
    path("campaigns/<uuid:campaign>/send", send, name="campaign-send"),
    path("campaigns/<uuid:campaign>/schedule", schedule, name="campaign-schedule"),
    path("campaigns/<uuid:campaign>/test", test, name="campaign-test"),
    path("campaigns/<uuid:campaign>/duplicate", duplicate, name="campaign-duplicate"),
    *[
        path(f"campaigns/<uuid:campaign>/{verb}", move, {"verb": verb}, name=f"campaign-{verb}")
        for verb in MOVES
    ],
    *campaign_pages.urls,
]
