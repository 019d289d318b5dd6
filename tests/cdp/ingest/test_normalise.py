"""Normalising by itself: a Segment call in our words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given

from cadenza.cdp.identity.types import KINDS
from cadenza.cdp.ingest.check import check
from cadenza.cdp.ingest.normalise import EARLIEST, message_id, normalise
from tests.cdp.ingest.items import items

NOW = datetime(2030, 3, 1, 12, tzinfo=UTC)


def arrival(sent_at=None, **item):
    return normalise({"type": "identify", "userId": "u1"} | item, sent_at, NOW, "1:0", "api")


def traits(**told):
    return arrival(traits=told).traits


def test_ids_of_every_shape_become_texts():
    found = arrival(
        userId=7, anonymousId=" d\x00 ", traits={"email": " Ann@Example.COM ", "phone": "+371 2000 0000"}
    )
    assert [tuple(one) for one in found.identifiers] == [
        ("external_id", "7"), ("anonymous_id", "d"), ("email", "ann@example.com"), ("phone", "+37120000000")
    ]  # fmt: skip


def test_an_address_that_is_none_recognises_nobody():
    assert [one.kind for one in arrival(traits={"email": True, "phone": 12}).identifiers] == ["external_id"]


def test_an_alias_brings_what_the_person_was_before():
    found = arrival(type="alias", previousId="d1").identifiers
    assert [(one.kind, one.value) for one in found] == [("external_id", "u1"), ("anonymous_id", "d1")]


APP = {"library": {"name": "analytics-android"}, "device": {"id": "d-9", "advertisingId": "ad-1"}}


def test_an_app_without_an_anonymous_id_is_known_by_its_device():
    def kinds(**item):
        return [tuple(one) for one in arrival(userId=None, **item).identifiers]

    assert kinds(context=APP) == [("app_id", "d-9")]
    assert kinds(context=APP, anonymousId="a") == [("anonymous_id", "a")]
    assert kinds(context={**APP, "library": {"name": "com.rudderstack.ios.sdk"}}) == [("app_id", "d-9")]
    nobody = {"type": "track", "event": "X"}
    assert check({**nobody, "context": APP}, 0, 100, NOW) is None
    for web in ({"name": "axios"}, {"name": "analytics.js"}, {"name": ["ios"]}, {}):
        assert check({**nobody, "context": {**APP, "library": web}}, 0, 100, NOW).code == "no_id"
    assert check({**nobody, "context": {**APP, "device": {"id": {"a": 1}}}}, 0, 100, NOW).code == "no_id"


def test_ids_of_further_systems_and_cards_are_claims():
    told = [
        {"id": "7", "type": "crm", "collection": "users", "encoding": "none"},
        {"id": 8, "type": "brazeExternalId"},
        {"id": "tok_1", "type": "card_hash"},
        {"id": "u2", "type": "user_id"},
        {"id": "x", "type": "crm", "collection": "accounts"},
        {"id": "x", "type": "crm", "encoding": "sha256"},
        {"id": "x", "type": "android.idfa"},
        {"id": "", "type": "crm"}, {"id": True, "type": "crm"}, {"id": "x"}, "x",
        {"id": "9", "type": "id"},
    ]  # fmt: skip
    found = arrival(context={"externalIds": told}, traits={"loyaltyCard": 77001, "city": "Riga"})
    assert [tuple(one) for one in found.claims] == [
        ("loyalty_card", "77001", "traits.loyaltyCard"),
        ("external_id:crm", "7", "context.externalIds.0"),
        ("external_id:brazeExternalId", "8", "context.externalIds.1"),
        ("card_hash", "tok_1", "context.externalIds.2"),
        ("external_id", "u2", "context.externalIds.3"),
        ("external_id:id", "9", "context.externalIds.11"),
    ]
    assert found.traits == {"city": "Riga"}
    for odd in ({}, "x", [None], 7):
        assert arrival(context={"externalIds": odd}).claims == ()


def test_names_are_split_and_never_blank_what_was_known():
    assert traits(name=" Ann  Mary Lee ") == {"first_name": "Ann", "last_name": "Mary Lee"}
    assert traits(name="Ann") == {"first_name": "Ann"}
    assert traits(name="  ") == {}
    assert traits(name="Ann Lee", firstName="Anna") == traits(firstName="Anna", name="Ann Lee")


def test_an_address_is_taken_apart_and_other_objects_stay_out():
    told = {
        "address": {"city": "Riga", "state": "LV-RIX", "country": "", "street": "x"},
        "list": [{}],
        "object": {},
    }
    assert traits(**told) == {"city": "Riga", "region": "LV-RIX"}


def test_traits_of_the_context_give_way_to_those_of_the_call():
    found = arrival(context={"traits": {"city": "Oslo", "vip": True}}, traits={"city": "Riga"})
    assert found.traits == {"city": "Riga", "vip": True}
    assert arrival(context={"traits": [1]}).traits == {}


def test_a_list_of_single_values_is_a_trait_and_nothing_deeper_is():
    assert traits(interests=["bikes", "tea", 5]) == {"interests": ["bikes", "tea", 5]}
    assert traits(interests=[]) == {"interests": []}
    assert traits(interests=[{"id": 1}], more=[["a"]], deep={"a": {}}, city="Riga") == {"city": "Riga"}


def test_names_of_traits_are_trimmed_and_ours():
    assert traits(**{" vip ": 1, "createdAt": "x", "birthday": "y"}) == {
        "vip": 1,
        "registered_at": "x",
        "birth_date": "y",
    }


def test_a_group_tells_of_the_group_and_not_of_the_person():
    found = arrival(type="group", groupId=5, traits={"city": "Riga"})
    assert (found.name, found.traits, found.properties) == (
        "Group Joined", {}, {"group_id": "5", "group": {"city": "Riga"}}
    )  # fmt: skip


def test_a_page_keeps_its_name_and_where_it_was_seen():
    found = arrival(
        type="page", name="Home", properties={"url": "/"}, context={"page": {"url": "/"}, "ip": "1.2.3.4"}
    )
    assert (found.name, found.properties) == (
        "Page Viewed", {"url": "/", "name": "Home", "context": {"page": {"url": "/"}}}
    )  # fmt: skip


def test_clocks_are_corrected_and_kept_within_the_calendar():
    ahead, day = {"timestamp": "2030-03-03T10:00:00Z"}, timedelta(days=1)
    assert arrival("2030-03-03T12:00:00Z", **ahead).at == NOW - timedelta(hours=2)
    assert arrival(timestamp="2031-01-01T00:00:00Z").at == NOW + day
    assert arrival(timestamp="1800-01-01T00:00:00Z").at == EARLIEST
    assert arrival("0001-01-01T00:00:00Z", timestamp="9999-12-31T00:00:00Z").at == NOW
    assert arrival("9999-12-31T00:00:00Z", timestamp="0001-01-01T00:00:00Z").at == NOW


def test_a_message_is_named_by_its_id_else_by_its_place():
    assert arrival(messageId="m").id == arrival(messageId="m", userId="u2").id == message_id("m")
    assert arrival(messageId="").id == message_id("1:0")


@given(items())
def test_what_passed_the_check_becomes_an_arrival(item):
    if check(item, 0, 100, NOW) is None:
        found = normalise(item, None, NOW, "1:0", "api")
        assert found.identifiers and {one.kind for one in found.identifiers} <= set(KINDS)
        assert all(
            one.value and "\x00" not in one.value and len(one.value) <= 320 for one in found.identifiers
        )
        assert all("\x00" not in name and name == name.strip() for name in found.traits)
        assert EARLIEST <= found.at <= NOW + timedelta(days=1)
