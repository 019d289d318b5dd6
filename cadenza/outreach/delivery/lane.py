"""One campaign of one workspace on its way out: one makes ready, many send, one writes how it ended."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial

from cadenza.base import clock, database, log
from cadenza.base.ids import CampaignId, MessageId, WorkspaceId
from cadenza.base.together import Together, beside
from cadenza.outreach.delivery import store
from cadenza.outreach.delivery.port import Sender
from cadenza.outreach.delivery.prepare import prepare
from cadenza.outreach.delivery.settle import intend, settle
from cadenza.outreach.delivery.types import Accepted, Done, Fault, InDoubt, Outcome, Ready, Refused

BATCH = 200
MOST_BATCHES = 25  # then the workspace's other campaigns have their turn
PATIENCE = 5  # refusals in a row that say that the next one will be refused alike
MOST_UNWRITTEN = 500
SECONDS_TO_WRITE = 15.0  # how long outcomes are kept for a database that is away while we stop
UNWRITTEN = Refused("The intent could not be written down.", True)
DISTRUSTED = "The receiving servers refuse our mail by their policy: {}"
MISSET = "The mail server refuses our settings: {}"

_log = log.get(__name__)


class Withheld(Exception):
    """The message must not leave: paused, cancelled, or its reader has left."""


class Unwritten(Exception):
    """Nobody knows whether the intent is on disk; the message has not left, and will not now."""


class Lane:
    """Sends messages of one campaign until none is due, or something says stop."""

    def __init__(
        self, workspace: WorkspaceId, worker: int, sender: Sender, stopping: Callable[[], bool]
    ) -> None:
        self._workspace, self._worker, self._sender, self._stopping = workspace, worker, sender, stopping
        self._gate: Together[MessageId, str] = Together(partial(intend, workspace, worker))
        self._done: list[Done] = []
        self._bell = asyncio.Event()
        self._halted = False  # nothing more is begun
        self._unreached = 0  # in a row
        self._distrusted = 0  # in a row
        self._over = False

    async def run(self, campaign: CampaignId) -> bool:
        """True: the server did not answer."""
        ready: asyncio.Queue[Ready | None] = asyncio.Queue(BATCH)
        writer = asyncio.create_task(self._write())
        senders = [asyncio.create_task(self._send(ready)) for _ in range(max(1, self._sender.parallel))]
        try:
            await self._fill(campaign, ready)
        finally:
            for _ in senders:
                await ready.put(None)
            await asyncio.gather(*senders)
            self._over = True
            self._bell.set()
            await writer
            await beside(self._release)
        return self._unreached >= PATIENCE

    async def _fill(self, campaign: CampaignId, ready: asyncio.Queue[Ready | None]) -> None:
        for _ in range(MOST_BATCHES):
            if self._stops():
                return
            batch = await beside(prepare, self._workspace, campaign, self._worker, BATCH)
            if batch is None:
                return
            for one in batch:
                await ready.put(one)

    def _stops(self) -> bool:
        return self._halted or self._stopping()

    async def _send(self, ready: asyncio.Queue[Ready | None]) -> None:
        while (one := await ready.get()) is not None:
            if self._stops():
                continue  # still claimed; released at the end
            outcome = await self._try(one)
            if outcome:
                self._judge(one, outcome)
            while len(self._done) > MOST_UNWRITTEN:
                await asyncio.sleep(0.01)

    async def _try(self, one: Ready) -> Outcome | None:
        intended = False

        async def intent() -> None:
            nonlocal intended
            try:
                why = await self._gate.ask(one.outgoing.message_id)
            except Exception as error:
                raise Unwritten(type(error).__name__) from error
            if why:
                raise Withheld(why)
            intended = True

        try:
            return await self._sender.send(one.outgoing, intent)
        except Withheld:
            return None
        except Unwritten:
            return UNWRITTEN
        except Exception as error:
            if intended:
                return InDoubt(f"The sender failed after the intent ({type(error).__name__}).")
            _log.error(
                "delivery.sender_failed", message=str(one.outgoing.message_id), error=type(error).__name__
            )
            return Refused(
                f"This message could not be sent ({type(error).__name__}).", False, fault=Fault.CONTENT
            )

    def _judge(self, one: Ready, outcome: Outcome) -> None:
        fault = outcome.fault if isinstance(outcome, Refused) else None
        self._unreached = self._unreached + 1 if fault is Fault.CONNECTION else 0
        if isinstance(outcome, Accepted) or fault is Fault.POLICY:
            self._distrusted = self._distrusted + 1 if fault is Fault.POLICY else 0
        pause = self._pause(outcome)
        self._halted = self._halted or bool(pause) or self._unreached >= PATIENCE
        self._done.append(Done(one, outcome, clock.now(), pause))
        self._bell.set()

    def _pause(self, outcome: Outcome) -> str:
        """Why the whole campaign must stop, where every further message would fail alike."""
        if not isinstance(outcome, Refused):
            return ""
        if outcome.fault is Fault.SETTINGS:
            return MISSET.format(outcome.why)
        return DISTRUSTED.format(outcome.why) if self._distrusted >= PATIENCE else ""

    async def _write(self) -> None:
        """Writes outcomes in groups, and tries until it succeeds: each unwritten one would stand in doubt."""
        tried = 0.0
        while not (self._over and not self._done):
            await self._bell.wait()
            self._bell.clear()
            group, self._done = self._done, []
            if not group:
                continue
            try:
                await beside(settle, self._workspace, self._worker, group)
            except Exception as error:
                _log.error("delivery.not_written", n=len(group), error=type(error).__name__)
                self._done, self._halted, tried = group + self._done, True, tried + 0.5
                if tried > SECONDS_TO_WRITE and self._stopping():
                    return
                await asyncio.sleep(0.5)
                self._bell.set()

    def _release(self) -> None:
        with database.scope(self._workspace):
            database.execute(store.RELEASE, [self._workspace, self._worker])
