"""The inbox's door onto NATS: requests divided by person, packed into one frame a partition, stored at once.

A request is accepted when all its parts are.  Of one that is refused, some parts may be there: when it is sent
again, they are told twice, and the ids of their messages make them one.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Set

from cadenza.base import log
from cadenza.base.ids import new_id
from cadenza.base.inbox.door import GroupDoor
from cadenza.base.inbox.frame import Part, bundles, pack
from cadenza.base.inbox.port import Accepted, Split
from cadenza.base.inbox.stream import Stream
from cadenza.base.problem import Unavailable

Divided = dict[int, Part]


class NatsDoor(GroupDoor[Divided]):
    """Publishes each group, its partitions side by side, and waits until all of it is on disk."""

    def __init__(self, url: str, partitions: int, split: Split) -> None:
        super().__init__()
        self._stream = Stream(url)
        self._partitions = partitions
        self._split = split

    def _form(self, accepted: Accepted) -> Divided:
        name = new_id().hex
        parts = self._split(accepted, self._partitions)
        return {partition: Part(f"{name}.{partition}", part) for partition, part in parts.items()}

    async def _write(self, group: list[Divided]) -> Set[int]:
        queues: dict[int, list[tuple[int, Part]]] = defaultdict(list)
        for place, divided in enumerate(group):
            for partition, part in divided.items():
                queues[partition].append((place, part))
        failed = await asyncio.gather(
            *(self._store_in(partition, queue) for partition, queue in queues.items())
        )
        return set[int]().union(*failed)

    async def _store_in(self, partition: int, queue: list[tuple[int, Part]]) -> Set[int]:
        """One frame after the other, so that they lie in order; gives the places of what was not stored."""
        stored = 0
        try:
            for bundle in bundles([part for _, part in queue]):
                await self._stream.write(partition, pack(bundle), new_id().hex)
                stored += len(bundle)
        except Unavailable as away:
            log.get(__name__).warning("inbox.refused", partition=partition, error=str(away))
        return {place for place, _ in queue[stored:]}

    async def _hang_up(self) -> None:
        await self._stream.close()
