"""What a channel must provide so that delivery can send through it.

Channels stand above delivery and plug themselves in when the program starts, so delivery names none of them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol

from cadenza.base.ids import WorkspaceId
from cadenza.outreach.delivery.types import Outcome, Outgoing

Intent = Callable[[], Awaitable[None]]


class Sender(Protocol):
    """Sends for one workspace. Lives in the event loop that called `Channel.sender` and reuses its connections.

    `parallel` is how many sends at once are useful; more wait their turn. The rate limit is kept inside.
    """

    channel: str
    parallel: int

    async def send(self, outgoing: Outgoing, intent: Intent) -> Outcome:
        """Try once.

        `intent` is awaited exactly when everything but the last byte has been handed over: once it returns, the
        message may arrive. It is never awaited where the outcome is Refused for a reason known before.
        If `intent` raises, nothing is sent and the exception passes through.
        A failure of the world is an outcome, never an exception.
        """
        ...

    async def close(self) -> None:
        """End the connections politely. The sender may be used again afterwards."""
        ...


class Channel(Protocol):
    """A way to reach people, such as `email`."""

    name: str

    def sender(self, workspace: WorkspaceId) -> Sender:
        """The sender for this workspace with its present settings. Reads the database: call it in a scope.

        Raises BadInput with a hint where the channel is not set up.
        """
        ...


_channels: dict[str, Channel] = {}


def plug(channel: Channel) -> None:
    """Called by a channel's `apps.py` when the program starts."""
    _channels[channel.name] = channel


def plugged(name: str) -> Channel | None:
    """The channel of this name, if one is there."""
    return _channels.get(name)
