"""What became of messages is told as events, once each: segments can ask it, and nobody is “seen” by it."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from cadenza.base import clickhouse, clock, database, projection
from cadenza.cdp.profiles import service as profiles
from cadenza.cdp.segments import service as segments
from cadenza.outreach.contact_policy import service as policy
from cadenza.outreach.delivery import service, settle
from cadenza.outreach.delivery.prepare import prepare
from cadenza.outreach.delivery.types import (
    Accepted,
    Answer,
    Fate,
    Fault,
    InDoubt,
    MessageState,
    Outgoing,
    Refused,
)
from cadenza.outreach.tracking import service as tracking
from cadenza.outreach.tracking.types import Deed, Kind, Place
from cadenza.trust.accounts import service as accounts
from cadenza.trust.consent.types import OPEN_TRACKING, State
from tests.outreach import shop

NAMES = ("ann", "bob", "cid", "dan", "eve")


def _outcome(outgoing: Outgoing) -> Any:
    if outgoing.to.email.startswith("cid"):
        return Refused("550 5.1.1 no such user", False, 550, "5.1.1", Fault.ADDRESS)
    return InDoubt("The line went dead.") if outgoing.to.email.startswith("dan") else Accepted("250")


@pytest.fixture
def sent(workspace):
    """A campaign to five: sent to Ann and Bob, Cid is dead, nobody knows of Dan, and Eve never agreed."""
    people = dict(zip(NAMES, shop.people(workspace, *NAMES), strict=True))
    shop.say(workspace, State.GIVEN, *(f"{name}@example.com" for name in NAMES[:-1]))
    with shop.channel(shop.Post(_outcome)):
        which = shop.campaign(workspace)
        shop.start(workspace, which)
        with shop.senders():
            shop.finish(workspace, which)
    projection.drain()
    return workspace, which, people


def _fit(workspace, people, which, **asked: Any) -> set[str]:
    projection.drain()
    with database.scope(workspace):
        found = segments.preview(workspace, {"campaign": str(which), **asked}, limit=10).sample
    return {name for name, profile in people.items() if profile in found}


def _message(workspace, which, profile):
    with database.scope(workspace):
        found = service.why_not(workspace, which, profile)
    assert found
    return found.id


def test_a_campaign_tells_what_segments_ask(sent):
    workspace, which, people = sent
    assert _fit(workspace, people, which, message="sent") == {"ann", "bob"}
    assert _fit(workspace, people, which, message="bounced") == {"cid"}
    assert _fit(workspace, people, which, message="left_out") == {"eve"}
    assert _fit(workspace, people, which, message="left_out", reason="no_consent") == {"eve"}
    assert _fit(workspace, people, which, message="left_out", reason="suppressed") == set()
    assert _fit(workspace, people, which, message="not_opened") == {"ann", "bob"}
    assert _fit(workspace, people, "another", message="sent") == set()
    assert _fit(workspace, people, which, message="delivered") == set()


def test_what_the_receiving_side_answers_is_told_once(sent):
    workspace, which, people = sent
    at = clock.now()
    ids = {name: _message(workspace, which, profile) for name, profile in people.items()}
    answers = [
        Answer(ids["ann"], Fate.DELIVERED, at), Answer(ids["bob"], Fate.DELIVERED, at),
        Answer(ids["bob"], Fate.COMPLAINED, at),
        Answer(ids["dan"], Fate.BOUNCED, at), Answer(ids["eve"], Fate.DELIVERED, at),
    ]  # fmt: skip
    for _ in range(2):
        with database.scope(workspace):
            assert service.answer(workspace, answers) == 3  # of Eve's nothing left
    assert _fit(workspace, people, which, message="delivered") == {"ann", "bob"}
    assert _fit(workspace, people, which, message="complained") == {"bob"}
    assert _fit(workspace, people, which, message="bounced") == {"cid", "dan"}
    assert _told(workspace) == {
        "Email Sent": 2, "Email Bounced": 2, "Email Left Out": 1, "Email Delivered": 2, "Email Complained": 1
    }  # fmt: skip
    with database.scope(workspace):
        counts = service.counts(workspace, which)
        assert (counts.sent, counts.of(MessageState.BOUNCED)) == (2, 2)
        suppressed = {
            name for name in NAMES if policy.suppressions(workspace, address=f"{name}@example.com").total
        }
    assert suppressed == {"bob", "cid", "dan"}


def test_what_an_operator_knows_of_a_message_in_doubt_is_told_too(sent):
    workspace, which, people = sent
    with database.scope(workspace):
        service.resolve(workspace, _message(workspace, which, people["dan"]), arrived=True, by="me")
    assert _fit(workspace, people, which, message="sent") == {"ann", "bob", "dan"}


def test_who_is_left_out_at_the_last_moment_is_told_with_the_reason(workspace):
    people = dict(zip(NAMES, shop.people(workspace, *NAMES), strict=True))
    shop.say(workspace, State.GIVEN, *(f"{name}@example.com" for name in NAMES))
    with shop.channel(shop.Post()):
        which = shop.campaign(workspace)
        shop.start(workspace, which)
        shop.say(workspace, State.WITHDRAWN, "ann@example.com")
        ready = prepare(workspace, which, 1, 10)
        assert ready and len(ready) == 4
        shop.say(workspace, State.WITHDRAWN, "bob@example.com")
        going = settle.intend(workspace, 1, [one.outgoing.message_id for one in ready])
    assert Counter(going) == {"": 3, "withdrawn": 1}
    assert _fit(workspace, people, which, message="left_out", reason="withdrawn") == {"ann", "bob"}


def test_nobody_is_seen_by_what_was_done_to_them(sent):
    """Only Ann did something herself; a machine looked at Bob's mail."""
    workspace, which, people = sent
    at = clock.now()
    for name, bot in (("ann", False), ("bob", True)):
        deed = Deed(Kind.OPEN, Place(workspace, _message(workspace, which, people[name])), at, bot=bot)
        shop.say(workspace, State.GIVEN, f"{name}@example.com", topic=OPEN_TRACKING)
        with database.scope(workspace):
            assert tracking.record(workspace, [deed]) == 1
    projection.drain()
    with database.scope(workspace):
        segments.compute_traits(workspace)
        seen = {name: profiles.one(workspace, who).traits.get("last_seen_at") for name, who in people.items()}
    assert [name for name, moment in seen.items() if moment] == ["ann"]


def test_programs_tell_answers_by_the_message_id_of_the_mail(sent):
    workspace, which, people = sent
    with database.scope(workspace):
        _, key = accounts.issue_key(workspace, "secret", "provider")
    client, headers = Client(SERVER_NAME="localhost"), {"authorization": f"Bearer {key}"}
    late = (clock.now() + timedelta(days=3)).replace(tzinfo=None).isoformat()
    told = [
        {
            "message": f"<{_message(workspace, which, people['ann'])}@shop.example>",
            "answer": "delivered",
            "at": late,
        }
    ]
    answer = client.post(
        "/api/v1/messages/answers", {"answers": told}, content_type="application/json", headers=headers
    )
    assert (answer.status_code, answer.json()) == (200, {"known": 1, "told": 1})
    assert _fit(workspace, people, which, message="delivered") == {"ann"}
    wrong = client.post(
        "/api/v1/messages/answers",
        {"answers": [{"message": "x", "answer": "delivered"}]},
        content_type="application/json",
        headers=headers,
    )
    assert (wrong.status_code, wrong.json()["at"]) == (422, "answers.0.message")


def _told(workspace) -> dict[str, int]:
    projection.drain()
    found = clickhouse.query(
        "select name, count() from event where workspace = {w:UUID} and source = 'delivery' group by name",
        {"w": str(workspace)},
    )
    return {name: int(count) for name, count in found}
