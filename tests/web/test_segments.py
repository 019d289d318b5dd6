"""The pages of segments over HTTP, on the real engines: built, counted, refused, saved, put away and brought back."""

from __future__ import annotations

import json

import pytest
from django.template.base import Template
from django.test.utils import instrumented_test_render

from cadenza.base import database
from cadenza.cdp.segments import service as segments
from cadenza.outreach.campaigns import service as campaigns
from cadenza.outreach.campaigns.types import CampaignDraft
from cadenza.trust.privacy import service as privacy
from cadenza.web.segment_starts import STARTS
from tests.web.conftest import browser, user

BUYER = {"all": [{"orders": "count", "at_least": 1}]}
VIEWER = {"all": [{"did": "Product Viewed", "times": 1}]}


@pytest.fixture(autouse=True)
def contexts(monkeypatch):
    """What a page was made of, beside the page."""
    monkeypatch.setattr(Template, "_render", instrumented_test_render)


@pytest.fixture
def shop(arrive):
    """Ann bought and looked, Bo looked."""
    ordered = {"order_id": "A1", "total": 20, "currency": "EUR"}
    arrive(
        _person("ann", firstName="Ann", lastName="Lee", email="ann@example.com"),
        _person("bo", firstName="بو", gender="male"),
        _done("ann", "Order Completed", **ordered),
        _done("ann", "Product Viewed", category="Bikes", price=12.5),
        _done("bo", "Product Viewed", category="Helmets", email="x@example.com"),
    )


def _person(who, **traits):
    return {"type": "identify", "userId": who, "traits": traits}


def _done(who, event, **properties):
    return {"type": "track", "userId": who, "event": event, "properties": properties}


def _save(workspace, name="Buyers", tree=BUYER):
    with database.scope(workspace):
        made = segments.save(workspace, name, tree)
        segments.refresh(workspace, [made.id])
    return made


def _ask(pages, tree):
    told = tree if isinstance(tree, str) else json.dumps(tree)
    return pages.post("/segments/preview", {"tree": told})


def test_a_shop_without_segments_is_given_some_to_begin_with(pages):
    page = pages.get("/segments/").content.decode()
    assert all(f'href="/segments/new/?start={one.key}"' in page for one in STARTS)
    assert "Import your customers" in page


@pytest.mark.parametrize("start", [one.key for one in STARTS])
def test_every_start_is_a_condition_that_may_be_saved(pages, start):
    begun = pages.get(f"/segments/new/?start={start}")
    tree = begun.context["tree"]
    assert begun.status_code == 200 and json.loads(tree)["all"]
    assert _ask(pages, tree).status_code == 200


def test_the_preview_counts_names_and_says_what_it_means(pages, shop):
    page = _ask(pages, BUYER).content.decode()
    assert "<strong>1</strong> person" in page and "50.0%" in page
    assert "Ann Lee" in page and "Has at least 1 order." in page


def test_nobody_is_said_kindly(pages, shop):
    page = _ask(pages, {"all": [{"did": "Cart Viewed"}]}).content.decode()
    assert "<strong>0</strong> people" in page and "Nobody fits this now" in page


@pytest.mark.parametrize(
    ("tree", "at"),
    [
        ({"all": [{"did": "Product Viewed", "times": "2"}]}, "tree.all.0.times"),
        ({"all": [BUYER, {"any": [{"attribute": "gender", "is": ""}]}]}, "tree.all.1.any.0.is"),
        (
            {"all": [{"did": "A", "where": [{"property": "x", "at_least": "y"}]}]},
            "tree.all.0.where.0.at_least",
        ),
        ("{", "tree"),
        ("[" * 5000, "tree"),
    ],
)
def test_what_is_wrong_is_marked_at_its_place(pages, shop, tree, at):
    answer = _ask(pages, tree)
    page = answer.content.decode()
    assert answer.status_code == 422 and f'data-problem-at="{at}"' in page


def test_a_field_that_the_purpose_does_not_cover_shows_the_way_out(pages, workspace, shop):
    answer = _ask(pages, {"all": [{"attribute": "country", "is": "DE"}]})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "country" in page and "/settings/purposes/I.4/?category=location.area#extend" in page
    with database.scope(workspace):
        privacy.extend(workspace, "I.4", "location.area", "user:1", "Regional offers.")
    assert _ask(pages, {"all": [{"attribute": "country", "is": "DE"}]}).status_code == 200


def test_a_segment_is_saved_opened_and_changed(pages, workspace, shop):
    made = pages.post("/segments/new/", {"name": " Buyers ", "tree": json.dumps(BUYER)})
    assert made.status_code == 302
    page = pages.get(made.url).content.decode()
    assert "Buyers" in page and f"/campaigns/new/?segment={made.url.split('/')[2]}" in page
    builder = pages.get(f"{made.url}edit/")
    assert json.loads(builder.context["tree"]) == BUYER
    assert pages.post(f"{made.url}edit/", {"name": "Viewers", "tree": json.dumps(VIEWER)}).url == made.url
    with database.scope(workspace):
        [saved] = segments.all(workspace)
    assert (saved.name, saved.tree) == ("Viewers", VIEWER)


def test_a_refused_segment_keeps_what_was_typed(pages, shop):
    nameless = pages.post("/segments/new/", {"name": " ", "tree": json.dumps(VIEWER)})
    page = nameless.content.decode()
    assert nameless.status_code == 422 and "A segment needs a name." in page and "Product Viewed" in page
    unsound = pages.post("/segments/new/", {"name": "Kept", "tree": '{"all": [{"did": ""}]}'})
    page = unsound.content.decode()
    assert (
        unsound.status_code == 422 and 'value="Kept"' in page and 'data-problem-at="tree.all.0.did"' in page
    )


def test_the_list_shows_sentence_count_and_what_moved_today(pages, workspace, shop):
    made = _save(workspace)
    page = pages.get("/segments/").content.decode()
    assert f'href="/segments/{made.id}/"' in page and "Has at least 1 order." in page and "+1" in page


def test_the_page_of_one_shows_its_people_and_who_came(pages, workspace, shop, number):
    made = _save(workspace)
    page = pages.get(f"/segments/{made.id}/").content.decode()
    assert (
        f'href="/people/{number("ann")}/"' in page
        and "Entered lately" in page
        and "50.0% of everyone" in page
    )
    assert "Someone erased" not in page and "None yet." in page


def test_campaigns_to_a_segment_are_named_on_its_page(pages, workspace, shop):
    made = _save(workspace)
    with database.scope(workspace):
        campaigns.create(workspace, CampaignDraft(name="Autumn bikes", include=(made.id,)))
    assert "Autumn bikes" in pages.get(f"/segments/{made.id}/").content.decode()


def test_people_are_paged_the_newest_first(pages, workspace, arrive):
    arrive(*({"type": "identify", "userId": f"u{n}", "traits": {"firstName": f"N{n:02}"}} for n in range(30)))
    made = _save(workspace, "Everyone", {"all": []})
    first = pages.get(f"/segments/{made.id}/")
    assert "1–25 of 30" in first.content.decode() and first.context["next"]
    second = pages.get(f"/segments/{made.id}/{first.context['next']}")
    assert "26–30 of 30" in second.content.decode()
    names = [row[0].first_name for row in (*first.context["rows"], *second.context["rows"])]
    assert len(set(names)) == 30


@pytest.mark.parametrize("after", ["x", "-1", "9" * 30])
def test_a_cursor_that_is_none_is_refused(pages, workspace, shop, after):
    made = _save(workspace)
    assert pages.get(f"/segments/{made.id}/?after={after}").status_code == 422


def test_renaming_beside_its_field(pages, workspace):
    made = _save(workspace)
    wrong = pages.post(f"/segments/{made.id}/rename", {"name": "x" * 201})
    assert wrong.status_code == 422 and "data-open-now" in wrong.content.decode()
    right = pages.post(f"/segments/{made.id}/rename", {"name": "שלום <b>"})
    assert right.headers["HX-Redirect"] == f"/segments/{made.id}/"
    assert "שלום &lt;b&gt;" in pages.get("/segments/").content.decode()


def test_a_copy_is_opened_to_be_changed(pages, workspace):
    made = _save(workspace, "N" * 200)
    copy = pages.post(f"/segments/{made.id}/duplicate")
    assert copy.status_code == 302 and copy.url.endswith("/edit/")
    with database.scope(workspace):
        assert sorted(one.name[-6:] for one in segments.all(workspace)) == ["(copy)", "NNNNNN"]


def test_archived_is_undone_from_the_toast_or_the_archive(pages, workspace):
    made = _save(workspace, "Old <i>")
    page = pages.post(f"/segments/{made.id}/archive", follow=True).content.decode()
    undo = f"/segments/{made.id}/restore"
    assert f'formaction="{undo}"' in page and 'id="undo"' in page and "Old &lt;i&gt;" in page
    assert "Bring back" in pages.get("/segments/?archived=1").content.decode()
    assert "Archived" in pages.get(f"/segments/{made.id}/").content.decode()
    assert pages.post(undo).url == f"/segments/{made.id}/"
    with database.scope(workspace):
        assert [one.id for one in segments.all(workspace)] == [made.id]


def test_refreshing_says_who_came(pages, workspace, shop):
    made = _save(workspace, tree={"all": [{"did": "Nothing"}]})
    with database.scope(workspace):
        segments.update(workspace, made.id, tree=BUYER)
    page = pages.post(f"/segments/{made.id}/refresh", follow=True).content.decode()
    assert "Up to date: 1 people. 1 entered, 0 left." in page


def test_a_segment_that_its_purpose_no_longer_covers_says_so(pages, workspace, shop):
    with database.scope(workspace):
        privacy.extend(workspace, "I.4", "location.area", "user:1", "Regional offers.")
    made = _save(workspace, tree={"all": [{"attribute": "country", "is": "DE"}]})
    with database.scope(workspace):
        privacy.withdraw_extension(workspace, "I.4", "location.area", "user:1", "No longer.")
    page = pages.post(f"/segments/{made.id}/refresh", follow=True).content.decode()
    assert "It cannot be refreshed" in page and "does not cover" in page
    assert "Cannot be refreshed" in pages.get("/segments/").content.decode()


def test_the_builder_suggests_what_was_seen(pages, shop):
    def ask(query):
        return pages.get(f"/segments/suggest?{query}").json()

    assert ask("field=gender") == {"values": ["male"]}
    assert ask("field=nothing") == {"values": []}
    assert ["category", "text"] in ask("event=Product Viewed")["properties"]
    assert ["price", "number"] in ask("event=Product Viewed")["properties"]
    assert ask("event=Product Viewed&property=category")["values"] == ["Bikes", "Helmets"]
    assert ask("") == {"properties": []}


def test_what_the_purpose_does_not_cover_is_not_suggested_either(pages, arrive):
    arrive({"type": "identify", "userId": "ann", "traits": {"city": "Riga"}})
    assert pages.get("/segments/suggest?field=city").json() == {"values": []}


def test_the_builder_is_told_what_exists_here(pages, shop):
    told = pages.get("/segments/new/").context["told"]
    assert {"name": "Product Viewed", "phrase": "viewed a product"} in told["events"]
    assert next(one for one in told["fields"] if one["name"] == "country") == {
        "name": "country", "label": "Country", "kind": "text", "covered": False,
    }  # fmt: skip


@pytest.mark.parametrize("step", ["rename", "duplicate", "archive", "restore", "refresh"])
def test_looking_changes_nothing(pages, workspace, step):
    made = _save(workspace)
    assert pages.get(f"/segments/{made.id}/{step}").status_code == 405


def test_a_form_without_its_token_is_refused(member, workspace):
    strict = browser(member, enforce_csrf_checks=True)
    assert strict.post("/segments/new/", {"name": "x", "tree": "{}"}).status_code == 403


def test_another_workspace_sees_nothing_of_it(pages, workspace):
    made = _save(workspace)
    stranger = browser(user())
    assert stranger.get(f"/segments/{made.id}/").status_code == 403
    assert browser().get("/segments/").status_code == 302
