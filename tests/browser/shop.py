"""A small shop for the browser: thirty people through the tracking API's pipeline, with consents."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from cadenza.base import clock, database, projection
from cadenza.base.ids import ProfileId, UserId
from cadenza.base.inbox import service as inbox
from cadenza.cdp.identity import service as identity
from cadenza.cdp.identity.types import Identifier
from cadenza.cdp.ingest import service as ingest
from cadenza.cdp.segments import service as segments
from cadenza.outreach.content import service as content
from cadenza.trust.accounts import service as accounts
from cadenza.trust.consent import service as consent
from cadenza.trust.consent.types import ConsentChange, State

PEOPLE = 30
NAMES = (
    "Ann Lee",
    "Bo Ek",
    "Chiara Esposito-Montefalco della Valle",
    "Дарья Кузнецова",
    "ليلى حداد",
    "Eva Žagare",
)
_owner: list[int] = []


def open_shop() -> Any:
    """Make the shop; the server's own pipeline takes its events in."""
    with database.system_scope():
        shop = accounts.create_workspace(
            "Browser Bikes", currency="EUR", postal_address="1 Test Street, Riga", demo=True
        )
        user = accounts.create_user("owner@example.com", "a long enough password", "Olive Owner")
        accounts.add_member(shop.id, UserId(user.id))
    _owner.append(user.id)
    with database.scope(shop.id):
        consent.ensure_topics(shop.id)
        accounts.issue_key(shop.id, "write", "Site")
        inbox.append(
            shop.id,
            "batch",
            msgspec.json.encode({"batch": [call for n in range(PEOPLE) for call in _calls(n)]}),
        )
    _wait()
    with database.scope(shop.id):
        consent.record(shop.id, [_agreed(shop.id, n) for n in range(PEOPLE - 5)])
        segments.save(shop.id, "Bought something", {"orders": "count", "at_least": 1})
        content.save(shop.id, content.starters()[0].draft)
    threading.Thread(target=lambda: _refresh(shop.id)).start()
    return shop.id


def _calls(n: int) -> list[dict[str, Any]]:
    first, _, last = NAMES[n % len(NAMES)].partition(" ")
    at = (datetime.now(UTC) - timedelta(days=n)).isoformat()
    return [
        {"type": "identify", "userId": f"u{n}", "messageId": f"i{n}",
         "traits": {"email": f"person{n}@example.com", "firstName": first, "lastName": last}},
        {"type": "track", "userId": f"u{n}", "event": "Product Viewed", "messageId": f"v{n}", "timestamp": at,
         "properties": {"product_id": f"p{n % 4}", "category": "Bikes", "price": 100 + n}},
        {"type": "track", "userId": f"u{n}", "event": "Order Completed", "messageId": f"o{n}", "timestamp": at,
         "properties": {"order_id": f"B{n}", "total": 100 + n, "currency": "EUR", "products": [_bike(n)]}},
    ]  # fmt: skip


def _bike(n: int) -> dict[str, Any]:
    return {"product_id": f"p{n % 4}", "name": "A bike", "category": "Bikes", "price": 100 + n, "quantity": 1}


def _agreed(workspace: Any, n: int) -> ConsentChange:
    profile = identity.find(workspace, Identifier("external_id", f"u{n}"))
    return ConsentChange(
        profile=ProfileId(profile or 0), channel="email", address=f"person{n}@example.com", topic="newsletter",
        state=State.GIVEN, at=clock.now() - timedelta(days=1), source="test", wording="Yes, write to me.",
    )  # fmt: skip


def _wait() -> None:
    import time

    until = time.monotonic() + 30
    while ingest.waiting() and time.monotonic() < until:
        time.sleep(0.05)
    projection.wait(20)


def _refresh(workspace: Any) -> None:
    from django.db import connections

    with database.scope(workspace):
        segments.refresh(workspace)
    connections.close_all()


def sign_in_path() -> str:
    """A fresh one-time link for the owner."""
    with database.system_scope():
        return accounts.make_sign_in_link(UserId(_owner[0]))
