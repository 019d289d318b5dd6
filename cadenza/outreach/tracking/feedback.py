"""Opens and clicks on their way into the database: many at a time, behind the answers that were given already.

Clicks wait two seconds, so that a machine that follows every link of a mail is recognised by its haste; what waits
is written at shutdown. A crash may lose these last seconds of opens and clicks, never an unsubscription.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

from django.db import connection

from cadenza.base import clock, database, log
from cadenza.base.ids import MessageId, WorkspaceId
from cadenza.base.together import beside
from cadenza.outreach.tracking import service
from cadenza.outreach.tracking.suspect import BURST, burst
from cadenza.outreach.tracking.types import Deed, Kind

PAUSE = 0.05  # seconds between two groups
AT_ONCE = 2000
MOST_WAITING = 200_000  # beyond this, opens and clicks are dropped rather than the memory
REMEMBERED = 100_000

_log = log.get(__name__)


class Feedback:
    """Collects deeds in the event loop and writes them in groups on a thread."""

    def __init__(self) -> None:
        self._opens: list[Deed] = []
        self._clicks: dict[MessageId, list[Deed]] = {}
        self._seen: dict[MessageId, float] = {}
        self._waiting = 0
        self._task: asyncio.Task[None] | None = None

    def add(self, deed: Deed) -> None:
        """Take one deed; returns at once."""
        if self._waiting >= MOST_WAITING or (deed.kind is Kind.OPEN and self._just_opened(deed)):
            return
        self._waiting += 1
        if deed.kind is Kind.OPEN:
            self._opens.append(deed)
        else:
            self._clicks.setdefault(deed.place.message, []).append(deed)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run())

    def _just_opened(self, deed: Deed) -> bool:
        """A mail program that shows a mail again and again asks for the picture each time."""
        at, message = deed.at.timestamp(), deed.place.message
        before = self._seen.get(message, 0.0)
        if at - before < service.OPEN_SECONDS:
            return True
        if len(self._seen) > REMEMBERED:
            self._seen.clear()
        self._seen[message] = at
        return False

    async def close(self) -> None:
        """Write all that waits, now."""
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._write(self._due(everything=True))

    async def _run(self) -> None:
        while self._waiting:
            await asyncio.sleep(PAUSE)
            if due := self._due():
                await asyncio.shield(self._write(due))

    def _due(self, everything: bool = False) -> list[Deed]:
        opens, self._opens = self._opens[:AT_ONCE], self._opens[AT_ONCE:]
        if everything:
            opens, self._opens = opens + self._opens, []
        now = clock.now()
        ripe = [m for m, clicks in self._clicks.items() if everything or now - clicks[0].at >= BURST]
        return opens + [deed for message in ripe for deed in self._clicks.pop(message)]

    async def _write(self, deeds: list[Deed]) -> None:
        self._waiting -= len(deeds)
        if not deeds:
            return
        try:
            await beside(write, deeds)
        except Exception as error:  # the readers have had their answers; the loop goes on
            _log.error("tracking.lost", n=len(deeds), error=type(error).__name__)


def write(deeds: Iterable[Deed]) -> int:
    """Write deeds of any workspaces, each workspace in a transaction of its own; gives how many were events."""
    groups: dict[WorkspaceId, list[Deed]] = defaultdict(list)
    for deed in deeds:
        groups[deed.place.workspace].append(deed)
    done = 0
    for workspace, group in groups.items():
        try:
            with database.scope(workspace):
                done += service.record(workspace, _judged(workspace, group))
        except Exception as error:  # the next workspace must have its turn
            _log.error(
                "tracking.not_written", workspace=str(workspace), n=len(group), error=type(error).__name__
            )
            connection.close()
    return done


def _judged(workspace: WorkspaceId, deeds: list[Deed]) -> list[Deed]:
    clicks: dict[MessageId, list[Deed]] = defaultdict(list)
    for deed in deeds:
        if deed.kind is Kind.CLICK:
            clicks[deed.place.message].append(deed)
    hasty = {
        message
        for message, done in clicks.items()
        if len({deed.place.number for deed in done}) > 1
        and burst([(deed.at, deed.place.number) for deed in done], service.link_count(workspace, message))
    }
    return [replace(d, bot=True) if d.kind is Kind.CLICK and d.place.message in hasty else d for d in deeds]
