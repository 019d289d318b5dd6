"""For commands that may run beside a server: use its engines, or start and stop our own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from cadenza import engines
from cadenza.base.config import config
from cadenza.base.ids import WorkspaceId
from cadenza.base.problem import BadInput


@contextmanager
def attached() -> Iterator[bool]:
    """Engines at hand; True where they are our own (nobody else serves this folder)."""
    if engines.is_locked(config().data):
        engines.start_relational()
        yield False
        return
    engines.start()
    try:
        yield True
    finally:
        engines.stop()


def choose_workspace(told: str | None) -> WorkspaceId:
    """The workspace that was named, or the only one."""
    from cadenza.trust.accounts import service as accounts

    everything = accounts.workspaces()
    found = [one for one in everything if told in (None, str(one.id), one.name)]
    if len(found) != 1:
        names = ", ".join(one.name for one in everything) or "none yet"
        raise BadInput("Which workspace?", at="--workspace", hint=f"Name one of: {names}.")
    return found[0].id
