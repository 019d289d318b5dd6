"""Who may be written to, and who must never be: by address, whatever becomes of the person."""

from __future__ import annotations

import pytest

from cadenza.base import database
from cadenza.base.problem import BadInput, NotFound
from cadenza.outreach.contact_policy import service
from cadenza.outreach.contact_policy.types import Reason
from cadenza.trust.consent import service as consent
from cadenza.trust.consent.types import State, TopicKind
from cadenza.trust.privacy import service as privacy
from tests.outreach import shop

MAIL = "ann@example.com"


def _reason(workspace, who, address=MAIL, topic="newsletter"):
    with database.scope(workspace):
        return service.may_contact(workspace, "email", topic, [(who, address)])[who].reason


def test_consent_suppression_and_release(workspace):
    [ann] = shop.people(workspace, "ann")
    assert _reason(workspace, ann) is Reason.NO_CONSENT
    shop.say(workspace, State.GIVEN, MAIL)
    assert _reason(workspace, ann) is None
    with database.scope(workspace):
        assert service.suppress(workspace, "email", " Ann@Example.com", "complaint", "feedback loop")
        assert not service.suppress(workspace, "email", MAIL, "complaint", "again")
    assert _reason(workspace, ann) is Reason.SUPPRESSED
    with database.scope(workspace):
        [row] = service.suppressions(workspace, address=MAIL).items
        with pytest.raises(BadInput):
            service.release(workspace, row.id, " ", "user:1")
        service.release(workspace, row.id, "The mailbox was repaired.", "user:1")
        with pytest.raises(NotFound):
            service.release(workspace, row.id, "Once more.", "user:1")
        [kept] = service.suppressions(workspace, released=True).items
        assert (kept.released_by, kept.release_reason) == ("user:1", "The mailbox was repaired.")
    assert _reason(workspace, ann) is None


def test_a_person_without_an_address_and_one_who_is_gone_are_told_apart(workspace):
    [ann] = shop.people(workspace, "ann")
    assert _reason(workspace, ann, None) is Reason.NO_ADDRESS
    assert _reason(workspace, 999_999_999, None) is Reason.ERASED


def test_transactional_topics_ask_no_consent_but_obey_suppression(workspace):
    [ann] = shop.people(workspace, "ann")
    with database.scope(workspace):
        consent.add_topic(workspace, "receipts", "Receipts", TopicKind.TRANSACTIONAL)
    assert _reason(workspace, ann, topic="receipts") is None
    with database.scope(workspace):
        service.suppress(workspace, "email", MAIL, "dead_address", "test")
    assert _reason(workspace, ann, topic="receipts") is Reason.SUPPRESSED
    with pytest.raises(BadInput), database.scope(workspace):
        service.may_contact(workspace, "email", "unheard_of", [(ann, MAIL)])


def test_what_is_suppressed_survives_the_person_as_a_digest(workspace):
    [ann] = shop.people(workspace, "ann")
    with database.scope(workspace):
        service.suppress(workspace, "email", MAIL, "complaint", "test")
        assert service.export(workspace, ann)["suppressions"][0]["reason"] == "complaint"
    privacy.erase_person(workspace, ann, "user:1", "Request 1")
    with database.scope(workspace):
        assert service.suppressions(workspace, address=MAIL).total == 1
        raw = database.rows("select * from contact_policy_suppression where workspace_id = %s", [workspace])
    assert b"ann" not in repr(raw).encode().lower().replace(b"contact_policy", b"")
    [again] = shop.people(workspace, "ann2")
    shop.say(workspace, State.GIVEN, MAIL)
    assert _reason(workspace, again) is Reason.SUPPRESSED


def test_an_erased_address_may_be_written_to_only_after_a_new_yes(workspace):
    [ann] = shop.people(workspace, "ann")
    shop.say(workspace, State.GIVEN, MAIL)
    privacy.erase_person(workspace, ann, "user:1", "Request 2")
    assert _reason(workspace, ann) is Reason.ERASED
    shop.say(workspace, State.GIVEN, MAIL)
    [new] = shop.people(workspace, "anna")
    assert _reason(workspace, new) is None


def test_pages_of_suppressions(workspace):
    with database.scope(workspace):
        for number in range(5):
            service.suppress(workspace, "email", f"p{number}@example.com", "manual", "test")
        first = service.suppressions(workspace, limit=3)
        second = service.suppressions(workspace, limit=3, after=first.next)
        assert (len(first.items), len(second.items), second.next, first.total) == (3, 2, None, 5)
        with pytest.raises(BadInput):
            service.suppress(workspace, "email", "x@example.com", "because", "test")
        with pytest.raises(BadInput):
            service.suppress(workspace, "pigeon", "x@example.com", "manual", "test")
