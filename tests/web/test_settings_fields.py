"""The page of fields over HTTP: declared, changed, retired; what is wrong stands beside its field."""

from __future__ import annotations

from html import unescape

import pytest

from cadenza.base import database
from cadenza.cdp.fields import service as fields
from tests.web.conftest import browser

TIER = {
    "entity": "person", "type": "enum", "name": "tier", "label": "Loyalty tier", "choices": "Gold\nSilver\n",
    "category": "loyalty.programme", "retention": "two_years_after_last_activity",
}  # fmt: skip


def known(workspace, entity="person", name="tier"):
    with database.scope(workspace):
        return fields.one(workspace, entity, name)


def test_a_field_is_declared(pages, workspace):
    assert pages.post("/settings/fields/", TIER).status_code == 302
    made = known(workspace)
    assert (made.type, made.label, made.choices, made.category, made.retention) == (
        "enum", "Loyalty tier", ("Gold", "Silver"), "loyalty.programme", "two_years_after_last_activity",
    )  # fmt: skip
    page = pages.get("/settings/fields/").content.decode()
    for said in (
        "Loyalty tier",
        "Gold, Silver",
        "Loyalty programme",
        "Two years after the last activity",
        "Date of birth",
    ):
        assert said in page


@pytest.mark.parametrize(
    ("told", "place"),
    [
        ({"name": ""}, "name"), ({"name": "email"}, "name"), ({"name": "x" * 121}, "name"),
        ({"choices": " "}, "choices"),
        ({"type": "colour"}, "type"), ({"retention": "for_ever"}, "retention"), ({"category": "colour"}, "category"),
        ({"entity": "shop"}, "entity"), ({"type": "text"}, "choices"),
    ],
)  # fmt: skip
def test_what_is_wrong_stands_beside_its_field(pages, workspace, told, place):
    answer = pages.post("/settings/fields/", TIER | told)
    assert (answer.status_code, f'id="field-{place}-error"' in answer.content.decode()) == (422, True)
    with database.scope(workspace):
        assert fields.all(workspace) == []


def test_a_field_is_changed_but_not_its_type(pages, workspace):
    pages.post("/settings/fields/", TIER)
    page = pages.get("/settings/fields/person/tier/").content.decode()
    assert "Gold\nSilver" in page and "One of several choices" in page
    told = {
        "label": "Tier",
        "choices": "Gold\nSilver\nBronze",
        "category": "custom.fields",
        "retention": "until_withdrawn",
    }
    assert pages.post("/settings/fields/person/tier/", told).status_code == 302
    made = known(workspace)
    assert (made.label, made.choices, made.retention) == (
        "Tier",
        ("Gold", "Silver", "Bronze"),
        "until_withdrawn",
    )
    answer = pages.post("/settings/fields/person/tier/", told | {"choices": "a\nA"})
    assert (answer.status_code, b'id="field-choices-error"' in answer.content) == (422, True)
    assert pages.get("/settings/fields/person/none/").status_code == 404


def test_any_name_has_its_page(pages, workspace):
    with database.scope(workspace):
        fields.declare(workspace, "a/b ?&#%é<b>", "text", entity="order")
    page = pages.get("/settings/fields/").content.decode()
    assert "<b>" not in page.partition("<main")[2].replace("<b>Choose", "")
    [address] = {part.partition('"')[0] for part in page.split('href="/settings/fields/order/')[1:]}
    assert pages.get(f"/settings/fields/order/{unescape(address)}").status_code == 200


def test_a_field_is_retired_and_brought_back(pages, workspace):
    pages.post("/settings/fields/", TIER)
    assert pages.post("/settings/fields/retire", {"entity": "person", "name": "tier"}).status_code == 302
    assert (
        known(workspace).retired and "Retired fields (1)" in pages.get("/settings/fields/").content.decode()
    )
    pages.post("/settings/fields/retire", {"entity": "person", "name": "tier", "restore": "1"})
    assert not known(workspace).retired
    assert pages.post("/settings/fields/retire", {"entity": "person", "name": "none"}).status_code == 404
    assert pages.get("/settings/fields/retire").status_code in (404, 405)


def test_a_stranger_changes_nothing(member, workspace):
    assert browser().post("/settings/fields/", TIER).status_code == 302
    assert browser(member, enforce_csrf_checks=True).post("/settings/fields/", TIER).status_code == 403
    with database.scope(workspace):
        assert fields.all(workspace) == []
