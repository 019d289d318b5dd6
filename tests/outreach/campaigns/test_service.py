"""Campaigns: written, refused while something is missing, scheduled, late, paused, resumed where they stopped."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from cadenza.base import database
from cadenza.base.ids import SegmentId, new_id
from cadenza.base.problem import BadInput, Conflict, NotFound
from cadenza.outreach.campaigns import jobs, service
from cadenza.outreach.campaigns.types import CampaignDraft, State
from cadenza.outreach.content import service as content
from cadenza.outreach.delivery import service as delivery
from cadenza.outreach.delivery.types import Refused
from cadenza.trust.accounts import service as accounts
from cadenza.trust.consent.types import State as Said
from cadenza.trust.privacy import service as privacy
from tests.outreach import shop
from tests.outreach.content.drafts import draft


@pytest.fixture(autouse=True)
def post(engines):
    with shop.channel(shop.Post()) as post:
        yield post


def _do(workspace, what, *told, **more):
    with database.scope(workspace):
        return getattr(service, what)(workspace, *told, **more)


def _people(workspace, count: int, agreed: int) -> list[int]:
    names = [f"p{number}" for number in range(count)]
    found = shop.people(workspace, *names)
    shop.say(workspace, Said.GIVEN, *(f"{name}@example.com" for name in names[:agreed]))
    return found


def test_an_incomplete_draft_may_be_kept_but_not_sent(workspace):
    which = _do(workspace, "create", CampaignDraft(name="Later"), "user:1").id
    for what, told in (("send_now", ()), ("schedule", (_do_later(),))):
        with pytest.raises(BadInput) as refused:
            _do(workspace, what, which, *told)
        assert refused.value.at == "template" and refused.value.hint
    assert [flaw.at for flaw in _do(workspace, "preflight", which).flaws] == ["template", "include"]
    _do(workspace, "delete", which)
    with pytest.raises(NotFound):
        _do(workspace, "one", which)


def _do_later():
    from cadenza.base import clock

    return clock.now() + timedelta(hours=3)


def test_what_cannot_be_right_is_refused_at_its_place(workspace):
    with database.scope(workspace):
        template = content.save(workspace, draft()).id
    good = CampaignDraft(name="Spring", template=template)
    bad = [
        (replace(good, name=" "), "name"),
        (replace(good, topic="unheard_of"), "topic"),
        (replace(good, include=(SegmentId(new_id()),)), "include.0"),
        (replace(good, subject="Hi {{ person.shoe_size }}"), "subject"),
    ]
    for told, at in bad:
        with pytest.raises(BadInput) as refused:
            _do(workspace, "create", told)
        assert refused.value.at == at
    with pytest.raises(NotFound):
        _do(workspace, "create", replace(good, template=new_id()))


def test_preflight_says_whom_it_would_reach_and_writes_nothing(workspace):
    _people(workspace, 12, 9)
    which = shop.campaign(workspace)
    with database.scope(workspace):
        from cadenza.cdp.segments import service as segments

        segments.refresh(workspace)
    found = _do(workspace, "preflight", which)
    assert (found.foreseen.audience, found.foreseen.reachable) == (12, 9)
    assert found.foreseen.left_out == {"no_consent": 3} and found.is_clear
    assert "postal_address" in {advice.at for advice in found.advice}
    with database.scope(workspace):
        assert delivery.counts(workspace, which).audience == 0


def test_exclusion_and_a_subject_of_its_own(workspace, post):
    _people(workspace, 6, 6)
    out = shop.segment(workspace)
    which = shop.campaign(workspace, subject="Only for {{ person.first_name }}")
    shop.start(workspace, which)
    with shop.senders():
        shop.finish(workspace, which)
    assert sorted(one.subject for one in post.sent)[0] == "Only for P0"
    nobody = shop.campaign(workspace, exclude=(out,))
    shop.start(workspace, nobody)
    assert _do(workspace, "advance", nobody) is State.FINISHED
    assert _do(workspace, "one", nobody).audience == 0


def test_a_scheduled_campaign_begins_when_it_is_due(workspace, clock, post):
    _people(workspace, 3, 3)
    which = shop.campaign(workspace)
    with pytest.raises(BadInput):
        _do(workspace, "schedule", which, clock.now())
    assert _do(workspace, "schedule", which, clock.now() + timedelta(hours=1)).state is State.SCHEDULED
    assert _do(workspace, "advance", which) is State.SCHEDULED
    clock.move(hours=1, minutes=5)
    jobs.tick()
    assert _do(workspace, "one", which).state is State.SENDING
    jobs.build(str(workspace), str(which))
    with shop.senders():
        shop.finish(workspace, which)
    assert len(post.sent) == 3


def test_a_schedule_missed_by_more_than_two_hours_asks_instead_of_sending(workspace, clock, post):
    _people(workspace, 3, 3)
    which = shop.campaign(workspace)
    _do(workspace, "schedule", which, clock.now() + timedelta(hours=1))
    clock.move(hours=5)
    jobs.tick()
    found = _do(workspace, "one", which)
    assert (found.state, found.reason) == (State.PAUSED, "late")
    with database.scope(workspace):
        assert delivery.counts(workspace, which).audience == 0
    assert _do(workspace, "resume", which).state is State.SENDING
    jobs.build(str(workspace), str(which))
    with shop.senders():
        shop.finish(workspace, which)
    assert len(post.sent) == 3


def test_an_audience_that_was_half_queued_goes_on_where_it_stopped(workspace, monkeypatch):
    _people(workspace, 25, 20)
    which = shop.campaign(workspace)
    _do(workspace, "send_now", which)
    monkeypatch.setattr(service, "STEP", 7)
    assert _do(workspace, "build", which) and _do(workspace, "build", which)
    with database.scope(workspace):
        assert delivery.counts(workspace, which).audience == 14
        assert not delivery.is_done(workspace, which)
    jobs.build(str(workspace), str(which))
    assert not _do(workspace, "build", which)
    with database.scope(workspace):
        counts = delivery.counts(workspace, which)
    assert (counts.audience, counts.waiting, counts.left_out) == (25, 20, {"no_consent": 5})


def test_a_dead_job_is_noticed(workspace, clock):
    _people(workspace, 3, 3)
    which = shop.campaign(workspace)
    _do(workspace, "send_now", which)
    assert not _do(workspace, "is_stalled", which)
    clock.move(minutes=1)
    assert _do(workspace, "is_stalled", which)
    jobs.build(str(workspace), str(which))
    assert not _do(workspace, "is_stalled", which)


def test_an_edit_after_the_start_changes_no_mail(workspace, post):
    _people(workspace, 2, 2)
    which = shop.campaign(workspace)
    shop.start(workspace, which)
    with database.scope(workspace):
        template = service.one(workspace, which).draft.template
        content.save(workspace, draft("<mj-text>Changed</mj-text>"), template)
    with shop.senders():
        shop.finish(workspace, which)
    assert all("Changed" not in one.html for one in post.sent) and len(post.sent) == 2
    with pytest.raises(Conflict):
        _do(workspace, "update", which, CampaignDraft(name="No"))
    with pytest.raises(Conflict):
        _do(workspace, "delete", which)
    assert _do(workspace, "duplicate", which).name == "Copy of Spring"


def test_cancelling_keeps_the_audience_whole(workspace):
    _people(workspace, 9, 5)
    which = shop.campaign(workspace)
    _do(workspace, "send_now", which)
    assert _do(workspace, "cancel", which).state is State.CANCELLED
    with database.scope(workspace):
        counts = delivery.counts(workspace, which)
    assert (counts.audience, counts.states) == (9, {"cancelled": 5, "left_out": 4})
    with pytest.raises(Conflict):
        _do(workspace, "resume", which)


def test_a_person_erased_while_the_audience_is_queued_is_not_written_to(workspace, monkeypatch):
    people = _people(workspace, 10, 10)
    which = shop.campaign(workspace)
    _do(workspace, "send_now", which)
    monkeypatch.setattr(service, "STEP", 4)
    _do(workspace, "build", which)
    privacy.erase_person(workspace, people[-1], "user:1", "Request 4")
    jobs.build(str(workspace), str(which))
    with database.scope(workspace):
        assert delivery.counts(workspace, which).audience == 9 == service.one(workspace, which).audience


def test_a_test_message_goes_to_a_user_and_is_counted_nowhere(workspace, post):
    [ann] = _people(workspace, 1, 1)
    which = shop.campaign(workspace)
    with database.scope(workspace):
        user = accounts.create_user(f"owner-{workspace}@example.com")
        accounts.add_member(workspace, user.id)
    with pytest.raises(BadInput) as refused:
        _do(workspace, "test_send", which, "p0@example.com", "user:1", ann)
    assert refused.value.at == "to"
    assert _do(workspace, "test_send", which, user.email, "user:1", ann).outcome == "accepted"
    [sent] = post.sent
    assert sent.subject == "[Test] Hello" and sent.to.email == user.email and "/c/" not in sent.html
    post._answer = lambda _: Refused("No.", False)
    assert _do(workspace, "test_send", which, user.email, "user:1", ann).detail == "No."
    with database.scope(workspace):
        assert delivery.counts(workspace, which).audience == 0
        assert [one.outcome for one in service.test_sends(workspace, which)] == ["refused", "accepted"]
