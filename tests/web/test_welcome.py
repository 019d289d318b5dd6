"""The first way in, over HTTP: a link shows a button, the button works once, and signs in."""

from __future__ import annotations

import pytest
from django.test import Client

from cadenza.base import database
from cadenza.base.ids import UserId, new_id
from cadenza.trust.accounts import service as accounts


@pytest.fixture
def client():
    return Client(SERVER_NAME="localhost")


@pytest.fixture
def colleague(workspace):
    with database.system_scope():
        made = accounts.create_user(f"u{new_id()}@example.com")
        accounts.add_member(workspace, UserId(made.id))
    return made


@pytest.fixture
def link(colleague):
    return accounts.make_sign_in_link(UserId(colleague.id))


def test_looking_signs_nobody_in(client, link, colleague):
    for method in (client.get, client.head, client.get):
        assert method(link).status_code == 200
    assert client.get("/settings/").status_code == 302
    colleague.refresh_from_db()
    assert colleague.last_login is None


def test_the_button_signs_in_and_leads_to_a_password(client, link):
    answer = client.post(link)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/account/password/set/?next=/")
    assert client.get("/settings/").status_code == 200
    chosen = {"password1": "a long winter of 7 horses", "password2": "a long winter of 7 horses"}
    assert client.post("/account/password/set/", chosen).status_code == 302
    assert client.get("/settings/").status_code == 200


def test_the_button_works_once(client, link):
    client.post(link)
    again = Client(SERVER_NAME="localhost")
    answer = again.post(link)
    assert answer.status_code == 403
    assert again.get("/settings/").status_code == 302


def test_the_button_needs_a_token_of_the_form(link):
    strict = Client(SERVER_NAME="localhost", enforce_csrf_checks=True)
    assert strict.post(link).status_code == 403
    assert accounts.check_sign_in_link(link.split("/")[2])


def test_a_made_up_link_is_refused_with_the_way_out(client, workspace):
    answer = client.get("/welcome/not-a-token/")
    assert answer.status_code == 403
    assert b"cadenza user link" in answer.content


def test_the_address_of_a_link_is_told_to_no_other_site(client, link):
    assert client.get(link).headers["Referrer-Policy"] == "same-origin"


def test_a_second_factor_is_asked_for_behind_a_link(client, link, colleague):
    from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret

    TOTP.activate(colleague, generate_totp_secret())
    answer = client.post(link)
    assert answer.headers["Location"].startswith("/account/2fa/authenticate/")
    assert client.get("/settings/").status_code == 302


def test_whoever_may_not_work_here_any_more_gets_nothing(client, link, colleague):
    colleague.is_active = False
    colleague.save()
    client.post(link)
    assert client.get("/settings/").status_code == 302
