"""Contacts over their table: what was confirmed counts, what was not waits, and a dead address is known to be dead."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from cadenza.base import database
from cadenza.base.problem import BadInput
from cadenza.cdp.identity import service as identity
from cadenza.cdp.identity.types import Identifier
from cadenza.cdp.profiles import service as profiles
from cadenza.cdp.profiles.types import TraitChange

START = datetime(2030, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def ann(workspace):
    with database.scope(workspace):
        [found] = identity.resolve(workspace, [[Identifier("external_id", "ann")]])
        profiles.apply(
            workspace, [TraitChange(found.profile, {"email": "a@x.eu", "phone": "+37120000000"}, START)]
        )
        yield found.profile


def told(workspace, profile, after, **values):
    assert profiles.apply(workspace, [TraitChange(profile, values, START + after)]) == []
    return profiles.one(workspace, profile)


def test_a_confirmed_address_counts_until_another_is_confirmed(workspace, ann):
    found = profiles.confirm_contact(workspace, ann, "email", " A@X.eu ", at=START + DAY)
    assert (found.email, found.email_confirmed_at, found.pending_email) == ("a@x.eu", START + DAY, "")
    found = told(workspace, ann, 2 * DAY, email="b@x.eu")
    assert (found.email, found.email_confirmed_at, found.pending_email) == ("a@x.eu", START + DAY, "b@x.eu")
    assert profiles.addresses(workspace, [ann], "email") == {ann: "a@x.eu"}
    found = profiles.confirm_contact(workspace, ann, "email", "b@x.eu", at=START + 3 * DAY)
    assert (found.email, found.email_confirmed_at, found.pending_email) == ("b@x.eu", START + 3 * DAY, "")
    assert (found.phone, found.phone_confirmed_at) == ("+37120000000", None)


def test_an_address_that_is_taken_away_is_gone(workspace, ann):
    profiles.confirm_contact(workspace, ann, "phone", "+371 2000 0000", at=START + DAY)
    found = told(workspace, ann, 2 * DAY, phone="")
    assert (found.phone, found.phone_confirmed_at, found.pending_phone) == ("", None, "")
    found = told(workspace, ann, 3 * DAY, phone="+37120000001")
    assert (found.phone, found.phone_confirmed_at) == ("+37120000001", None)


@pytest.mark.parametrize(
    ("contact", "address"), [("email", "b@x.eu"), ("email", "nothing"), ("fax", "1"), ("phone", "+1")]
)
def test_only_an_address_of_the_person_can_be_confirmed(workspace, ann, contact, address):
    with pytest.raises(BadInput):
        profiles.confirm_contact(workspace, ann, contact, address)


def test_nobody_confirms_an_address_by_telling_traits(workspace, ann):
    refused = profiles.apply(workspace, [TraitChange(ann, {"@confirmed_email": "z@x.eu"}, START + DAY)])
    assert [one.field for one in refused] == ["@confirmed_email"]
    assert profiles.one(workspace, ann).email_confirmed_at is None


def test_a_dead_address_is_dead_until_another_is_told(workspace, ann):
    profiles.mark_contact(workspace, ann, "email", "a@x.eu", at=START + DAY)
    assert profiles.one(workspace, ann).email_invalid and not profiles.one(workspace, ann).phone_invalid
    assert told(workspace, ann, 2 * DAY, email="a@x.eu", city="Riga").email_invalid
    assert not told(workspace, ann, 3 * DAY, email="b@x.eu").email_invalid
    assert told(workspace, ann, 4 * DAY, email="a@x.eu").email_invalid
    profiles.mark_contact(workspace, ann, "email", "a@x.eu", invalid=False, at=START + 5 * DAY)
    assert not profiles.one(workspace, ann).email_invalid


def test_of_two_who_become_one_the_confirmed_address_counts(workspace, ann):
    [bo] = identity.resolve(workspace, [[Identifier("external_id", "bo")]])
    told(workspace, bo.profile, 5 * DAY, email="b@x.eu")
    profiles.confirm_contact(workspace, ann, "email", "a@x.eu", at=START + DAY)
    profiles.follow_merges(workspace, [(bo.profile, ann)])
    found = profiles.one(workspace, bo.profile)
    assert (found.email, found.pending_email) == ("a@x.eu", "b@x.eu")
