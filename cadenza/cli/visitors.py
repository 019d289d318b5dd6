"""Demo visitors: a small script that walks through the demo's shop, on phones and laptops, known and unknown.

They look at products, fill carts, sign in, come back on another device, and share one with somebody at home.
Search engines come by, a few browsers ask not to be followed, and now and then a page sends an event that is
wrong.  All of it goes through the public tracking API, so that people, devices, merges, rejected events and the
register of events show what really came in.
"""

from __future__ import annotations

import random
import threading
import urllib.request
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from cadenza.base import log
from cadenza.base.config import config
from cadenza.cli.shoppers import demo_shop

SEED = 1898
MOST_VISITS = 400  # a demo is looked at, not lived in
FIRST = 60  # so many at once, so that the first look finds something; the others come by and by
PAUSE_SECONDS = 2.0
SIGNS_IN, ADDS, BUYS, WISHES, AT_HOME, BOT, PRIVATE, WRONG = 0.45, 0.5, 0.3, 0.15, 0.15, 0.06, 0.05, 0.04

# What browsers say of themselves; the addresses are public ones of the countries named, never asked by the demo.
DEVICES = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5"
    " Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 Mobile"
    " Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5"
    " Safari/605.1.15",
    "Mozilla/5.0 (X11; Linux x86_64; rv:141.0) Gecko/20100101 Firefox/141.0",
    "Mozilla/5.0 (iPad; CPU OS 17_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.6 Mobile/15E148"
    " Safari/604.1",
)
BOTS = (
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
)
PLACES = ("8.8.8.8", "193.0.6.139", "91.198.174.192", "1.1.1.1", "24.48.0.1", "81.2.69.142")
CAME_BY: tuple[dict[str, Any], ...] = (
    {},
    {"campaign": {"source": "newsletter", "medium": "email", "name": "spring"}},
    {"campaign": {"source": "google", "medium": "cpc", "name": "bikes"}, "search": "?gclid=Cj0demo"},
    {"search": "?fbclid=IwAR0demo"},
)


@dataclass(frozen=True)
class Shop:
    """What a visitor finds: a key to send with, products to look at, and the numbers of customers who may sign in."""

    key: str
    products: list[dict[str, Any]]
    customers: list[str]


def run(stopping: threading.Event) -> None:
    """Visit for as long as the demo runs, up to a bound."""
    chance = random.Random(SEED)  # noqa: S311 - nothing secret depends on it
    try:
        shop = Shop(*demo_shop("Demo visitors (a script of the demo)"), _customers())
        homes: list[tuple[str, str]] = []
        for number in range(MOST_VISITS):
            if stopping.wait(0.02 if number < FIRST else PAUSE_SECONDS):
                return
            _send(shop.key, *_visit(shop, chance, number, homes))
    except Exception as error:  # the demo goes on without its visitors
        log.get(__name__).warning("visitors.stopped", error=type(error).__name__)


def _customers() -> list[str]:
    from cadenza.base import database
    from cadenza.cdp.identity import service as identity
    from cadenza.cdp.profiles import service as profiles
    from cadenza.trust.accounts import service as accounts

    with database.system_scope():
        shop = next(one for one in accounts.workspaces() if one.is_demo)
        with database.scope(shop.id):
            found = [one.id for one in profiles.page(shop.id, kind="known", limit=200).items]
            return list(identity.of_people(shop.id, found, "external_id").values())


def _visit(
    shop: Shop, chance: random.Random, number: int, homes: list[tuple[str, str]]
) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """The calls of one visit, and the headers of the browser it was made with."""
    if chance.random() < BOT:
        device, agent = f"demo-bot-{number}", chance.choice(BOTS)
    elif homes and chance.random() < AT_HOME:
        device, agent = chance.choice(homes)
    else:
        device, agent = f"demo-device-{number}", chance.choice(DEVICES)
        homes.append((device, agent))
    headers = {"User-Agent": agent, "X-Forwarded-For": chance.choice(PLACES)}
    if chance.random() < PRIVATE:
        headers["Sec-GPC"] = "1"
    calls = list(_walk(shop, chance, agent in BOTS))
    return [
        call | {"anonymousId": device, "messageId": f"{device}-{number}-{place}"}
        for place, call in enumerate(calls)
    ], headers


def _walk(shop: Shop, chance: random.Random, is_bot: bool) -> Iterator[dict[str, Any]]:
    context = _context(chance)
    yield {"type": "page", "name": "Home", "context": context, "properties": {"path": "/"}}
    seen = chance.sample(shop.products, chance.randint(1, 4))
    for product in seen:
        yield _track("Product Viewed", product, context)
    if is_bot:
        return
    if chance.random() < WRONG:
        yield {
            "type": "track",
            "event": "Product Viewed",
            "timestamp": "tomorrow at noon",
            "properties": seen[0],
        }
    if chance.random() < SIGNS_IN:
        customer = chance.choice(shop.customers)
        yield {"type": "identify", "userId": customer, "traits": {"last_signed_in_with": "password"}}
    if chance.random() < WISHES:
        yield _track("Product Added to Wishlist", seen[0], context)
    if chance.random() < ADDS:
        yield _track("Product Added", seen[-1] | {"quantity": 1}, context)
        if chance.random() < BUYS:
            lines = [seen[-1] | {"quantity": 1}]
            number = f"V{chance.randrange(10**8):08d}"
            told = {"order_id": number, "total": seen[-1]["price"], "currency": "USD", "products": lines}
            yield _track("Order Completed", told, context)


def _context(chance: random.Random) -> dict[str, Any]:
    came = chance.choice(CAME_BY)
    page = {"url": f"{'https://adventure-works.example/'}{came.get('search', '')}", "path": "/"}
    return {"page": page, "locale": "en-US"} | ({"campaign": came["campaign"]} if "campaign" in came else {})


def _track(event: str, properties: dict[str, Any], context: dict[str, Any]) -> dict[str, Any]:
    return {"type": "track", "event": event, "properties": properties, "context": context}


def _send(key: str, calls: list[dict[str, Any]], headers: dict[str, str]) -> None:
    known = {
        "Authorization": "Basic " + b64encode(f"{key}:".encode()).decode(),
        "Content-Type": "application/json",
    }
    asked = urllib.request.Request(
        f"{config().public_url}/v1/batch", data=msgspec.json.encode({"batch": calls}), headers=known | headers
    )
    urllib.request.urlopen(asked, timeout=10).close()
