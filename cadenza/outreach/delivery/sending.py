"""The loop that hands messages to senders: many at once, each with its intent on disk before its final dot.

Whoever runs it holds a lock in the database under its own number; where a number holds no lock, its process is dead:
what it had on the wire stands in doubt and is never sent again, what it had only claimed is queued again.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress

import psycopg
from django.conf import settings

from cadenza.base import clock, database, heartbeat, log
from cadenza.base.crypto import hash64
from cadenza.base.ids import CampaignId, WorkspaceId
from cadenza.base.problem import BadInput
from cadenza.base.together import beside
from cadenza.outreach.delivery import models, service, store
from cadenza.outreach.delivery.lane import Lane
from cadenza.outreach.delivery.port import Sender

IDLE_SECONDS = 0.2
LOOK_SECONDS = 10.0  # between two looks for dead workers
REST_SECONDS = 20.0  # for a workspace whose server does not answer
FAULT_SECONDS = 2.0
LOCKS = hash64("cadenza:sending") % (1 << 31)  # the first half of the advisory lock of each worker

_log = log.get(__name__)
Work = dict[WorkspaceId, list[CampaignId]]


class Shift:
    """One run of the loop: its number, and the connection that shows to others that it lives."""

    def __init__(self) -> None:
        row = models.Worker.objects.create(started_at=clock.now())
        self.worker = int(row.id)
        self.is_lost = False
        self._connection = psycopg.connect(settings.APP_URL, autocommit=True)
        self._connection.execute("select pg_advisory_lock(%s, %s)", [LOCKS, self.worker])

    def check(self) -> None:
        """Raises where the lock is lost: others may take us for dead by now."""
        try:
            self._connection.execute("select 1")
        except psycopg.Error:
            self.is_lost = True
            raise

    def close(self) -> None:
        """Let the lock go."""
        with suppress(psycopg.Error):
            self._connection.close()
        models.Worker.objects.filter(id=self.worker).update(ended_at=clock.now())

    def recover(self) -> tuple[int, int]:
        """Put what dead workers held where it belongs; gives how many stand in doubt, and how many are queued again."""
        doubt = queued = 0
        with database.system_scope():
            found = [number for (number,) in database.rows(store.WORKERS) if number != self.worker]
        for number in found:
            if not self._is_dead(number):
                continue
            with database.system_scope():
                doubt += database.execute(store.DOUBT, [number])
                queued += database.execute(store.REQUEUE, [number])
        if doubt or queued:
            _log.warning("delivery.recovered", in_doubt=doubt, queued=queued)
        return doubt, queued

    def _is_dead(self, number: int) -> bool:
        """A dead worker's lock is free. We take it and let it go."""
        row = self._connection.execute("select pg_try_advisory_lock(%s, %s)", [LOCKS, number]).fetchone()
        if row and row[0]:
            self._connection.execute("select pg_advisory_unlock(%s, %s)", [LOCKS, number])
            return True
        return False


def run(stopping: threading.Event) -> None:
    """Send for as long as the process lives; after a fault of the database, with a new number."""
    while not stopping.is_set():
        try:
            asyncio.run(_shift(stopping.is_set))
        except Exception as error:  # the loop outlives every fault: what is not sent stays queued
            _log.warning("delivery.fault", error=type(error).__name__)
            stopping.wait(FAULT_SECONDS)


async def _shift(told: Callable[[], bool]) -> None:
    shift = await beside(Shift)

    def stopping() -> bool:
        return told() or shift.is_lost

    lanes: dict[WorkspaceId, asyncio.Task[bool]] = {}
    resting: dict[WorkspaceId, float] = {}
    try:
        await _work(shift, stopping, lanes, resting)
    finally:
        for lane in [task for task in lanes.values() if not task.done()]:
            await asyncio.gather(lane, return_exceptions=True)
        await beside(shift.close)


async def _work(
    shift: Shift,
    stopping: Callable[[], bool],
    lanes: dict[WorkspaceId, asyncio.Task[bool]],
    resting: dict[WorkspaceId, float],
) -> None:
    looked = 0.0
    while not stopping():
        if time.monotonic() - looked > LOOK_SECONDS:
            looked = time.monotonic()
            await beside(shift.check)
            await beside(shift.recover)
            await beside(heartbeat.beat, "sender")
        for workspace, task in list(lanes.items()):
            if task.done():
                del lanes[workspace]
                if fault := task.exception():
                    _log.warning("delivery.lane_failed", workspace=str(workspace), error=type(fault).__name__)
                if fault or task.result():
                    resting[workspace] = time.monotonic() + REST_SECONDS
        for workspace, campaigns in (await beside(_due)).items():
            if workspace not in lanes and resting.get(workspace, 0.0) < time.monotonic():
                lanes[workspace] = asyncio.create_task(_lane(shift, workspace, campaigns, stopping))
        await asyncio.sleep(IDLE_SECONDS)


def _due() -> Work:
    with database.system_scope():
        found = database.rows(store.WORK, [clock.now()])
    work: Work = defaultdict(list)
    for workspace, campaign in found:
        work[workspace].append(campaign)
    return work


async def _lane(
    shift: Shift, workspace: WorkspaceId, campaigns: list[CampaignId], stopping: Callable[[], bool]
) -> bool:
    """Send what a workspace has; True: its server does not answer, let it rest."""
    for campaign in campaigns:
        if stopping():
            return False
        try:
            sender = await beside(_sender, workspace, campaign)
        except BadInput as problem:
            await beside(_pause, workspace, campaign, str(problem))
            continue
        lane = Lane(workspace, shift.worker, sender, stopping)
        try:
            if await lane.run(campaign):
                return True
        finally:
            await sender.close()
    return False


def _sender(workspace: WorkspaceId, campaign: CampaignId) -> Sender:
    with database.scope(workspace):
        return service.check_channel(workspace, service.mailing(workspace, campaign).channel)


def _pause(workspace: WorkspaceId, campaign: CampaignId, reason: str) -> None:
    with database.scope(workspace):
        service.pause_by_itself(workspace, campaign, reason)
