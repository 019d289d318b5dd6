"""Takes in what the receiving side says afterwards of messages that left: they arrived, came back, or annoyed.

Whoever hears it (a provider's webhook, a mailbox for bounces) tells it here; who came back or complained is
suppressed at once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from cadenza.base.fact import tell
from cadenza.base.ids import CampaignId, MessageId, WorkspaceId
from cadenza.base.problem import BadInput
from cadenza.outreach.contact_policy import service as policy
from cadenza.outreach.contact_policy.types import Cause
from cadenza.outreach.delivery import store
from cadenza.outreach.delivery.announce import SOURCE, Fated, announce
from cadenza.outreach.delivery.facts import MessageBounced
from cadenza.outreach.delivery.types import Answer, Fate

MOST = 1000  # answers at once
CAUSES = {Fate.BOUNCED: Cause.DEAD_ADDRESS, Fate.COMPLAINED: Cause.COMPLAINT}
ANSWERS = (Fate.DELIVERED, *CAUSES)


def answer(workspace: WorkspaceId, answers: Sequence[Answer]) -> int:
    """Write these down, each once; gives of how many messages that left from here they told."""
    if len(answers) > MOST:
        raise BadInput(f"At most {MOST} answers at once.", at="answers", hint="Send them in parts.")
    told = {(one.message, one.fate): one for one in answers if one.fate in ANSWERS}
    found: set[MessageId] = set()
    for fate in ANSWERS:  # one after the other: a message has one row, and may have several answers
        found |= _written(workspace, [one for one in told.values() if one.fate is fate])
    return len(found)


def _written(workspace: WorkspaceId, answers: Sequence[Answer]) -> set[MessageId]:
    at = {one.message: one.at for one in answers}
    rows = store.answer(workspace, answers) if answers else []
    dead: dict[tuple[str, Cause], list[bytes]] = defaultdict(list)
    fated = []
    for message, fate, campaign, channel, who, home, digest in rows:
        fated.append(Fated(message, Fate(fate), campaign, channel, who, home, at[message]))
        if Fate(fate) in CAUSES and digest:
            dead[channel, CAUSES[Fate(fate)]].append(bytes(digest))
    for (channel, cause), points in dead.items():
        policy.suppress_points(workspace, channel, points, cause, SOURCE)
    announce(workspace, fated)
    tell(*(_bounced(workspace, one) for one in fated if one.fate is Fate.BOUNCED))
    return {one.message for one in fated}


def _bounced(workspace: WorkspaceId, one: Fated) -> MessageBounced:
    return MessageBounced(
        workspace=workspace, at=one.at, message=one.message, campaign=CampaignId(one.campaign),
        profile=one.profile, channel=one.channel,
    )  # fmt: skip
