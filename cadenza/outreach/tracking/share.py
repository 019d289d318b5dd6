"""Tracking's share of a person: links whose address was written for that person alone."""

from __future__ import annotations

from typing import Any

from cadenza.base.ids import ProfileId, WorkspaceId
from cadenza.cdp.identity import service as identity
from cadenza.outreach.tracking import service


class LinksShare:
    """Opens and clicks themselves are events, and in the share of the event store."""

    name = "tracking"
    tables = frozenset({"tracking_personallink"})

    def export(self, workspace: WorkspaceId, profile: ProfileId) -> dict[str, Any]:
        return service.export(workspace, identity.all_ids(workspace, profile))

    def erase(self, workspace: WorkspaceId, profile: ProfileId) -> dict[str, int]:
        return service.erase(workspace, identity.all_ids(workspace, profile))
