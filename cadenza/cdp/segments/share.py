"""The segments' share of personal data: in which segments a person is and was."""

from __future__ import annotations

from typing import Any

from cadenza.base.ids import ProfileId, WorkspaceId
from cadenza.cdp.identity import service as identity
from cadenza.cdp.segments import service


class SegmentsShare:
    """Memberships, under every id that the person ever had."""

    name = "segments"
    tables = frozenset({"segments_state", "segments_transition", "segments_touched"})

    def export(self, workspace: WorkspaceId, profile: ProfileId) -> dict[str, Any]:
        held = service.segments_of(workspace, profile)
        return {"segments": [{"name": one.name, "since": one.since, "until": one.until} for one in held]}

    def erase(self, workspace: WorkspaceId, profile: ProfileId) -> dict[str, int]:
        return service.forget(workspace, identity.all_ids(workspace, profile))
