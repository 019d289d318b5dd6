"""Many callers, one piece of work: those who come while a group is under way are served together by the next.

What makes small durable writes cheap: one commit reaches the disk for all of a group.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from typing import Generic, TypeVar

from django.db import connection

Item = TypeVar("Item")
Answer = TypeVar("Answer")


async def beside(work: Callable[..., Answer], *args: object, on: Executor | None = None) -> Answer:
    """Do database work on a thread beside the event loop, and let its connection go.

    `on`: threads kept for this kind of work, so that it never waits behind another kind.
    """

    def run() -> Answer:
        try:
            return work(*args)
        finally:
            connection.close()

    return await asyncio.get_running_loop().run_in_executor(on, run)


class Together(Generic[Item, Answer]):
    """Belongs to one event loop. `work` gets a group of items and gives their answers in the same order."""

    def __init__(self, work: Callable[[list[Item]], list[Answer]], most: int = 500) -> None:
        self._work, self._most = work, most
        self._waiting: list[tuple[Item, asyncio.Future[Answer]]] = []
        self._serving: asyncio.Task[None] | None = None

    async def ask(self, item: Item) -> Answer:
        """Wait for the group that this item belongs to; a fault of the work is raised for each of its items."""
        told: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, told))
        if self._serving is None or self._serving.done():
            self._serving = asyncio.create_task(self._serve())
        return await told

    async def _serve(self) -> None:
        await asyncio.sleep(0)  # who is ready in this very turn comes along
        while self._waiting:
            group, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
            try:
                answers = await beside(self._work, [item for item, _ in group])
            except Exception as error:
                _tell(group, error)
            else:
                for (_, told), answer in zip(group, answers, strict=True):
                    if not told.done():
                        told.set_result(answer)


def _tell(group: list[tuple[Item, asyncio.Future[Answer]]], error: Exception) -> None:
    for _, told in group:
        if not told.done():
            told.set_exception(error)
