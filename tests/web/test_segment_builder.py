"""The builder of segments over HTTP: what it is told, what it suggests, whom it counts, and the kinds that it saves."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.template.base import Template
from django.test.utils import instrumented_test_render

from cadenza.base import database
from cadenza.cdp.catalog import service as catalog
from cadenza.cdp.catalog.types import Product
from cadenza.cdp.segments import service as segments
from cadenza.cdp.segments.types import Mode, Schedule
from cadenza.outreach.campaigns import service as campaigns
from cadenza.outreach.campaigns.types import CampaignDraft

BUYER = {"all": [{"orders": "count", "at_least": 1}]}
NEW = "/segments/new/"


@pytest.fixture(autouse=True)
def contexts(monkeypatch):
    """What a page was made of, beside the page."""
    monkeypatch.setattr(Template, "_render", instrumented_test_render)


def _saved(workspace) -> segments.Segment:
    with database.scope(workspace):
        [found] = segments.all(workspace)
    return found


def _form(name: str = "Buyers", tree: Any = BUYER, **more: str) -> dict[str, str]:
    return {"name": name, "tree": json.dumps(tree), **more}


def test_a_segment_is_followed_live_unless_set_times_are_chosen(pages, workspace):
    pages.post(NEW, _form(mode="realtime", every="month", day="31", hour="6"))
    found = _saved(workspace)
    assert (found.mode, found.schedule) == (Mode.REALTIME, None)


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ({"every": "day", "hour": "3", "day": "9"}, Schedule("day", 3)),
        ({"every": "weekday", "hour": "0"}, Schedule("weekday", 0)),
        ({"every": "month", "hour": "23", "day": "31"}, Schedule("month", 23, 31)),
    ],
)
def test_set_times_are_saved_and_changed(pages, workspace, told, kept):
    made = pages.post(NEW, _form(mode="scheduled", **told))
    found = _saved(workspace)
    assert (found.mode, found.schedule) == (Mode.SCHEDULED, kept)
    builder = pages.get(f"{made.url}edit/")
    assert (builder.context["every"], builder.context["hour"]) == (kept.every, str(kept.hour))
    assert pages.post(f"{made.url}edit/", _form(mode="scheduled", every="day", hour="7")).status_code == 302
    assert _saved(workspace).schedule == Schedule("day", 7)


def test_a_segment_keeps_its_kind_when_it_is_edited(pages, workspace):
    made = pages.post(NEW, _form())
    told = _form("Other", mode="scheduled", every="day", hour="7")
    assert pages.post(f"{made.url}edit/", told).status_code == 302
    assert (_saved(workspace).name, _saved(workspace).mode, _saved(workspace).schedule) == (
        "Other",
        Mode.REALTIME,
        None,
    )
    page = pages.get(f"{made.url}edit/").content.decode()
    assert 'name="every"' not in page and "keeps its kind" in page


@pytest.mark.parametrize(
    "told",
    [
        {"mode": "scheduled", "every": "day", "hour": "24"},
        {"mode": "scheduled", "every": "day", "hour": "six"},
        {"mode": "scheduled", "every": "month", "hour": "6", "day": "²"},
        {"mode": "scheduled", "every": "never", "hour": "6"},
        {"mode": "scheduled"},
        {"mode": "sometimes"},
    ],
)
def test_a_kind_that_is_none_is_refused_beside_it(pages, workspace, told):
    answer = pages.post(NEW, _form(**told))
    assert answer.status_code == 422 and answer.context["beside"] is not None
    assert answer.context["refusal"] is None and answer.context["tree"] == json.dumps(BUYER)
    with database.scope(workspace):
        assert segments.all(workspace) == []


def test_a_static_segment_has_no_builder(pages, workspace):
    with database.scope(workspace):
        made = segments.save(workspace, "By hand", mode=Mode.STATIC)
    answer = pages.get(f"/segments/{made.id}/edit/", follow=True)
    assert answer.redirect_chain[0][0] == f"/segments/{made.id}/"
    assert "put into this segment by hand" in answer.content.decode()
    pages.post(f"/segments/{made.id}/edit/", _form())
    assert _saved(workspace).name == "By hand"


def test_the_builder_knows_names_for_what_a_tree_asks_by_id(pages, workspace):
    with database.scope(workspace):
        other = segments.save(workspace, "Buyers", BUYER)
        away = segments.save(workspace, "Old", BUYER)
        segments.archive(workspace, away.id)
        catalog.upsert(workspace, [Product(id="p1", name="A bike", category="Bikes", brand="Acme")])
        sent = campaigns.create(workspace, CampaignDraft(name="Autumn bikes"))
        goods = segments.save_product_segment(workspace, "Dear ones", {"attribute": "price", "at_least": 100})
        asks = {"all": [{"orders": "count", "at_least": 1, "product": "p1"}]}
        own = segments.save(workspace, "Own", asks)
    told = pages.get(f"/segments/{own.id}/edit/").context["told"]
    assert told["segments"] == [
        {"value": str(other.id), "label": "Buyers"},
        {"value": str(away.id), "label": "Old", "hint": "archived"},
    ]
    assert told["products"] == {"p1": "A bike"}
    assert told["campaigns"] == [{"value": str(sent.id), "label": "Autumn bikes"}]
    assert told["product_segments"] == [{"value": str(goods.id), "label": "Dear ones"}]
    assert {"key": "newsletter", "title": "Newsletter"} in told["topics"]


def test_the_catalogue_is_searched_while_one_types(pages, workspace):
    with database.scope(workspace):
        catalog.upsert(
            workspace,
            [
                Product(id="p1", name="Road bike", category="Bikes", brand="Acme"),
                Product(id="p2", name="Helmet", category="Helmets", brand="Zeta"),
            ],
        )

    def ask(query):
        return pages.get(f"/segments/suggest?{query}").json()["options"]

    assert ask("choose=product&q=bike") == [{"value": "p1", "label": "Road bike", "hint": "Bikes"}]
    assert ask("choose=brand&q=ze") == [{"value": "Zeta", "label": "Zeta"}]
    assert ask("choose=category&q=") == [
        {"value": "Bikes", "label": "Bikes"},
        {"value": "Helmets", "label": "Helmets"},
    ]
    assert ask("choose=category&q=%00") == []


def test_one_condition_is_said_without_counting(pages, workspace):
    def say(tree):
        return pages.post("/segments/sentence", {"tree": tree})

    assert say('{"not": {"not": {"did": "Order Completed"}}}').json() == {"sentence": "Bought."}
    refused = say('{"moon": "full"}')
    assert refused.status_code == 422 and refused.json()["at"] == "tree"
    assert say("{").status_code == 422
    assert pages.get("/segments/sentence").status_code == 405


def test_a_tree_is_said_as_text_and_a_text_read_as_its_tree(pages, workspace):
    tree = {"all": [{"did": "Product Viewed", "times": 2, "days": 30}, {"orders": "count", "at_most": 0}]}
    text = pages.post("/segments/text", {"tree": json.dumps(tree)}).json()["text"]
    assert 'did "Product Viewed" at least 2 times' in text
    assert pages.post("/segments/text", {"text": text}).json() == {"tree": tree}
    wrong = pages.post("/segments/text", {"text": 'did "A"\nand iz'})
    assert wrong.status_code == 422 and wrong.json()["at"].startswith("line 2")
    assert pages.post("/segments/text", {"tree": "{"}).status_code == 422
    assert pages.post("/segments/text", {}).status_code == 422


def test_the_count_is_told_to_those_who_do_not_see(pages, arrive):
    arrive({"type": "identify", "userId": "ann", "traits": {"firstName": "Ann"}})
    page = pages.post("/segments/preview", {"tree": '{"all": []}'}).content.decode()
    assert 'data-said="1 person."' in page
    wrong = pages.post("/segments/preview", {"tree": '{"all": [{"did": ""}]}'}).content.decode()
    assert 'data-said="This text is empty.' in wrong


@pytest.mark.parametrize("products", [{"all": [7, None, {"orders": {"product": 5}}]}, [[["x"]]], "{"])
def test_a_tree_that_is_none_is_shown_again(pages, products):
    answer = pages.post(NEW, {"name": "A", "tree": json.dumps(products)})
    assert answer.status_code == 422 and answer.context["told"]["products"] == {}
