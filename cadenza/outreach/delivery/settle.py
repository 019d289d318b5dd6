"""What is written around the final dot: the intent before it, the outcome after it, for many messages at once."""

from __future__ import annotations

from collections.abc import Sequence

from cadenza.base import clock, database
from cadenza.base.fact import Fact, tell
from cadenza.base.ids import MessageId, ProfileId, WorkspaceId
from cadenza.outreach.contact_policy import service as policy
from cadenza.outreach.contact_policy.types import Cause
from cadenza.outreach.delivery import service, store
from cadenza.outreach.delivery.announce import SOURCE, Fated, announce, leave_out
from cadenza.outreach.delivery.facts import MessageBounced, MessageSent
from cadenza.outreach.delivery.judge import judge
from cadenza.outreach.delivery.types import Done, Fate, Judgement, MessageState

FATES = {MessageState.SENT: (Fate.SENT, MessageSent), MessageState.BOUNCED: (Fate.BOUNCED, MessageBounced)}
HELD = "held"  # paused, cancelled, or taken over by another worker


def intend(workspace: WorkspaceId, worker: int, messages: Sequence[MessageId]) -> list[str]:
    """Write down that these may arrive from now on; gives for each "" or why it must not leave. In one transaction.

    The policy is asked once more: who has left meanwhile, even a moment ago, gets nothing.
    """
    with database.scope(workspace):
        rows = store.intend(workspace, worker, messages, clock.now())
        left = _forbidden(workspace, rows)
        leave_out(workspace, worker, [(message, reason, "") for message, reason in left.items()])
    going = {row[0] for row in rows} - left.keys()
    return ["" if message in going else left.get(message, HELD) for message in messages]


def _forbidden(workspace: WorkspaceId, rows: Sequence[database.Row]) -> dict[MessageId, str]:
    groups: dict[tuple[str, str], dict[MessageId, bytes]] = {}
    for message, digest, channel, topic in rows:
        groups.setdefault((channel, topic), {})[message] = bytes(digest or b"")
    found: dict[MessageId, str] = {}
    for (channel, topic), points in groups.items():
        verdicts = policy.may_reach(workspace, channel, topic, list(points.values()))
        found |= {m: verdict.reason.value for m, p in points.items() if (verdict := verdicts[p]).reason}
    return found


def settle(workspace: WorkspaceId, worker: int, done: Sequence[Done]) -> None:
    """Write how attempts ended, and all that follows: events, suppressions, a paused mailing. In one transaction."""
    judged = [
        (one, judge(one.outcome, one.ready.attempts + 1, one.ready.outgoing.at, one.at)) for one in done
    ]
    with database.scope(workspace):
        rows = {MessageId(row[0]): row for row in store.settle(workspace, worker, judged)}
        ours = [(one, verdict) for one, verdict in judged if one.ready.outgoing.message_id in rows]
        _suppress(
            workspace, [(rows[d.ready.outgoing.message_id][3], d) for d, verdict in ours if verdict.dead]
        )
        _tell(workspace, ours, {message: (row[1], row[2]) for message, row in rows.items()})
        for one in done:
            if one.pause:
                service.pause_by_itself(workspace, one.ready.campaign, one.pause)


def _suppress(workspace: WorkspaceId, dead: Sequence[tuple[bytes | None, Done]]) -> None:
    if not dead:
        return
    channel = service.mailing(workspace, dead[0][1].ready.campaign).channel
    points = [bytes(digest) for digest, _ in dead if digest]
    policy.suppress_points(workspace, channel, points, Cause.DEAD_ADDRESS, SOURCE)


def _tell(
    workspace: WorkspaceId, ours: Sequence[tuple[Done, Judgement]],
    people: dict[MessageId, tuple[ProfileId | None, ProfileId | None]],
) -> None:  # fmt: skip
    """`people`: whose each message is, and the id that it was queued for."""
    fated: list[Fated] = []
    facts: list[Fact] = []
    channel = service.mailing(workspace, ours[0][0].ready.campaign).channel if ours else ""
    for one, verdict in ours:
        if verdict.state not in FATES:
            continue
        fate, fact = FATES[verdict.state]
        message, campaign = one.ready.outgoing.message_id, one.ready.campaign
        who, home = people[message]
        fated.append(Fated(message, fate, campaign, channel, who, home, one.at))
        facts.append(
            fact(
                workspace=workspace,
                at=one.at,
                message=message,
                campaign=campaign,
                profile=who,
                channel=channel,
            )
        )
    announce(workspace, fated)
    tell(*facts)
