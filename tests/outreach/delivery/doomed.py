"""A process that sends, and dies by `kill -9` at a chosen moment of a chosen message. Started by test_crash.py.

Arguments: the moment (before, after, answered), and a file that stands for the mail server's queue.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path

import django

SURVIVES = 7  # messages that leave before it dies


class Doomed:
    """A channel that takes some messages, then dies."""

    name, channel, parallel = "email", "email", 4

    def __init__(self, moment: str, server: Path) -> None:
        self._moment, self._server, self._count = moment, server, 0

    def sender(self, workspace: object) -> Doomed:
        return self

    async def send(self, outgoing, intent: Callable[[], Awaitable[None]]):
        from cadenza.outreach.delivery.types import Accepted

        self._count += 1
        last = self._count > SURVIVES
        if last and self._moment == "before":
            _die()
        await intent()
        if last and self._moment == "after":
            _die()
        with self._server.open("a") as queue:
            queue.write(f"{outgoing.to.email}\n")
        if last:
            _die()
        return Accepted("250 taken")

    async def close(self) -> None:
        pass


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    django.setup()
    from cadenza.outreach.delivery import port, sending

    port.plug(Doomed(sys.argv[1], Path(sys.argv[2])))
    sending.run(threading.Event())
