"""The profiles' share of personal data, here and in the event store."""

from __future__ import annotations

from typing import Any

from cadenza.base import clickhouse, projection
from cadenza.base.ids import ProfileId, WorkspaceId
from cadenza.cdp.identity import service as identity
from cadenza.cdp.profiles import service


class ProfilesShare:
    """Standard fields and traits, how they changed, and the unique ids among them."""

    name = "profiles"
    tables = frozenset({"profiles_profile", "profiles_change", "profiles_uniquevalue"})

    def export(self, workspace: WorkspaceId, profile: ProfileId) -> dict[str, Any]:
        return service.export(workspace, profile)

    def erase(self, workspace: WorkspaceId, profile: ProfileId) -> dict[str, int]:
        projection.drain()
        ids = identity.all_ids(workspace, profile)
        gone = service.erase(workspace, profile)
        return gone | {"profile": sum(clickhouse.erase("profile", workspace, one) for one in ids)}
