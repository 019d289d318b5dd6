"""The built-in mail server keeps what we send, whole, and refuses what is not ours or not well formed."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from cadenza.base import database
from cadenza.base.ids import MessageId, ProfileId, new_id
from cadenza.channels.email import service
from cadenza.channels.email.share import MailboxShare
from cadenza.outreach.delivery.types import Accepted, Address, Outgoing

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def port(engines) -> Iterator[int]:
    yield service.start_sink(0)
    service.stop_sink()


def outgoing(workspace, number: int = 1, **more) -> Outgoing:
    told = {
        "to": Address(f"ann{number}@example.com", "Ann Ozola"),
        "subject": f"Hello {number} – жизнь",
        "html": "<p>Hi <b>Ann</b><script>x()</script></p>",
        "text": "Hi Ann\n.\nbye",
        "profile": ProfileId(7_000_000 + number),
        "unsubscribe_url": "https://shop.example/u/abc",
    }
    return Outgoing(workspace=workspace, message_id=MessageId(new_id()), at=AT, **(told | more))


def send(workspace, *mails: Outgoing) -> list[object]:
    with database.scope(workspace):
        sender = service.sender_for(workspace)

    async def intent() -> None:
        return None

    async def all_of_them() -> list[object]:
        try:
            return await asyncio.gather(*(sender.send(mail, intent) for mail in mails))
        finally:
            await sender.close()

    return asyncio.run(all_of_them())


def test_a_sent_mail_lies_in_the_mailbox_with_all_its_parts(workspace, port):
    sent = outgoing(workspace)
    assert isinstance(send(workspace, sent)[0], Accepted)
    with database.scope(workspace):
        page = service.mails(workspace)
        assert [(m.to, m.subject, m.unread) for m in page.mails] == [
            ("ann1@example.com", "Hello 1 – жизнь", True)
        ]
        opened = service.mail(workspace, page.mails[0].id)
        assert service.unread(workspace) == 0
    assert opened.text == "Hi Ann\n.\nbye\n"
    assert opened.unsubscribe_url == "https://shop.example/u/abc"
    assert opened.mail.message == sent.message_id
    assert dict(opened.headers)["Message-ID"] == f"<{sent.message_id}@shop.example>"
    assert (
        "<script>" in opened.html and "<script>" not in opened.safe_html and "<b>Ann</b>" in opened.safe_html
    )


def test_the_mailbox_pages_and_searches(workspace, port):
    send(workspace, *(outgoing(workspace, number) for number in range(7)))
    with database.scope(workspace):
        first = service.mails(workspace, limit=4)
        second = service.mails(workspace, limit=4, after=first.after)
        assert (len(first.mails), len(second.mails), second.after, first.total) == (4, 3, None, 7)
        assert {m.to for m in service.mails(workspace, search="ANN3").mails} == {"ann3@example.com"}
        assert {m.subject for m in service.mails(workspace, search="hello 5").mails} == {"Hello 5 – жизнь"}
        assert service.empty_mailbox(workspace) == 7


def test_a_mailbox_belongs_to_one_workspace(workspace, port):
    from cadenza.trust.accounts import service as accounts

    send(workspace, outgoing(workspace))
    with database.system_scope():
        other = accounts.create_workspace("Other").id
    with database.scope(other):
        assert service.mails(other).total == 0


def test_a_person_is_exported_and_forgotten(workspace, port):
    send(workspace, outgoing(workspace, 1), outgoing(workspace, 2, profile=None))
    share = MailboxShare()
    with database.scope(workspace):
        assert "Hello 1" in share.export(workspace, ProfileId(7_000_001))["mails"][0]["subject"]
        assert share.erase(workspace, ProfileId(7_000_001)) == {"email_sinkmail": 1}
        gone = share.erase_identifiers(
            workspace, ProfileId(1), [("email", "ann2@example.com"), ("phone", "+371")]
        )
        assert gone == {"email_sinkmail": 1}
        assert service.mails(workspace).total == 0


def talk(port: int, *lines: bytes) -> bytes:
    """Says each line and waits for the whole answer; gives the last."""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as wire, wire.makefile("rb") as heard:
        answer = heard.readline()
        for line in lines:
            wire.sendall(line)
            answer = next(told for told in heard if told[3:4] != b"-")
    return answer


ENVELOPE = (b"EHLO x\r\n", b"MAIL FROM:<a@b.example>\r\n", b"RCPT TO:<c@d.example>\r\n", b"DATA\r\n")


def test_a_mail_of_somebody_else_is_refused(workspace, port):
    assert talk(port, *ENVELOPE, b"Subject: spam\r\n\r\nhi\r\n.\r\n").startswith(b"550 5.7.1")


@pytest.mark.parametrize("body", [b"a\n.\nb", b"a\r.\rb", b"a\n.\r\nMAIL FROM:<x@y.example>", b"x\ny"])
def test_bare_line_breaks_are_refused(workspace, port, body: bytes):
    mail = f"X-Cadenza-Workspace: {workspace}\r\n\r\n".encode() + body + b"\r\n.\r\n"
    assert talk(port, *ENVELOPE, mail).startswith(b"550 5.6.0")


def test_the_settings_can_be_tried(workspace, port):
    with database.scope(workspace):
        steps = service.check(workspace)
    assert [(step.name, step.ok) for step in steps] == [("connect", True), ("talk", True)]
