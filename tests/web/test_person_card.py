"""The card over HTTP: devices, lists, history, who was merged and why, and taking a merge back."""

from __future__ import annotations

import re

from cadenza.base import database
from cadenza.cdp.identity import service as identity
from tests.web.conftest import browser, user

IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
    " Version/18.5 Mobile/15E148 Safari/604.1"
)


def viewed(**more):
    told = {"type": "track", "event": "Product Viewed", "context": {"userAgent": IPHONE, "ip": "8.8.8.8"}}
    return told | more


def merged(arrive, number):
    """A visitor who turned out to be customer u1, because a device of hers signs in."""
    arrive({"type": "identify", "userId": "u1", "traits": {"firstName": "Ann"}})
    arrive(viewed(anonymousId="d1"))
    arrive({"type": "identify", "userId": "u1", "anonymousId": "d1", "traits": {"city": "Riga"}})
    return number("u1")


def card(pages, person, tab=""):
    return pages.get(f"/people/{person}/{f'?tab={tab}' if tab else ''}").content.decode()


def test_the_devices_of_a_person_and_others_on_them(pages, arrive, number):
    arrive(viewed(userId="u1", anonymousId="shared"))
    arrive(viewed(userId="u2", anonymousId="shared"))
    arrive({"type": "identify", "userId": "u2", "traits": {"firstName": "Ben"}})
    text = card(pages, number("u1"))
    assert "Mobile Safari on iOS" in text
    assert ">US<" in text
    assert "On the same device" in text
    assert f'href="/people/{number("u2")}/"' in text


def test_the_cart_and_what_it_comes_to(pages, arrive, number):
    for product, price in (("p1", 20), ("p2", 5.5)):
        arrive(
            viewed(
                event="Product Added",
                userId="u1",
                properties={"product_id": product, "price": price, "quantity": 2},
            )
        )
    text = card(pages, number("u1"), "lists")
    assert ("Cart" in text, "€51.00" in text) == (True, True)


def test_what_a_field_was_before(pages, arrive, number):
    for day, city in ((1, "Oslo"), (2, "Riga")):
        arrive(
            {
                "type": "identify",
                "userId": "u1",
                "traits": {"city": city},
                "timestamp": f"2026-05-0{day}T10:00:00Z",
            }
        )
    row = re.search(
        r"<tr>(?:(?!</tr>).)*Riga(?:(?!</tr>).)*</tr>", card(pages, number("u1"), "history"), re.DOTALL
    )
    assert row
    assert "Oslo" in row[0]


def test_a_merge_says_why_and_can_be_undone(pages, workspace, arrive, number):
    person = merged(arrive, number)
    with database.scope(workspace):
        [ledger] = identity.merges(workspace, person)
    text = card(pages, person)
    assert "Both were seen on the same device." in text
    undo = f"/people/{person}/merges/{ledger.id}/undo"
    assert undo in text
    assert pages.get(undo).status_code == 405
    answer = pages.post(undo, follow=True)
    assert answer.status_code == 200
    assert "They are two people again" in answer.content.decode()
    assert "Undone" in answer.content.decode()
    assert "Looked at" not in card(pages, person)
    assert pages.get(f"/people/{ledger.loser}/").status_code == 200


def test_a_merge_of_others_is_not_undone_from_here(pages, workspace, arrive, number):
    person = merged(arrive, number)
    arrive({"type": "identify", "userId": "u9"})
    with database.scope(workspace):
        [ledger] = identity.merges(workspace, person)
    assert pages.post(f"/people/{number('u9')}/merges/{ledger.id}/undo").status_code == 404
    stranger = browser(user())
    assert stranger.post(f"/people/{person}/merges/{ledger.id}/undo").status_code in (302, 403, 404)
    with database.scope(workspace):
        assert identity.merges(workspace, person)[0].undone_at is None
