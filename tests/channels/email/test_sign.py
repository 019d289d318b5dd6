"""Signatures hold on the bytes a server receives, and break when anybody touches a signed header or the body."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cadenza.base.problem import BadInput
from cadenza.channels.email.mime import mime
from cadenza.channels.email.sign import new_key, record, sign
from cadenza.channels.email.types import Key
from tests.channels.email.test_mime import PLAIN

RSA = new_key("shop.example", "s1")
ED25519 = new_key("shop.example", "s2", "ed25519")


def dns(name: bytes, timeout: int = 5) -> bytes:
    return {b"s1._domainkey.shop.example.": record(RSA), b"s2._domainkey.shop.example.": record(ED25519)}[
        name
    ].encode()


@pytest.fixture
def verifier(monkeypatch):
    """dkimpy reads Ed25519 through a library that we do not ship: ours stands in for it."""

    class VerifyKey:
        def __init__(self, raw: bytes, encoder: object = None) -> None:
            import base64

            self.key = Ed25519PublicKey.from_public_bytes(base64.b64decode(raw))

        def verify(self, message: bytes, signature: bytes) -> None:
            self.key.verify(signature, message)

    signing, encoding = SimpleNamespace(VerifyKey=VerifyKey), SimpleNamespace(Base64Encoder=None)
    errors = SimpleNamespace(BadSignatureError=Exception)
    monkeypatch.setattr(
        dkim, "nacl", SimpleNamespace(signing=signing, encoding=encoding, exceptions=errors), raising=False
    )
    return lambda mail, which=0: dkim.DKIM(mail).verify(idx=which, dnsfunc=dns)


def test_both_kinds_of_keys_verify(verifier):
    signed = sign(mime(PLAIN), (RSA, ED25519))
    assert verifier(signed, 0) and verifier(signed, 1)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"Subject: Hello", b"Subject: Hell0"),
        (b"From: Shop", b"From: Sh0p"),
        (b"To: Ann", b"To: Eve"),
        (b"Date: Sun", b"Date: Mon"),
        (b"/u/token", b"/u/other"),
        (b"List-Unsubscribe=One-Click", b"List-Unsubscribe=No"),
        (b"<p>Hi</p>", b"<p>Ho</p>"),
        (b"\r\nTo: Ann", b"\r\nFrom: evil@x.example\r\nTo: Ann"),
        (b"\r\nFeedback-ID", b"\r\nList-Unsubscribe: <https://evil.example/>\r\nFeedback-ID"),
        (b"\r\nFeedback-ID", b"\r\nList-Unsubscribe-Post: x\r\nFeedback-ID"),
    ],
)
@pytest.mark.parametrize("which", [0, 1])
def test_an_altered_mail_does_not_verify(verifier, old: bytes, new: bytes, which: int):
    signed = sign(mime(PLAIN), (RSA, ED25519))
    assert old in signed
    try:
        assert not verifier(signed.replace(old, new, 1), which)
    except dkim.DKIMException:
        pass


def test_what_servers_do_on_the_way_does_not_break_it(verifier):
    signed = sign(mime(PLAIN), (RSA,))
    head, _, body = signed.partition(b"\r\n\r\n")
    travelled = (
        b"Received: from here by there\r\n"
        + head.replace(b"Subject: ", b"Subject:   ")
        + b"\r\n\r\n"
        + body
        + b"\r\n\r\n"
    )
    assert verifier(travelled)


def test_unsubscribing_and_the_sender_are_covered_twice():
    header = sign(mime(PLAIN), (RSA,)).partition(b"\r\nFrom:")[0]
    names = b"".join(header.split()).partition(b";h=")[2].partition(b";")[0].split(b":")
    assert {name for name in names if names.count(name) == 2} == {
        b"from",
        b"list-unsubscribe",
        b"list-unsubscribe-post",
    }
    assert {b"to", b"subject", b"date", b"message-id", b"mime-version", b"content-type"} <= set(names)
    assert b"l=" not in header.replace(b"bl=", b"")


@pytest.mark.parametrize("pem", ["", "x", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"])
def test_what_is_no_key_is_refused(pem: str):
    with pytest.raises(BadInput) as refusal:
        record(Key("shop.example", "s1", pem))
    assert refusal.value.at == "dkim_key"


def test_a_key_never_shows_itself():
    assert "PRIVATE" not in repr(RSA)


bodies = st.text(st.sampled_from(" \t\nab.é<"), max_size=300)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=bodies, subject=bodies)
def test_any_body_and_subject_verify(verifier, text: str, subject: str):
    assert verifier(sign(mime(replace(PLAIN, text=text, html=text, subject=subject)), (RSA,)))
