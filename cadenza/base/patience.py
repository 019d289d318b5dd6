"""How long the server waits for a client in the middle of a request: not for ever.

Who connects and says nothing, drips a header or lets a body stop holds a place that others need (slow loris).
uvicorn ends connections that rest between requests; this ends those that dawdle within one.
"""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_SECONDS = 10.0  # from connecting, or from the first byte of a request, to the end of its headers
IDLE_SECONDS = 30.0  # between two pieces of a body
LOOK_SECONDS = 2.0
MOST_HEAD_BYTES = 64 * 1024


class Patient(HttpToolsProtocol):
    """One connection, with a moment until which the client must have gone on. One timer for all of its requests."""

    _until = 0.0  # 0: it is not the client's turn
    _head = 0
    _looking: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._until = self.loop.time() + HEAD_SECONDS
        self._looking = self.loop.call_later(LOOK_SECONDS, self._look)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._looking:
            self._looking.cancel()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        self._head = 0
        self._until = self.loop.time() + HEAD_SECONDS
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._count(len(name) + len(value))
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._until = self.loop.time() + IDLE_SECONDS
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._until = self.loop.time() + IDLE_SECONDS
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._until = 0.0
        super().on_message_complete()

    def _count(self, size: int) -> None:
        self._head += size
        if self._head > MOST_HEAD_BYTES:
            self.transport.close()

    def _look(self) -> None:
        waits = self._until and not (self.flow and self.flow.read_paused)
        if waits and self.loop.time() > self._until:
            self.transport.close()
            return
        self._looking = self.loop.call_later(LOOK_SECONDS, self._look)
