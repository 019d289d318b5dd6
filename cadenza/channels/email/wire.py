"""One open conversation with a mail server, after aiosmtplib has opened it, secured it and signed in.

Envelope and DATA go out in one breath where the server offers PIPELINING (RFC 2920): over a distance that is most of
the time a mail takes.  Answers are queued, so that one that comes unasked is seen as what it is.
"""

from __future__ import annotations

import asyncio
import re
from collections import deque
from typing import NamedTuple, cast

import aiosmtplib

LONGEST_ANSWER = 32_768
REPLY = re.compile(rb"(\d{3})(?:([ -])([^\r\n]*))?\r?\n")


class Lost(Exception):
    """The connection is gone, or speaks no SMTP."""


class Answer(NamedTuple):
    """A server's answer; several lines are joined."""

    code: int
    words: str


class Wire(asyncio.Protocol):
    """Takes a connection over from aiosmtplib. `used` and `at` are kept by the pool."""

    def __init__(self, client: aiosmtplib.SMTP) -> None:
        protocol = client.protocol
        if protocol is None or not protocol.is_connected:
            raise Lost("The mail server hung up.")
        self.offers = frozenset(name for name in OFFERS if client.supports_extension(name))
        self.used, self.at = 0, 0.0
        self._answers: deque[Answer] = deque()
        self._waiter: asyncio.Future[None] | None = None
        self._buffer, self._lines = b"", list[bytes]()
        self._writable = asyncio.Event()
        self._writable.set()
        self.is_lost = False
        self._client = client  # keeps its protocol alive: with it the connection would be closed
        self._transport = cast(asyncio.Transport, protocol.transport)
        self._transport.set_protocol(self)

    # -- what the event loop calls

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while found := REPLY.match(self._buffer):
            self._buffer = self._buffer[found.end() :]
            self._lines.append(found[3] or b"")
            if found[2] != b"-":
                words = b"\n".join(self._lines).decode("utf-8", "replace")
                self._answers.append(Answer(int(found[1]), words))
                self._lines.clear()
        if b"\n" in self._buffer or len(self._buffer) > LONGEST_ANSWER or len(self._lines) > 200:
            self.abort()
        self._wake()

    def eof_received(self) -> bool:
        self.is_lost = True
        self._wake()
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_lost = True
        self._writable.set()
        self._wake()

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    def _wake(self) -> None:
        if self._waiter and not self._waiter.done():
            self._waiter.set_result(None)

    # -- what the pool calls

    def write(self, data: bytes) -> None:
        """Raises Lost where the connection is known to be gone; then surely nothing was sent."""
        if self.is_lost or self._transport.is_closing():
            raise Lost("The mail server hung up.")
        self._transport.write(data)

    async def drained(self, seconds: float) -> None:
        """Wait until the system takes more."""
        if not self._writable.is_set():
            async with asyncio.timeout(seconds):
                await self._writable.wait()

    async def answer(self, seconds: float) -> Answer:
        """The next answer; raises Lost or TimeoutError."""
        if not self._answers:
            async with asyncio.timeout(seconds):
                while not self._answers:
                    if self.is_lost:
                        raise Lost("The mail server hung up.")
                    self._waiter = asyncio.get_running_loop().create_future()
                    await self._waiter
        return self._answers.popleft()

    async def say(self, command: bytes, seconds: float) -> Answer:
        """One command and its answer."""
        self.write(command + b"\r\n")
        return await self.answer(seconds)

    def unasked(self) -> Answer | None:
        """An answer that nobody waits for."""
        return self._answers.popleft() if self._answers else None

    def abort(self) -> None:
        """Hang up at once, without another word."""
        self.is_lost = True
        self._transport.abort()


OFFERS = ("pipelining", "8bitmime", "smtputf8")
