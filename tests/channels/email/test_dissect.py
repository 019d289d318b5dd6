"""Whatever lies in the mailbox can be shown."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from cadenza.channels.email.dissect import dissect
from cadenza.channels.email.mime import mime
from tests.channels.email.test_mime import PLAIN


def test_our_own_mail_comes_apart():
    parts = dissect(mime(PLAIN))
    assert (parts.html, parts.text) == ("<p>Hi</p>\n", "Hi\n")
    assert parts.unsubscribe_url == "https://shop.example/u/token"
    assert ("Subject", "Hello") in parts.headers


def test_a_mail_in_another_charset_is_read():
    raw = (
        b"Content-Type: text/plain; charset=windows-1251\r\nX-Cadenza-Workspace: 1\r\n\r\n"
        + "жизнь".encode("cp1251")
    )
    parts = dissect(raw)
    assert parts.text == "жизнь" and [name for name, _ in parts.headers] == ["Content-Type"]


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=800))
def test_no_bytes_break_it(raw: bytes):
    dissect(b"Subject: =?x?q?=ff?=\r\nFrom: <\r\nContent-Type: text/html; charset=nonsense\r\n" + raw)
