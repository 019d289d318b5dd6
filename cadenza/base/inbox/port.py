"""What an inbox must provide, in the words of those who use it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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
    """One request that the pipeline has not done yet.

    `seq`: its place in what it was taken from.  `name`: what it is called for ever, however often it is read or
    moved; items without an id of their own are named after it.
    """

    seq: int
    accepted: Accepted
    name: str


Split = Callable[[Accepted, int], Mapping[int, Accepted]]
"""Divides a request among so many partitions: what is of one person goes to one partition, always the same."""

Change = Callable[[bytes], bytes]
"""Gives the payload that shall stand in the place of this one: the same, where nothing is to be changed."""


class Door(Protocol):
    """The writing side, used from the event loop: returns once the requests are on disk."""

    async def put(self, accepted: Accepted) -> None: ...

    async def close(self) -> None: ...


class Log(Protocol):
    """The reading side, used by one pipeline inside its transaction."""

    def take(self, most: int) -> list[Waiting]: ...

    def done(self, waiting: Sequence[Waiting], at: datetime) -> None: ...
