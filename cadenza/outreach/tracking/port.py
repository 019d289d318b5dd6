"""What tracking must be told about messages by whoever sends them; delivery stands above and plugs itself in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from cadenza.base.ids import MessageId, WorkspaceId
from cadenza.outreach.tracking.types import Known


class Messages(Protocol):
    """Knows what was sent to whom."""

    def many(self, workspace: WorkspaceId, messages: Sequence[MessageId]) -> dict[MessageId, Known]:
        """The messages that exist. Reads the database: call it in a scope."""
        ...


_plugged: list[Messages] = []


def plug(messages: Messages) -> None:
    """Called by delivery when the program starts."""
    _plugged[:] = [messages]


def known(workspace: WorkspaceId, messages: Sequence[MessageId]) -> dict[MessageId, Known]:
    """What is known of these messages."""
    return _plugged[0].many(workspace, messages) if _plugged else {}
