"""Profiles over their table: types, search, cursors."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from cadenza.base import clickhouse, database, projection
from cadenza.base.ids import ProfileId
from cadenza.base.problem import BadInput
from cadenza.cdp.fields import service as fields
from cadenza.cdp.identity import service as identity
from cadenza.cdp.identity.types import Identifier
from cadenza.cdp.profiles import service as profiles
from cadenza.cdp.profiles.types import Told, TraitChange
from cadenza.trust.accounts import service as accounts

START = datetime(2030, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)


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


FIELDS = (
    ("points", "integer"), ("balance", "decimal"), ("tags", "list"), ("card", "id"), ("joined", "date"),
)  # fmt: skip


def test_values_are_kept_by_their_types_and_mirrored(workspace, people):
    for name, kind in FIELDS:
        fields.declare(workspace, name, kind)
    fields.declare(workspace, "tier", "enum", choices=["Gold", "Silver"])
    told = {
        "points": "12",
        "balance": "19.90",
        "tags": ["a", "b", "a"],
        "card": "C-1",
        "joined": "2029-05-01",
        "tier": "gold",
    }
    assert profiles.apply(workspace, [TraitChange(people[0], told, START)]) == []
    assert profiles.one(workspace, people[0]).traits == {
        "points": 12, "balance": "19.9", "tags": ["a", "b"], "card": "C-1", "joined": "2029-05-01", "tier": "Gold",
    }  # fmt: skip
    [row] = mirrored(workspace, people[0], "text, number, time['joined'], list")
    assert row == (
        {"card": "C-1", "tier": "Gold"},
        {"points": 12.0, "balance": 19.9},
        datetime(2029, 5, 1, tzinfo=UTC),
        {"tags": ["a", "b"]},
    )


def mirrored(workspace, profile, what):
    projection.drain()
    return clickhouse.query(
        f"select {what} from profile final where workspace = {{w:UUID}} and profile = {{p:UInt64}} and deleted = 0",
        {"w": str(workspace), "p": profile},
    )


def test_a_retired_field_is_hidden_and_takes_nothing_in(workspace, people):
    profiles.apply(workspace, [TraitChange(people[0], {"vip": True, "shoe": 42}, START)])
    fields.retire(workspace, "person", "vip")
    [refused] = profiles.apply(workspace, [TraitChange(people[0], {"vip": False, "shoe": 43}, START + DAY)])
    assert (refused.field, "retired" in refused.reason) == ("vip", True)
    assert profiles.one(workspace, people[0]).traits == {"shoe": 43}
    assert "vip" not in [one.name for one in profiles.fields(workspace)]
    assert profiles.export(workspace, people[0])["fields"]["vip"] is True
    fields.restore(workspace, "person", "vip")
    assert profiles.one(workspace, people[0]).traits == {"shoe": 43, "vip": True}


def test_a_value_that_fits_no_choice_is_refused_and_the_rest_goes_in(workspace, people):
    fields.declare(workspace, "tier", "enum", choices=["Gold"])
    [refused] = profiles.apply(workspace, [TraitChange(people[0], {"tier": "Bronze", "city": "Riga"}, START)])
    assert refused.reason == "one of Gold is needed" and profiles.one(workspace, people[0]).city == "Riga"


def test_a_unique_id_is_one_persons(workspace, people):
    fields.declare(workspace, "card", "id")
    ann, bo = people
    told = [TraitChange(ann, {"card": "C-1"}, START), TraitChange(bo, {"card": "C-1", "city": "Riga"}, START)]
    [refused] = profiles.apply(workspace, told)
    assert (refused.profile, refused.field, refused.change) == (bo, "card", 1)
    assert [one.field for one in profiles.apply(workspace, [TraitChange(bo, {"card": "C-1"}, START)])] == [
        "card"
    ]
    assert profiles.apply(workspace, [TraitChange(ann, {"card": "C-2"}, START + DAY)]) == []
    assert profiles.apply(workspace, [TraitChange(bo, {"card": "C-1"}, START + DAY)]) == []
    assert profiles.one(workspace, bo).traits == {"card": "C-1"}


def test_a_unique_id_told_of_the_past_binds_nobody(workspace, people):
    fields.declare(workspace, "card", "id")
    ann, bo = people
    profiles.apply(workspace, [TraitChange(ann, {"card": "C-2"}, START + DAY)])
    profiles.apply(workspace, [TraitChange(ann, {"card": "C-1"}, START)])
    assert profiles.apply(workspace, [TraitChange(bo, {"card": "C-1"}, START)]) == []


def test_who_became_one_may_be_told_of_the_ids_of_both(workspace, people):
    fields.declare(workspace, "card", "id")
    ann, anna = people
    profiles.apply(
        workspace, [TraitChange(ann, {"card": "C-1"}, START), TraitChange(anna, {"card": "C-2"}, START)]
    )
    identity.merge(workspace, ann, anna)
    told = [TraitChange(ann, {"card": card}, START + DAY) for card in ("C-1", "C-2")]
    assert profiles.apply(workspace, told) == []


def test_provenance_is_kept_for_each_field(workspace, people):
    change = TraitChange(
        people[0], {"city": "Riga"}, START, "shop", basis="contract", operation="Website.Edit"
    )
    profiles.apply(workspace, [change, TraitChange(people[0], {"gender": "f"}, START, "import")])
    assert profiles.told(workspace, people[0]) == {
        "city": Told(START, "shop", "contract", "Website.Edit"),
        "gender": Told(START, "import"),
    }
    with pytest.raises(BadInput):
        profiles.apply(workspace, [TraitChange(people[0], {"city": "Riga"}, START, basis="because")])


def test_national_numbers_are_those_of_the_shops_country(workspace, people):
    [refused] = profiles.apply(workspace, [TraitChange(people[0], {"phone": "20000000"}, START)])
    assert refused.field == "phone"
    accounts.update(workspace, region="LV")
    assert (
        profiles.apply(
            workspace, [TraitChange(people[0], {"phone": "2000 0000", "email": "Ann@BÜCHER.example"}, START)]
        )
        == []
    )
    ann = profiles.one(workspace, people[0])
    assert (ann.phone, ann.email) == ("+37120000000", "ann@bücher.example")


def test_a_time_zone_is_one_of_the_worlds_and_says_where_it_comes_from(workspace, people):
    ann, bo = people
    told = {"time_zone": "europe/riga", "country": "EE"}
    assert (
        profiles.apply(workspace, [TraitChange(ann, told, START), TraitChange(bo, {"country": "EE"}, START)])
        == []
    )
    [refused] = profiles.apply(workspace, [TraitChange(ann, {"time_zone": "Riga/Europe"}, START + DAY)])
    assert refused.reason == "a time zone like Europe/Riga is needed"
    found = profiles.many(workspace, people)
    assert (found[ann].time_zone, found[ann].time_zone_source) == ("Europe/Riga", "told")
    assert (found[bo].time_zone, found[bo].time_zone_source) == ("Europe/Tallinn", "geo")
    profiles.apply(workspace, [TraitChange(bo, {"phone": "+37120000000"}, START)])
    assert profiles.one(workspace, bo).time_zone == "Europe/Riga"
    profiles.apply(workspace, [TraitChange(ann, {"time_zone": None}, START + DAY)])
    assert profiles.one(workspace, ann).time_zone == "Europe/Tallinn"
    zones = profiles.time_zones(workspace, [ann, bo, ProfileId(2**60)])
    assert zones == {ann: ("Europe/Tallinn", "geo"), bo: ("Europe/Riga", "phone")}


def test_of_whom_no_zone_is_known_the_shops_counts(workspace, people):
    accounts.update(workspace, time_zone="Asia/Tokyo")
    profiles.apply(workspace, [TraitChange(people[0], {}, START)])
    assert profiles.time_zones(workspace, [people[0]]) == {people[0]: ("Asia/Tokyo", "workspace")}
    assert profiles.one(workspace, people[0]).time_zone == ""
