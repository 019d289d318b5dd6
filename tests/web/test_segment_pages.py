"""The pages of one segment over HTTP: its kind, its people then, why, overlap, what uses it, what is kept of it."""

from __future__ import annotations

import json
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest
from django.template.base import Template
from django.test.utils import instrumented_test_render

from cadenza.base import clock as clocks
from cadenza.base import database
from cadenza.base.ids import SegmentId
from cadenza.cdp.segments import service as segments
from cadenza.outreach.campaigns import service as campaigns
from cadenza.outreach.campaigns.types import CampaignDraft
from cadenza.web.venn import venn

BUYER = {"all": [{"orders": "count", "at_least": 1}]}
VIEWER = {"did": "Product Viewed"}


@pytest.fixture(autouse=True)
def contexts(monkeypatch):
    """What a page was made of, beside the page."""
    monkeypatch.setattr(Template, "_render", instrumented_test_render)


@pytest.fixture
def shop(arrive):
    """Ann bought and looked twice, Bo looked, Cid is known."""
    ordered = {"order_id": "A1", "total": 20, "currency": "EUR"}
    arrive(
        *(
            {"type": "identify", "userId": who, "traits": {"firstName": who.capitalize()}}
            for who in ("ann", "bo", "cid")
        ),
        {"type": "track", "userId": "ann", "event": "Order Completed", "properties": ordered},
        *({"type": "track", "userId": who, "event": "Product Viewed"} for who in ("ann", "ann", "bo")),
    )


def id_of(answer):
    """The segment to which an answer leads."""
    return SegmentId(UUID(answer.url.split("/")[2]))


def save(workspace, name, tree=None, **more):
    with database.scope(workspace):
        made = segments.save(workspace, name, tree, **more)
        segments.refresh(workspace)
    return made.id


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({}, "Followed live"),
        (
            {"mode": "scheduled", "schedule": {"every": "weekday", "hour": 6}},
            "Found every Monday to Friday at 6:00.",
        ),
        (
            {"mode": "scheduled", "schedule": {"every": "month", "day": 31, "hour": 0}},
            "on the 31st at 0:00, in shorter",
        ),
    ],
)
def test_the_kind_is_said_as_a_sentence(pages, workspace, shop, more, said):
    assert said in pages.get(f"/segments/{save(workspace, 'Buyers', BUYER, **more)}/").content.decode()


def test_what_needs_a_segment_is_named_and_keeps_it_from_the_archive(pages, workspace, shop):
    buyers = save(workspace, "Buyers", BUYER)
    inside = save(workspace, "Inside", {"segment": str(buyers)})
    with database.scope(workspace):
        campaigns.create(workspace, CampaignDraft(name="A draft", include=(buyers,)))
    page = pages.get(f"/segments/{buyers}/").content.decode()
    assert f'href="/segments/{inside}/"' in page and "A draft" in page
    refused = pages.post(f"/segments/{buyers}/archive", follow=True).content.decode()
    assert "“Buyers” is used by the segment “Inside”." in refused
    assert pages.post(f"/segments/{inside}/archive").url == "/segments/"
    assert pages.post(f"/segments/{buyers}/archive").url == "/segments/", (
        "a draft or an archived one does not need it"
    )


def test_who_was_in_it_on_a_day_and_whom_the_condition_would_have_held(pages, workspace, shop, clock, number):
    made = save(workspace, "Guests", mode="static")
    with database.scope(workspace):
        segments.add(workspace, made, [number("ann"), number("bo")])
        day = clocks.now().date()
        clock.move(days=3)
        segments.remove(workspace, made, [number("bo")])
    page = pages.get(f"/segments/{made}/history/?on={day}")
    assert (page.context["was"], page.context["still"], page.context["gone"]) == (2, 1, 1)
    assert "Counted transitions" in page.content.decode()
    assert pages.get(f"/segments/{made}/history/?on={day - timedelta(days=9)}").context["was"] == 0
    kept = pages.post(f"/segments/{made}/history/keep", {"on": str(day)})
    with database.scope(workspace):
        assert segments.count(workspace, id_of(kept)) == 2
    live = save(workspace, "Viewers", VIEWER | {"days": 7})
    told = pages.get(f"/segments/{live}/backtest?on={day}").content.decode()
    assert "would have been in it" in told and "as they are now" in told


@pytest.mark.parametrize("on", ["x", "2999-01-01", "1800-01-01"])
def test_a_day_that_is_none_is_refused_beside_its_field(pages, workspace, on):
    made = save(workspace, "Buyers", BUYER)
    answer = pages.get(f"/segments/{made}/history/?on={on}")
    assert answer.status_code == 422 and "field-on-error" in answer.content.decode()
    assert pages.get(f"/segments/{made}/backtest?on={on}").status_code == 422


def test_every_condition_says_whether_it_holds_for_a_person(pages, workspace, shop, number):
    tree = {
        "all": [
            BUYER["all"][0],
            {"not": {"any": [VIEWER | {"times": 3}, {"orders": "count", "at_least": 9}]}},
            VIEWER,
        ]
    }
    made = save(workspace, "Why", tree)
    page = pages.get(f"/segments/{made}/why/?person={number('ann')}")
    node = page.context["tree"]
    assert node.holds and [part.holds for part in node.parts] == [True, True, True]
    assert [part.holds for part in node.parts[1].parts[0].parts] == [False, False]
    assert (
        "This must not be so" in page.content.decode()
        and "found: <b><bdi>2 times</bdi></b>" in page.content.decode()
    )
    other = pages.get(f"/segments/{made}/why/?person={number('cid')}")
    assert not other.context["tree"].holds and "Not in it" in other.content.decode()
    assert "found: <b><bdi>never</bdi></b>" in other.content.decode()
    searched = pages.get(f"/segments/{made}/why/?q=cid").content.decode()
    assert f'href="?person={number("cid")}"' in searched
    assert f"/segments/{made}/why/?person=" in pages.get(f"/people/{number('ann')}/").content.decode()
    assert pages.get(f"/segments/{made}/why/?person=x").status_code == 422
    assert pages.get(f"/segments/{made}/why/?person=99999").status_code == 404


def test_the_same_condition_twice_is_answered_twice(pages, workspace, shop, number):
    made = save(workspace, "Twice", {"any": [VIEWER, {"all": [VIEWER, BUYER["all"][0]]}]})
    node = pages.get(f"/segments/{made}/why/?person={number('bo')}").context["tree"]
    assert [part.holds for part in node.parts] == [True, False]
    assert [part.holds for part in node.parts[1].parts] == [True, False]


def test_two_segments_lie_over_each_other_and_each_part_can_be_kept(pages, workspace, shop):
    buyers, viewers = save(workspace, "Buyers", BUYER), save(workspace, "Viewers", VIEWER)
    alone = pages.get(f"/segments/{viewers}/overlap/").content.decode()
    assert f'href="?with={buyers}"' in alone and "1 · 50%" in alone
    page = pages.get(f"/segments/{viewers}/overlap/?with={buyers}")
    rows = {row["said"]: row for row in page.context["rows"]}
    assert {said: row["count"] for said, row in rows.items()} == {
        "In A and B": 1,
        "Only in A": 1,
        "Only in B": 0,
    }
    assert "1 person only in A, 1 in both, 0 only in B." in page.content.decode()
    kept = pages.get(rows["Only in A"]["keep"])
    assert kept.context["preview"].count == 1
    asked = parse_qs(urlsplit(rows["Only in A"]["keep"]).query)
    made = pages.post(
        "/segments/keep/", {"tree": asked["tree"][0], "name": asked["name"][0], "way": "static"}
    )
    with database.scope(workspace):
        found = segments.one(workspace, id_of(made))
    assert (found.name, found.mode, found.count) == ("Viewers, not Buyers", "static", 1)
    third = save(workspace, "Everyone", {"all": []})
    three = pages.get(f"/segments/{viewers}/overlap/?with={buyers}&and={third}")
    assert {row["said"]: row["count"] for row in three.context["rows"]} == {
        "In A and B and C": 1, "Only in A and B": 0, "Only in A and C": 1, "Only in B and C": 0, "Only in A": 0,
        "Only in B": 0, "Only in C": 1,
    }  # fmt: skip
    assert pages.get(f"/segments/{viewers}/overlap/?with=x").status_code == 422


@pytest.mark.parametrize("parts", [(50, 20, 30), (5, 95, 0), (10, 0, 10), (0, 7, 0), (1, 1000, 2), (0, 0, 9)])
def test_the_areas_are_as_the_numbers(parts):
    from random import Random

    found, chance = venn(*parts), Random(1)
    assert found
    (a, r), (b, s) = found.first, found.second
    left, right = min(a - r, b - s), max(a + r, b + s)
    points = [(chance.uniform(left, right), chance.uniform(-max(r, s), max(r, s))) for _ in range(60_000)]
    told = [((x - a) ** 2 + y**2 <= r**2, (x - b) ** 2 + y**2 <= s**2) for x, y in points]
    counts = [told.count(one) for one in ((True, False), (True, True), (False, True))]
    for count, part in zip(counts, parts, strict=True):
        assert count / sum(counts) == pytest.approx(part / sum(parts), abs=0.012)
    assert left >= 0 and right <= 320


def test_a_condition_that_cannot_be_kept_says_why(pages, workspace):
    assert pages.get("/segments/keep/").status_code == 422
    refused = pages.post("/segments/keep/", {"tree": json.dumps(BUYER), "name": " ", "way": "live"})
    assert refused.status_code == 422 and "A segment needs a name." in refused.content.decode()
    made = pages.post("/segments/keep/", {"tree": json.dumps(BUYER), "name": "Kept", "way": "live"})
    with database.scope(workspace):
        assert segments.one(workspace, id_of(made)).tree == BUYER


def test_of_a_group_the_backtest_leaves_out_who_is_in_one_before(pages, workspace, shop, clock):
    buyers, everyone = save(workspace, "Buyers", BUYER), save(workspace, "Everyone", {"all": []})
    with database.scope(workspace):
        made = segments.make_group(workspace, "Club", [buyers, everyone])
        segments.refresh(workspace)
    page = pages.get(f"/segments/{everyone}/").content.decode()
    assert "2nd in the group" in page and f"/segments/groups/{made.id}/" in page
    told = pages.get(f"/segments/{everyone}/backtest?on={clocks.now().date()}").content.decode()
    assert "is not in “Buyers”" in told
