"""The writing side of the inbox: many requests, one commit.

Requests that arrive while a commit is under way wait together for the next one, so that the cost of
reaching the disk is shared.  `put` returns after the commit: an answer given then is a promise kept.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

import psycopg

from cadenza.base import log
from cadenza.base.inbox.port import Accepted
from cadenza.base.problem import TooMany, Unavailable

MOST_AT_ONCE = 512
MOST_WAITING = 4096
MOST_WAITING_BYTES = 128 << 20
CONNECT_SECONDS = 5
INSERT = """
insert into inbox_arrival (workspace_id, kind, source, received_at, payload, flaws, about)
select * from unnest(%s::uuid[], %s::text[], %s::text[], %s::timestamptz[], %s::bytea[], %s::bytea[], %s::bytea[])
"""


class PostgresDoor:
    """Commits in groups over one connection of its own, and over a new one after a fault."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._waiting: list[tuple[Accepted, asyncio.Future[None]]] = []
        self._bytes = 0
        self._storing = False
        self._bell = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._connection: psycopg.AsyncConnection[psycopg.rows.TupleRow] | None = None

    async def put(self, accepted: Accepted) -> None:
        """Store one request; raises TooMany above the bound and Unavailable where the store is away."""
        if len(self._waiting) >= MOST_WAITING or self._bytes > MOST_WAITING_BYTES:
            raise TooMany(
                "Too much is arriving at once.", hint="Send it again after the seconds of Retry-After."
            )
        told: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((accepted, told))
        self._bytes += len(accepted.payload)
        self._bell.set()
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run())
        await told

    async def close(self) -> None:
        """Store what waits and what is under way, then let the connection go."""
        while self._waiting or self._storing:
            await asyncio.sleep(0.01)
        if self._task:
            self._task.cancel()
        if self._connection:
            await self._connection.close()

    async def _run(self) -> None:
        while True:
            await self._bell.wait()
            group, self._waiting = self._waiting[:MOST_AT_ONCE], self._waiting[MOST_AT_ONCE:]
            if not self._waiting:
                self._bell.clear()
            self._storing = True
            await self._store(group)
            self._storing = False

    async def _store(self, group: list[tuple[Accepted, asyncio.Future[None]]]) -> None:
        fault: Exception | None = None
        try:
            await self._insert([accepted for accepted, _ in group])
        except Exception as error:  # whatever it is, nobody may wait for an answer that never comes
            log.get(__name__).warning("inbox.refused", error=type(error).__name__)
            fault = Unavailable(
                "The inbox cannot store this now.", hint="Send it again after the seconds of Retry-After."
            )
            await self._hang_up()
        for accepted, told in group:
            self._bytes -= len(accepted.payload)
            if not told.done():
                told.set_exception(fault) if fault else told.set_result(None)

    async def _hang_up(self) -> None:
        broken, self._connection = self._connection, None
        if broken:
            with suppress(psycopg.Error, OSError):
                await broken.close()

    async def _insert(self, group: list[Accepted]) -> None:
        if self._connection is None or self._connection.closed:
            self._connection = await psycopg.AsyncConnection.connect(
                self._url, autocommit=True, connect_timeout=CONNECT_SECONDS
            )
            await self._connection.execute("set cadenza.workspace = '*'")
        values = [(a.workspace, a.kind, a.source, a.received_at, a.payload, a.flaws, a.about) for a in group]
        await self._connection.execute(
            INSERT, [list(column) for column in zip(*values, strict=True)], binary=True
        )
