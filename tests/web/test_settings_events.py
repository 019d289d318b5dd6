"""The pages of the register and of collection: shown, searched, decided, refused with the place."""

from __future__ import annotations

import msgspec
import pytest

from cadenza.base import database
from cadenza.cdp.ingest import pipeline
from cadenza.cdp.ingest import service as ingest
from cadenza.cdp.ingest.types import About, Policy
from cadenza.cdp.schemas import jobs
from cadenza.cdp.schemas import service as schemas
from cadenza.trust.accounts import service as accounts
from tests.cdp.ingest.test_steps import PAGE
from tests.cdp.ingest.test_steps import arrive as arrive_with
from tests.web.conftest import browser

ODD = "Viewed <b>/ä & co?"
ONE = "/settings/events/one?name=Product%20Viewed"


@pytest.fixture
def seen(workspace, arrive):
    arrive(
        {"type": "track", "userId": "u1", "event": "Product Viewed",
         "properties": {"price": 9, "user": {"email": "a@example.com"}}},
        {"type": "track", "userId": "u1", "event": ODD},
    )  # fmt: skip
    jobs.sum_up()
    return workspace


def test_what_was_stored_is_listed_and_searched(pages, seen):
    told = pages.get("/settings/events/").content.decode()
    assert "Product Viewed" in told and "Viewed &lt;b&gt;/ä &amp; co?" in told
    assert "Product Viewed" not in pages.get("/settings/events/?q=co%3F").content.decode()
    assert "No event of this name" in pages.get("/settings/events/?q=zzz").content.decode()
    assert pages.get("/settings/events/?q=%00").status_code == 200


def test_an_event_shows_its_properties_and_whose_data_they_are(pages, seen):
    told = pages.get(ONE).content.decode()
    assert "user.email" in told and 'placeholder="contact.email"' in told
    assert pages.get("/settings/events/one", {"name": ODD}).status_code == 200
    assert pages.get("/settings/events/one?name=Never").status_code == 404
    assert pages.get("/settings/events/one").status_code == 404


def test_expectation_and_categories_are_decided(pages, seen):
    told = {
        "mode": "refuse", "others": "on", "p0-name": "price", "p0-type": "number", "p0-required": "on",
        "p0-category": "orders.history", "p0-before": "", "p1-name": "colour", "p1-choices": "red, blue,red",
        "category": "behaviour.catalog", "before": "behaviour.catalog",
    }  # fmt: skip
    assert pages.post(ONE, told).status_code == 302
    with database.scope(seen):
        found = schemas.expectation(seen, "Product Viewed")
        of = schemas.categories(seen)("Product Viewed", "price")
    assert [(one.name, one.type, one.is_required, one.choices) for one in found.properties] == [
        ("price", "number", True, ()), ("colour", None, False, ("red", "blue"))
    ]  # fmt: skip
    assert (found.refuses, of) == (True, "orders.history")
    assert 'value="orders.history"' in pages.get(ONE).content.decode()
    assert pages.post(ONE, {"mode": ""}).status_code == 302
    with database.scope(seen):
        assert schemas.expectation(seen, "Product Viewed") is None


def test_a_refusal_loses_nothing_that_was_typed(pages, seen):
    answer = pages.post(
        ONE, {"mode": "watch", "p0-name": "price", "p0-category": "no.such", "p0-choices": "kept"}
    )
    assert answer.status_code == 422
    assert (
        "There is no such kind of data" in answer.content.decode()
        and 'value="kept"' in answer.content.decode()
    )
    assert pages.post(ONE, {"mode": "nonsense"}).status_code == 422


def test_collection_is_decided_and_a_wrong_number_is_named(pages, workspace):
    told = {"gpc": "on", "categories": " stats \n\nC2", "events_per_second": "100"}
    assert pages.post("/settings/collection/", told).status_code == 302
    with database.scope(workspace):
        assert ingest.policy(workspace) == Policy(False, True, False, ("stats", "C2"), 100)
    for wrong in ("-1", "many", "1e3", "99999999"):
        answer = pages.post("/settings/collection/", told | {"events_per_second": wrong})
        assert answer.status_code == 422 and b'id="field-events_per_second-error"' in answer.content
    assert pages.post("/settings/collection/", told | {"categories": "x\n" * 51}).status_code in (302, 422)


def test_what_was_left_out_is_shown_as_a_number(pages, workspace):
    arrive_with(workspace, PAGE, PAGE, about=About(dnt=True))
    told = pages.get("/settings/collection/").content.decode()
    assert "Do Not Track" in told and "DNT" in told


@pytest.fixture
def api(workspace, pages):
    with database.scope(workspace):
        _, key = accounts.issue_key(workspace, "secret", "Back office")
    from django.test import Client

    return Client(SERVER_NAME="localhost", headers={"authorization": f"Bearer {key}"})


def test_the_register_over_http(api, seen):
    rows = api.get("/api/v1/schemas").json()
    assert {row["name"]: row["count"] for row in rows} == {"Product Viewed": 1, ODD: 1}
    whole = api.get("/api/v1/schemas/event?name=Product%20Viewed").json()
    assert {one["name"]: one["types"] for one in whole["properties"]} == {
        "price": {"number": 1},
        "user.email": {"text": 1},
    }
    told = {"mode": "refuse", "properties": [{"name": "price", "type": "number", "required": True}]}
    put = api.put(
        "/api/v1/schemas/event/expectation?name=Product%20Viewed",
        msgspec.json.encode(told),
        "application/json",
    )
    assert (put.status_code, put.json()["properties"][0]["required"]) == (200, True)
    assert api.get("/api/v1/schemas/event?name=Product%20Viewed").json()["expectation"]["mode"] == "refuse"
    wrong = api.put("/api/v1/schemas/event/expectation?name=A", b'{"properties":[{}]}', "application/json")
    assert (wrong.status_code, wrong.json()["at"]) == (422, "properties.0.name")
    category = api.put(
        "/api/v1/schemas/event/category?name=A&property=x", b'{"category":"lead.form"}', "application/json"
    )
    assert category.status_code == 204
    with database.scope(seen):
        assert schemas.categories(seen)("A", "x") == "lead.form"
    assert api.delete("/api/v1/schemas/event/expectation?name=Product%20Viewed").status_code == 204
    assert api.get("/api/v1/schemas/event?name=Never").status_code == 404


def test_the_health_of_the_installation(pages, workspace):
    client = browser()
    from cadenza.base import heartbeat, readiness
    from cadenza.base.heartbeat import service as beating

    while pipeline.step():
        pass
    database.execute("update inbox_arrival set done_at = received_at where done_at is null")
    database.execute("delete from projection_batch")
    beating._last.clear()
    for name in readiness.LOOPS:
        heartbeat.beat(name)
    ready = client.get("/health/ready")
    assert ready.status_code == 200 and ready.json()["status"] == "ready"
    assert set(ready.json()["checks"]) == {"postgres", "disk", *readiness.LOOPS, "inbox", "event store"}
    database.execute(
        "update heartbeat_heartbeat set at = at - interval '2 minutes' where name = 'projection'"
    )
    dull = client.get("/health/ready")
    assert (dull.status_code, dull.json()["checks"]["projection"]["ok"]) == (503, False)
    assert dull.json()["checks"]["projection"]["age_seconds"] >= 120 and "Retry-After" in dull.headers
    assert client.post("/health/ready").status_code == 405
    assert "This installation needs care" in pages.get("/").content.decode()
    database.execute("delete from heartbeat_heartbeat")
    beating._last.clear()
    assert "This installation needs care" not in pages.get("/").content.decode()
