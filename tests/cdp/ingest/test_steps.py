"""The steps of the pipeline on the real stores: dropped, derived, refused, and nobody made of a bot."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import msgspec
import pytest

from cadenza.base import clickhouse, clock, database, projection
from cadenza.cdp.events import service as events
from cadenza.cdp.identity import service as identity
from cadenza.cdp.identity.types import Identifier
from cadenza.cdp.ingest import pipeline, steps, store
from cadenza.cdp.ingest import service as ingest
from cadenza.cdp.ingest.types import About, Dropped, Policy
from cadenza.cdp.profiles import service as profiles
from cadenza.cdp.schemas import service as schemas
from tests.cdp.ingest.test_enrich import FIREFOX, GOOGLEBOT, IPHONE, RIGA

PAGE = {"type": "page", "anonymousId": "d1"}
ORDER = {
    "type": "track",
    "anonymousId": "d1",
    "event": "Order Completed",
    "properties": {"order_id": "1", "total": 5},
}


def arrive(workspace: Any, *told: dict[str, Any], about: About | None = None) -> None:
    """Put items into the inbox as the door would, and carry them out."""
    seen = msgspec.json.encode(about) if about else None
    with database.scope(workspace):
        database.execute(
            "insert into inbox_arrival (workspace_id, kind, source, received_at, payload, about)"
            " values (%s, 'batch', 'api', %s, %s, %s)",
            [workspace, clock.now(), msgspec.json.encode({"batch": told}), seen],
        )
    while pipeline.step():
        pass
    projection.drain()


def stored(workspace: Any) -> dict[str, int]:
    return dict(events.names(workspace))


def left_out(workspace: Any) -> dict[Dropped, int]:
    with database.scope(workspace):
        return {one.reason: one.count for one in ingest.dropped(workspace)}


def who(workspace: Any, value: str = "d1", kind: str = "anonymous_id") -> Any:
    with database.scope(workspace):
        return identity.find(workspace, Identifier(kind, value))


def texts(workspace: Any) -> list[dict[str, str]]:
    found = clickhouse.query(
        "select text from event where workspace = {w:UUID} order by at, id", {"w": str(workspace)}
    )
    return [dict(row[0]) for row in found]


def test_the_pipeline_can_be_read_aloud():
    assert [step.__name__ for step in pipeline.STEPS] == [
        "take_once", "compare_ids", "leave_out_erased", "check_schema", "gate", "enrich", "resolve", "learn_traits",
        "keep_orders", "store", "tell",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("about", "why"), [(About(dnt=True), "do_not_track"), (About(gpc=True), "privacy_control")]
)
def test_an_anonymous_visitor_with_a_signal_leaves_nothing_but_a_number(workspace, about, why):
    arrive(workspace, PAGE, PAGE | {"type": "screen"}, about=about)
    assert (stored(workspace), who(workspace), left_out(workspace)) == ({}, None, {Dropped(why): 2})
    with database.scope(workspace):
        assert ingest.rejected(workspace) == []


def test_an_order_goes_in_whatever_signal_the_browser_sends(workspace):
    arrive(workspace, ORDER, PAGE, about=About(dnt=True, gpc=True))
    assert stored(workspace) == {"Order Completed": 1} and who(workspace)


def test_the_privacy_control_opts_the_known_person_out_of_sale(workspace):
    arrive(workspace, {"type": "identify", "userId": "u1", "anonymousId": "d1", "traits": {"city": "Riga"}})
    arrive(workspace, PAGE, about=About(gpc=True))
    assert stored(workspace) == {}
    with database.scope(workspace):
        person = profiles.one(workspace, who(workspace, "u1", "external_id"))
        field = next(one for one in profiles.fields(workspace) if one.name == "sale_opt_out")
    assert (person.traits["sale_opt_out"], person.city) == (True, "Riga")
    assert (field.type, field.category) == ("boolean", "consent.subscriptions")


def test_refused_statistics_keep_orders_alone(workspace):
    refused = {"context": {"consent": {"categoryPreferences": {"analytics": False}}}}
    arrive(workspace, PAGE | {"userId": "u1"} | refused, ORDER | refused)
    assert stored(workspace) == {"Order Completed": 1}
    assert left_out(workspace) == {Dropped.NO_CONSENT: 1}


def test_a_workspace_may_decide_otherwise(workspace):
    with database.scope(workspace):
        ingest.set_policy(workspace, Policy(dnt=False, gpc=False, consent=False))
    arrive(workspace, PAGE, about=About(dnt=True, gpc=True))
    assert stored(workspace) == {"Page Viewed": 1}


def test_what_is_derived_is_stored_and_what_it_came_from_is_not(workspace):
    page = {
        "page": {"url": "https://s/?utm_source=news&gclid=x1"},
        "userAgent": FIREFOX,
        "ip": RIGA,
        "locale": "lv",
    }
    arrive(
        workspace, PAGE | {"context": page}, about=About(ip="203.0.113.0", agent=IPHONE, origin="https://s")
    )
    [told] = texts(workspace)
    assert told["context.device.type"] == "desktop" and told["context.device.os"] == "Windows"
    assert told["context.geo.country"] == "LV"
    assert (told["context.campaign.source"], told["context.click_id.gclid"], told["context.locale"]) == (
        "news",
        "x1",
        "lv",
    )
    kept = str(
        clickhouse.query(
            "select properties, text from event where workspace = {w:UUID}", {"w": str(workspace)}
        )
    )
    for gone in (FIREFOX, IPHONE, "Mozilla", RIGA, "203.0.113"):
        assert gone not in kept


def test_a_bot_is_flagged_and_makes_nobody(workspace):
    arrive(workspace, PAGE, about=About(agent=GOOGLEBOT))
    [told] = texts(workspace)
    assert (told["context.bot"], told["context.bot_reason"]) == ("true", "Googlebot")
    assert who(workspace) is None
    with database.scope(workspace):
        assert profiles.count(workspace) == 0


def test_a_bot_on_a_device_we_know_is_flagged_there(workspace):
    arrive(workspace, PAGE)
    arrive(workspace, PAGE, about=About(agent=GOOGLEBOT))
    with database.scope(workspace):
        seen = events.timeline(workspace, [who(workspace)])
    assert sorted(bool(one.properties.get("context", {}).get("bot")) for one in seen) == [False, True]


def test_what_comes_again_is_counted_and_changes_nothing(workspace):
    arrive(workspace, PAGE | {"messageId": "m"}, PAGE | {"messageId": "m"})
    arrive(workspace, PAGE | {"messageId": "m"})
    assert stored(workspace) == {"Page Viewed": 1}
    assert left_out(workspace) == {Dropped.SEEN_BEFORE: 2}


def test_what_is_not_as_expected_is_refused_with_its_property_and_goes_in_mended(workspace):
    expected = {"mode": "refuse", "properties": [{"name": "price", "type": "number", "required": True}]}
    with database.scope(workspace):
        schemas.expect(workspace, "Product Viewed", expected, "user:1")
    viewed = {"type": "track", "userId": "u1", "event": "Product Viewed"}
    arrive(workspace, viewed | {"properties": {"price": "9"}}, viewed | {"properties": {"price": 9}})
    assert stored(workspace) == {"Product Viewed": 1}
    with database.scope(workspace):
        [one] = ingest.rejected(workspace)
        assert (one.code, one.at, one.name) == ("schema_violation", "properties.price", "Product Viewed")
        ingest.replay(workspace, [one.id], one.payload.replace('"9"', "9"))
    arrive(workspace)
    assert stored(workspace) == {"Product Viewed": 2}


def test_a_watched_violation_goes_in_and_is_counted(workspace):
    with database.scope(workspace):
        schemas.expect(
            workspace, "Page Viewed", {"properties": [{"name": "url", "required": True}]}, "user:1"
        )
    arrive(workspace, PAGE, PAGE | {"properties": {"url": "/"}})
    schemas.sum_up()
    with database.scope(workspace):
        seen = schemas.event(workspace, "Page Viewed")
    assert (seen.count, seen.violations) == (2, 1)


@pytest.mark.parametrize("place", range(len(pipeline.STEPS)))
def test_poison_at_any_step_blocks_nobody(workspace, monkeypatch, place):
    step = pipeline.STEPS[place]

    def poisoned(batch: Any) -> None:
        if any("poison" in str(item.arrival.properties) for item in batch.items):
            raise ZeroDivisionError
        step(batch)

    monkeypatch.setattr(pipeline, "STEPS", (*pipeline.STEPS[:place], poisoned, *pipeline.STEPS[place + 1 :]))
    viewed = {"type": "track", "userId": "u1", "event": "Searched"}
    arrive(
        workspace,
        viewed | {"messageId": "1"},
        viewed | {"messageId": "2", "properties": {"q": "poison"}},
        viewed,
    )
    assert stored(workspace) == {"Searched": 2}
    with database.scope(workspace):
        [kept] = ingest.rejected(workspace)
    assert (kept.code, msgspec.json.decode(kept.payload)["messageId"]) == ("fault", "2")


def test_a_rejected_message_that_comes_again_is_kept_once(workspace):
    with database.scope(workspace):
        for _ in range(2):
            database.execute(
                "insert into inbox_arrival (workspace_id, kind, source, received_at, payload, flaws)"
                " values (%s, 'batch', 'api', %s, %s, %s)",
                [workspace, clock.now(), b'{"batch":[{"type":"track","userId":"u1","messageId":"m"},{"type":"track"}]}',
                 b'[[0,"no_event_name","x","event"],[1,"no_id","x","userId"]]'],
            )  # fmt: skip
    arrive(workspace)
    with database.scope(workspace):
        kept = [msgspec.json.decode(one.payload).get("messageId") for one in ingest.rejected(workspace)]
    assert sorted(kept, key=str) == [None, None, "m"]  # a nameless one cannot be told from its like


TURN = store.BUCKET_SECONDS


@pytest.mark.parametrize("start", [0, 3 * 86400, TURN - 10])
def test_a_message_is_known_for_thirty_days_over_every_turn_of_buckets(workspace, start):
    message = uuid4()
    at = datetime.fromtimestamp(2000 * TURN + start, UTC)
    with database.scope(workspace):
        assert store.first_time(workspace, [message], at) == {message}
        for day in range(31):
            late = at + timedelta(days=day)
            store.forget_seen(late)
            assert store.first_time(workspace, [message], late) == set(), day
        for day in range(31, 61):
            store.forget_seen(at + timedelta(days=day))
        assert store.first_time(workspace, [message], at + timedelta(days=60)) == {message}


def test_the_same_message_of_two_workspaces_is_two(workspace):
    from cadenza.trust.accounts import service as accounts

    with database.system_scope():
        other = accounts.create_workspace("Other", currency="EUR").id
        message = uuid4()
        assert store.first_time(workspace, [message], clock.now()) == {message}
        assert store.first_time(other, [message], clock.now()) == {message}
        assert store.first_time(other, [message], clock.now()) == set()


def test_counts_of_past_days_are_summed_up(workspace):
    with database.system_scope():
        for _ in range(3):
            store.count_dropped(workspace, {Dropped.ERASED: 2}, clock.now() - timedelta(days=3))
        store.sum_up_dropped(clock.now(), 400)
        rows = database.rows("select count from ingest_droppedcount where workspace_id = %s", [workspace])
        assert rows == [(6,)]
        store.sum_up_dropped(clock.now(), 2)
        assert store.dropped(workspace, clock.now() - timedelta(days=9)) == []


def test_steps_are_named_once():
    assert {step.__module__ for step in pipeline.STEPS} == {steps.__name__}


def test_cards_and_ids_of_further_systems_recognise_people_and_a_bank_card_is_written_down_nowhere(workspace):
    arrive(
        workspace,
        {"type": "identify", "userId": "u1", "traits": {"loyalty_card": "77 00-1a"},
         "context": {"externalIds": [{"id": "7", "type": "CRM"}, {"id": "tok_1", "type": "card_hash"}]}},
        {"type": "track", "event": "Seen", "anonymousId": "d1",
         "context": {"externalIds": [{"id": "7", "type": "crm"}]}},
        {"type": "track", "event": "Paid", "anonymousId": "d2", "messageId": "m",
         "context": {"externalIds": [{"id": "4111 1111 1111 1111", "type": "crm"}, {"id": "x", "type": "no system"}]}},
    )  # fmt: skip
    person = who(workspace, "u1", "external_id")
    told = [("77001A", "loyalty_card"), ("7", "external_id:crm"), ("d1", "anonymous_id")]
    assert {who(workspace, *one) for one in told} == {person}
    with database.scope(workspace):
        known = {(one.kind, one.value) for one in identity.of_person(workspace, person)}
        assert identity.normalise(workspace, "card_hash", "tok_1") in known and "tok_1" not in str(known)
        assert "loyalty_card" not in profiles.one(workspace, person).traits
        told = {one.at: one for one in ingest.rejected(workspace)}
    assert set(told) == {"context.externalIds.0", "context.externalIds.1"}
    assert "1111" not in str(told["context.externalIds.0"])
    assert stored(workspace)["Paid"] == 1 and who(workspace, "d2")


def test_an_app_is_known_by_its_device_and_signals_hold_for_it(workspace):
    app = {"type": "screen", "name": "Home",
           "context": {"library": {"name": "analytics-ios"}, "device": {"id": "d-9"}}}  # fmt: skip
    arrive(workspace, app, about=About(dnt=True))
    assert left_out(workspace) == {Dropped.DO_NOT_TRACK: 1} and not who(workspace, "d-9", "app_id")
    arrive(workspace, app)
    assert who(workspace, "d-9", "app_id") and stored(workspace) == {"Screen Viewed": 1}
