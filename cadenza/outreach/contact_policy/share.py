"""The contact policy's share of a person: suppressed addresses, kept as digests by duty."""

from __future__ import annotations

from typing import Any

from cadenza.base.ids import ProfileId, WorkspaceId
from cadenza.outreach.contact_policy import service


class SuppressionShare:
    """Nothing is removed at erasure: forgetting whom not to write to would be writing to them again."""

    name = "contact_policy"
    tables = frozenset({"contact_policy_suppression"})
    keeps = "A keyed digest of each address that bounced or complained, to never write there again (GDPR Art. 21)."

    def export(self, workspace: WorkspaceId, profile: ProfileId) -> dict[str, Any]:
        return service.export(workspace, profile)

    def erase(self, workspace: WorkspaceId, profile: ProfileId) -> dict[str, int]:
        return {}
