"""Profiles over their table: search, cursors, merges."""

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


@pytest.fixture
def people(workspace):
    with database.scope(workspace):
        found = identity.resolve(workspace, [[Identifier("external_id", name)] for name in "ab"])
        yield [one.profile for one in found]


def test_a_refused_value_names_its_change(workspace, people):
    told = [TraitChange(people[0], {"birth_date": value}, START) for value in ("1990-05-01", "soon", "later")]
    assert [(one.field, one.change) for one in profiles.apply(workspace, told)] == [
        ("birth_date", 1),
        ("birth_date", 2),
    ]


def test_two_who_become_one_are_as_old_as_the_older(workspace, people):
    winner, loser = people
    profiles.apply(workspace, [TraitChange(winner, {"city": "Riga"}, START + timedelta(days=1))])
    profiles.apply(workspace, [TraitChange(loser, {"city": "Oslo", "vip": True}, START)])
    identity.merge(workspace, winner, loser)
    one = profiles.one(workspace, loser)
    assert (one.id, one.created_at, one.city, one.traits) == (winner, START, "Riga", {"vip": True})
    assert profiles.told(workspace, winner)["city"].at == START + timedelta(days=1)


@pytest.mark.parametrize(
    "search", ["\x00", "²", "#²", "٣", "%", "' or 1=1", "#99999999999999999999", " \x00 "]
)
def test_any_search_has_an_answer(workspace, people, search):
    assert isinstance(profiles.page(workspace, search=search).items, list)


@pytest.mark.parametrize("after", ["²", "x", "-1", "9" * 19, "9" * 40])
def test_a_cursor_that_is_none_is_refused(workspace, after):
    with database.scope(workspace), pytest.raises(BadInput):
        profiles.page(workspace, after=after)


def test_the_longest_name_of_a_trait_has_a_label(workspace):
    with database.scope(workspace):
        assert profiles.define_field(workspace, "ŉ" * 120, "text").name == "ŉ" * 120


@pytest.mark.parametrize("name", ["first_seen_at", "has_email", " ", "x" * 121])
def test_names_that_no_trait_may_have(workspace, people, name):
    told = TraitChange(people[0], {name: "2020-01-01T00:00:00Z", "vip": True}, START)
    assert [one.field for one in profiles.apply(workspace, [told])] == [name]
    assert profiles.one(workspace, people[0]).traits == {"vip": True}
