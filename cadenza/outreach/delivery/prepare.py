"""Takes due messages from the queue and makes them ready: claimed, allowed at this moment, and rendered.

All in one transaction: a message is ours, its reader may be written to and its links lead somewhere, or none of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from django.db import InterfaceError, OperationalError

from cadenza.base import clock, database, log
from cadenza.base.ids import CampaignId, MessageId, ProfileId, WorkspaceId
from cadenza.cdp.identity import service as identity
from cadenza.cdp.profiles import service as profiles
from cadenza.outreach.contact_policy import service as policy
from cadenza.outreach.contact_policy.types import Reason
from cadenza.outreach.content import service as content
from cadenza.outreach.content.types import Compiled, Rendered, Skipped
from cadenza.outreach.delivery import models, service, store
from cadenza.outreach.delivery.announce import leave_out
from cadenza.outreach.delivery.store import Claimed
from cadenza.outreach.delivery.types import Address, Mailing, MessageState, Outgoing, Ready
from cadenza.outreach.tracking import service as tracking
from cadenza.outreach.tracking.types import Written

Left = tuple[MessageId, str, str]
REASON_OF = {"missing_person": Reason.ERASED.value}

_log = log.get(__name__)


def prepare(workspace: WorkspaceId, campaign: CampaignId, worker: int, most: int) -> list[Ready] | None:
    """Some messages of a campaign, ready to leave; None where none is due. Opens a scope of its own.

    One that cannot be made ready is set aside, and stops nobody else.
    """
    try:
        return _prepare(workspace, campaign, worker, most)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        _log.warning("delivery.poison", campaign=str(campaign), error=type(error).__name__)
        return _one_by_one(workspace, campaign, worker, most)


def _one_by_one(workspace: WorkspaceId, campaign: CampaignId, worker: int, most: int) -> list[Ready] | None:
    ready: list[Ready] = []
    for _ in range(most):
        try:
            found = _prepare(workspace, campaign, worker, 1)
        except (OperationalError, InterfaceError):
            raise
        except Exception as error:
            found = _set_aside(workspace, campaign, worker, type(error).__name__)
        if found is None:
            return ready or None
        ready += found
    return ready


def _set_aside(workspace: WorkspaceId, campaign: CampaignId, worker: int, fault: str) -> list[Ready]:
    with database.scope(workspace):
        for one in store.claim(workspace, campaign, worker, 1, clock.now()):
            detail = f"This message could not be made ready ({fault})."
            models.Message.objects.filter(workspace_id=workspace, id=one.id).update(
                state=MessageState.FAILED.value,
                reason="fault",
                detail=detail,
                worker=None,
                next_attempt_at=None,
            )
            _log.error("delivery.set_aside", message=str(one.id), error=fault)
    return []


def _prepare(workspace: WorkspaceId, campaign: CampaignId, worker: int, most: int) -> list[Ready] | None:
    with database.scope(workspace):
        claimed = store.claim(workspace, campaign, worker, most, clock.now())
        if not claimed:
            return None
        mailing = service.mailing(workspace, campaign)
        people = _people(workspace, mailing, claimed)
        allowed, left = _allowed(workspace, mailing, claimed, people)
        ready, skipped = _rendered(workspace, mailing, allowed, people)
        leave_out(workspace, worker, left + skipped)
    return ready


def _people(
    workspace: WorkspaceId, mailing: Mailing, claimed: Sequence[Claimed]
) -> dict[MessageId, tuple[ProfileId, str]]:
    """Who each message is for now, and where; a person merged since is looked up anew."""
    addresses = profiles.addresses(
        workspace, [one.profile for one in claimed if one.profile], mailing.channel
    )
    merged = {
        one.profile: identity.current(workspace, one.profile)
        for one in claimed
        if one.profile and one.profile not in addresses
    }
    addresses |= profiles.addresses(workspace, merged.values(), mailing.channel) if merged else {}
    found = {one.id: merged.get(one.profile, one.profile) for one in claimed if one.profile}
    return {message: (who, addresses.get(who, "")) for message, who in found.items()}


def _allowed(
    workspace: WorkspaceId,
    mailing: Mailing,
    claimed: Sequence[Claimed],
    people: dict[MessageId, tuple[ProfileId, str]],
) -> tuple[list[Claimed], list[Left]]:
    asked = [(who, address or None) for who, address in people.values()]
    verdicts = policy.may_contact(workspace, mailing.channel, mailing.topic, asked)
    doubled = _readdressed(workspace, mailing, claimed, people)
    allowed: list[Claimed] = []
    left: list[Left] = []
    for one in claimed:
        reason = verdicts[people[one.id][0]].reason if one.id in people else Reason.ERASED
        reason = reason or (Reason.DUPLICATE_ADDRESS if one.id in doubled else None)
        if reason:
            left.append((one.id, reason.value, ""))
        else:
            allowed.append(one)
    return allowed, left


def _readdressed(
    workspace: WorkspaceId,
    mailing: Mailing,
    claimed: Sequence[Claimed],
    people: dict[MessageId, tuple[ProfileId, str]],
) -> set[MessageId]:
    """An address that changed since the message was queued is the one that counts, if nobody else has it."""
    points = {
        one.id: policy.digest(workspace, mailing.channel, people[one.id][1])
        for one in claimed
        if one.id in people and people[one.id][1]
    }
    before = {one.id: one.digest for one in claimed}
    changed = {message: point for message, point in points.items() if before[message] != point}
    if not changed:
        return set()
    store.readdress(workspace, changed)
    return store.doubled(workspace, mailing.campaign, changed)


def _rendered(
    workspace: WorkspaceId,
    mailing: Mailing,
    allowed: Sequence[Claimed],
    people: dict[MessageId, tuple[ProfileId, str]],
) -> tuple[list[Ready], list[Left]]:
    compiled = compiled_of(workspace, mailing)
    points = {one.id: policy.digest(workspace, mailing.channel, people[one.id][1]) for one in allowed}
    measured = tracking.measured(workspace, mailing.channel, list(points.values()))
    ways = {
        people[one.id][0]: tracking.ways(workspace, one.id, points[one.id] in measured) for one in allowed
    }
    made = content.render_batch(workspace, compiled, ways, mailing.name)
    ready: list[Ready] = []
    left: list[Left] = []
    written: list[Written] = []
    for one in allowed:
        who, address = people[one.id]
        result = made[who]
        if isinstance(result, Skipped):
            left.append((one.id, REASON_OF.get(result.reason, result.reason), result.detail))
            continue
        written.append(Written(one.id, who, result.links))
        ready.append(_ready(workspace, mailing, one, who, address, result, ways[who].unsubscribe_url))
    tracking.remember(workspace, compiled, written)
    return ready, left


def compiled_of(workspace: WorkspaceId, mailing: Mailing) -> Compiled:
    """The template version of a mailing, with its own subject where it has one."""
    compiled = content.compiled(workspace, mailing.template, mailing.version)
    return replace(compiled, subject=mailing.subject) if mailing.subject else compiled


def _ready(
    workspace: WorkspaceId,
    mailing: Mailing,
    one: Claimed,
    who: ProfileId,
    address: str,
    made: Rendered,
    leave: str,
) -> Ready:
    outgoing = Outgoing(
        workspace=workspace, message_id=one.id, at=one.queued_at, to=Address(address), subject=made.subject,
        html=made.html, text=made.text, profile=who, campaign=mailing.campaign, unsubscribe_url=leave,
    )  # fmt: skip
    return Ready(outgoing=outgoing, campaign=mailing.campaign, attempts=one.attempts)
