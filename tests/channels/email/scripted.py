"""A mail server that says what a test tells it to say, or hangs up when it is told to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

HANG_UP = "hang up"
SILENCE = "silence"
KIND = {
    "connect": "220 hi",
    "EHLO": "250-hi\r\n250 8BITMIME",
    "DATA": "354 go",
    "dot": "250 2.0.0 queued as 7",
    "QUIT": "221 bye",
}


@dataclass
class Scripted:
    """`says` maps a step (connect, EHLO, MAIL, RCPT, DATA, body, dot, QUIT …) to an answer, HANG_UP or SILENCE.

    `body` is answered as soon as data arrives, before the dot. A list gives one answer for each connection in turn.
    """

    says: Mapping[str, str | list[str]]
    port: int = 0
    connections: int = 0
    heard: list[str] = field(default_factory=list)
    mails: list[bytes] = field(default_factory=list)

    def answer(self, step: str, connection: int) -> str:
        told = self.says.get(step, KIND.get(step, "" if step == "body" else "250 ok"))
        return told[min(connection, len(told)) - 1] if isinstance(told, list) else told

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        mine = self.connections
        try:
            await self._converse(reader, writer, mine)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, mine: int) -> None:
        if not await self._say(writer, "connect", mine):
            return
        while line := await reader.readline():
            step = line.split()[0].decode().upper()
            self.heard.append(line.decode().strip())
            if not await self._say(writer, step, mine):
                return
            goes_on = step == "DATA" and self.answer(step, mine).startswith("354")
            if goes_on and not await self._take(reader, writer, mine):
                return
            if step == "QUIT":
                return

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, mine: int) -> bool:
        first = await reader.readline()
        if self.answer("body", mine) and not await self._say(writer, "body", mine):
            return False
        rest = await reader.readuntil(b"\r\n.\r\n")
        self.mails.append(first + rest[:-3])
        return await self._say(writer, "dot", mine)

    async def _say(self, writer: asyncio.StreamWriter, step: str, mine: int) -> bool:
        words = self.answer(step, mine)
        if words == HANG_UP:
            return False
        if words != SILENCE:
            writer.write(words.encode() + b"\r\n")
            await writer.drain()
        return True


@asynccontextmanager
async def scripted(**says: str | list[str]) -> AsyncIterator[Scripted]:
    """Such a server, for as long as the block runs."""
    server = Scripted(says)
    running = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    server.port = running.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        running.close()
