"""Settings of sending: checked when they are written, secrets sealed and never shown."""

from __future__ import annotations

import pytest

from cadenza.base import database
from cadenza.base.problem import BadInput
from cadenza.channels.email import models, service
from cadenza.channels.email.types import Security
from cadenza.outreach.delivery import port

SERVER = {
    "use_sink": False,
    "host": "smtp.example.com",
    "username": "shop",
    "from_email": "hello@shop.example",
}


def test_before_anybody_set_anything_mail_goes_to_the_mailbox(workspace):
    with database.scope(workspace):
        found = service.settings(workspace)
    assert found.use_sink and found.from_email == "hello@shop.example" and found.from_name == "Test shop"


def test_a_mail_server_is_kept_with_its_password_sealed(workspace):
    with database.scope(workspace):
        told = service.update(workspace, password="s3cret-canary", **SERVER)
        row = models.EmailSender.objects.get(workspace_id=workspace)
        route = service.sender_for(workspace).route
    assert told.has_password and "canary" not in repr(told) and b"canary" not in bytes(row.sealed_password)
    assert route.server.password == "s3cret-canary" and "canary" not in repr(route)
    assert route.server.security is Security.STARTTLS and not route.to_sink


def test_a_setting_left_out_stays_and_an_empty_password_goes(workspace):
    with database.scope(workspace):
        service.update(workspace, password="x", **SERVER)
        assert service.update(workspace, from_name="Shop").has_password
        assert not service.update(workspace, password="").has_password


@pytest.mark.parametrize(
    ("values", "at"),
    [
        ({"host": ""}, "host"),
        ({"host": "smtp.example.com\r\nX"}, "host"),
        ({"host": "http://smtp.example.com"}, "host"),
        ({"port": 0}, "port"),
        ({"port": 70000}, "port"),
        ({"from_email": "nobody"}, "from_email"),
        ({"from_email": ""}, "from_email"),
        ({"from_name": "Shop\r\nBcc: x@y.example"}, "from_name"),
        ({"username": "a\x00b"}, "account"),
        ({"return_path": "x y@z.example"}, "return_path"),
        ({"security": "ssl"}, "security"),
        ({"security": "none", "password": "x"}, "security"),
        ({"parallel": 0}, "parallel"),
        ({"per_second": 0}, "per_second"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_wrong_setting_names_its_field(workspace, values: dict[str, object], at: str):
    with database.scope(workspace), pytest.raises(BadInput) as refusal:
        service.update(workspace, **(SERVER | values))
    assert refusal.value.at == at and refusal.value.hint


def test_a_dkim_key_is_made_sealed_and_shown_as_a_record(workspace):
    with database.scope(workspace):
        told = service.set_dkim(workspace, "shop.example", "cadenza1")
        assert told.has_dkim and told.dkim_record.startswith("v=DKIM1; k=rsa; p=MII")
        assert b"PRIVATE" not in bytes(models.EmailSender.objects.get(workspace_id=workspace).sealed_dkim)
        assert (
            service.sender_for(workspace).route.keys[0].selector == "cadenza1"
            if service.sink.port()
            else True
        )
        assert not service.remove_dkim(workspace).has_dkim


@pytest.mark.parametrize(
    ("domain", "selector", "pem", "at"),
    [
        ("not a domain", "s1", None, "dkim_domain"),
        ("shop.example", "s 1", None, "dkim_selector"),
        ("shop.example", "s1", "x", "dkim_key"),
    ],
)
def test_a_wrong_key_names_its_field(workspace, domain: str, selector: str, pem: str | None, at: str):
    with database.scope(workspace), pytest.raises(BadInput) as refusal:
        service.set_dkim(workspace, domain, selector, pem)
    assert refusal.value.at == at


def test_delivery_finds_the_channel():
    assert port.plugged("email").name == "email"
