"""The pages of settings over HTTP: what is changed holds, what is wrong stands beside its field."""

from __future__ import annotations

import re

import pytest

from cadenza.base import database
from cadenza.channels.email import service as email
from cadenza.trust.accounts import service as accounts
from cadenza.trust.consent import service as consent
from cadenza.trust.privacy import service as privacy
from tests.web.conftest import browser, user

WORKSPACE = {
    "name": "Nordic Bikes",
    "time_zone": "Europe/Riga",
    "currency": "EUR",
    "website": "",
    "region": "",
    "postal_address": "",
}
ADDRESSES = (
    "/settings/",
    "/settings/team/",
    "/settings/keys/",
    "/settings/sender/",
    "/settings/fields/",
    "/settings/consent/",
    "/settings/purposes/",
    "/settings/purposes/I.4/",
    "/settings/developers/",
    "/settings/events/",
    "/settings/collection/",
    "/rejected/",
)


@pytest.mark.parametrize("address", ADDRESSES)
def test_every_page_opens_and_is_for_members(pages, address):
    answer = pages.get(address)
    assert answer.status_code == 200
    assert b'aria-current="page"' in answer.content
    assert browser().get(address).status_code == 302


@pytest.mark.parametrize(
    "address",
    [
        "/settings/",
        "/settings/team/",
        "/settings/keys/",
        "/settings/sender/",
        "/settings/fields/",
        "/settings/fields/retire",
        "/settings/consent/topics",
        "/settings/purposes/I.4/",
        "/rejected/act",
        "/settings/collection/",
        "/settings/events/one",
    ],
)
def test_a_form_without_its_token_is_refused(member, address):
    assert browser(member, enforce_csrf_checks=True).post(address, {}).status_code == 403


def test_the_workspace_is_changed(pages, workspace):
    assert pages.post("/settings/", WORKSPACE).status_code == 302
    assert accounts.workspace(workspace).time_zone == "Europe/Riga"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", " "),
        ("name", "x" * 121),
        ("time_zone", "Riga"),
        ("currency", "EURO"),
        ("website", "javascript:alert(1)"),
        ("region", "LVA"),
        ("postal_address", "x" * 401),
        ("name", "a\0b"),
    ],
)
def test_a_wrong_setting_is_named_beside_its_field(pages, workspace, field, value):
    answer = pages.post("/settings/", WORKSPACE | {field: value})
    assert answer.status_code == 422
    assert f'id="field-{field}-error"' in answer.content.decode()
    assert accounts.workspace(workspace).name == "Test shop"


def test_a_colleague_gets_a_link_once(pages, workspace):
    page = pages.post(
        "/settings/team/", {"email": f"new{workspace}@example.com", "full_name": "Anna"}
    ).content.decode()
    [token] = re.findall(r"/welcome/([\w-]+)/", page.partition("<code>")[2])[:1]
    assert token not in pages.get("/settings/team/").content.decode()
    stranger = browser()
    assert "Sign in" in stranger.get(f"/welcome/{token}/").content.decode()
    assert stranger.post(f"/welcome/{token}/").headers["Location"].startswith("/account/password/set/")
    assert stranger.get("/account/password/set/").status_code == 200
    assert stranger.get("/people/").status_code == 200
    assert browser().get(f"/welcome/{token}/").status_code == 403


def test_nobody_becomes_somebody_else_by_being_added(pages, workspace):
    elsewhere = user(password="correct horse battery")
    page = pages.post("/settings/team/", {"email": elsewhere.email}).content.decode()
    assert "/welcome/" not in page
    assert elsewhere.id in [one.id for one in accounts.members(workspace)]
    assert pages.post(f"/settings/team/{elsewhere.id}/link").status_code == 404
    assert pages.post(f"/settings/team/{elsewhere.id}/remove").status_code == 302
    assert elsewhere.id not in [one.id for one in accounts.members(workspace)]


def test_the_last_member_stays(pages, member, workspace):
    pages.post(f"/settings/team/{member.id}/remove")
    assert [one.id for one in accounts.members(workspace)] == [member.id]


@pytest.mark.parametrize("address", ["", "no address", "a" * 400 + "@example.com"])
def test_a_wrong_address_adds_nobody(pages, address):
    answer = pages.post("/settings/team/", {"email": address})
    assert (answer.status_code, b'id="field-email-error"' in answer.content) == (422, True)


def test_a_key_is_shown_once_and_ends(pages):
    page = pages.post("/settings/keys/", {"kind": "write", "name": "Shop"}).content.decode()
    [plain] = re.findall(r"<code>(cw_[\w-]+)</code>", page)
    key = accounts.find_key(plain)
    assert key and key.kind == "write"
    assert f"--user {plain}:" in page and plain not in pages.get("/settings/keys/").content.decode()
    pages.post(f"/settings/keys/{key.id}/revoke")
    assert accounts.find_key(plain) is None
    assert "Revoked keys (1)" in pages.get("/settings/keys/").content.decode()


def test_there_are_two_kinds_of_keys(pages):
    assert pages.post("/settings/keys/", {"kind": "master"}).status_code == 422


def test_developers_see_the_real_address(pages):
    assert "curl http://127.0.0.1:8750/v1/track" in pages.get("/settings/developers/").content.decode()


SERVER = {
    "way": "server",
    "host": "smtp.example.com",
    "port": "587",
    "security": "starttls",
    "username": "shop",
    "password": "s3cret-word",
    "from_name": "Shop",
    "from_email": "hello@example.com",
    "verify": "on",
}


def test_a_password_is_kept_and_never_shown(pages, workspace):
    assert pages.post("/settings/sender/", SERVER).status_code == 302
    page = pages.get("/settings/sender/").content.decode()
    assert "s3cret-word" not in page and "smtp.example.com" in page and "is stored" in page
    pages.post("/settings/sender/", SERVER | {"password": ""})
    with database.scope(workspace):
        assert email.settings(workspace).has_password
    pages.post("/settings/sender/", SERVER | {"password": "", "forget_password": "on"})
    with database.scope(workspace):
        assert not email.settings(workspace).has_password


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("port", "x"),
        ("port", "99999"),
        ("port", ""),
        ("host", ""),
        ("host", "a b"),
        ("from_email", "nobody"),
        ("security", "hope"),
        ("from_name", "a\nBcc: x@example.com"),
        ("port", "²"),
    ],
)
def test_a_wrong_sender_is_named_beside_its_field(pages, field, value):
    answer = pages.post("/settings/sender/", SERVER | {field: value})
    page = answer.content.decode()
    assert (answer.status_code, f'id="field-{field}-error"' in page) == (422, True)
    assert "s3cret-word" not in page


def test_a_mail_server_that_does_not_answer_is_told_in_words(pages):
    assert "switched off" in pages.post("/settings/sender/check").content.decode()
    pages.post(
        "/settings/sender/", SERVER | {"host": "127.0.0.1", "port": "1", "security": "none", "password": ""}
    )
    page = pages.post("/settings/sender/check").content.decode()
    assert "Connect" in page and "Check host, port" in page


def test_mail_is_signed_with_a_fresh_key(pages):
    pages.post("/settings/sender/dkim", {"dkim_domain": "example.com", "dkim_selector": "c1"})
    page = pages.get("/settings/sender/").content.decode()
    assert "c1._domainkey.example.com" in page and "v=DKIM1" in page and "PRIVATE" not in page
    pages.post("/settings/sender/dkim", {"remove": "1"})
    assert "v=DKIM1" not in pages.get("/settings/sender/").content.decode()
    assert (
        pages.post("/settings/sender/dkim", {"dkim_domain": "x y", "dkim_selector": "c1"}).status_code == 422
    )


def test_a_purpose_is_extended_by_a_numbered_instruction(pages, workspace):
    assert (
        pages.post("/settings/purposes/I.4/", {"category": "location.area", "reason": ""}).status_code == 422
    )
    assert pages.post("/settings/purposes/I.4/", {"category": "", "reason": "x"}).status_code == 422
    assert (
        pages.post(
            "/settings/purposes/I.4/", {"category": "location.area", "reason": "We deliver here."}
        ).status_code
        == 302
    )
    page = pages.get("/settings/purposes/I.4/").content.decode()
    assert "We deliver here." in page and "Laima Ozola" in page and "Withdraw the extension" in page
    with database.scope(workspace):
        assert "location.area" in privacy.allowed(workspace, "I.4")
    pages.post(
        "/settings/purposes/I.4/", {"action": "withdraw", "category": "location.area", "reason": "No more."}
    )
    with database.scope(workspace):
        assert "location.area" not in privacy.allowed(workspace, "I.4")
    told = pages.get("/settings/purposes/").content.decode()
    assert told.index("No more.") < told.index("We deliver here.")


def test_purposes_are_found_by_kinds_of_data(pages):
    found = pages.get("/settings/purposes/?q=date+of+birth").content.decode()
    assert ">I.10</a>" in found and ">I.11</a>" not in found
    assert pages.get("/settings/purposes/IX.1/").status_code == 404


def test_a_topic_and_a_text_are_added(pages, workspace):
    assert (
        pages.post(
            "/settings/consent/topics", {"title": "Style", "key": "style_news", "kind": "marketing"}
        ).status_code
        == 302
    )
    for text in ("Yes to news.", "Yes to news, weekly."):
        pages.post("/settings/consent/texts", {"text_key": "footer", "text": text, "language": "en"})
    with database.scope(workspace):
        assert "style_news" in [topic.key for topic in consent.topics(workspace)]
        assert [one.version for one in consent.wordings(workspace)] == [1, 2]
    page = pages.get("/settings/consent/").content.decode()
    assert "Yes to news, weekly." in page and "Version 1" in page


@pytest.mark.parametrize(
    ("told", "field"),
    [
        ({"title": "", "key": "x", "kind": "marketing"}, "title"),
        ({"title": "X", "key": "X!", "kind": "marketing"}, "key"),
        ({"title": "X", "key": "newsletter", "kind": "marketing"}, "key"),
    ],
)
def test_a_wrong_topic_is_named_beside_its_field(pages, told, field):
    answer = pages.post("/settings/consent/topics", told)
    assert (answer.status_code, f'id="field-{field}-error"' in answer.content.decode()) == (422, True)
    assert (
        pages.post(
            "/settings/consent/topics", told | {"kind": "x", "key": "fine", "title": "Fine"}
        ).status_code
        == 422
    )
