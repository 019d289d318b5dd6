"""The door of the hot path: the Segment HTTP tracking API as a small ASGI application without an ORM.

A 2xx is given after the request is on disk, and not before.  The body is stored as it came; its items
are checked here, so that the answer can name what is wrong, and good items of a bad batch go in.

Its memory is bounded: bodies being read, and those on their way to the disk, share one allowance; who sends a body
too slowly is sent away.  Nothing else shares it: whoever wants to leave is served by others (`outreach.tracking`).
"""

from __future__ import annotations

import asyncio
import base64
import time
import zlib
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec
from django.db import connection

from cadenza.base import clock, database, disk, log
from cadenza.base.config import config
from cadenza.base.ids import WorkspaceId
from cadenza.base.inbox.port import Accepted, Door
from cadenza.base.ip import truncate
from cadenza.base.problem import Malformed, Problem, TooLarge, TooMany, TooSlow, Unauthorised, Unavailable
from cadenza.cdp.ingest import store
from cadenza.cdp.ingest.check import check
from cadenza.cdp.ingest.mend import mend
from cadenza.cdp.ingest.ration import Rations, ration
from cadenza.cdp.ingest.split import split as split  # for the door that the server hands in
from cadenza.cdp.ingest.types import (
    LONGEST_AGENT,
    MOST_BATCH_BYTES,
    MOST_EVENT_BYTES,
    MOST_EVENTS,
    NOTHING,
    TYPES,
    About,
    Flaw,
    Policy,
    Reason,
)
from cadenza.trust.accounts import service as accounts
from cadenza.trust.accounts.types import Key

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Answer = tuple[int, list[tuple[bytes, bytes]], bytes]

MOST_HELD_BYTES = 64 << 20  # of bodies, from their first byte to the answer
BODY_SECONDS = 20.0  # for a body of at most half a megabyte
LOOKERS, MOST_ASKING = 4, 256
POLICY_SECONDS = 5.0
RETRY_SECONDS = 5
WAIT = "Send it again after the seconds of Retry-After."

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
        self.held = 0
        self._asking = 0
        self._rations = Rations()
        self._policies: dict[WorkspaceId, tuple[Policy, float]] = {}
        self._lookers = ThreadPoolExecutor(LOOKERS, thread_name_prefix="keys")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        held = _Held(self)
        try:
            status, headers, body = await self._answer(scope, receive, held)
        except Problem as refusal:
            status, headers, body = _refusal(refusal)
        except Exception as error:  # the last fence: no stack trace leaves
            log.get(__name__).error("collector.fault", error=type(error).__name__)
            status, headers, body = _refusal(Unavailable("This cannot be answered now."))
        finally:
            held.let_go()
        await send(
            {
                "type": "http.response.start",
                "status": status,
                "headers": [JSON, *OPEN, *headers, (b"content-length", str(len(body)).encode())],
            }
        )
        await send({"type": "http.response.body", "body": body})

    async def _answer(self, scope: Scope, receive: Receive, held: _Held) -> Answer:
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
        disk.need_any()
        headers = dict(scope["headers"])
        most = MOST_BATCH_BYTES if kind in ("batch", "import") else MOST_EVENT_BYTES
        body = await _body(headers, receive, most, held)
        told, body = _readable(body, kind)
        key, policy = await self._key(scope, told.writeKey)
        left = ration(self._rations, key.id, len(told.batch), policy.events_per_second, time.monotonic())
        if left and not left.is_allowed:
            status, more, said = _refusal(
                TooMany("This key sends more than it may.", hint=WAIT, retry_after=left.seconds)
            )
            return status, [*more, *left.headers], said
        status, more, said = await self._take(key, told, body, kind, _about(scope, headers))
        return status, [*more, *left.headers] if left else more, said

    async def _key(self, scope: Scope, in_body: str | None) -> tuple[Key, Policy]:
        """Whose key it is and what its workspace allows, from memory or looked up beside the event loop."""
        plain = _told_key(scope) or in_body or ""
        key = accounts.remembered_key(plain) if plain else None
        policy = self._policies.get(key.workspace) if key else None
        if key and policy and policy[1] > time.monotonic():
            return key, policy[0]
        found = await self._look_up(plain) if plain else None
        if found is None:
            raise Unauthorised(
                "This call needs a write key.", hint="Send it as the Basic user name, or in X-Write-Key."
            )
        self._policies[found[0].workspace] = found[1], time.monotonic() + POLICY_SECONDS
        return found

    async def _look_up(self, plain: str) -> tuple[Key, Policy] | None:
        """On threads of our own, and never more than some: guessing keys keeps nobody else from being served."""
        if self._asking >= MOST_ASKING:
            raise TooMany("Too many unknown keys at once.", hint=WAIT)
        self._asking += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._lookers, _look_up, plain)
        finally:
            self._asking -= 1

    async def _take(self, key: Key, told: Batch, body: bytes, kind: str, about: About) -> Answer:
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
                _encoder.encode(about) if about != NOTHING else None,
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
        return Flaw(index, Reason.NOT_JSON, "This item is not JSON that can be read.")
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


class _Held:
    """The bytes that one request holds of the common allowance."""

    def __init__(self, collector: Collector) -> None:
        self._collector, self._size = collector, 0

    def take(self, size: int) -> None:
        if self._collector.held + size > MOST_HELD_BYTES:
            raise TooMany("Too much is arriving at once.", hint=WAIT)
        self._collector.held += size
        self._size += size

    def let_go(self) -> None:
        self._collector.held -= self._size
        self._size = 0


async def _body(headers: dict[bytes, bytes], receive: Receive, most: int, held: _Held) -> bytes:
    coding = headers.get(b"content-encoding", b"identity").strip().lower()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            body = await _read_all(receive, most, held)
    except TimeoutError:
        raise TooSlow(f"The body did not arrive within {BODY_SECONDS:.0f} seconds.", hint=WAIT) from None
    if coding in (b"identity", b""):
        return body
    found = _inflate(body, coding, most)
    held.take(len(found))
    return found


async def _read_all(receive: Receive, most: int, held: _Held) -> bytes:
    parts, size = [], 0
    while True:
        event = await receive()
        if event["type"] == "http.disconnect":
            raise Malformed("The connection was closed before the body ended.")
        part = event.get("body", b"")
        parts.append(part)
        size += len(part)
        if size > most:
            raise TooLarge(
                f"A body here has at most {most} bytes.", at="body", hint="Send fewer events at once."
            )
        held.take(len(part))
        if not event.get("more_body"):
            return b"".join(parts)


def _about(scope: Scope, headers: dict[bytes, bytes]) -> About:
    """What the request itself tells. Whose word counts for the address behind proxies: see `trusted_proxies`."""
    client = scope.get("client")
    ip = str(client[0]) if client else ""
    return About(
        ip=(truncate(ip) or "") if config().truncate_ip else ip,
        agent=_header(headers, b"user-agent"),
        origin=_header(headers, b"origin"),
        gpc=headers.get(b"sec-gpc", b"").strip() == b"1",
        dnt=headers.get(b"dnt", b"").strip() == b"1",
    )


def _header(headers: dict[bytes, bytes], name: bytes) -> str:
    return headers.get(name, b"")[:LONGEST_AGENT].decode("latin-1")


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


def _told_key(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"authorization":
            kind, _, told = value.decode("latin-1").partition(" ")
            return _basic(told) if kind.lower() == "basic" else told.strip()
        if name == b"x-write-key":
            return str(value.decode("latin-1").strip())
    return ""


def _look_up(plain: str) -> tuple[Key, Policy] | None:
    try:
        key = accounts.find_key(plain)
        if key is None:
            return None
        with database.scope(key.workspace):
            return key, store.policy(key.workspace)
    finally:
        connection.close()


def _basic(told: str) -> str:
    try:
        return base64.b64decode(told.strip()).decode().partition(":")[0]
    except ValueError:
        return ""


def _refusal(refusal: Problem) -> Answer:
    headers = []
    if refusal.status in (429, 503):
        headers = [(b"retry-after", str(refusal.more.get("retry_after", RETRY_SECONDS)).encode())]
    if refusal.status == 401:
        headers = [(b"www-authenticate", b'Basic realm="cadenza"')]
    return refusal.status, headers, _encoder.encode(refusal.document())
