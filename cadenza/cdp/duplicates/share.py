"""The share of personal data of likely duplicates: pairs that a person is of, and digests to find them by."""

from __future__ import annotations

from typing import Any

from cadenza.base.ids import ProfileId, WorkspaceId
from cadenza.cdp.duplicates import service


class DuplicatesShare:
    """Pairs and digests, under every id that the person ever had. Who the other one is, is not theirs to know."""

    name = "duplicates"
    tables = frozenset({"duplicates_looked", "duplicates_suggestion"})

    def export(self, workspace: WorkspaceId, profile: ProfileId) -> dict[str, Any]:
        return {
            "likely_duplicates": [
                {
                    "probability": round(one.probability, 3),
                    "because": [f"{reason.field}: {reason.level}" for reason in one.reasons],
                    "state": one.state,
                    "found_at": one.found_at,
                    "decided_at": one.decided_at,
                }
                for one in service.export(workspace, profile)
            ]
        }

    def erase(self, workspace: WorkspaceId, profile: ProfileId) -> dict[str, int]:
        return service.erase(workspace, profile)
