"""What others may ask of delivery: queue an audience, hold it, let it go, and say what became of it.

The states of a campaign's messages add up to its audience at every moment. Every method runs in the caller's
transaction.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from cadenza.base import clock, database, log, text
from cadenza.base.fact import tell
from cadenza.base.ids import CampaignId, MessageId, ProfileId, TemplateId, WorkspaceId
from cadenza.base.problem import BadInput, Conflict, NotFound
from cadenza.base.together import beside
from cadenza.cdp.identity import service as identity
from cadenza.cdp.profiles import service as profiles
from cadenza.outreach.contact_policy import service as policy
from cadenza.outreach.contact_policy.types import Reason, Verdict
from cadenza.outreach.delivery import models, port, store
from cadenza.outreach.delivery.announce import Fated, announce
from cadenza.outreach.delivery.answer import answer
from cadenza.outreach.delivery.facts import MailingPaused
from cadenza.outreach.delivery.types import (
    Attempt,
    Counts,
    Fate,
    Foreseen,
    Mailing,
    MailingState,
    Message,
    MessagePage,
    MessageState,
    Outcome,
    Outgoing,
)
from cadenza.outreach.tracking.types import Known

__all__ = ["answer"]  # told there, asked here

CHUNK = 500  # people that are queued by one statement
LONGEST_PAGE = 200
LEFT_OUT, QUEUED = MessageState.LEFT_OUT.value, MessageState.QUEUED.value

_log = log.get(__name__)


def begin(workspace: WorkspaceId, mailing: Mailing) -> None:
    """Make ready for an audience; a second time changes nothing."""
    names = ("name", "channel", "topic", "template", "version", "subject", "state", "reason", "complete")
    values = {name: getattr(mailing, name) for name in names}
    models.Mailing.objects.get_or_create(
        campaign_id=mailing.campaign,
        defaults={"workspace_id": workspace, "created_at": clock.now(), **values},
    )


def mailing(workspace: WorkspaceId, campaign: CampaignId) -> Mailing:
    """The mailing of a campaign; NotFound before it has begun."""
    return _mailing(_row(workspace, campaign))


def _row(workspace: WorkspaceId, campaign: CampaignId) -> models.Mailing:
    found = models.Mailing.objects.filter(workspace_id=workspace, campaign_id=campaign).first()
    if not found:
        raise NotFound("Nothing of this campaign is being sent.")
    return found


def _mailing(row: models.Mailing) -> Mailing:
    names = ("name", "channel", "topic", "template", "version", "subject", "reason", "complete")
    values = {name: getattr(row, name) for name in names}
    return Mailing(campaign=CampaignId(row.campaign_id), state=MailingState(row.state), **values)


def queue(workspace: WorkspaceId, campaign: CampaignId, people: Sequence[ProfileId]) -> Counter[str]:
    """One message for each of these people, left out with its reason where we may not; asked again, nothing is doubled.

    Gives how many new ones stand where: `queued`, or the reason.
    """
    told = mailing(workspace, campaign)
    now = clock.now()
    counted: Counter[str] = Counter()
    for start in range(0, len(people), CHUNK):
        judged = _judged(workspace, told.channel, told.topic, people[start : start + CHUNK])
        rows = [
            (
                who,
                point,
                QUEUED if verdict.allowed else LEFT_OUT,
                verdict.reason.value if verdict.reason else "",
            )
            for who, point, verdict in judged
        ]
        made = store.queue(workspace, campaign, rows, now)
        counted.update(reason or state for _, _, state, reason in made)
        left = [(message, who, reason) for message, who, state, reason in made if state == LEFT_OUT]
        announce(
            workspace,
            [
                Fated(m, Fate.LEFT_OUT, campaign, told.channel, who, who, now, reason)
                for m, who, reason in left
            ],
        )
    return counted


def _judged(
    workspace: WorkspaceId, channel: str, topic: str, people: Sequence[ProfileId]
) -> list[tuple[ProfileId, bytes | None, Verdict]]:
    addresses = profiles.addresses(workspace, people, channel)
    verdicts = policy.may_contact(workspace, channel, topic, [(who, addresses.get(who)) for who in people])
    points = {who: policy.digest(workspace, channel, address) for who, address in addresses.items()}
    return [(who, points.get(who), verdicts[who]) for who in people]


def foresee(workspace: WorkspaceId, channel: str, topic: str, people: Sequence[ProfileId]) -> Foreseen:
    """Whom a message would reach if it were sent now. Writes nothing."""
    left: Counter[str] = Counter()
    taken: set[bytes | None] = set()
    for start in range(0, len(people), CHUNK * 4):
        for _, point, verdict in _judged(workspace, channel, topic, people[start : start + CHUNK * 4]):
            if verdict.reason:
                left[verdict.reason.value] += 1
            elif point in taken:
                left[Reason.DUPLICATE_ADDRESS.value] += 1
            else:
                taken.add(point)
    return Foreseen(len(people), len(taken), dict(left))


def complete(workspace: WorkspaceId, campaign: CampaignId) -> None:
    """Everyone of the audience has a message now."""
    models.Mailing.objects.filter(workspace_id=workspace, campaign_id=campaign).update(complete=True)


def is_done(workspace: WorkspaceId, campaign: CampaignId) -> bool:
    """Whether everyone is queued, and nothing waits or is on the wire."""
    whole = models.Mailing.objects.filter(
        workspace_id=workspace, campaign_id=campaign, complete=True
    ).exists()
    return whole and not database.rows(store.REMAINING, [workspace, campaign])[0][0]


def pause(workspace: WorkspaceId, campaign: CampaignId, reason: str = "") -> None:
    """No message of this campaign leaves from now on; those on the wire end."""
    _turn(workspace, campaign, MailingState.PAUSED, reason)


def pause_by_itself(workspace: WorkspaceId, campaign: CampaignId, reason: str) -> None:
    """The same from the sending side, which tells those above why."""
    if _turn(workspace, campaign, MailingState.PAUSED, reason):
        _log.warning("delivery.paused", campaign=str(campaign))
        tell(MailingPaused(workspace=workspace, at=clock.now(), campaign=campaign, reason=reason))


def resume(workspace: WorkspaceId, campaign: CampaignId) -> None:
    """Let them leave again."""
    _turn(workspace, campaign, MailingState.OPEN, "")


def _turn(workspace: WorkspaceId, campaign: CampaignId, state: MailingState, reason: str) -> int:
    found = models.Mailing.objects.filter(workspace_id=workspace, campaign_id=campaign)
    found = found.exclude(state=state).exclude(state=MailingState.CANCELLED)
    return found.update(state=state.value, reason=text.clean(reason, 500))


def cancel_queued(workspace: WorkspaceId, campaign: CampaignId) -> int:
    """Stop for good; gives how many are not sent. Those on the wire end."""
    _turn(workspace, campaign, MailingState.CANCELLED, "")
    return database.execute(store.CANCEL, [workspace, campaign])


def counts(workspace: WorkspaceId, campaign: CampaignId) -> Counts:
    """What became of the audience of a campaign."""
    states: Counter[MessageState] = Counter()
    left: Counter[str] = Counter()
    failed: Counter[str] = Counter()
    opened = clicked = gone = 0
    for state, reason, count, opens, clicks, leaves in database.rows(store.COUNTS, [workspace, campaign]):
        states[MessageState(state)] += count
        opened, clicked, gone = opened + opens, clicked + clicks, gone + leaves
        if state == LEFT_OUT:
            left[reason] += count
        elif state == MessageState.FAILED:
            failed[reason] += count
    return Counts(sum(states.values()), dict(states), dict(left), dict(failed), opened, clicked, gone)


def messages(
    workspace: WorkspaceId, campaign: CampaignId, *, state: MessageState | None = None, reason: str = "",
    after: MessageId | None = None, limit: int = 50,
) -> MessagePage:  # fmt: skip
    """The messages of a campaign, in the order of their making."""
    found = models.Message.objects.filter(workspace_id=workspace, campaign_id=campaign)
    if state:
        found = found.filter(state=state)
    if reason:
        found = found.filter(reason=reason)
    if after:
        found = found.filter(id__gt=after)
    most = min(limit, LONGEST_PAGE)
    rows = list(found.order_by("id")[: most + 1])
    items = tuple(_messages(workspace, rows[:most]))
    return MessagePage(items, items[-1].id if len(rows) > most else None)


def of_person(workspace: WorkspaceId, profile: ProfileId, limit: int = 50) -> list[Message]:
    """What was sent to a person, or why not, newest first."""
    ids = identity.all_ids(workspace, identity.current(workspace, profile))
    found = models.Message.objects.filter(workspace_id=workspace, profile_id__in=ids).order_by("-id")
    return _messages(workspace, list(found[:limit]))


def why_not(workspace: WorkspaceId, campaign: CampaignId, profile: ProfileId) -> Message | None:
    """What became of one person's message of a campaign; None where the person was not in the audience."""
    ids = identity.all_ids(workspace, identity.current(workspace, profile))
    found = models.Message.objects.filter(workspace_id=workspace, campaign_id=campaign, profile_id__in=ids)
    return next(iter(_messages(workspace, list(found[:1]))), None)


def _messages(workspace: WorkspaceId, rows: Sequence[models.Message]) -> list[Message]:
    mailings = models.Mailing.objects.filter(
        workspace_id=workspace, campaign_id__in={row.campaign_id for row in rows}
    )
    known = {row.campaign_id: row for row in mailings}
    return [_message(row, known[row.campaign_id]) for row in rows]


def _message(row: models.Message, mailing: models.Mailing) -> Message:
    names = (
        "reason", "detail", "queued_at", "sent_at", "bounced_at", "opened_at", "clicked_at", "unsubscribed_at",
        "attempts", "next_attempt_at", "code",
    )  # fmt: skip
    return Message(
        id=MessageId(row.id),
        campaign=CampaignId(row.campaign_id),
        profile=ProfileId(row.profile_id) if row.profile_id else None,
        channel=mailing.channel,
        topic=mailing.topic,
        state=MessageState(row.state),
        **{name: getattr(row, name) for name in names},
    )


def attempts(workspace: WorkspaceId, message: MessageId) -> list[Attempt]:
    """Every try of a message, oldest first."""
    found = models.Attempt.objects.filter(workspace_id=workspace, message_id=message).order_by("id")
    return [Attempt(row.at, row.outcome, row.code, row.detail) for row in found]


def in_doubt(workspace: WorkspaceId, campaign: CampaignId | None = None, limit: int = 200) -> list[Message]:
    """Messages of which nobody can know whether they arrived; an operator may, from the mail server's log."""
    found = models.Message.objects.filter(workspace_id=workspace, state=MessageState.IN_DOUBT)
    if campaign:
        found = found.filter(campaign_id=campaign)
    return _messages(workspace, list(found.order_by("id")[:limit]))


def resolve(workspace: WorkspaceId, message: MessageId, arrived: bool, by: str) -> None:
    """Say of a message in doubt what the mail server's log says. It is never sent again."""
    row = models.Message.objects.select_for_update().filter(workspace_id=workspace, id=message).first()
    if not row:
        raise NotFound("There is no such message.")
    if row.state != MessageState.IN_DOUBT:
        raise Conflict("This message is not in doubt (any more).", at="message")
    now = clock.now()
    row.state = (MessageState.SENT if arrived else MessageState.FAILED).value
    row.reason, row.sent_at = "resolved_by_operator", row.intent_at if arrived else None
    row.save(update_fields=["state", "reason", "sent_at"])
    if arrived:
        channel = mailing(workspace, CampaignId(row.campaign_id)).channel
        who, home, campaign = row.profile_id, row.home, CampaignId(row.campaign_id)
        announce(workspace, [Fated(message, Fate.SENT, campaign, channel, who, home, row.sent_at or now)])  # type: ignore[arg-type]
    models.Attempt.objects.create(
        workspace_id=workspace, message_id=message, at=now, outcome="resolved", detail=text.clean(by, 100)
    )


def check_channel(workspace: WorkspaceId, channel: str) -> port.Sender:
    """The sender of a channel; raises BadInput where nothing could be sent: no such channel, or it is not set up."""
    found = port.plugged(channel)
    if not found:
        raise BadInput(f"There is no channel {channel!r}.", at="channel", hint="Its module is not installed.")
    return found.sender(workspace)


async def send_apart(workspace: WorkspaceId, channel: str, outgoing: Outgoing) -> Outcome:
    """Send one message that belongs to no campaign and is counted nowhere (a test). Opens a scope of its own."""
    sender = await beside(_sender, workspace, channel)
    try:
        return await sender.send(outgoing, _agree)
    finally:
        await sender.close()


def _sender(workspace: WorkspaceId, channel: str) -> port.Sender:
    with database.scope(workspace):
        return check_channel(workspace, channel)


async def _agree() -> None:
    """Nothing is written down for a message that nobody counts."""


def follow_merges(workspace: WorkspaceId, merges: Sequence[tuple[ProfileId, ProfileId]]) -> None:
    """Two people are one (winner, loser): so are their messages, and none of them is sent twice."""
    store.follow_merges(workspace, merges)


def follow_unmerge(workspace: WorkspaceId, loser: ProfileId, ids: Sequence[ProfileId]) -> None:
    """They are two again: to each its own messages. What was left out as a double meanwhile stays so."""
    store.follow_unmerge(workspace, loser, ids)


def export(workspace: WorkspaceId, profile: ProfileId) -> dict[str, Any]:
    """Every message to a person, for their own eyes."""
    found = of_person(workspace, profile, limit=100_000)
    moments = ("queued_at", "sent_at", "bounced_at", "opened_at", "clicked_at", "unsubscribed_at")
    return {
        "messages": [
            {"campaign": str(one.campaign), "channel": one.channel, "topic": one.topic, "state": one.state.value,
             "reason": one.reason, "attempts": one.attempts}
            | {name: at.isoformat() for name in moments if (at := getattr(one, name))}
            for one in found
        ]
    }  # fmt: skip


def erase(workspace: WorkspaceId, profile: ProfileId) -> dict[str, int]:
    """Forget whose messages they were; the campaigns' sums stay as they are."""
    return store.forget(workspace, identity.all_ids(workspace, profile))


class KnownMessages:
    """What tracking asks about messages."""

    def many(self, workspace: WorkspaceId, messages: Sequence[MessageId]) -> dict[MessageId, Known]:
        rows = list(models.Message.objects.filter(workspace_id=workspace, id__in=list(messages)))
        mailings = models.Mailing.objects.filter(campaign_id__in={row.campaign_id for row in rows})
        of = {row.campaign_id: row for row in mailings.filter(workspace_id=workspace)}
        return {MessageId(row.id): _known(row, of[row.campaign_id]) for row in rows}


def _known(row: models.Message, mailing: models.Mailing) -> Known:
    return Known(
        message=MessageId(row.id),
        campaign=CampaignId(row.campaign_id),
        profile=ProfileId(row.profile_id) if row.profile_id else None,
        home=ProfileId(row.home) if row.home else None,
        channel=mailing.channel,
        topic=mailing.topic,
        address_digest=bytes(row.address_digest) if row.address_digest else None,
        template=TemplateId(mailing.template),
        version=mailing.version,
    )
