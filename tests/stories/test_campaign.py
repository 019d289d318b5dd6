"""From an audience to a mailbox, and from an unsubscribe link to the next campaign."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

import pytest

from cadenza.base import database, projection
from cadenza.cdp.events import service as events
from cadenza.cdp.identity import service as identity
from cadenza.channels.email import service as email
from cadenza.outreach.campaigns import service as campaigns
from cadenza.outreach.delivery import service as delivery
from cadenza.outreach.delivery.types import MessageState
from cadenza.trust.consent.types import State
from tests.outreach import shop

AGREED = ("ann", "bob", "cid")
LINK = re.compile(r'href="(https?://[^"]+/c/[^"]+)"')
PIXEL = re.compile(r'src="(https?://[^"]+/o/[^"]+\.gif)"')

pytestmark = pytest.mark.story


@pytest.fixture(scope="module", autouse=True)
def sink(engines) -> Iterator[int]:
    yield email.start_sink(0)
    email.stop_sink()


def _mailed(workspace) -> dict[str, email.Opened]:
    with database.scope(workspace):
        page = email.mails(workspace, limit=200)
        return {mail.to.partition("@")[0]: email.mail(workspace, mail.id) for mail in page.mails}


def _send(workspace, which) -> None:
    shop.start(workspace, which)
    with shop.senders():
        shop.finish(workspace, which)


def _counts(workspace, which):
    with database.scope(workspace):
        return delivery.counts(workspace, which)


def test_a_campaign_reaches_those_who_agreed_and_one_click_keeps_a_person_out_of_the_next(workspace):
    everyone = shop.people(workspace, *AGREED, "dan", "eve", "fay")
    shop.say(workspace, State.GIVEN, *(f"{name}@example.com" for name in AGREED))
    shop.say(workspace, State.GIVEN, "ann@example.com", topic="open_tracking")
    shop.say(workspace, State.REFUSED, "dan@example.com")
    shop.say(workspace, State.WITHDRAWN, "eve@example.com")
    first = shop.campaign(workspace)
    _send(workspace, first)

    mails = _mailed(workspace)
    assert set(mails) == set(AGREED)
    counts = _counts(workspace, first)
    assert counts.audience == len(everyone)
    assert counts.sent == len(mails)
    assert counts.left_out == {"refused": 1, "withdrawn": 1, "no_consent": 1}
    headers = dict(mails["bob"].headers)
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert headers["List-Unsubscribe"].startswith(f"<{mails['bob'].unsubscribe_url}>")
    assert mails["bob"].unsubscribe_url in unescape(mails["bob"].html)
    assert PIXEL.search(mails["ann"].html) and not PIXEL.search(mails["bob"].html)

    _read_and_leave(mails)
    counts = _counts(workspace, first)
    assert (counts.opened, counts.clicked, counts.unsubscribed) == (1, 1, 1)
    with database.scope(workspace):
        email.empty_mailbox(workspace)
    second = shop.campaign(workspace, "Summer")
    _send(workspace, second)
    assert set(_mailed(workspace)) == {"ann", "cid"}
    assert _counts(workspace, second).left_out == {"refused": 1, "withdrawn": 2, "no_consent": 1}
    _timeline_tells_it(workspace, everyone[0])


def _read_and_leave(mails) -> None:
    clicked = unescape(LINK.findall(mails["ann"].html)[0])
    [opened, followed] = shop.visit(("GET", PIXEL.search(mails["ann"].html)[1]), ("GET", clicked))
    assert opened[1]["content-type"] == "image/gif"
    assert (followed[0], followed[1]["location"]) == (302, "https://shop.example/sale?a=1&b=2")
    [left] = shop.visit(("POST", mails["bob"].unsubscribe_url, b"List-Unsubscribe=One-Click"))
    assert left[0] == 200 and b"You are unsubscribed" in left[2]


def _timeline_tells_it(workspace, ann) -> None:
    projection.drain()
    with database.scope(workspace):
        done = [event.name for event in events.timeline(workspace, identity.all_ids(workspace, ann))]
    assert sorted(done) == ["Email Link Clicked", "Email Opened", "Email Sent", "Email Sent"]


def test_the_report_counts_what_the_sink_counts_over_hundreds(workspace):
    names = [f"p{number}" for number in range(300)]
    shop.people(workspace, *names)
    shop.say(workspace, State.GIVEN, *(f"{name}@example.com" for name in names[:250]))
    which = shop.campaign(workspace)
    _send(workspace, which)
    mails = _mailed_all(workspace)
    counts = _counts(workspace, which)
    assert len(mails) == len(set(mails)) == counts.sent == 250
    assert counts.audience == 300 == sum(counts.states.values())
    with database.scope(workspace):
        page = delivery.messages(workspace, which, state=MessageState.LEFT_OUT, limit=100)
        assert {one.reason for one in page.items} == {"no_consent"}
        assert campaigns.progress(workspace, which).share == 1.0


def _mailed_all(workspace) -> list[str]:
    found, after = [], None
    while True:
        with database.scope(workspace):
            page = email.mails(workspace, limit=200, after=after)
        found += [mail.to for mail in page.mails]
        if page.after is None:
            return found
        after = page.after
