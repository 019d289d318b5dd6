"""The campaigns' share of a person: a place in an audience that is being queued right now."""

from __future__ import annotations

from typing import Any

from cadenza.base.ids import ProfileId, WorkspaceId
from cadenza.cdp.identity import service as identity
from cadenza.outreach.campaigns import service


class AudienceShare:
    """What was sent to whom is in the share of delivery."""

    name = "campaigns"
    tables = frozenset({"campaigns_campaign"})

    def export(self, workspace: WorkspaceId, profile: ProfileId) -> dict[str, Any]:
        return {}

    def erase(self, workspace: WorkspaceId, profile: ProfileId) -> dict[str, int]:
        return service.forget(workspace, identity.all_ids(workspace, profile))
