"""What becomes of a message after an attempt: a final no ends it, a passing fault waits, doubt stays."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from cadenza.outreach.delivery.judge import judge, pause
from cadenza.outreach.delivery.types import Accepted, Fault, InDoubt, MessageState, Refused

AT = datetime(2030, 1, 1, tzinfo=UTC)


def _refused(fault: Fault, again: bool) -> Refused:
    return Refused("550 <ann@example.com> says no", again, 550, "5.1.1", fault)


@pytest.mark.parametrize(
    ("outcome", "state", "reason"),
    [
        (Accepted("250 queued"), MessageState.SENT, ""),
        (InDoubt("No answer."), MessageState.IN_DOUBT, "in_doubt"),
        (_refused(Fault.ADDRESS, False), MessageState.BOUNCED, "address"),
        (_refused(Fault.CONTENT, False), MessageState.FAILED, "content"),
        (_refused(Fault.POLICY, False), MessageState.FAILED, "policy"),
        (_refused(Fault.MAILBOX, True), MessageState.QUEUED, "mailbox"),
        (_refused(Fault.SETTINGS, False), MessageState.QUEUED, "settings"),
    ],
)
def test_each_outcome_has_its_state(outcome, state: MessageState, reason: str):
    made = judge(outcome, 1, AT, AT)
    assert (made.state, made.reason) == (state, reason)
    assert "ann@" not in made.detail
    assert made.dead == (state is MessageState.BOUNCED)


def test_the_pause_grows_from_half_an_hour_to_half_a_day():
    minutes = [pause(Fault.MAILBOX, attempt).total_seconds() / 60 for attempt in range(1, 8)]
    assert minutes == [30, 60, 120, 240, 480, 720, 720]
    assert pause(Fault.CONNECTION, 1) == timedelta(minutes=1)


def test_after_three_days_it_is_given_up():
    soft = _refused(Fault.MAILBOX, True)
    assert judge(soft, 3, AT, AT + timedelta(hours=71)).state is MessageState.QUEUED
    late = judge(soft, 9, AT, AT + timedelta(hours=72))
    assert (late.state, late.reason) == (MessageState.FAILED, "gave_up")
