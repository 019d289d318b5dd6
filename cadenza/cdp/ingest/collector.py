"""The door of the hot path: the Segment HTTP tracking API as a small ASGI application without an ORM.

A 2xx is given after the request is on disk, and not before.  The body is stored as it came; its items
are checked here, so that the answer can name what is wrong, and good items of a bad batch go in.
"""

from __future__ import annotations

import asyncio
import base64
import zlib
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import msgspec
from django.db import connection

from cadenza.base import clock, log
from cadenza.base.inbox.port import Accepted, Door
from cadenza.base.problem import Malformed, Problem, TooLarge, Unauthorised
from cadenza.cdp.ingest.check import check
from cadenza.cdp.ingest.mend import mend
from cadenza.cdp.ingest.split import split as split  # for the door that the server hands in
from cadenza.cdp.ingest.types import MOST_BATCH_BYTES, MOST_EVENT_BYTES, MOST_EVENTS, TYPES, Flaw
from cadenza.trust.accounts import service as accounts
from cadenza.trust.accounts.types import Key

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

PATHS = frozenset(f"/v1/{name}" for name in (*TYPES, "batch", "import", "b", "t", "i", "p", "a", "g", "s"))
SHORT = {"b": "batch", "t": "track", "i": "identify", "p": "page", "a": "alias", "g": "group", "s": "screen"}
JSON = (b"content-type", b"application/json")
OPEN = [
    (b"access-control-allow-origin", b"*")
]  # write keys are public and may only append; no credentials travel
PREFLIGHT = [
    *OPEN,
    (b"access-control-allow-methods", b"POST"),
    (b"access-control-max-age", b"86400"),
    (b"access-control-allow-headers", b"authorization,content-type"),
]
DONE = b'{"success":true}'

_any = msgspec.json.Decoder()
_encoder = msgspec.json.Encoder()


class Batch(msgspec.Struct):
    """The envelope of a batch; its items stay raw until each is looked at."""

    batch: list[msgspec.Raw]
    sentAt: Any = None
    writeKey: str | None = None
    context: Any = None


_batches = msgspec.json.Decoder(Batch)


class Collector:
    """Answers `POST /v1/…`."""

    def __init__(self, door: Door) -> None:
        self._door = door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            status, headers, body = await self._answer(scope, receive)
        except Problem as refusal:
            status, headers, body = _refusal(refusal)
        except Exception as error:  # the last fence: no stack trace leaves
            log.get(__name__).error("collector.fault", error=type(error).__name__)
            status, headers, body = (
                503,
                [(b"retry-after", b"5")],
                b'{"title":"Not available right now","status":503}',
            )
        await send(
            {
                "type": "http.response.start",
                "status": status,
                "headers": [JSON, *OPEN, *headers, (b"content-length", str(len(body)).encode())],
            }
        )
        await send({"type": "http.response.body", "body": body})

    async def _answer(self, scope: Scope, receive: Receive) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
        if scope["method"] == "OPTIONS":
            return 204, PREFLIGHT, b""
        path = scope["path"].rstrip("/")
        kind = path.rsplit("/", 1)[-1]
        kind = SHORT.get(kind, kind)
        if scope["method"] != "POST" or path not in PATHS:
            raise Malformed(
                "There is no such call.",
                hint="POST to /v1/track, identify, page, screen, group, alias or batch.",
            )
        body = await _body(
            scope, receive, MOST_BATCH_BYTES if kind in ("batch", "import") else MOST_EVENT_BYTES
        )
        told, body = _readable(body, kind)
        key = await _key(scope, told.writeKey)
        return await self._take(key, told, body, kind)

    async def _take(
        self, key: Key, told: Batch, body: bytes, kind: str
    ) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
        now = clock.now()
        flaws = [
            flaw
            for index, raw in enumerate(told.batch)
            if (flaw := _check(raw, index, now, kind, told.sentAt))
        ]
        await self._door.put(
            Accepted(
                key.workspace,
                "batch" if kind in ("batch", "import") else kind,
                body,
                now,
                "api",
                _encoder.encode([[f.index, f.code, f.detail, f.at] for f in flaws]) if flaws else None,
            )
        )
        if not flaws:
            return 200, [], DONE
        if kind not in ("batch", "import"):
            flaw = flaws[0]
            problem = {
                "type": "about:blank",
                "title": "Invalid event",
                "status": 422,
                "detail": flaw.detail,
                "code": flaw.code,
                "at": flaw.at,
                "hint": "It is kept under Rejected events and can be sent again.",
            }
            return 422, [], _encoder.encode(problem)
        shown = [{"index": f.index, "code": f.code, "detail": f.detail, "at": f.at} for f in flaws]
        return (
            200,
            [],
            _encoder.encode({"success": True, "accepted": len(told.batch) - len(flaws), "rejected": shown}),
        )


def _check(raw: msgspec.Raw, index: int, now: Any, kind: str, sent_at: Any) -> Flaw | None:
    size = len(memoryview(raw))
    try:
        item = _any.decode(raw)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return Flaw(index, "not_json", "This item is not JSON that can be read.")
    if kind not in ("batch", "import") and isinstance(item, dict):
        item["type"] = kind
    return check(item, index, size, now, sent_at)


def _readable(body: bytes, kind: str) -> tuple[Batch, bytes]:
    try:
        return _read(body, kind), body
    except Malformed:
        if (mended := mend(body)) == body:
            raise
        return _read(mended, kind), mended


def _read(body: bytes, kind: str) -> Batch:
    try:
        if kind not in ("batch", "import"):
            key = msgspec.json.decode(body, type=_Single).writeKey
            return Batch([msgspec.Raw(body)], writeKey=key)
        told = _batches.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise Malformed(
            f"The body cannot be read: {error}.", at="body", hint='Send {"batch": [...]} as JSON in UTF-8.'
        ) from None
    if len(told.batch) > MOST_EVENTS:
        raise TooLarge(
            f"A batch has at most {MOST_EVENTS} events; this one has {len(told.batch)}.",
            at="batch",
            hint="Send it in several batches.",
        )
    return told


class _Single(msgspec.Struct):
    writeKey: str | None = None


async def _body(scope: Scope, receive: Receive, most: int) -> bytes:
    coding = dict(scope["headers"]).get(b"content-encoding", b"identity").strip().lower()
    body = await _read_all(receive, most)
    return body if coding in (b"identity", b"") else _inflate(body, coding, most)


async def _read_all(receive: Receive, most: int) -> bytes:
    parts, size = [], 0
    while True:
        event = await receive()
        if event["type"] == "http.disconnect":
            raise Malformed("The connection was closed before the body ended.")
        parts.append(event.get("body", b""))
        size += len(parts[-1])
        if size > most:
            raise TooLarge(
                f"A body here has at most {most} bytes.", at="body", hint="Send fewer events at once."
            )
        if not event.get("more_body"):
            return b"".join(parts)


def _inflate(body: bytes, coding: bytes, most: int) -> bytes:
    if coding != b"gzip":
        raise Malformed(
            "This content encoding is not known.", at="content-encoding", hint="Use gzip or none."
        )
    try:
        opened = zlib.decompressobj(31)
        found = opened.decompress(body, most + 1)
    except zlib.error:
        raise Malformed("The body is not gzip.", at="body") from None
    if len(found) > most:
        raise TooLarge(f"A body here has at most {most} bytes.", at="body", hint="Send fewer events at once.")
    return found


async def _key(scope: Scope, in_body: str | None) -> Key:
    plain = _told_key(scope) or in_body or ""
    key = accounts.remembered_key(plain) if plain else None
    if plain and key is None:
        key = await asyncio.get_running_loop().run_in_executor(None, _look_up, plain)
    if key is None:
        raise Unauthorised(
            "This call needs a write key.", hint="Send it as the Basic user name, or in X-Write-Key."
        )
    return key


def _told_key(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"authorization":
            kind, _, told = value.decode("latin-1").partition(" ")
            return _basic(told) if kind.lower() == "basic" else told.strip()
        if name == b"x-write-key":
            return str(value.decode("latin-1").strip())
    return ""


def _look_up(plain: str) -> Key | None:
    try:
        return accounts.find_key(plain)
    finally:
        connection.close()


def _basic(told: str) -> str:
    try:
        return base64.b64decode(told.strip()).decode().partition(":")[0]
    except ValueError:
        return ""


def _refusal(refusal: Problem) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    headers = [(b"retry-after", b"5")] if refusal.status in (429, 503) else []
    if refusal.status == 401:
        headers = [(b"www-authenticate", b'Basic realm="cadenza"')]
    return refusal.status, headers, _encoder.encode(refusal.document())
