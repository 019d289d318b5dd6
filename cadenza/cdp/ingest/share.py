"""Ingestion's share of personal data: requests kept for replay, and rejected events."""

from __future__ import annotations

from typing import Any

from cadenza.base.ids import ProfileId, WorkspaceId
from cadenza.cdp.ingest import service
from cadenza.trust.privacy.port import Identifiers


class InboxShare:
    """Erasing takes a person's items out of the kept requests. An export shows the events made of them instead."""

    name = "inbox"
    tables = frozenset({"inbox_arrival", "ingest_rejectedevent"})

    def export(self, workspace: WorkspaceId, profile: ProfileId) -> dict[str, Any]:
        return {}

    def erase(self, workspace: WorkspaceId, profile: ProfileId) -> dict[str, int]:
        return {}

    def erase_identifiers(
        self, workspace: WorkspaceId, profile: ProfileId, identifiers: Identifiers
    ) -> dict[str, int]:
        return service.scrub(workspace, identifiers)
