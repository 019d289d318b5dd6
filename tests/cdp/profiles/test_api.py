"""People over HTTP, with a secret key: by any identifier, only the fields that are needed, for what covers them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from cadenza.base import database
from cadenza.cdp.fields import service as fields
from cadenza.cdp.identity import service as identity
from cadenza.cdp.identity.types import Identifier
from cadenza.cdp.profiles import service as profiles
from cadenza.cdp.profiles.types import TraitChange
from cadenza.trust.accounts import service as accounts
from cadenza.trust.privacy import service as privacy
from cadenza.web.api import api

START = datetime(2030, 1, 1, tzinfo=UTC)


@pytest.fixture
def ask(workspace):
    with database.scope(workspace):
        _, key = accounts.issue_key(workspace, "secret", "test")
    client = Client(SERVER_NAME="localhost", headers={"Authorization": f"Bearer {key}"})

    def call(path: str, body: Any = None, purpose: str = "") -> tuple[int, Any]:
        told = b"" if body is None else json.dumps(body).encode()
        headers = {"X-Purpose": purpose} if purpose else {}
        answer = client.generic(
            "GET" if body is None else "POST",
            f"/api/v1/people{path}",
            told,
            "application/json",
            headers=headers,
        )
        return answer.status_code, answer.json()

    return call


@pytest.fixture
def ann(workspace):
    with database.scope(workspace):
        known = [
            Identifier("external_id", "ann"),
            Identifier("email", "ann@x.eu"),
            Identifier("phone", "+37120000000"),
        ]
        [found] = identity.resolve(workspace, [known])
        fields.declare(workspace, "vip", "boolean", "loyalty.programme")
        values = {"email": "ann@x.eu", "phone": "+37120000000", "first_name": "Ann", "vip": True, "shoe": 42}
        profiles.apply(workspace, [TraitChange(found.profile, values, START, "shop", basis="contract")])
    return found.profile


def test_a_person_is_read_whole_or_by_a_mask(ask, ann):
    status, whole = ask(f"/{ann}")
    assert (status, whole["email"], whole["gender"], whole["traits"]) == (
        200,
        "ann@x.eu",
        "",
        {"vip": True, "shoe": 42},
    )
    assert (whole["time_zone"], whole["time_zone_source"], whole["email_confirmed_at"]) == (
        "Europe/Riga",
        "phone",
        None,
    )
    assert {one["kind"] for one in whole["identifiers"]} == {"external_id", "email", "phone"}
    assert ask(f"/{ann}?fields=email,first_name,traits.vip") == (
        200, {"id": ann, "email": "ann@x.eu", "first_name": "Ann", "traits": {"vip": True}},
    )  # fmt: skip
    status, told = ask(f"/{ann}?fields=identifiers.phone")
    assert told == {"id": ann, "identifiers": [{"kind": "phone", "value": "+37120000000"}]}


def test_people_are_read_page_by_page(ask, workspace, ann):
    with database.scope(workspace):
        more = identity.resolve(workspace, [[Identifier("external_id", f"p{n}")] for n in range(4)])
        profiles.apply(workspace, [TraitChange(one.profile, {"city": "Riga"}, START) for one in more])
    seen, after = [], ""
    while True:
        status, page = ask(f"/?limit=2&fields=city&after={after}" if after else "/?limit=2&fields=city")
        assert status == 200
        seen += page["items"]
        if not (after := page["next"]):
            break
    assert seen == [{"id": one.profile, "city": "Riga"} for one in reversed(more)] + [{"id": ann, "city": ""}]
    assert ask("/?fields=identifiers")[0] == 422


def test_many_are_found_at_once_by_any_identifier(ask, ann):
    asked = [
        {"kind": "email", "value": " Ann@X.eu"}, {"kind": "phone", "value": "+371 2000 0000"},
        {"kind": "external_id", "value": "nobody"}, {"kind": "external_id", "value": "ann"},
    ]  # fmt: skip
    status, found = ask("/find", {"identifiers": asked, "fields": "first_name"})
    person = {"id": ann, "first_name": "Ann"}
    assert status == 200
    assert found["items"] == [one | {"person": None if one["value"] == "nobody" else person} for one in asked]
    assert ask("/find", {"identifiers": []}) == (200, {"items": []})


def test_one_is_found_by_any_identifier(ask, ann):
    assert ask("/find", {"kind": "email", "value": "ANN@x.eu", "fields": "email"}) == (
        200,
        {"id": ann, "email": "ann@x.eu"},
    )
    assert ask("/by/external_id/?value=ann&fields=first_name") == (200, {"id": ann, "first_name": "Ann"})
    assert ask("/find", {"kind": "email", "value": "nobody"})[0] == 404


@pytest.mark.parametrize(
    ("path", "body", "at"),
    [
        ("/1?fields=colour", None, "fields"), ("/?fields=email,traits.colour", None, "fields"),
        ("/find", {"kind": "colour", "value": "x"}, "kind"),
        ("/find", {"identifiers": [{"kind": "colour", "value": "x"}]}, "kind"),
        ("/find", {"identifiers": [{"kind": "email", "value": f"{n}@x.eu"} for n in range(201)]}, "identifiers"),
        ("/find", {"identifiers": [], "fields": "identifiers"}, "fields"), ("/by/email/?value=a@x.eu", None, "kind"),
        ("/?after=x", None, "after"), ("/?limit=201", None, None), ("/1/history?limit=0", None, None),
    ],
)  # fmt: skip
def test_what_is_wrong_names_its_place(ask, path, body, at):
    status, told = ask(path, body)
    assert status == 422 and (at is None or told["at"] == at)


def test_a_purpose_is_given_what_it_covers_and_refused_the_rest(ask, workspace, ann):
    status, told = ask(f"/{ann}", purpose="I.6")  # names and addresses, to keep customers
    assert status == 200 and told["first_name"] == "Ann" and told["email"] == "ann@x.eu"
    assert "traits" not in told and "city" not in told and "identifiers" in told
    assert {one["kind"] for one in told["identifiers"]} == {"email", "phone"}
    status, refused = ask(f"/{ann}?fields=email,traits.vip", purpose="I.6")
    assert (status, refused["at"], [one["field"] for one in refused["outside"]]) == (
        422,
        "traits.vip",
        ["traits.vip"],
    )
    with database.scope(workspace):
        privacy.extend(workspace, "I.6", "loyalty.programme", "test", "They asked.")
    assert ask(f"/{ann}?fields=email,traits.vip", purpose="I.6")[1]["traits"] == {"vip": True}
    assert ask(f"/{ann}", purpose="IX.1")[0] == 422
    assert ask("/?fields=city", purpose="I.6")[0] == 422
    assert ask("/find", {"identifiers": [], "fields": "city"}, purpose="I.6")[0] == 422


def test_how_fields_were_told_and_changed(ask, workspace, ann):
    with database.scope(workspace):
        later = START + timedelta(days=1)
        profiles.apply(
            workspace, [TraitChange(ann, {"first_name": "Anna", "vip": False}, later, operation="Edit")]
        )
    told = ask(f"/{ann}/told")[1]
    assert told["first_name"] == {
        "at": "2030-01-02T00:00:00Z",
        "source": "api",
        "basis": "",
        "operation": "Edit",
    }
    assert told["email"]["basis"] == "contract"
    found = ask(f"/{ann}/history")[1]["items"]
    newest = next(one for one in found if one["field"] == "vip")
    assert (newest["old"], newest["new"], newest["operation"], newest["home"]) == (True, False, "Edit", ann)
    assert len(ask(f"/{ann}/history?limit=1")[1]["items"]) == 1
    shown = ask(f"/{ann}/history", purpose="I.6")[1]["items"]
    assert {one["field"] for one in shown} == {"email", "phone", "first_name"}
    assert {one["field"] for one in ask(f"/{ann}/history?fields=traits.vip")[1]["items"]} == {"vip"}
    assert set(ask(f"/{ann}/told", purpose="I.6")[1]) == {"email", "phone", "first_name"}
    assert ask("/999999999999/history")[0] == ask("/999999999999/told")[0] == 404


def test_a_retired_field_is_not_shown(ask, workspace, ann):
    with database.scope(workspace):
        fields.retire(workspace, "person", "vip")
    assert ask(f"/{ann}?fields=traits")[1]["traits"] == {"shoe": 42}
    assert ask(f"/{ann}?fields=traits.vip")[0] == 422
    assert "vip" not in {one["field"] for one in ask(f"/{ann}/history")[1]["items"]}


def test_an_old_id_leads_to_who_it_is_now(ask, workspace, ann):
    with database.scope(workspace):
        [bo] = identity.resolve(workspace, [[Identifier("external_id", "bo")]])
        profiles.apply(workspace, [TraitChange(bo.profile, {"city": "Riga"}, START)])
        identity.merge(workspace, bo.profile, ann)
    assert ask(f"/{ann}?fields=city,first_name") == (
        200,
        {"id": bo.profile, "city": "Riga", "first_name": "Ann"},
    )
    assert {one["home"] for one in ask(f"/{bo.profile}/history")[1]["items"]} == {ann, bo.profile}


def test_the_description_tells_of_masks_and_purposes(ask):
    told = api.get_openapi_schema()
    names = {one["name"] for one in told["paths"]["/api/v1/people/{person}"]["get"]["parameters"]}
    assert {"person", "fields", "X-Purpose"} <= names
