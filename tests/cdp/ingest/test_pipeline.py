"""The pipeline: whatever the door lets in is carried out, and nothing ever stops it."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cadenza.base import clock, database, projection
from cadenza.base.inbox import service as inbox
from cadenza.cdp.events import service as events
from cadenza.cdp.fields import service as fields
from cadenza.cdp.identity import service as identity
from cadenza.cdp.identity.types import Identifier
from cadenza.cdp.ingest import pipeline
from cadenza.cdp.ingest import service as ingest
from cadenza.cdp.ingest.check import check
from cadenza.cdp.ingest.types import Told
from cadenza.cdp.orders import service as orders
from cadenza.cdp.profiles import service as profiles
from cadenza.cdp.profiles.types import TraitChange
from cadenza.trust.accounts import service as accounts
from tests.cdp.ingest.items import items


def arrive(workspace: Any, *told: dict[str, Any], sent_at: Any = None) -> None:
    """Put items into the inbox as one request, and carry out all that waits."""
    with database.scope(workspace):
        inbox.append(workspace, "batch", msgspec.json.encode({"batch": told, "sentAt": sent_at}))
    while pipeline.step():
        pass


def sound(told: list[dict[str, Any]], sent_at: Any) -> list[dict[str, Any]]:
    """Those that the door lets in, as it reads them."""
    read = [(one, msgspec.json.decode(msgspec.json.encode(one))) for one in told]
    now = clock.now()
    return [one for one, item in read if check(item, 0, len(msgspec.json.encode(one)), now, sent_at) is None]


SENT = st.sampled_from([None, "2026-05-01T12:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", 5, {}])


@settings(
    max_examples=100, deadline=None, suppress_health_check=list(HealthCheck)
)  # of up to 20 items: two thousand
@given(told=st.lists(items(), min_size=20, max_size=20), sent_at=SENT)
def test_what_the_door_lets_in_is_carried_out(workspace, told, sent_at):
    before = faults(workspace)
    arrive(workspace, *sound(told, sent_at), sent_at=sent_at)
    projection.drain()
    assert faults(workspace) == before


def faults(workspace: Any) -> list[str]:
    with database.scope(workspace):
        return [one.payload for one in ingest.rejected(workspace, code="fault")]


def person(workspace: Any, value: str, kind: str = "external_id") -> Any:
    with database.scope(workspace):
        return profiles.one(workspace, identity.find(workspace, Identifier(kind, value)))


def track(message: str, **told: Any) -> dict[str, Any]:
    return {"type": "track", "userId": "u1", "event": "Searched", "messageId": message} | told


def counted(workspace: Any) -> dict[str, int]:
    projection.drain()
    with database.scope(workspace):
        return dict(events.names(workspace))


def test_a_message_is_taken_in_once_in_a_request_and_over_requests(workspace):
    arrive(workspace, track("m"), track("m"), track("n"))
    arrive(workspace, track("m"), track(5), track("5"))
    assert counted(workspace) == {"Searched": 3}


def test_two_workspaces_in_one_step_stay_apart(workspace):
    with database.system_scope():
        other = accounts.create_workspace("Other shop", currency="EUR").id
    for space in (workspace, other, workspace):
        with database.scope(space):
            inbox.append(space, "batch", msgspec.json.encode({"batch": [track("same")]}))
    pipeline.step()
    assert (counted(workspace), counted(other)) == ({"Searched": 1}, {"Searched": 1})


def test_each_refused_value_is_kept_with_the_item_that_told_it(workspace):
    arrive(
        workspace,
        {"type": "identify", "userId": "u1", "traits": {"birthday": "soon"}, "messageId": "1"},
        {"type": "identify", "userId": "u1", "traits": {"email": "nobody"}, "messageId": "2"},
    )
    with database.scope(workspace):
        kept = {one.at: msgspec.json.decode(one.payload)["messageId"] for one in ingest.rejected(workspace)}
    assert kept == {"traits.birth_date": "1", "traits.email": "2"}


def test_a_list_told_of_a_person_is_kept_as_a_list(workspace):
    arrive(
        workspace,
        {"type": "identify", "userId": "u1", "messageId": "m", "traits": {"interests": ["tea", 5, "tea"]}},
    )
    assert person(workspace, "u1").traits["interests"] == ["tea", "5"]


def test_only_the_item_that_cannot_be_carried_out_is_set_aside(workspace):
    arrive(workspace, track("1"), track("2", event=None), track("3"))
    assert counted(workspace) == {"Searched": 2}
    with database.scope(workspace):
        [kept] = ingest.rejected(workspace)
        assert (kept.code, msgspec.json.decode(kept.payload)["messageId"]) == ("fault", "2")
        ingest.replay(workspace, [kept.id], kept.payload.replace("null", '"Searched"'))
    arrive(workspace)
    assert counted(workspace) == {"Searched": 3}


def test_a_single_call_that_cannot_be_carried_out_keeps_its_type(workspace):
    with database.scope(workspace):
        inbox.append(workspace, "track", b'{"userId":"u1"}')
    arrive(workspace)
    assert [msgspec.json.decode(one) for one in faults(workspace)] == [{"userId": "u1", "type": "track"}]


def test_a_place_that_was_emptied_is_passed_over(workspace):
    with database.scope(workspace):
        inbox.append(workspace, "track", b"null")
        inbox.append(workspace, "batch", b'{"batch":[null,%s]}' % msgspec.json.encode(track("1")))
    arrive(workspace)
    assert counted(workspace) == {"Searched": 1} and faults(workspace) == []


def test_an_absurd_clock_is_no_fault(workspace):
    arrive(workspace, track("1", timestamp="9999-12-31T00:00:00Z"), sent_at="0001-01-01T00:00:00Z")
    assert counted(workspace) == {"Searched": 1} and faults(workspace) == []


def test_a_fault_of_one_item_undoes_nothing_but_that_item(workspace):
    arrive(workspace, track("1", userId="u7", event=5), track("2", userId="u8"))
    with database.scope(workspace):
        assert identity.find(workspace, Identifier("external_id", "u7")) is None
        assert identity.find(workspace, Identifier("external_id", "u8"))


def test_late_news_changes_nothing_even_after_the_same_was_told_again(workspace):
    for message, day, city in (("1", 1, "Riga"), ("2", 3, "Riga"), ("3", 2, "Oslo")):
        arrive(
            workspace,
            {"type": "identify", "userId": "u1", "traits": {"city": city}, "messageId": message,
             "timestamp": f"2026-05-0{day}T00:00:00Z"},
        )  # fmt: skip
    assert person(workspace, "u1").city == "Riga"


def test_years_that_no_store_holds_are_refused_and_the_person_lives_on(workspace):
    odd = {
        "createdAt": "9999-12-31T23:59:59-14:00",
        "seen": "9999-12-31T23:59:59-14:00",
        "birthday": "9999-12-31",
    }
    arrive(workspace, {"type": "identify", "userId": "u1", "traits": {"seen": "2026-05-01T12:00:00Z"}})
    arrive(workspace, {"type": "identify", "userId": "u1", "traits": odd | {"city": "Riga"}})
    assert counted(workspace) == {} and faults(workspace) == []
    assert person(workspace, "u1").city == "Riga"
    with database.scope(workspace):
        assert sorted(one.at for one in ingest.rejected(workspace, code="bad_trait")) == [
            "traits.birth_date", "traits.registered_at", "traits.seen"
        ]  # fmt: skip


def test_orders_in_any_order_are_the_same_order(workspace):
    lines = [{"product_id": "p1", "price": 10, "quantity": 2}]
    told = [
        ("Order Completed", 1, {"total": 20, "currency": "USD", "products": lines}),
        ("Order Updated", 2, {"shipping": 4}),
        ("Order Cancelled", 3, {}),
    ]
    found = []
    for number, sequence in enumerate(((0, 1, 2), (2, 1, 0), (1, 2, 0), (2, 0, 1))):
        for place in sequence:
            name, day, properties = told[place]
            arrive(
                workspace,
                track(f"{number}-{place}", event=name, properties={"order_id": f"o{number}"} | properties,
                      timestamp=f"2026-05-0{day}T00:00:00Z"),
            )  # fmt: skip
        with database.scope(workspace):
            one = orders.one(workspace, f"o{number}")
        found.append((one.status, str(one.total), one.currency, one.placed_at, len(one.lines)))
    assert set(found) == {("cancelled", "20.0000", "USD", found[0][3], 1)}


def test_one_field_more_than_there_can_be_is_refused_and_not_lost_in_silence(workspace, monkeypatch):
    monkeypatch.setattr(fields, "MOST_FIELDS", 13)
    with database.scope(workspace):
        who = identity.resolve(workspace, [[Identifier("external_id", "u1")]])[0].profile
        refused = profiles.apply(workspace, [TraitChange(who, {"a": 1, "b": 2, "c": None}, clock.now())])
    assert [one.field for one in refused] == ["b"]


def test_somebody_is_first_seen_when_the_earliest_thing_happened_also_if_it_arrives_late(workspace):
    arrive(workspace, track("1", timestamp="2026-05-03T12:00:00Z"))
    arrive(
        workspace, track("2", timestamp="2026-05-01T12:00:00Z"), track("3", timestamp="2026-05-02T12:00:00Z")
    )
    assert person(workspace, "u1").created_at.isoformat() == "2026-05-01T12:00:00+00:00"
    arrive(workspace, track("4", timestamp="2026-05-04T12:00:00Z"))
    assert person(workspace, "u1").created_at.isoformat() == "2026-05-01T12:00:00+00:00"


def test_an_event_of_a_number_that_nobody_has_any_more_makes_nobody(workspace):
    arrive(workspace, track("1"))
    number = person(workspace, "u1").id
    with database.scope(workspace):
        profiles.erase(workspace, number)
        ingest.accept_all_of(workspace, [Told(number, "Opened", {}, "m", clock.now())], "email")
        assert profiles.many(workspace, [number]) == {}
