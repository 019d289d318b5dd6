"""Slow clients over a real socket: who dawdles within a request is sent away, who merely takes long is not."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import uvicorn

from cadenza.base import patience
from cadenza.base.patience import Patient


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Reads the body, then says how long it was."""
    size = 0
    while True:
        event = await receive()
        if event["type"] == "http.disconnect":
            return
        size += len(event.get("body", b""))
        if not event.get("more_body"):
            break
    await send(
        {
            "type": "http.response.start",
            "status": 200,
            "headers": [(b"content-length", b"%d" % len(str(size)))],
        }
    )
    await send({"type": "http.response.body", "body": str(size).encode()})


@pytest.fixture
def hurried(monkeypatch):
    monkeypatch.setattr(patience, "HEAD_SECONDS", 0.4)
    monkeypatch.setattr(patience, "IDLE_SECONDS", 0.4)
    monkeypatch.setattr(patience, "LOOK_SECONDS", 0.05)


Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[bytes]]


def served(talk: Talk) -> bytes:
    """What a client gets that talks to a server of ours."""

    async def run() -> bytes:
        config = uvicorn.Config(app, port=0, http=Patient, lifespan="off", ws="none", log_config=None)
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve())
        while not server.started:
            await asyncio.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            return await asyncio.wait_for(talk(reader, writer), 10)
        finally:
            writer.close()
            server.should_exit = True
            await serving

    return asyncio.run(run())


def test_who_connects_and_says_nothing_is_sent_away(hurried):
    async def talk(reader, writer):
        return await reader.read()

    assert served(talk) == b""


def test_who_drips_a_header_is_sent_away(hurried):
    async def talk(reader, writer):
        for byte in b"POST / HTTP/1.1\r\nHost: x\r\n" * 100:
            writer.write(bytes([byte]))
            await asyncio.sleep(0.05)
            if reader.at_eof() or writer.is_closing():
                break
        return await reader.read()

    with pytest.raises(ConnectionError):
        if served(talk) == b"":
            raise ConnectionResetError


def test_a_body_that_stops_is_sent_away_and_a_slow_one_is_not(hurried):
    head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n"

    async def stops(reader, writer):
        writer.write(head + b"12345")
        return await reader.read()

    async def goes_on(reader, writer):
        writer.write(head)
        for _ in range(10):
            writer.write(b"x")
            await asyncio.sleep(0.15)
        return await reader.readuntil(b"10")

    assert served(stops) == b""
    assert b"200 OK" in served(goes_on)


def test_endless_headers_are_cut(hurried):
    async def talk(reader, writer):
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n" + b"x-y: " + b"z" * 70_000 + b"\r\n\r\n")
        return await reader.read()

    try:
        assert b"200 OK" not in served(talk)
    except ConnectionError:
        pass
