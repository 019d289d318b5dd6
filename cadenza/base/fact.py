"""Facts go up: a module tells what happened, and those above listen if they care.

Listeners run at once, inside the teller's transaction: either everything that a fact causes is
written, or nothing is. What takes long defers a job, which is written in the same transaction.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from cadenza.base.ids import WorkspaceId


@dataclass(frozen=True, kw_only=True)
class Fact:
    """Something our system did; named in the past tense."""

    workspace: WorkspaceId
    at: datetime


F = TypeVar("F", bound=Fact)
Listener = Callable[[Sequence[Any]], None]
_listeners: dict[type[Fact], list[Listener]] = defaultdict(list)


def listen(kind: type[F], handler: Callable[[Sequence[F]], None]) -> None:
    """Call `handler` with every batch of facts of one kind and one workspace."""
    if handler not in _listeners[kind]:
        _listeners[kind].append(handler)


def tell(*facts: Fact) -> None:
    """Tell what happened, grouped by kind and workspace, in the order of telling."""
    groups: dict[tuple[type[Fact], WorkspaceId], list[Fact]] = {}
    for fact in facts:
        groups.setdefault((type(fact), fact.workspace), []).append(fact)
    for (kind, _), batch in groups.items():
        for handler in _listeners[kind]:
            handler(batch)


def listeners() -> dict[type[Fact], list[Listener]]:
    """Who listens to what, for the generated table of facts."""
    return dict(_listeners)
