"""Mails as bytes: what any strict reader finds in them, whatever people are called and whatever they write."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.header import decode_header, make_header

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cadenza.base.problem import BadInput
from cadenza.channels.email.mime import mime
from cadenza.channels.email.types import Mail
from cadenza.outreach.delivery.types import Address

AT = datetime(2026, 3, 1, 12, 30, 5, tzinfo=UTC)
PLAIN = Mail(
    id="0190c1a2-0000-7000-8000-000000000001",
    at=AT,
    from_=Address("hello@shop.example", "Shop"),
    to=Address("ann@example.com", "Ann"),
    subject="Hello",
    html="<p>Hi</p>",
    text="Hi",
    unsubscribe_url="https://shop.example/u/token",
    unsubscribe_email="leave@shop.example",
    list_id="abc.shop.example",
    list_name="Shop",
    feedback_id="c1:w1:email:cadenza",
)
HEADERS = [
    "From", "To", "Subject", "Date", "Message-ID", "List-Unsubscribe", "List-Unsubscribe-Post", "List-Id",
    "Feedback-ID",
    "MIME-Version", "Content-Type",
]  # fmt: skip
EVIL = [
    "=?utf-8?q?Hi=0D=0ABcc:_evil@x.example?=",
    "=?utf-8?b?SGkNCkJjYzogZXZpbEB4LmV4YW1wbGU=?=",
    "=?utf-8?q?=3D=3Futf-8=3Fq=3FHi=3D0D=3D0ABcc=3A=5Fevil=3F=3D?=",
    "Hi\r\nBcc: evil@x.example",
    "Hi\nBcc: evil@x.example",
    "Hi\rBcc: evil@x.example",
    "Hi\u2028Bcc: evil@x.example",
    "Hi\u2029\x85\x0b\x0cBcc: evil@x.example",
    "Hi\x00\r\n\r\n<html>",
    "Hi\r\n .\r\nBcc: evil",
    "=?utf-8?q?=0A?= =?utf-8?q?Bcc:_x?=",
    "=?us-ascii?Q?=0d=0aBcc:_evil?= and more",
    "=?no-such-charset?q?=0D=0ABcc:x?=",
    "=?utf-8?b?!!!?=",
]


def parsed(data: bytes):
    return message_from_bytes(data, policy=policy.SMTP)


def strict(data: bytes) -> None:
    """What RFC 5322 and 5321 ask of every line."""
    assert data.count(b"\n") == data.count(b"\r") == data.count(b"\r\n")
    assert data.endswith(b"\r\n") and b"\0" not in data
    assert max(len(line) for line in data.split(b"\r\n")) <= 998
    for line in data.split(b"\r\n\r\n", 1)[0].split(b"\r\n"):
        assert re.match(rb"[A-Za-z-]+: |[ \t]+\S", line), line


def test_a_mail_has_exactly_the_headers_it_should():
    data = mime(PLAIN)
    strict(data)
    message = parsed(data)
    assert message.keys() == HEADERS
    assert message["From"] == "Shop <hello@shop.example>"
    assert message["Date"] == "Sun, 01 Mar 2026 12:30:05 +0000"
    assert message["Message-ID"] == "<0190c1a2-0000-7000-8000-000000000001@shop.example>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert (
        message["List-Unsubscribe"].count("https://") == 1
        and "<mailto:leave@shop.example?" in message["List-Unsubscribe"]
    )
    assert message["List-Id"] == "Shop <abc.shop.example>"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]


def test_the_same_mail_is_the_same_bytes():
    assert mime(PLAIN) == mime(replace(PLAIN))


@pytest.mark.parametrize("evil", EVIL)
def test_nobody_adds_a_header(evil: str):
    mail = replace(
        PLAIN,
        subject=evil,
        to=Address("ann@example.com", evil),
        from_=Address("hello@shop.example", evil),
        list_name=evil,
        feedback_id=evil,
        headers={"X-Campaign": f"{evil} x"},
    )
    data = mime(mail)
    strict(data)
    message = parsed(data)
    assert message.keys() == [*HEADERS[:9], "X-Campaign", *HEADERS[9:]]
    assert message["To"].addresses[0].addr_spec == "ann@example.com" and len(message["To"].addresses) == 1
    assert len(message["From"].addresses) == 1
    for name in ("Subject", "To", "From", "X-Campaign", "List-Id"):
        raw = next(value for key, value in message_from_bytes(data)._headers if key == name)
        shown = str(make_header(decode_header(raw)))
        again = str(make_header(decode_header(shown)))
        assert not re.search(
            "[\r\n\x00\x85\u2028\u2029]",
            re.sub(r"\r?\n[ \t]", " ", shown) + re.sub(r"\r?\n[ \t]", " ", again),
        ), name


@pytest.mark.parametrize("name", ["Bcc", "From", "subject", "X\r\nY", "X Y", "", "Content-Type"])
def test_our_own_headers_cannot_be_replaced(name: str):
    with pytest.raises(BadInput):
        mime(replace(PLAIN, headers={name: "x"}))


@pytest.mark.parametrize(
    "address",
    ["", "ann", "ann@", "@example.com", "a b@example.com", "ann@exa mple.com", "ann@example.com\r\nBcc: x@y.z",
     "a@b@c.d", "<ann@example.com>", "ann@example.com, bob@example.com", ".ann@example.com", "an..n@example.com"],
)  # fmt: skip
def test_what_is_no_address_is_refused_with_its_place(address: str):
    with pytest.raises(BadInput) as refusal:
        mime(replace(PLAIN, to=Address(address, "Ann")))
    assert refusal.value.at == "to"


def test_domains_beyond_ascii_travel_as_punycode():
    message = parsed(mime(replace(PLAIN, to=Address("ann@bücher.example", "Ann"))))
    assert message["To"].addresses[0].domain == "xn--bcher-kva.example"


def test_names_and_subjects_beyond_ascii_arrive_as_written():
    subject = "Жаркое лето: скидки до 50 % 🎉 " * 8
    mail = replace(PLAIN, subject=subject, to=Address("ann@example.com", "Анна “A.” Озола, Рига"))
    message = parsed(mime(mail))
    assert message["Subject"] == subject.strip()
    assert message["To"].addresses[0].display_name == "Анна “A.” Озола, Рига"


lines = st.text(st.characters(exclude_categories=("Cs",)), max_size=300)
bodies = st.text(st.characters(exclude_categories=("Cs",)), max_size=3000)


@settings(max_examples=300, deadline=None)
@given(subject=lines, name=lines, sender=lines, extra=lines)
def test_any_text_gives_the_same_set_of_headers(subject: str, name: str, sender: str, extra: str):
    mail = replace(
        PLAIN,
        subject=subject,
        to=Address("ann@example.com", name),
        from_=Address("hello@shop.example", sender),
        headers={"X-Campaign": extra + "x"},
        list_name=sender,
    )
    data = mime(mail)
    strict(data)
    message = parsed(data)
    assert message.keys() == [*HEADERS[:9], "X-Campaign", *HEADERS[9:]]
    assert message["To"].addresses[0].addr_spec == "ann@example.com"
    assert message["From"].addresses[0].addr_spec == "hello@shop.example"


@settings(max_examples=200, deadline=None)
@given(html=bodies, text=bodies)
def test_any_body_arrives_as_written_but_for_controls(html: str, text: str):
    data = mime(replace(PLAIN, html=html, text=text))
    strict(data)
    parts = {part.get_content_subtype(): part for part in parsed(data).iter_parts()}
    for kind, written in (("html", html), ("plain", text)):
        got = parts[kind].get_payload(decode=True).decode()
        assert canonical(got) == canonical(written), kind


def canonical(text: str) -> str:
    one = re.sub(r"\r\n|\r|\n", "\n", text)
    return re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", "", one).rstrip("\n")


@pytest.mark.parametrize(
    "text",
    ["a\n.\nb", "a\r\n.\r\nb", "..\n.", "\n.\n.\n", "x" * 5000, "é" * 3000, "From me\n.From", "end \n \t\n"],
)
def test_lines_that_mean_something_to_servers_mean_nothing_in_a_mail(text: str):
    data = mime(replace(PLAIN, text=text))
    strict(data)
    assert b"\r\n.\r\n" not in data
    got = next(parsed(data).iter_parts()).get_payload(decode=True).decode()
    assert canonical(got) == canonical(text)


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("plain words", "7bit"),
        ("x" * 990, "7bit"),
        ("x" * 991, "quoted-printable"),
        ("From me", "quoted-printable"),
        ("ends in a space \nx", "quoted-printable"),
        ("café au lait au bar", "quoted-printable"),
        ("жизнь", "base64"),
    ],
)
def test_a_body_is_encoded_only_as_far_as_it_must(text: str, encoding: str):
    assert next(parsed(mime(replace(PLAIN, text=text))).iter_parts())["Content-Transfer-Encoding"] == encoding
