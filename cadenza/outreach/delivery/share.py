"""Delivery's share of a person: which messages went to them, and what came of each."""

from __future__ import annotations

from typing import Any

from cadenza.base.ids import ProfileId, WorkspaceId
from cadenza.outreach.delivery import service


class MessagesShare:
    """Erasing takes the person out of each message and leaves its place in the campaign's sums."""

    name = "messages"
    tables = frozenset({"delivery_message", "delivery_attempt"})

    def export(self, workspace: WorkspaceId, profile: ProfileId) -> dict[str, Any]:
        return service.export(workspace, profile)

    def erase(self, workspace: WorkspaceId, profile: ProfileId) -> dict[str, int]:
        return service.erase(workspace, profile)
