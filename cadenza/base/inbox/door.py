"""The writing side of the inbox: many requests, one wait for the disk.

Requests that arrive while a group is being stored wait together for the next one, so that the cost of
reaching the disk is shared.  `put` returns once it is there: an answer given then is a promise kept.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Set
from contextlib import suppress
from typing import Generic, TypeVar

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
select * from unnest(%s::uuid[], %s::text[], %s::text[], %s::timestamptz[], %b::bytea[], %s::bytea[], %s::bytea[])
"""
Form = TypeVar("Form")


class GroupDoor(ABC, Generic[Form]):
    """Stores in groups, one at a time; after a fault it begins anew. `Form`: what a request is while it waits."""

    def __init__(self) -> None:
        self._waiting: list[tuple[Form, int, asyncio.Future[None]]] = []
        self._bytes = 0
        self._storing = False
        self._bell = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @abstractmethod
    def _form(self, accepted: Accepted) -> Form:
        """A request as it waits to be stored."""

    @abstractmethod
    async def _write(self, group: list[Form]) -> Set[int]:
        """Store a group; gives the places of those that could not be. A fault speaks for all of them."""

    @abstractmethod
    async def _hang_up(self) -> None:
        """Let go of the store: the next group finds it anew."""

    async def put(self, accepted: Accepted) -> None:
        """Store one request; raises TooMany above the bound and Unavailable where the store is away."""
        if len(self._waiting) >= MOST_WAITING or self._bytes > MOST_WAITING_BYTES:
            raise TooMany(
                "Too much is arriving at once.", hint="Send it again after the seconds of Retry-After."
            )
        told: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        size = len(accepted.payload)
        self._waiting.append((self._form(accepted), size, told))
        self._bytes += size
        self._bell.set()
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run())
        await told

    async def close(self) -> None:
        """Store what waits and what is under way, then let the store go."""
        while self._waiting or self._storing:
            await asyncio.sleep(0.01)
        if self._task:
            self._task.cancel()
        await self._hang_up()

    async def _run(self) -> None:
        while True:
            await self._bell.wait()
            group, self._waiting = self._waiting[:MOST_AT_ONCE], self._waiting[MOST_AT_ONCE:]
            if not self._waiting:
                self._bell.clear()
            self._storing = True
            await self._store(group)
            self._storing = False

    async def _store(self, group: list[tuple[Form, int, asyncio.Future[None]]]) -> None:
        failed: Set[int]
        try:
            failed = await self._write([form for form, _, _ in group])
        except Exception as error:  # whatever it is, nobody may wait for an answer that never comes
            log.get(__name__).warning("inbox.refused", error=type(error).__name__)
            failed = set(range(len(group)))
            await self._hang_up()
        for place, (_, size, told) in enumerate(group):
            self._bytes -= size
            if not told.done():
                told.set_exception(_away()) if place in failed else told.set_result(None)


def _away() -> Unavailable:
    return Unavailable(
        "The inbox cannot store this now.", hint="Send it again after the seconds of Retry-After."
    )


class PostgresDoor(GroupDoor[Accepted]):
    """Commits each group over one connection of its own."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = url
        self._connection: psycopg.AsyncConnection[psycopg.rows.TupleRow] | None = None

    def _form(self, accepted: Accepted) -> Accepted:
        return accepted

    async def _write(self, group: list[Accepted]) -> Set[int]:
        if self._connection is None or self._connection.closed:
            self._connection = await psycopg.AsyncConnection.connect(
                self._url, autocommit=True, connect_timeout=CONNECT_SECONDS
            )
            await self._connection.execute("set cadenza.workspace = '*'")
        values = [(a.workspace, a.kind, a.source, a.received_at, a.payload, a.flaws, a.about) for a in group]
        await self._connection.execute(
            INSERT, [list(column) for column in zip(*values, strict=True)], binary=True
        )
        return frozenset()

    async def _hang_up(self) -> None:
        broken, self._connection = self._connection, None
        if broken:
            with suppress(psycopg.Error, OSError):
                await broken.close()
