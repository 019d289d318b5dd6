"""Arrivals on their way through the pipeline together, and what became of those that fell out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from cadenza.base.ids import WorkspaceId
from cadenza.cdp.events.types import Event
from cadenza.cdp.identity.types import Resolution
from cadenza.cdp.ingest.types import NOTHING, About, Arrival, Dropped, Flaw


@dataclass(slots=True)
class Item:
    """One arrival, the item it was read from, and what the door saw of its request."""

    arrival: Arrival
    raw: bytes = b""
    about: About = NOTHING
    derived: Mapping[str, Any] | None = None
    """What the circumstances tell, to stand beside what the client told of them."""
    who: Resolution | None = None

    @property
    def is_bot(self) -> bool:
        return self.derived is not None and "bot" in self.derived

    def properties(self) -> Mapping[str, Any]:
        """What is stored: what came, and what was derived."""
        told = self.arrival.properties
        if not self.derived:
            return told
        kept = told.get("context")
        return {**told, "context": {**kept, **self.derived} if isinstance(kept, dict) else self.derived}


@dataclass(slots=True)
class Batch:
    """What steps hand on: items that go on, and why others do not."""

    workspace: WorkspaceId
    items: list[Item]
    rejected: list[tuple[Flaw, bytes]] = field(default_factory=list)
    dropped: Counter[Dropped] = field(default_factory=Counter)
    violations: Counter[str] = field(default_factory=Counter)
    stored: list[tuple[Event, Resolution]] = field(default_factory=list)

    def drop(self, why: Callable[[Item], Dropped | None]) -> None:
        """Let those items fall out for which there is a reason; they are counted, and not kept."""
        left: list[Item] = []
        for item in self.items:
            reason = why(item)
            if reason is None:
                left.append(item)
            else:
                self.dropped[reason] += 1
        self.items = left

    def reject(self, why: Callable[[Item], Flaw | None]) -> None:
        """Let those items fall out that have a flaw; they are kept with it, to be mended and sent again."""
        left: list[Item] = []
        for item in self.items:
            flaw = why(item)
            if flaw is None:
                left.append(item)
            else:
                self.rejected.append((flaw, bytes(item.raw)))
        self.items = left

    def complain(self, told: Iterable[tuple[Flaw, bytes]]) -> None:
        """Keep parts that did not fit; their items go on."""
        self.rejected += told
