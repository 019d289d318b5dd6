"""An audience becomes messages: each once, each left out with its reason, and the states add up."""

from __future__ import annotations

import pytest

from cadenza.base import database
from cadenza.base.ids import CampaignId, new_id
from cadenza.base.problem import NotFound
from cadenza.cdp.identity import service as identity
from cadenza.outreach.content import service as content
from cadenza.outreach.delivery import service
from cadenza.outreach.delivery.types import Mailing, MessageState
from cadenza.trust.consent.types import State
from cadenza.trust.privacy import service as privacy
from tests.outreach import shop
from tests.outreach.content.drafts import draft


@pytest.fixture
def mailing(workspace) -> CampaignId:
    with database.scope(workspace):
        template = content.save(workspace, draft()).id
        which = CampaignId(new_id())
        told = {"name": "x", "channel": "email", "topic": "newsletter", "template": template, "version": 1}
        service.begin(workspace, Mailing(campaign=which, **told))
    return which


def _queue(workspace, which, people):
    with database.scope(workspace):
        return service.queue(workspace, which, people)


def _counts(workspace, which):
    with database.scope(workspace):
        return service.counts(workspace, which)


def test_queueing_twice_doubles_nothing(workspace, mailing):
    people = shop.people(workspace, *(f"p{n}" for n in range(30)))
    shop.say(workspace, State.GIVEN, *(f"p{n}@example.com" for n in range(20)))
    assert _queue(workspace, mailing, people[:18]) == {"queued": 18}
    assert _queue(workspace, mailing, people) == {"queued": 2, "no_consent": 10}
    assert _queue(workspace, mailing, people) == {}
    counts = _counts(workspace, mailing)
    assert (counts.audience, counts.waiting, counts.left_out) == (30, 20, {"no_consent": 10})


def test_two_people_with_one_address_get_one_message_and_nobody_vanishes(workspace, mailing):
    ann, bob, cid = shop.people(workspace, "ann", "bob", "cid")
    with database.scope(workspace):
        from cadenza.base import clock
        from cadenza.cdp.profiles import service as profiles
        from cadenza.cdp.profiles.types import TraitChange

        profiles.apply(
            workspace, [TraitChange(w, {"email": "ann@example.com"}, clock.now()) for w in (bob, cid)]
        )
    shop.say(workspace, State.GIVEN, "ann@example.com")
    assert _queue(workspace, mailing, [ann, bob]) == {"queued": 1, "duplicate_address": 1}
    assert _queue(workspace, mailing, [cid]) == {"duplicate_address": 1}
    with database.scope(workspace):
        assert service.foresee(workspace, "email", "newsletter", [ann, bob, cid]).left_out == {
            "duplicate_address": 2
        }
        assert service.why_not(workspace, mailing, cid).reason == "duplicate_address"
        assert service.why_not(workspace, mailing, 12345) is None


def test_merged_people_are_one_message(workspace, mailing):
    ann, bob = shop.people(workspace, "ann", "bob")
    shop.say(workspace, State.GIVEN, "ann@example.com", "bob@example.com")
    _queue(workspace, mailing, [ann, bob])
    with database.scope(workspace):
        identity.merge(workspace, ann, bob)
    counts = _counts(workspace, mailing)
    assert (counts.waiting, counts.left_out, counts.audience) == (1, {"duplicate_address": 1}, 2)
    with database.scope(workspace):
        assert len(service.of_person(workspace, bob)) == 2


def test_an_undone_merge_gives_each_its_messages_back(workspace, mailing):
    ann, bob, cid = shop.people(workspace, "ann", "bob", "cid")
    shop.say(workspace, State.GIVEN, *(f"{name}@example.com" for name in ("ann", "bob", "cid")))
    _queue(workspace, mailing, [bob, cid])
    with database.scope(workspace):
        first, second = identity.merge(workspace, ann, bob), identity.merge(workspace, ann, cid)
        assert [one.profile for one in service.of_person(workspace, ann)].count(ann) == 1
        identity.unmerge(workspace, first)
        assert [one.profile for one in service.of_person(workspace, bob)] == [bob]
        identity.unmerge(workspace, second)
        assert [one.profile for one in service.of_person(workspace, cid)] == [cid]
        assert service.of_person(workspace, ann) == []
    # of the two one was left out as a double, and stays so: a mail too few is better than one too many
    assert _counts(workspace, mailing).left_out == {"duplicate_address": 1}


def test_erasing_a_person_keeps_the_sums(workspace, mailing):
    ann, bob = shop.people(workspace, "ann", "bob")
    shop.say(workspace, State.GIVEN, "ann@example.com", "bob@example.com")
    _queue(workspace, mailing, [ann, bob])
    with database.scope(workspace):
        assert service.export(workspace, ann)["messages"][0]["state"] == "queued"
    receipt = privacy.erase_person(workspace, ann, "user:1", "Request 9")
    assert receipt.counts["messages"]["delivery_message"] == 1
    counts = _counts(workspace, mailing)
    assert (counts.audience, counts.waiting, counts.left_out) == (2, 1, {"erased": 1})
    with database.scope(workspace):
        assert service.of_person(workspace, ann) == []
        found = service.messages(workspace, mailing, reason="erased").items
        assert [one.profile for one in found] == [None]


def test_cancelling_counts_what_is_not_sent(workspace, mailing):
    people = shop.people(workspace, "ann", "bob")
    shop.say(workspace, State.GIVEN, "ann@example.com")
    _queue(workspace, mailing, people)
    with database.scope(workspace):
        assert service.cancel_queued(workspace, mailing) == 1
        service.resume(workspace, mailing)
        assert service.mailing(workspace, mailing).state == "cancelled"
    assert _counts(workspace, mailing).states == {MessageState.CANCELLED: 1, MessageState.LEFT_OUT: 1}


def test_pages_of_messages(workspace, mailing):
    _queue(workspace, mailing, shop.people(workspace, *(f"p{n}" for n in range(7))))
    with database.scope(workspace):
        first = service.messages(workspace, mailing, limit=5)
        second = service.messages(workspace, mailing, limit=5, after=first.next)
        assert (len(first.items), len(second.items), second.next) == (5, 2, None)
        with pytest.raises(NotFound):
            service.mailing(workspace, CampaignId(new_id()))
