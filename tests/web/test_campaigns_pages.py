"""The pages of campaigns over HTTP: drafted, checked, sent, held, and told one by one."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db import connections

from cadenza.base import clock, database
from cadenza.base.ids import new_id
from cadenza.cdp.segments import service as segments
from cadenza.engines import in_thread
from cadenza.outreach.campaigns import service as campaigns
from cadenza.outreach.content import service as content
from cadenza.outreach.delivery import service as delivery
from cadenza.outreach.delivery.types import Fault, InDoubt, MessageState, Refused
from cadenza.trust.accounts import service as accounts
from cadenza.trust.consent.types import State
from cadenza.web import campaigns as views
from cadenza.web.reasons import lines, said
from tests.outreach import shop
from tests.outreach.content.drafts import draft
from tests.web.conftest import browser, user

HTMX = {"HX-Request": "true"}


@pytest.fixture
def post():
    with shop.channel(shop.Post()) as made:
        yield made


def closing(work):
    """The thread that asked gives its connection back."""
    try:
        return work()
    finally:
        connections.close_all()


@pytest.fixture
def ask(pages):
    """A page, asked for on a thread of its own as the server does."""

    def go(address: str, body=None, client=pages, **headers):
        call = client.get if body is None else client.post
        told = [] if body is None else [body]
        return in_thread(lambda: closing(lambda: call(address, *told, headers=headers)))

    return go


@pytest.fixture
def ready(workspace):
    """A campaign to Ann, who agreed, to Bob, who never did, and to Cid, who left."""
    shop.people(workspace, "ann", "bob", "cid")
    shop.say(workspace, State.GIVEN, "ann@example.com")
    shop.say(workspace, State.WITHDRAWN, "cid@example.com")
    made = shop.campaign(workspace)
    in_thread(lambda: closing(lambda: refresh(workspace)))
    return made


def refresh(workspace) -> None:
    with database.scope(workspace):
        segments.refresh(workspace)


def state(workspace, which) -> str:
    with database.scope(workspace):
        return campaigns.one(workspace, which).state


def sent(workspace, which) -> None:
    shop.start(workspace, which)
    with shop.senders():
        shop.finish(workspace, which)


def test_a_new_workspace_is_told_what_a_campaign_is(ask):
    page = ask("/campaigns/").content.decode()
    assert "No campaigns yet" in page and "/campaigns/new/" in page


def test_a_segment_and_a_template_come_chosen(ask, workspace):
    chosen, other = shop.segment(workspace), shop.segment(workspace, {"orders": "count", "at_least": 1})
    with database.scope(workspace):
        template = content.save(workspace, draft(name="Spring mail"))
    page = ask(f"/campaigns/new/?segment={chosen}&template={template.id}").content.decode()
    assert f'value="{chosen}" checked' in page and f'value="{other}" checked' not in page
    assert f'<option value="{template.id}" selected>' in page and f"/templates/{template.id}/paper" in page


def test_a_draft_is_made_and_the_forecast_says_who_is_left_out_and_why(ask, workspace, ready, post):
    with database.scope(workspace):
        one = campaigns.one(workspace, ready).draft
    answer = ask(
        "/campaigns/new/", {"name": "Hi", "template": str(one.template), "include": [str(one.include[0])]}
    )
    page = ask(answer.headers["Location"]).content.decode()
    assert re.search(r"<strong>1</strong>\s*person gets it", page) and "Of 3 in the audience" in page
    assert "has not agreed to this topic" in page and "unsubscribed" in page
    assert "Your postal address is missing" in page and "Send to 1 person" in page


def test_a_segment_that_is_still_being_counted_is_waited_for(ask, workspace, post):
    which = shop.campaign(workspace)
    page = ask(f"/campaigns/{which}/").content.decode()
    assert (
        "still being counted" in page and f'hx-get="/campaigns/{which}/panel" hx-trigger="every 3s"' in page
    )
    in_thread(lambda: closing(lambda: refresh(workspace)))
    assert "still being counted" not in ask(f"/campaigns/{which}/panel").content.decode()


def test_a_draft_is_kept_as_one_types_and_a_refusal_stands_beside_its_field(ask, workspace, ready, post):
    with database.scope(workspace):
        one = campaigns.one(workspace, ready).draft
    body = {"name": "Renamed", "template": str(one.template), "include": [str(one.include[0])]}
    answer = ask(f"/campaigns/{ready}/", body, HX_Request="true")
    assert answer.status_code == 200 and 'id="panel"' in answer.content.decode()
    bad = ask(f"/campaigns/{ready}/", body | {"subject": "{{ person.frist_name }}"}, HX_Request="true")
    page = bad.content.decode()
    assert bad.status_code == 422 and "Your last change is not kept" in page
    assert re.search(r'id="wrong-subject"[^>]*role="alert"', page)
    with database.scope(workspace):
        assert campaigns.one(workspace, ready).draft.name == "Renamed"


@pytest.mark.parametrize(
    "body",
    [
        {"name": ""},
        {"name": "x", "template": "no"},
        {"name": "x", "topic": "nothing"},
        {"name": "x", "include": ["no"]},
        {"name": "x", "include": [str(new_id())]},
    ],
)
def test_bad_forms_are_said_with_the_form_again(ask, ready, post, body):
    for address in ("/campaigns/new/", f"/campaigns/{ready}/"):
        answer = ask(address, body)
        assert answer.status_code == 422 and 'role="alert"' in answer.content.decode()
        assert "</html>" in answer.content.decode()


def test_nothing_is_sent_while_something_has_to_be_mended(ask, workspace, post):
    with database.scope(workspace):
        empty = campaigns.create(workspace, views.CampaignDraft(name="Empty")).id
    page = ask(f"/campaigns/{empty}/").content.decode()
    assert "There is nothing to send yet" in page and "Nobody is chosen yet" in page
    answer = ask(f"/campaigns/{empty}/send", {}, HX_Request="true")
    assert answer.status_code == 422 and state(workspace, empty) == "draft"
    assert "</html>" in ask(f"/campaigns/{empty}/send", {}).content.decode()


def test_it_is_scheduled_in_the_time_of_the_shop_and_taken_back(ask, workspace, ready, post):
    with database.system_scope():
        accounts.update(workspace, time_zone="Asia/Tokyo")
    day = f"{clock.now() + timedelta(days=40):%Y-%m-%d}"
    answer = ask(f"/campaigns/{ready}/schedule", {"scheduled_at": f"{day}T09:30"}, HX_Request="true")
    assert answer.headers["HX-Redirect"] == f"/campaigns/{ready}/"
    with database.scope(workspace):
        at = campaigns.one(workspace, ready).scheduled_at
    assert f"{at:%Y-%m-%dT%H:%M}" == f"{day}T00:30"
    page = ask(f"/campaigns/{ready}/").content.decode()
    assert "Asia/Tokyo" in page and f'value="{day}T09:30"' in page
    ask(f"/campaigns/{ready}/unschedule", {})
    assert state(workspace, ready) == "draft"


@pytest.mark.parametrize("told", ["2001-01-01T10:00", "", "soon"])
def test_a_moment_that_cannot_be_is_refused_in_its_dialog(ask, workspace, ready, post, told):
    answer = ask(f"/campaigns/{ready}/schedule", {"scheduled_at": told}, HX_Request="true")
    page = answer.content.decode()
    assert answer.status_code == 422 and "data-open-now" in page and 'id="field-scheduled_at-error"' in page
    assert state(workspace, ready) == "draft"


def test_an_hour_that_the_clocks_skip_is_refused():
    from zoneinfo import ZoneInfo

    with pytest.raises(views.BadInput, match="skip"):
        views._moment("2030-03-31T03:30", ZoneInfo("Europe/Riga"))


def test_it_is_sent_watched_and_reported(ask, workspace, ready, post):
    answer = ask(f"/campaigns/{ready}/send", {}, HX_Request="true")
    assert answer.headers["HX-Redirect"] == f"/campaigns/{ready}/" and state(workspace, ready) == "sending"
    page = ask(f"/campaigns/{ready}/").content.decode()
    assert f'hx-get="/campaigns/{ready}/progress" hx-trigger="every 1s"' in page and "Pause" in page
    assert ask(f"/campaigns/{ready}/progress").status_code == 200
    assert "every 2s" in ask("/campaigns/").content.decode()
    shop.jobs.build(str(workspace), str(ready))
    with shop.senders():
        shop.finish(workspace, ready)
    assert ask(f"/campaigns/{ready}/progress").headers["HX-Refresh"] == "true"
    page = ask(f"/campaigns/{ready}/").content.decode()
    assert "It was sent to 1 of 3 people" in page
    assert f"/campaigns/{ready}/messages?state=left_out&amp;reason=withdrawn" in page
    assert "Spring" in ask("/campaigns/?show=over").content.decode()


def test_the_messages_are_told_one_by_one(ask, workspace, ready, post):
    sent(workspace, ready)
    base = f"/campaigns/{ready}/messages"
    everyone = ask(base).content.decode()
    assert "Ann" in everyone and "Bob" in everyone and "Cid" in everyone and "1–3 of 3" in everyone
    out = ask(f"{base}?state=left_out").content.decode()
    assert "Has not agreed to this topic" in out and "ann@example.com" not in out
    why = ask(f"{base}?state=left_out&reason=withdrawn").content.decode()
    assert "cid@example.com" in why and "bob@example.com" not in why and "They left this topic" in why
    for bad in ("?state=x", "?after=x"):
        assert ask(base + bad).status_code == 422


def test_it_is_held_let_go_and_stopped(ask, workspace, ready, post):
    shop.start(workspace, ready)
    ask(f"/campaigns/{ready}/pause", {})
    assert state(workspace, ready) == "paused"
    page = ask(f"/campaigns/{ready}/").content.decode()
    assert "Nothing leaves until you let it go on" in page and "Resume" in page
    ask(f"/campaigns/{ready}/resume", {})
    assert state(workspace, ready) == "sending"
    ask(f"/campaigns/{ready}/cancel", {})
    assert state(workspace, ready) == "cancelled"
    answer = ask(f"/campaigns/{ready}/pause", {})
    assert answer.status_code == 302 and "cannot be moved" in ask(answer.headers["Location"]).content.decode()


def test_a_fault_of_the_server_and_a_doubt_are_explained_and_settled(ask, workspace):
    shop.people(workspace, "ann", "bob")
    shop.say(workspace, State.GIVEN, "ann@example.com", "bob@example.com")
    which = shop.campaign(workspace)

    def answer(outgoing):
        if outgoing.to.email.startswith("ann"):
            return InDoubt("the connection died")
        return Refused("550 spam", False, 550, "5.7.1", Fault.POLICY)

    with shop.channel(shop.Post(answer)):
        sent(workspace, which)
        page = ask(f"/campaigns/{which}/").content.decode()
        assert "may have arrived or not" in page
        doubtful = ask(f"/campaigns/{which}/messages?state=in_doubt").content.decode()
        assert "It arrived" in doubtful and "never sends them again" in doubtful
        address = re.search(rf'action="(/campaigns/{which}/messages/[^"]+/resolve)"', doubtful)[1]
        ask(address, {"arrived": "yes"})
        failed = ask(f"/campaigns/{which}/messages?state=failed").content.decode()
        assert "Mail was refused as unwanted" in failed
    with database.scope(workspace):
        assert delivery.counts(workspace, which).of(MessageState.SENT) == 1


def test_a_test_goes_to_a_user_alone(ask, workspace, ready, post, member):
    answer = ask(f"/campaigns/{ready}/test", {"to": member.email}, HX_Request="true")
    assert answer.status_code == 200 and "The test is sent" in answer.headers["HX-Trigger"]
    assert post.sent[0].subject.startswith("[Test]")
    refused = ask(f"/campaigns/{ready}/test", {"to": "ann@example.com"}, HX_Request="true")
    assert refused.status_code == 422 and 'id="field-to-error"' in refused.content.decode()
    assert len(post.sent) == 1


def test_a_copy_is_a_draft_and_a_draft_can_be_thrown_away(ask, workspace, ready, post):
    answer = ask(f"/campaigns/{ready}/duplicate", {})
    assert "Copy of Spring" in ask(answer.headers["Location"]).content.decode()
    ask(f"{answer.headers['Location']}delete", {})
    with database.scope(workspace):
        assert [one.id for one in campaigns.all(workspace)] == [ready]


def test_reading_never_changes_and_writing_wants_the_token(ask, workspace, ready, member, post):
    strict = browser(member, enforce_csrf_checks=True)
    for verb in ("send", "schedule", "test", "pause", "cancel", "delete", "duplicate"):
        assert ask(f"/campaigns/{ready}/{verb}").status_code == 405
        assert ask(f"/campaigns/{ready}/{verb}", {}, client=strict).status_code == 403
    assert state(workspace, ready) == "draft"


def test_nobody_else_sees_or_moves_it(ask, workspace, ready, post):
    with database.system_scope():
        other = accounts.create_workspace("Other")
    stranger = browser(user(other.id))
    for address in ("", "messages", "progress"):
        assert ask(f"/campaigns/{ready}/{address}", client=stranger).status_code == 404
    assert ask(f"/campaigns/{ready}/duplicate", {}, client=stranger).status_code == 404
    ask(f"/campaigns/{ready}/send", {}, client=stranger)
    assert state(workspace, ready) == "draft"


def test_every_reason_is_said_of_one_and_of_many():
    from cadenza.outreach.contact_policy.types import Reason

    told = lines(
        {reason.value: 2 for reason in Reason} | {"no_consent": 1} | {fault.value: 3 for fault in Fault}
    )
    assert all(line.words and line.hint for line in told)
    assert {line.words for line in told if line.reason == "no_consent"} == {"has not agreed to this topic"}
    assert said("no_address") == "Has no e-mail address" and said("something_else") == "Something else"
