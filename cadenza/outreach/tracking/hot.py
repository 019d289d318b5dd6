"""Answers pixels, clicks and unsubscriptions beside Django, as a small ASGI application.

GET and HEAD change nothing but the count of opens and clicks; leaving takes a POST. A token that was not made here
gets a plain 404 page, never a redirect.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from cadenza.base import clock, database, log
from cadenza.base.together import Together, beside
from cadenza.outreach.tracking import service
from cadenza.outreach.tracking.feedback import Feedback
from cadenza.outreach.tracking.page import page
from cadenza.outreach.tracking.suspect import suspect
from cadenza.outreach.tracking.types import Deed, Kind, Leaving, Place

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Answer = tuple[int, list[tuple[bytes, bytes]], bytes]

GIF = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
MOST_BYTES = 16 * 1024
POLICY = (
    b"default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self'; form-action 'self';"
    b" frame-ancestors 'none'; base-uri 'none'"
)
COMMON = [(b"cache-control", b"no-store, private"), (b"referrer-policy", b"no-referrer"),
          (b"x-content-type-options", b"nosniff"), (b"x-robots-tag", b"noindex")]  # fmt: skip
HTML = [*COMMON, (b"content-type", b"text/html; charset=utf-8"), (b"content-security-policy", POLICY)]
READING = ("GET", "HEAD")
ALLOWED = {"o": b"GET, HEAD, OPTIONS", "c": b"GET, HEAD, OPTIONS", "u": b"GET, HEAD, POST, OPTIONS"}

_log = log.get(__name__)
_leavers = ThreadPoolExecutor(
    2, thread_name_prefix="leaving"
)  # kept free: who wants to leave never waits behind others


class Tracker:
    """Answers `/o/…`, `/c/…` and `/u/…`."""

    def __init__(self) -> None:
        self._feedback = Feedback()
        self._targets: Together[Place, str] = Together(_targets)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            status, headers, body = await self._answer(scope, receive)
        except Exception as error:  # the last fence: no stack trace leaves
            _log.error("tracker.fault", error=type(error).__name__)
            status, headers, body = 503, [*COMMON, (b"retry-after", b"5")], b""
        headers = [*headers, (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})

    async def close(self) -> None:
        """Write what waits; called at shutdown."""
        await self._feedback.close()

    async def _answer(self, scope: Scope, receive: Receive) -> Answer:
        _, kind, token = (*scope["path"].split("/", 2), "", "")[:3]
        method = scope["method"]
        if kind not in ALLOWED:
            return 404, HTML, page(None)
        if method == "OPTIONS":
            return 204, [*COMMON, (b"allow", ALLOWED[kind])], b""
        if method not in READING and not (kind == "u" and method == "POST"):
            return 405, [*HTML, (b"allow", ALLOWED[kind])], page(None)
        match kind:
            case "o":
                return self._open(scope, token)
            case "c":
                return await self._click(scope, token)
            case _:
                return await _leave(method, token, receive)

    def _open(self, scope: Scope, token: str) -> Answer:
        """The picture always, whatever the token: who asks learns nothing."""
        place = service.place(service.OPEN, token.removesuffix(".gif"))
        if place and scope["method"] == "GET":
            self._feedback.add(_deed(Kind.OPEN, place, scope))
        return 200, [*COMMON, (b"content-type", b"image/gif")], GIF

    async def _click(self, scope: Scope, token: str) -> Answer:
        place = service.place(service.CLICK, token)
        target = await self._targets.ask(place) if place else ""
        if not place or not target:
            return 404, HTML, page(None)
        if scope["method"] == "GET":
            self._feedback.add(_deed(Kind.CLICK, place, scope))
        return 302, [*COMMON, (b"location", target.encode("ascii", "ignore"))], b""


def _deed(kind: Kind, place: Place, scope: Scope) -> Deed:
    bot, proxy = suspect(dict(scope["headers"]))
    return Deed(kind, place, clock.now(), bot, proxy)


def _targets(places: list[Place]) -> list[str]:
    found: dict[Place, str] = {}
    for workspace in {place.workspace for place in places}:
        with database.scope(workspace):
            found |= service.targets(workspace, [place for place in places if place.workspace == workspace])
    return [found.get(place, "") for place in places]


async def _leave(method: str, token: str, receive: Receive) -> Answer:
    place = service.place(service.LEAVE, token)
    told = await _body(receive) if method == "POST" else b""
    if told is None:
        return 413, HTML, page(None)
    leaving = await beside(_left, place, method, told, on=_leavers) if place else None
    return (200 if leaving else 404), HTML, page(leaving)


def _left(place: Place, method: str, told: bytes) -> Leaving | None:
    """A mail program that says anything at all by POST wants to leave, unless the undo button was pressed."""
    with database.scope(place.workspace):
        if method != "POST":
            return service.leaving(place.workspace, place.message)
        if told.strip() == b"undo=yes":
            return service.resubscribe(place.workspace, place.message)
        how = "one_click" if b"List-Unsubscribe" in told else "page"
        return service.unsubscribe(place.workspace, place.message, how)


async def _body(receive: Receive) -> bytes | None:
    parts = b""
    while True:
        event = await asyncio.wait_for(receive(), 30)
        if event["type"] == "http.disconnect":
            return None
        parts += event.get("body", b"")
        if len(parts) > MOST_BYTES:
            return None
        if not event.get("more_body"):
            return parts
