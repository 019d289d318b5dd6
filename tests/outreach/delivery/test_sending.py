"""Sending: held back, tried again, paused and left out, and never after somebody left."""

from __future__ import annotations

import asyncio
import threading

import pytest

from cadenza.base import clock, database
from cadenza.base.ids import MessageId
from cadenza.outreach.campaigns import service as campaigns
from cadenza.outreach.contact_policy import service as policy
from cadenza.outreach.delivery import models, service, settle
from cadenza.outreach.delivery.prepare import prepare
from cadenza.outreach.delivery.types import Accepted, Fault, InDoubt, MessageState, Refused
from cadenza.outreach.tracking import service as tracking
from cadenza.trust.consent.types import State
from tests.outreach import shop


def _audience(workspace, count: int) -> list[str]:
    names = [f"p{number}" for number in range(count)]
    shop.people(workspace, *names)
    shop.say(workspace, State.GIVEN, *(f"{name}@example.com" for name in names))
    return [f"{name}@example.com" for name in names]


def _started(workspace, **more):
    which = shop.campaign(workspace, **more)
    shop.start(workspace, which)
    return which


def _counts(workspace, which):
    with database.scope(workspace):
        return service.counts(workspace, which)


def _idle(workspace, which) -> bool:
    """Nothing is on the wire, and nothing that waits is due."""
    with database.scope(workspace):
        due = models.Message.objects.filter(
            campaign_id=which, state="queued", next_attempt_at__lte=clock.now()
        )
        claimed = models.Message.objects.filter(campaign_id=which, worker__isnull=False)
        return not due.exists() and not claimed.exists()


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        (Refused("550 5.1.1 no such user", False, 550, "5.1.1", Fault.ADDRESS), MessageState.BOUNCED),
        (Refused("552 too large", False, 552, "5.3.4", Fault.CONTENT), MessageState.FAILED),
        (Refused("452 4.2.2 mailbox full", True, 452, "4.2.2", Fault.MAILBOX), MessageState.QUEUED),
        (InDoubt("The line went dead."), MessageState.IN_DOUBT),
    ],
)
def test_each_outcome_lands_in_its_state_and_the_sum_stays(workspace, outcome, state):
    ann, *_ = _audience(workspace, 6)
    with shop.channel(shop.Post(lambda o: outcome if o.to.email == ann else Accepted("250"))) as post:
        which = _started(workspace)
        with shop.senders():
            shop.until(lambda: _counts(workspace, which).sent == 5 and _idle(workspace, which))
    counts = _counts(workspace, which)
    assert (counts.of(state), counts.sent, counts.audience) == (1, 5, 6) and len(post.sent) == 5
    with database.scope(workspace):
        suppressed = policy.suppressions(workspace, address=ann).total
        [one] = service.messages(workspace, which, state=state).items
        assert suppressed == (1 if state is MessageState.BOUNCED else 0)
        assert len(service.attempts(workspace, one.id)) == one.attempts == 1
    assert (one.next_attempt_at is not None) == (state is MessageState.QUEUED)


def test_settings_that_fail_pause_the_campaign_with_the_reason_and_it_can_be_resumed(workspace):
    _audience(workspace, 20)
    broken = Refused("535 wrong password", True, 535, "5.7.8", Fault.SETTINGS)
    with shop.channel(shop.Post(lambda _: broken)):
        which = _started(workspace)
        with shop.senders():
            shop.until(lambda: _state(workspace, which) == "paused" and _idle_claims(workspace, which))
        with database.scope(workspace):
            assert "wrong password" in campaigns.one(workspace, which).reason
            tried = models.Attempt.objects.filter(workspace_id=workspace).count()
        assert tried <= 4
    with shop.channel(shop.Post()) as post:
        with database.scope(workspace):
            campaigns.resume(workspace, which)
        with shop.senders():
            shop.finish(workspace, which)
    assert len(post.sent) == 20 == _counts(workspace, which).sent


def _state(workspace, which) -> str:
    with database.scope(workspace):
        return campaigns.one(workspace, which).state.value


def _idle_claims(workspace, which) -> bool:
    with database.scope(workspace):
        return not models.Message.objects.filter(campaign_id=which, worker__isnull=False).exists()


def test_a_server_that_is_away_is_not_asked_by_everyone(workspace):
    _audience(workspace, 60)
    with shop.channel(shop.Post(lambda _: Refused("Nobody answers.", True))):
        which = _started(workspace)
        with shop.senders():
            shop.until(lambda: _attempts(workspace) >= 5 and _idle_claims(workspace, which))
    assert _attempts(workspace) < 20
    assert _counts(workspace, which).waiting == 60


def _attempts(workspace) -> int:
    with database.scope(workspace):
        return models.Attempt.objects.filter(workspace_id=workspace).count()


def test_pausing_holds_back_even_what_is_claimed(workspace):
    _audience(workspace, 60)
    gate, begun = threading.Event(), threading.Event()

    async def slow(_):
        begun.set()
        while not gate.is_set():
            await asyncio.sleep(0.01)
        return Accepted("250")

    class Slow(shop.Post):
        async def send(self, outgoing, intent):
            await slow(outgoing)
            return await super().send(outgoing, intent)

    with shop.channel(Slow()) as post:
        which = _started(workspace)
        with shop.senders():
            assert begun.wait(20)
            with database.scope(workspace):
                campaigns.pause(workspace, which)
            gate.set()
            shop.until(lambda: _idle_claims(workspace, which))
        assert post.sent == [] and _counts(workspace, which).waiting == 60
        with database.scope(workspace):
            campaigns.resume(workspace, which)
        with shop.senders():
            shop.finish(workspace, which)
    assert len(post.sent) == 60 == len({one.to.email for one in post.sent})


def test_who_leaves_during_the_send_is_not_claimed_after_that(workspace):
    addresses = _audience(workspace, 30)
    with shop.channel(shop.Post()):
        which = _started(workspace)
        ready = prepare(workspace, which, 9, 10)
        held = {one.outgoing.message_id for one in ready}
        with database.scope(workspace):
            later = next(row.id for row in service.messages(workspace, which).items if row.id not in held)
        gone = ready[3].outgoing.message_id
        for message in (gone, later):
            with database.scope(workspace):
                tracking.unsubscribe(workspace, message, "one_click")
        answers = settle.intend(workspace, 9, [one.outgoing.message_id for one in ready])
        assert answers == ["" if one.outgoing.message_id != gone else "withdrawn" for one in ready]
        rest = prepare(workspace, which, 9, 100)
        assert later not in {one.outgoing.message_id for one in rest}
        assert len(ready) - 1 + len(rest) == len(addresses) - 2
        assert _counts(workspace, which).left_out == {"withdrawn": 2}
        assert settle.intend(workspace, 8, [rest[0].outgoing.message_id]) == [settle.HELD]


def test_unsubscribing_while_hundreds_leave_never_mails_who_left_before(workspace):
    addresses = _audience(workspace, 200)
    left: dict[str, float] = {}
    loop_time: dict[str, float] = {}

    class Timed(shop.Post):
        async def send(self, outgoing, intent):
            await intent()
            loop_time[outgoing.to.email] = clock.now().timestamp()
            self.sent.append(outgoing)
            await asyncio.sleep(0.005)
            return Accepted("250")

    with shop.channel(Timed()):
        which = _started(workspace)
        with database.scope(workspace):
            of = {one.profile: one.id for one in service.messages(workspace, which, limit=200).items}
        with shop.senders():
            for (_, message), address in zip(list(of.items())[::-1][:60], addresses[::-1], strict=False):
                with database.scope(workspace):
                    tracking.unsubscribe(workspace, message, "one_click")
                left[address] = clock.now().timestamp()
            shop.finish(workspace, which)
    counts = _counts(workspace, which)
    assert counts.audience == 200 == counts.sent + sum(counts.left_out.values())
    late = [address for address in left if loop_time.get(address, 0) > left[address] + 0.05]
    assert late == []


def test_a_message_that_cannot_be_made_ready_stops_nobody(workspace, monkeypatch):
    from cadenza.outreach.delivery import prepare as preparing

    _audience(workspace, 12)
    real = preparing.tracking.ways
    poisoned: list[MessageId] = []

    def ways(workspace, message, measured):
        if not poisoned:
            poisoned.append(message)
        if message == poisoned[0]:
            raise ValueError("poison")
        return real(workspace, message, measured)

    monkeypatch.setattr(preparing.tracking, "ways", ways)
    with shop.channel(shop.Post()) as post:
        which = _started(workspace)
        with shop.senders():
            shop.finish(workspace, which)
    counts = _counts(workspace, which)
    assert len(post.sent) == counts.sent == 11
    assert counts.failed == {"fault": 1}


def test_a_person_without_what_the_template_needs_is_left_out_with_the_reason(workspace):
    _audience(workspace, 2)
    with shop.channel(shop.Post()) as post:
        body = "<mj-text>Born {{ person.birth_date }}</mj-text>"
        which = _started(workspace, body=body)
        with shop.senders():
            shop.finish(workspace, which)
    assert post.sent == [] and _counts(workspace, which).left_out == {"missing_data": 2}


def test_a_sender_that_breaks_its_promise_ends_as_failed_or_in_doubt(workspace):
    _audience(workspace, 2)

    class Broken(shop.Post):
        async def send(self, outgoing, intent):
            if outgoing.to.email.startswith("p0"):
                raise KeyError("early")
            await intent()
            raise KeyError("late")

    with shop.channel(Broken()):
        which = _started(workspace)
        with shop.senders():
            shop.finish(workspace, which)
    states = _counts(workspace, which).states
    assert states == {MessageState.FAILED: 1, MessageState.IN_DOUBT: 1}


def test_a_second_attempt_waits_for_its_time(workspace, clock):
    [ann] = _audience(workspace, 1)
    answers = [Refused("451 later", True, 451, "4.2.0", Fault.MAILBOX), Accepted("250")]
    with shop.channel(shop.Post(lambda _: answers.pop(0))) as post:
        which = _started(workspace)
        with shop.senders():
            shop.until(lambda: len(answers) == 1 and _idle(workspace, which))
            clock.move(minutes=29)
            assert _idle(workspace, which)
            clock.move(minutes=2)
            shop.finish(workspace, which)
    assert [one.to.email for one in post.sent] == [ann]
    assert post.sent[0].at == clock.now().replace(hour=12, minute=0)
