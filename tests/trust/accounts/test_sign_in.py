"""The real sign-in page: five wrong passwords lock the door, quietly; nobody signs up; leaving needs a button."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from axes.models import AccessAttempt
from django.test import Client, override_settings
from django.utils import timezone

from cadenza.base import database
from cadenza.base.ids import UserId, new_id
from cadenza.trust.accounts import service as accounts

PASSWORD = "a long winter of 7 horses"
LOGIN = "/account/login/"


@pytest.fixture(autouse=True)
def quick():
    """A cheap hash: what it costs to guess is not the subject here."""
    with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"]):
        yield


@pytest.fixture
def address(workspace):
    """A member with a password; gives their e-mail address."""
    with database.system_scope():
        made = accounts.create_user(f"u{new_id()}@example.com", PASSWORD)
        accounts.add_member(workspace, UserId(made.id))
    return made.email


@pytest.fixture
def client():
    """A browser at an address of its own, so that tests do not share their failures."""
    number = new_id().int
    return Client(
        SERVER_NAME="localhost",
        REMOTE_ADDR=f"10.{number % 250}.{number // 250 % 250}.{number // 62500 % 250}",
    )


def sign_in(client, address, password, **more):
    return client.post(LOGIN, {"login": address, "password": password}, **more)


def is_in(client):
    return client.get("/settings/").status_code == 200


def shown(answer):
    """The page without what differs at each call."""
    return re.sub(rb'\b[A-Za-z0-9]{64}\b|value="[^"]*"', b"", answer.content)


def test_the_right_password_opens(client, address):
    answer = sign_in(client, address.upper(), PASSWORD)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")
    assert is_in(client)


def test_five_wrong_passwords_lock_and_the_right_one_looks_wrong_too(client, address):
    wrong = [sign_in(client, address, f"wrong {n}") for n in range(5)]
    assert [answer.status_code for answer in wrong] == [200] * 5
    sixth = sign_in(client, address, PASSWORD)
    assert sixth.status_code == 200
    assert shown(sixth) == shown(wrong[0])
    assert not is_in(client)


def test_four_wrong_passwords_do_not_lock(client, address):
    for n in range(4):
        sign_in(client, address, f"wrong {n}")
    assert sign_in(client, address, PASSWORD).status_code == 302


def test_success_starts_the_count_anew(client, address):
    for _ in range(2):
        for n in range(4):
            sign_in(client, address, f"wrong {n}")
        assert sign_in(client, address, PASSWORD).status_code == 302
        client.post("/account/logout/")


def test_the_spelling_of_the_address_gives_no_more_tries(client, address):
    for spelling in (address, address.upper(), f" {address}", f"{address} ", address.title()):
        sign_in(client, spelling, "wrong")
    assert sign_in(client, address, PASSWORD).status_code == 200


def test_a_locked_user_does_not_lock_colleagues(client, address, workspace):
    with database.system_scope():
        other = accounts.create_user(f"u{new_id()}@example.com", PASSWORD)
        accounts.add_member(workspace, UserId(other.id))
    for n in range(6):
        sign_in(client, address, f"wrong {n}")
    assert sign_in(client, other.email, PASSWORD).status_code == 302


def test_a_stranger_elsewhere_does_not_lock_the_owner_out(client, address):
    for n in range(6):
        sign_in(client, address, f"wrong {n}", REMOTE_ADDR="203.0.113.77")
    assert sign_in(client, address, PASSWORD).status_code == 302


def test_the_lock_opens_after_its_time(client, address):
    for n in range(6):
        sign_in(client, address, f"wrong {n}")
    AccessAttempt.objects.filter(username=address).update(attempt_time=timezone.now() - timedelta(minutes=16))
    assert sign_in(client, address, PASSWORD).status_code == 302


def test_an_unknown_user_looks_like_a_wrong_password(client, address):
    known, unknown = sign_in(client, address, "wrong"), sign_in(client, f"n{new_id()}@example.com", "wrong")
    assert known.status_code == unknown.status_code == 200
    assert shown(known) == shown(unknown)


def test_a_password_is_never_kept_with_the_failures(client, address):
    sign_in(client, address, "my secret slip")
    kept = str(list(AccessAttempt.objects.filter(username=address).values()))
    assert address in kept
    assert "my secret slip" not in kept


def test_nobody_signs_up(client):
    assert b"password1" not in client.get("/account/signup/").content
    told = {"email": f"n{new_id()}@example.com", "password1": PASSWORD, "password2": PASSWORD}
    client.post("/account/signup/", told)
    with database.system_scope():
        assert told["email"] not in {one.email for one in accounts.users()}


def test_leaving_needs_a_button(client, address):
    sign_in(client, address, PASSWORD)
    assert client.get("/account/logout/").status_code == 200
    assert is_in(client)
    client.post("/account/logout/")
    assert not is_in(client)


def test_the_session_cookie_is_for_pages_of_this_site_alone(client, address):
    before = client.get(LOGIN) and client.cookies.get("cadenza")
    sign_in(client, address, PASSWORD)
    cookie = client.cookies["cadenza"]
    assert (
        cookie["httponly"] and cookie["samesite"] == "Lax" and cookie["path"] == "/" and not cookie["domain"]
    )
    assert not before or before.value != cookie.value


def test_a_session_told_from_outside_is_not_taken_over(client, address):
    client.cookies["cadenza"] = "a" * 32
    sign_in(client, address, PASSWORD)
    assert client.cookies["cadenza"].value != "a" * 32


def test_signing_in_leads_to_pages_of_this_site_alone(client, address):
    for outside in ("https://evil.example", "//evil.example", "javascript:alert(1)", "/\\evil.example"):
        answer = client.post(LOGIN, {"login": address, "password": PASSWORD, "next": outside})
        assert (answer.status_code, answer.headers["Location"]) == (302, "/")
        client.post("/account/logout/")


@pytest.mark.parametrize("weak", ["short", "password1234", "12345678901", "qwertyuiop"])
def test_a_weak_password_is_refused(client, address, weak):
    sign_in(client, address, PASSWORD)
    told = {"oldpassword": PASSWORD, "password1": weak, "password2": weak}
    answer = client.post("/account/password/change/", told)
    assert answer.status_code == 200
    client.post("/account/logout/")
    assert sign_in(client, address, weak).status_code == 200


def test_a_changed_password_ends_the_other_sessions(client, address):
    other = Client(SERVER_NAME="localhost")
    sign_in(other, address, PASSWORD)
    sign_in(client, address, PASSWORD)
    told = {"oldpassword": PASSWORD, "password1": "nine quiet owls at 4", "password2": "nine quiet owls at 4"}
    assert client.post("/account/password/change/", told).status_code == 302
    assert is_in(client)
    assert not is_in(other)


@pytest.mark.parametrize("known", [True, False])
def test_a_forgotten_password_tells_nothing(client, address, known):
    told = address if known else f"n{new_id()}@example.com"
    answer = client.post("/account/password/reset/", {"email": told})
    assert (answer.status_code, answer.headers.get("Location")) == (302, "/account/password/reset/done/")


def test_every_page_of_the_account_answers(client, address):
    sign_in(client, address, PASSWORD)
    for page in ("password/change/", "password/set/", "password/reset/", "password/reset/done/", "email/", "signup/",
                 "logout/", "reauthenticate/", "inactive/", "sessions/", "2fa/", "2fa/totp/activate/",
                 "2fa/recovery-codes/", "2fa/recovery-codes/generate/", "confirm-email/"):  # fmt: skip
        assert client.get(f"/account/{page}").status_code < 500, page
