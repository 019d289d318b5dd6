"""The built-in mailbox over HTTP: mails as they came, harmless, and with their ways to leave."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from cadenza.base import database
from cadenza.base.config import config
from cadenza.base.ids import MessageId, new_id
from cadenza.channels.email import service as email
from cadenza.outreach.delivery.types import Address, Outgoing
from tests.web.conftest import browser, user

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture(scope="module", autouse=True)
def sink(engines) -> Iterator[int]:
    yield email.start_sink(0)
    email.stop_sink()


@pytest.fixture
def send(workspace):
    """Send mails to these names through the real sink."""

    def go(*names: str, **more) -> None:
        with database.scope(workspace):
            sender = email.sender_for(workspace)
        asyncio.run(_all(workspace, sender, names, more))

    return go


async def _all(workspace, sender, names, more) -> None:
    async def intent() -> None:
        return None

    for name in names:
        told = {
            "subject": f"Hello {name}",
            "html": f"<p>Dear <b>{name}</b><script>x()</script></p>",
            "text": f"Dear {name}",
        }
        told |= {"unsubscribe_url": f"{config().public_url}/u/{name}"} | more
        await sender.send(
            Outgoing(
                workspace=workspace,
                message_id=MessageId(new_id()),
                at=AT,
                to=Address(f"{name}@example.com"),
                **told,
            ),
            intent,
        )
    await sender.close()


def _first(workspace) -> str:
    with database.scope(workspace):
        return str(email.mails(workspace).mails[0].id)


def test_an_empty_mailbox_says_what_brings_mail(pages):
    page = pages.get("/mailbox/").content.decode()
    assert "No mail yet" in page and "/campaigns/" in page and "sent to nobody outside" in page


def test_mails_are_listed_searched_and_counted(pages, send):
    send("ann", "bob")
    page = pages.get("/mailbox/").content.decode()
    assert "ann@example.com" in page and "Hello bob" in page and "2 unread" in page
    found = pages.get("/mailbox/?q=ANN").content.decode()
    assert "ann@example.com" in found and "bob@example.com" not in found
    assert "No mail matches" in pages.get("/mailbox/?q=zzz").content.decode()


def test_showing_a_mail_changes_nothing_and_reading_is_said_apart(pages, workspace, send):
    send("ann")
    address = f"/mailbox/{_first(workspace)}/"
    page = pages.get(address).content.decode()
    pages.get(f"{address}body")
    with database.scope(workspace):
        assert email.unread(workspace) == 1
    assert f'hx-post="{address}read"' in page
    assert pages.post(f"{address}read").status_code == 204
    with database.scope(workspace):
        assert email.unread(workspace) == 0
    assert "Everything is read" in pages.get("/mailbox/?show=unread").content.decode()


def test_the_mail_stands_in_a_frame_whose_links_open_beside_it(pages, workspace, send):
    send("ann")
    address = f"/mailbox/{_first(workspace)}/"
    page = pages.get(address).content.decode()
    assert (
        f'<iframe sandbox="allow-popups allow-popups-to-escape-sandbox" title="The mail" src="{address}body">'
        in page
    )
    answer = pages.get(f"{address}body")
    policy = answer.headers["Content-Security-Policy"]
    assert (
        "default-src 'none'" in policy and "frame-ancestors 'self'" in policy and "img-src * data:" in policy
    )
    assert (
        answer.headers["X-Frame-Options"] == "SAMEORIGIN"
        and '<base target="_blank">' in answer.content.decode()
    )


def test_it_can_be_seen_as_text_headers_and_source(pages, workspace, send):
    send("ann")
    address = f"/mailbox/{_first(workspace)}/"
    assert "Dear ann" in pages.get(f"{address}?view=text").content.decode()
    assert "List-Unsubscribe-Post" in pages.get(f"{address}?view=headers").content.decode()
    source = pages.get(f"{address}?view=source").content.decode()
    assert "MIME-Version" in source and "<script>x()" not in source


def test_one_click_leaves_through_this_site_alone(pages, workspace, send):
    send("ann")
    page = pages.get(f"/mailbox/{_first(workspace)}/").content.decode()
    assert 'action="/u/ann"' in page and 'name="List-Unsubscribe" value="One-Click"' in page
    send("bob", unsubscribe_url="https://elsewhere.example/u/x")
    assert "One-Click" not in pages.get(f"/mailbox/{_first(workspace)}/").content.decode()


def test_pages_lead_on_and_back(pages, workspace, send):
    send(*(f"n{i}" for i in range(52)))
    page = pages.get("/mailbox/").content.decode()
    assert "1–50 of 52" in page
    with database.scope(workspace):
        after = email.mails(workspace).after
    assert "51–52 of 52" in pages.get(f"/mailbox/?after={after}").content.decode()
    assert pages.get("/mailbox/?after=x").status_code == 422


def test_it_is_emptied_by_a_button_alone(pages, member, send):
    send("ann")
    assert pages.get("/mailbox/empty").status_code == 405
    assert browser(member, enforce_csrf_checks=True).post("/mailbox/empty").status_code == 403
    answer = pages.post("/mailbox/empty", follow=True)
    assert "1 mail thrown away" in answer.content.decode() and "No mail yet" in answer.content.decode()


def test_others_see_none_of_it(pages, workspace, send):
    from cadenza.trust.accounts import service as accounts

    send("ann")
    with database.system_scope():
        other = accounts.create_workspace("Other")
    stranger, address = browser(user(other.id)), f"/mailbox/{_first(workspace)}/"
    assert stranger.get(address).status_code == 404
    assert stranger.get(f"{address}body").status_code == 404
    assert stranger.post(f"{address}read").status_code == 404
    assert "No mail yet" in stranger.get("/mailbox/").content.decode()
