"""The pages of operations: points, keys, one operation with its examples and its calls."""

from __future__ import annotations

import json
import re
import shlex
from html import unescape

import pytest
from django.test import Client
from lxml import etree

from cadenza.base import database
from cadenza.base.config import config
from cadenza.connect.operations import service as operations
from tests.web.conftest import browser

MADE = {
    "name": "Web shop",
    "external_system": "websiteID",
    "prefix": "Website",
    "brand": "",
    "sites": "https://a.example\nhttps://b.example",
}


@pytest.fixture
def point(workspace):
    with database.scope(workspace):
        return operations.create_point(workspace, "Web shop", sites=["https://a.example"])


def test_a_point_is_made_with_its_standard_operations(pages, workspace):
    assert b"No integration points yet" in pages.get("/settings/operations/").content
    answer = pages.post("/settings/operations/", MADE, follow=True)
    assert b"Website.RegisterCustomer" in answer.content and b"Website.GetCustomerOrders" in answer.content
    with database.scope(workspace):
        [made] = operations.points(workspace)
    assert made.sites == ("https://a.example", "https://b.example")
    assert b"Web shop" in pages.get("/settings/operations/").content


@pytest.mark.parametrize(
    ("told", "said"),
    [({"name": ""}, b"needs a name"), ({"external_system": "a b"}, b"not the name of a system"),
     ({"sites": "shop"}, b"not a site"), ({"prefix": "1!"}, b"first part of names")],
)  # fmt: skip
def test_what_is_wrong_stands_beside_its_field(pages, told, said):
    answer = pages.post("/settings/operations/", MADE | told)
    assert answer.status_code == 422 and said in answer.content


def test_a_key_is_shown_once_and_can_be_revoked(pages, workspace, point):
    answer = pages.post(f"/settings/operations/{point.id}/keys", {"kind": "test"})
    plain = re.search(r"ct_[\w-]{30,}", answer.content.decode())
    assert plain and operations.find_key(plain[0]).kind == "test"
    assert plain[0].encode() not in pages.get(f"/settings/operations/{point.id}/").content
    assert pages.post(f"/settings/operations/{point.id}/keys", {"kind": "golden"}).status_code == 422
    key = operations.find_key(plain[0]).id
    pages.post(f"/settings/operations/{point.id}/keys/{key}/revoke")
    assert operations.find_key(plain[0]) is None


def test_a_point_is_changed(pages, workspace, point):
    told = {"name": "Shop", "external_system": "shopId", "brand": "Bikes", "touchpoint": "Web", "sites": ""}
    pages.post(f"/settings/operations/{point.id}/", told)
    with database.scope(workspace):
        found = operations.point(workspace, point.id)
    assert (found.name, found.external_system, found.brand, found.touchpoint, found.sites) == (
        "Shop",
        "shopId",
        "Bikes",
        "Web",
        (),
    )
    assert pages.post(f"/settings/operations/{point.id}/", told | {"name": ""}).status_code == 422


def test_an_operation_is_changed_and_never_opened_too_far(pages, workspace, point):
    with database.scope(workspace):
        check = operations.operation_named(workspace, point.id, "Website.CheckCustomer")
    address = f"/settings/operations/{point.id}/{check.id}/"
    told = {
        "enabled": "on",
        "access": "ticket",
        "accepts": ["ids", "email", "authenticationTicket"],
        "returns": ["ids"],
    }
    assert pages.post(address, told).status_code == 302
    with database.scope(workspace):
        found = operations.operation(workspace, check.id)
    assert (found.access, found.accepts, found.returns) == (
        "ticket",
        ("ids", "email", "authenticationTicket"),
        ("ids",),
    )
    answer = pages.post(address, told | {"access": "open"})
    assert answer.status_code == 422 and b"cannot be opened so far" in answer.content
    assert pages.post(address, told | {"accepts": ["shoeSize"]}).status_code == 422
    pages.post(address, {"access": "secret"})
    with database.scope(workspace):
        assert operations.operation_named(workspace, point.id, "Website.CheckCustomer") is None


def test_every_example_works_as_it_stands_with_a_test_key(pages, workspace, point):
    """The call of the page, in both formats, through the real door."""
    with database.scope(workspace):
        _, key = operations.issue_key(workspace, point.id, "test")
        everything = operations.operations(workspace, point.id)
    for one in everything:
        page = unescape(pages.get(f"/settings/operations/{point.id}/{one.id}/").content.decode())
        for form, call in operations.example(point, one, config().public_url).items():
            assert call in page
            words, form = shlex.split(call.replace("\\\n", " ")), f"application/{form}"
            answer = Client(SERVER_NAME="localhost").post(
                words[1].removeprefix(config().public_url), words[-1], content_type=form,
                headers={"Authorization": f"SecretKey {key}", "Accept": form},
            )  # fmt: skip
            assert answer.status_code == 200, (one.name, answer.content)
            told = (
                etree.fromstring(answer.content).findtext("status")
                if "xml" in form
                else json.loads(answer.content)["status"]
            )
            expected = "ValidationError" if one.kind in ("confirm_email", "confirm_phone") else "Success"
            assert told in (expected, "Success"), (one.name, answer.content)


def test_the_page_shows_how_it_was_called(pages, workspace, point):
    with database.scope(workspace):
        _, key = operations.issue_key(workspace, point.id, "production")
        check = operations.operation_named(workspace, point.id, "Website.CheckCustomer")
    for told in ({"customer": {"email": "ann@example.com"}}, {"customer": {"email": "no"}}):
        Client(SERVER_NAME="localhost").post(
            f"/v3/operations/sync?endpointId={point.endpoint}&operation=Website.CheckCustomer", told,
            content_type="application/json", headers={"Authorization": f"SecretKey {key}"},
        )  # fmt: skip
    page = pages.get(f"/settings/operations/{point.id}/{check.id}/").content.decode()
    assert (
        "ValidationError" in page
        and "/customer/email" in page
        and "ann@example.com" not in page.split("Last calls")[1]
    )
    assert ">2<" in pages.get("/settings/operations/").content.decode().replace("\n", "")


def test_strangers_and_other_workspaces_see_nothing(pages, workspace, point):
    from tests.connect.operations.test_door import make_workspace
    from tests.web.conftest import user

    assert browser().get("/settings/operations/").status_code == 302
    other = browser(user(make_workspace()))
    with database.scope(workspace):
        one = operations.operations(workspace, point.id)[0]
    for address in (f"/settings/operations/{point.id}/", f"/settings/operations/{point.id}/{one.id}/"):
        assert other.get(address).status_code == 404
        assert other.post(address, {"name": "Mine", "access": "open"}).status_code == 404
    assert other.post(f"/settings/operations/{point.id}/keys", {"kind": "test"}).status_code == 404
