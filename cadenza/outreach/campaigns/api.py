"""Campaigns for programs: write, check, send, hold, and read what became of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Schema

from cadenza.base.ids import CampaignId, MessageId, SegmentId, TemplateId, WorkspaceId
from cadenza.outreach.campaigns import service
from cadenza.outreach.campaigns.types import Campaign, CampaignDraft, State
from cadenza.outreach.delivery import service as delivery
from cadenza.outreach.delivery.types import Counts, Message, MessageState

PREFIX = "/campaigns"
router = Router(tags=["Campaigns"])


class CampaignIn(Schema):
    """What a campaign is made of; segments and templates by their ids."""

    name: str
    template: UUID | None = None
    include: list[UUID] = []
    exclude: list[UUID] = []
    subject: str = ""
    topic: str = "newsletter"


class SendIn(Schema):
    """When to send; nothing means now."""

    at: datetime | None = None


class ResolveIn(Schema):
    """What the mail server's log says of a message in doubt."""

    arrived: bool


def _workspace(request: HttpRequest) -> WorkspaceId:
    return request.workspace  # type: ignore[attr-defined, no-any-return]


def _author(request: HttpRequest) -> str:
    return f"key:{getattr(getattr(request, 'auth', None), 'id', 'unknown')}"


def _draft(body: CampaignIn) -> CampaignDraft:
    return CampaignDraft(
        name=body.name, template=TemplateId(body.template) if body.template else None, subject=body.subject,
        include=tuple(map(SegmentId, body.include)), exclude=tuple(map(SegmentId, body.exclude)), topic=body.topic,
    )  # fmt: skip


def _shown(one: Campaign) -> dict[str, Any]:
    draft = one.draft
    said = {"id": one.id, "include": list(draft.include), "exclude": list(draft.exclude)}
    said |= {name: getattr(draft, name) for name in ("name", "template", "subject", "topic", "channel")}
    names = (
        "state",
        "reason",
        "created_at",
        "scheduled_at",
        "started_at",
        "finished_at",
        "audience",
        "version",
    )
    return said | {name: getattr(one, name) for name in names}


def _summed(counts: Counts) -> dict[str, Any]:
    names = ("audience", "left_out", "failed", "opened", "clicked", "unsubscribed")
    return {"states": {s.value: counts.of(s) for s in MessageState}} | {
        name: getattr(counts, name) for name in names
    }


def _listed(one: Message) -> dict[str, Any]:
    names = ("id", "profile", "state", "reason", "detail", "queued_at", "sent_at", "opened_at", "clicked_at",
             "unsubscribed_at", "attempts", "next_attempt_at", "code")  # fmt: skip
    return {name: getattr(one, name) for name in names}


@router.get("")
def campaigns(request: HttpRequest, state: State | None = None) -> list[dict[str, Any]]:
    """All campaigns, newest first."""
    return [_shown(one) for one in service.all(_workspace(request), state)]


@router.post("", response={201: dict[str, Any]})
def create(request: HttpRequest, body: CampaignIn) -> tuple[int, dict[str, Any]]:
    """A new draft."""
    return 201, _shown(service.create(_workspace(request), _draft(body), _author(request)))


@router.get("/{campaign}")
def campaign(request: HttpRequest, campaign: UUID) -> dict[str, Any]:
    """One campaign."""
    return _shown(service.one(_workspace(request), CampaignId(campaign)))


@router.put("/{campaign}")
def update(request: HttpRequest, campaign: UUID, body: CampaignIn) -> dict[str, Any]:
    """Change a draft, or a scheduled campaign before its time."""
    return _shown(service.update(_workspace(request), CampaignId(campaign), _draft(body)))


@router.delete("/{campaign}", response={204: None})
def delete(request: HttpRequest, campaign: UUID) -> tuple[int, None]:
    """Throw a draft away."""
    service.delete(_workspace(request), CampaignId(campaign))
    return 204, None


@router.get("/{campaign}/preflight")
def preflight(request: HttpRequest, campaign: UUID) -> dict[str, Any]:
    """Whom it would reach now, whom not and why, and what must be mended first."""
    found = service.preflight(_workspace(request), CampaignId(campaign))
    seen = found.foreseen
    return {
        "audience": seen.audience, "reachable": seen.reachable, "left_out": dict(seen.left_out),
        "sampled": found.sampled,
        "flaws": [{"detail": f.detail, "at": f.at, "hint": f.hint} for f in found.flaws],
        "advice": [{"detail": a.detail, "at": a.at, "hint": a.hint} for a in found.advice],
    }  # fmt: skip


@router.post("/{campaign}/send", response={202: dict[str, Any]})
def send(request: HttpRequest, campaign: UUID, body: SendIn) -> tuple[int, dict[str, Any]]:
    """Send it now, or at a moment."""
    workspace, which = _workspace(request), CampaignId(campaign)
    done = service.schedule(workspace, which, body.at) if body.at else service.send_now(workspace, which)
    return 202, _shown(done)


@router.post("/{campaign}/pause")
def pause(request: HttpRequest, campaign: UUID) -> dict[str, Any]:
    """Hold it: nothing leaves until it is resumed."""
    return _shown(service.pause(_workspace(request), CampaignId(campaign)))


@router.post("/{campaign}/resume")
def resume(request: HttpRequest, campaign: UUID) -> dict[str, Any]:
    """Let it go on; one that was late begins now."""
    return _shown(service.resume(_workspace(request), CampaignId(campaign)))


@router.post("/{campaign}/cancel")
def cancel(request: HttpRequest, campaign: UUID) -> dict[str, Any]:
    """Stop it for good."""
    return _shown(service.cancel(_workspace(request), CampaignId(campaign)))


@router.post("/{campaign}/unschedule")
def unschedule(request: HttpRequest, campaign: UUID) -> dict[str, Any]:
    """Back to the drafts."""
    return _shown(service.unschedule(_workspace(request), CampaignId(campaign)))


@router.get("/{campaign}/report")
def report(request: HttpRequest, campaign: UUID) -> dict[str, Any]:
    """What became of its audience; the states add up to it."""
    found = service.progress(_workspace(request), CampaignId(campaign))
    return _shown(found.campaign) | {"share": found.share, "counts": _summed(found.counts)}


@router.get("/{campaign}/messages")
def messages(
    request: HttpRequest, campaign: UUID, state: MessageState | None = None, reason: str = "",
    after: UUID | None = None, limit: int = 50,
) -> dict[str, Any]:  # fmt: skip
    """Its messages, each with its state and the reason for it."""
    service.one(_workspace(request), CampaignId(campaign))
    cursor = MessageId(after) if after else None
    found = delivery.messages(
        _workspace(request),
        CampaignId(campaign),
        state=state,
        reason=reason,
        after=cursor,
        limit=max(1, limit),
    )
    return {"items": [_listed(one) for one in found.items], "next": found.next}


@router.get("/{campaign}/people/{profile}")
def why(request: HttpRequest, campaign: UUID, profile: int) -> dict[str, Any]:
    """What became of one person's message, and why."""
    service.one(_workspace(request), CampaignId(campaign))
    found = delivery.why_not(_workspace(request), CampaignId(campaign), profile)  # type: ignore[arg-type]
    return {"in_audience": found is not None} | (_listed(found) if found else {})


@router.post("/{campaign}/messages/{message}/resolve", response={204: None})
def resolve(request: HttpRequest, campaign: UUID, message: UUID, body: ResolveIn) -> tuple[int, None]:
    """Say of a message in doubt whether it arrived. It is never sent again."""
    delivery.resolve(_workspace(request), MessageId(message), body.arrived, _author(request))
    return 204, None
