"""What an inbox must provide, in the words of those who use it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from cadenza.base.ids import WorkspaceId


@dataclass(frozen=True)
class Accepted:
    """One request on its way in.

    `flaws`: JSON `[[index, code, detail], …]` of items that the door rejected. `about`: JSON of what the door saw of
    the request itself (see who writes it); personal, kept with the request, never logged.
    """

    workspace: WorkspaceId
    kind: str
    payload: bytes
    received_at: datetime
    source: str = "api"
    flaws: bytes | None = None
    about: bytes | None = None


@dataclass(frozen=True)
class Waiting:
    """One request that the pipeline has not done yet."""

    seq: int
    accepted: Accepted


class Door(Protocol):
    """The writing side, used from the event loop: returns once the requests are on disk."""

    async def put(self, accepted: Accepted) -> None: ...


class Log(Protocol):
    """The reading side, used by the pipeline inside its transaction."""

    def take(self, most: int) -> list[Waiting]: ...

    def done(self, seqs: list[int], at: datetime) -> None: ...
