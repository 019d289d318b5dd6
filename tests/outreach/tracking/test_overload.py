"""While events are refused, because too much arrives or the disk is full, leaving and being forgotten go on."""

from __future__ import annotations

import asyncio
from contextlib import nullcontext
from typing import Any
from urllib.parse import urlsplit

import msgspec
import pytest

from cadenza.base import database, disk
from cadenza.cdp.ingest import collector
from cadenza.server import Application
from cadenza.trust.accounts import service as accounts
from cadenza.trust.consent.types import State
from tests.outreach.tracking.test_hot import ONE_CLICK, Reader


async def ask(
    app: Application, method: str, path: str, body: bytes, *headers: tuple[bytes, bytes]
) -> tuple[int, bytes]:
    """Status and body of one request to the whole application."""
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "path": path,
        "raw_path": path.encode(), "query_string": b"", "root_path": "", "scheme": "http",
        "server": ("localhost", 80), "client": ("203.0.113.7", 1), "headers": [(b"host", b"localhost"), *headers],
    }  # fmt: skip
    told = [{"type": "http.request", "body": body, "more_body": False}]
    sent: list[Any] = []

    async def receive() -> Any:
        return told.pop(0) if told else await asyncio.sleep(60)

    async def send(event: Any) -> None:
        sent.append(event)

    await app(scope, receive, send)
    return sent[0]["status"], b"".join(one.get("body", b"") for one in sent[1:])


@pytest.mark.parametrize("full", ["door", "disk"])
def test_leaving_and_being_forgotten_never_wait_behind_events(workspace, full, monkeypatch):
    ann = Reader(workspace)
    with database.scope(workspace):
        _, write = accounts.issue_key(workspace, "write", "Shop")
        _, secret = accounts.issue_key(workspace, "secret", "Back office")
    if full == "door":
        monkeypatch.setattr(collector, "MOST_HELD_BYTES", 0)
        monkeypatch.setattr(collector, "MOST_ASKING", 0)

    async def everything() -> list[tuple[int, bytes]]:
        app = Application()
        event = ("POST", "/v1/track", b'{"userId":"u1","event":"A"}', (b"x-write-key", write.encode()))
        leave = (
            "POST",
            urlsplit(ann.leave).path,
            ONE_CLICK,
            (b"content-type", b"application/x-www-form-urlencoded"),
        )
        erase = ("POST", f"/api/v1/privacy/people/{ann.profile}/erase", b'{"reason":"Request 1"}',
                 (b"authorization", b"Bearer " + secret.encode()), (b"content-type", b"application/json"))  # fmt: skip
        return [await ask(app, *one) for one in (event, leave, erase)]

    with disk.measured(0.98) if full == "disk" else nullcontext():
        told = asyncio.run(everything())
    assert [status for status, _ in told] == [503 if full == "disk" else 429, 200, 202]
    assert ann.stands() is State.WITHDRAWN
    assert msgspec.json.decode(told[2][1])["state"] == "received"
