"""Demo shoppers: a small script that opens mails of the built-in mailbox, follows their real links and orders.

What they do goes through the public doors alone: the pixel, the signed links, the unsubscribe address and the
tracking API.  So tracking and reports show something true, of invented people.
"""

from __future__ import annotations

import random
import re
import threading
import time
import urllib.error
import urllib.request
from base64 import b64encode
from email import message_from_bytes, policy
from typing import Any
from uuid import UUID

import msgspec

from cadenza.base import log
from cadenza.base.config import config

OPENS, CLICKS, ORDERS, LEAVES = 0.42, 0.30, 0.35, 0.03
MOST_MAILS = 1500  # a demo is looked at, not lived in
PAUSE_SECONDS = 0.02
SEED = 1898
USER_AGENT = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) AppleWebKit/605.1.15 (KHTML, like Gecko)"
    " Version/17.5 Safari/605.1.15"
)


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """Shops of the demo do not exist: the link's answer is enough."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


_open = urllib.request.build_opener(NoRedirect)


def run(stopping: threading.Event) -> None:
    """Read new mails for as long as the demo runs."""
    from django.db import connections

    chance, seen = random.Random(SEED), set[UUID]()  # noqa: S311 - nothing secret depends on it
    key, products = demo_shop("Demo shoppers (a script of the demo)")
    try:
        while not stopping.is_set() and len(seen) < MOST_MAILS:
            for mail in _new_mails(seen):
                if stopping.wait(PAUSE_SECONDS):
                    return
                _live(mail, chance, key, products)
            connections.close_all()
            stopping.wait(2.0)
    except Exception as error:  # the demo goes on without its shoppers
        log.get(__name__).warning("shoppers.stopped", error=type(error).__name__, detail=str(error)[:200])
    finally:
        connections.close_all()


def demo_shop(name: str) -> tuple[str, list[dict[str, Any]]]:
    """A write key of the demo's shop, made under this name, and the products that one may buy there."""
    from cadenza.base import database
    from cadenza.cdp.catalog import service as catalog
    from cadenza.trust.accounts import service as accounts

    with database.system_scope():
        shop = next(one for one in accounts.workspaces() if one.is_demo)
        with database.scope(shop.id):
            _, key = accounts.issue_key(shop.id, "write", name)
            found = [one for one in catalog.page(shop.id, limit=300) if one.price and one.price > 4]
    return key, [
        {
            "product_id": one.id,
            "sku": one.sku,
            "name": one.name,
            "category": one.category,
            "price": float(round(one.price, 2)) if one.price else 0.0,
        }
        for one in found
    ]


def _new_mails(seen: set[UUID]) -> list[bytes]:
    from cadenza.base import database
    from cadenza.channels.email import service as email
    from cadenza.trust.accounts import service as accounts

    fresh = []
    with database.system_scope():
        shop = next(one for one in accounts.workspaces() if one.is_demo)
        with database.scope(shop.id):
            for one in email.mails(shop.id, limit=200).mails:
                if one.id not in seen:
                    seen.add(one.id)
                    fresh.append(email.peek(shop.id, one.id))
    return fresh


def _live(raw: bytes, chance: random.Random, key: str, products: list[dict[str, Any]]) -> None:
    mail = message_from_bytes(raw, policy=policy.default)
    html = mail.get_body(("html",))
    text = html.get_content() if html else ""
    here = re.escape(config().public_url)
    pixels = re.findall(rf'"({here}/o/[^"]+)"', text)
    links = re.findall(rf'"({here}/c/[^"]+)"', text)
    if chance.random() > OPENS:
        return
    for pixel in pixels[:1]:
        _get(pixel)
    if chance.random() < LEAVES:
        return _leave(str(mail["List-Unsubscribe"] or ""))
    if links and chance.random() < CLICKS:
        _get(chance.choice(links))
        if chance.random() < ORDERS:
            time.sleep(0.05)
            _order(str(mail["To"]), chance, key, products)


def _get(url: str) -> None:
    asked = urllib.request.Request(url, headers={"User-Agent": USER_AGENT})
    try:
        _open.open(asked, timeout=10).close()
    except urllib.error.HTTPError as answer:
        answer.close()


def _leave(header: str) -> None:
    found = re.search(r"<(https?://[^>]+)>", header)
    if found:
        body = b"List-Unsubscribe=One-Click"
        urllib.request.urlopen(urllib.request.Request(found[1], data=body, method="POST"), timeout=10).close()


def _order(to: str, chance: random.Random, key: str, products: list[dict[str, Any]]) -> None:
    address = re.search(r"[\w.+-]+@[\w.-]+", to)
    if not address or not products:
        return
    lines = [
        one | {"quantity": chance.choice([1, 1, 1, 2])}
        for one in chance.sample(products, chance.choice([1, 1, 2, 3]))
    ]
    total = round(sum(one["price"] * one["quantity"] for one in lines), 2)
    number = f"W{chance.randrange(10**8):08d}"
    person = {"anonymousId": f"demo-{number}", "traits": {"email": address[0]}}
    calls = [
        {"type": "identify", **person},
        {
            "type": "track",
            "event": "Product Viewed",
            "anonymousId": person["anonymousId"],
            "properties": lines[0],
        },
        {
            "type": "track",
            "event": "Order Completed",
            "anonymousId": person["anonymousId"],
            "properties": {"order_id": number, "total": total, "currency": "USD", "products": lines},
        },
    ]
    body = msgspec.json.encode(
        {"batch": [call | {"messageId": f"{number}-{i}"} for i, call in enumerate(calls)]}
    )
    headers = {
        "Authorization": "Basic " + b64encode(f"{key}:".encode()).decode(),
        "Content-Type": "application/json",
    }
    urllib.request.urlopen(
        urllib.request.Request(f"{config().public_url}/v1/batch", data=body, headers=headers), timeout=10
    ).close()
