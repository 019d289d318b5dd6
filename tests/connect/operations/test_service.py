"""Integration points and operations by program, and what cannot be."""

from __future__ import annotations

import json

import pytest
from django.test import Client

from cadenza.base import clock, database
from cadenza.base.problem import BadInput, Conflict, NotFound
from cadenza.connect.operations import service
from cadenza.connect.operations.ticket import holder
from cadenza.trust.accounts import service as accounts
from tests.connect.operations.conftest import make


@pytest.fixture
def api(workspace):
    with database.scope(workspace):
        _, key = accounts.issue_key(workspace, "secret", "Server")

    def call(method, address, tree=None):
        answer = Client(SERVER_NAME="localhost").generic(
            method, f"/api/v1/operations{address}", json.dumps(tree or {}), "application/json",
            headers={"Authorization": f"Bearer {key}"},
        )  # fmt: skip
        return answer.status_code, json.loads(answer.content or b"null")

    return call


def test_everything_is_set_up_by_program(api, workspace):
    status, point = api(
        "POST",
        "/points/",
        {"name": "Till", "prefix": "Till", "endpoint": "till.1", "sites": ["https://A.example/"]},
    )
    assert (status, point["endpoint"], point["sites"]) == (201, "till.1", ["https://a.example"])
    status, key = api("POST", f"/points/{point['id']}/keys/", {"kind": "test"})
    assert status == 201 and service.find_key(key["secret"]).kind == "test"
    assert api("GET", f"/points/{point['id']}/keys/")[1][0]["secret"] is None
    names = [one["name"] for one in api("GET", f"/points/{point['id']}/operations/")[1]]
    assert names[0] == "Till.RegisterCustomer"
    gifts = {"name": "Till.SetGifts", "kind": "set_list", "target": "gifts"}
    status, gifts = api("POST", f"/points/{point['id']}/operations/", gifts)
    assert (status, gifts["target"], gifts["access"]) == (201, "gifts", "secret")
    status, changed = api("PATCH", f"/{gifts['id']}/", {"access": "open", "enabled": False})
    assert (status, changed["access"], changed["enabled"]) == (200, "open", False)
    assert api("GET", f"/{gifts['id']}/calls/")[1] == {"counts": {}, "calls": []}
    assert api("PATCH", f"/points/{point['id']}/", {"brand": "Bikes"})[1]["brand"] == "Bikes"
    assert api("DELETE", f"/keys/{key['id']}/")[0] == 204 and service.find_key(key["secret"]) is None


def test_a_ticket_is_made_for_somebody_who_exists(api, workspace):
    from cadenza.cdp.profiles import service as profiles
    from cadenza.cdp.profiles.types import TraitChange
    from tests.cdp.product_lists.test_service import person

    with database.scope(workspace):
        ann = person(workspace)
        profiles.apply(workspace, [TraitChange(ann, {}, clock.now())])
    status, told = api("POST", "/tickets", {"person": ann})
    assert status == 200 and holder(workspace, told["authentication_ticket"], clock.now()) == ann
    assert api("POST", "/tickets", {"person": 999_999_999})[0] == 404


def test_what_cannot_be_is_refused(workspace):
    shop = make(workspace)
    here = shop.point.id
    with database.scope(workspace):
        with pytest.raises(Conflict):
            service.create_point(workspace, "Again", endpoint=shop.point.endpoint)
        with pytest.raises(Conflict):
            service.add_operation(workspace, here, "Website.SetCart", "set_list", target="cart")
        for name, kind, more in (
            ("9", "check", {}), ("Shop.X", "dance", {}), ("Shop.X", "set_list", {}),
            ("Shop.X", "merge", {"access": "open"}),
            ("Shop.X", "check", {"access": "open"}), ("Shop.X", "update_order", {"target": "eaten"}),
            ("Shop.X", "check", {"access": "public"}),
        ):  # fmt: skip
            with pytest.raises(BadInput):
                service.add_operation(workspace, here, name, kind, **more)
        with pytest.raises(BadInput):
            service.issue_key(workspace, here, "golden")
        with pytest.raises(NotFound):
            service.operation(workspace, here)
        for site in (
            "shop.example.com",
            "https://a.example/path",
            "ftp://a.example",
            "https://u:p@a.example",
        ):
            with pytest.raises(BadInput):
                service.update_point(workspace, here, sites=[site])
