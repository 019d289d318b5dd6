"""From how an attempt ended to what becomes of the message.

A final no ends it; a passing fault sends it back into the queue, later each time, for three days; a fault of our own
settings is nobody's attempt; and what stands in doubt is never tried again.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from cadenza.outreach.delivery.redact import redact
from cadenza.outreach.delivery.types import (
    Accepted,
    Fault,
    InDoubt,
    Judgement,
    MessageState,
    Outcome,
    Refused,
)

FIRST_PAUSE = timedelta(minutes=30)  # RFC 5321 4.5.4.1: at least half an hour before the next attempt
LONGEST_PAUSE = timedelta(hours=12)
UNREACHED_PAUSE = timedelta(minutes=1)  # nobody answered: this was no attempt upon the receiver
GIVE_UP = timedelta(hours=72)


def judge(outcome: Outcome, attempts: int, queued_at: datetime, now: datetime) -> Judgement:
    """`attempts` counts this one."""
    match outcome:
        case Accepted(response):
            return Judgement(state=MessageState.SENT, outcome="accepted", detail=redact(response), code=250)
        case InDoubt(why):
            return Judgement(
                state=MessageState.IN_DOUBT, outcome="in_doubt", reason="in_doubt", detail=redact(why)
            )
        case Refused(fault=Fault.SETTINGS):
            return _later(outcome, now)
        case Refused(again=True) if now - queued_at < GIVE_UP:
            return _later(outcome, now + pause(outcome.fault, attempts))
    return _over(outcome)


def pause(fault: Fault, attempts: int) -> timedelta:
    """How long to wait: 30 minutes, doubled each time, 12 hours at most."""
    if fault is Fault.CONNECTION:
        return min(UNREACHED_PAUSE * 2 ** min(attempts - 1, 6), timedelta(hours=1))
    return min(FIRST_PAUSE * 2 ** min(attempts - 1, 10), LONGEST_PAUSE)


def _later(refused: Refused, at: datetime) -> Judgement:
    return Judgement(
        state=MessageState.QUEUED, outcome="refused", reason=refused.fault.value, detail=redact(refused.why),
        code=refused.code, again_at=at,
    )  # fmt: skip


def _over(refused: Refused) -> Judgement:
    dead = refused.fault is Fault.ADDRESS and not refused.again
    state = MessageState.BOUNCED if dead else MessageState.FAILED
    reason = "gave_up" if refused.again else refused.fault.value
    return Judgement(
        state=state, outcome="bounced" if dead else "refused", reason=reason, detail=redact(refused.why),
        code=refused.code, dead=dead,
    )  # fmt: skip
