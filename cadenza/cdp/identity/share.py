"""The shares of personal data of identity and of the event store (which knows no merged ids itself)."""

from __future__ import annotations

from typing import Any

from cadenza.base import projection
from cadenza.base.ids import ProfileId, WorkspaceId
from cadenza.cdp.events import service as events
from cadenza.cdp.identity import service


class IdentityShare:
    """What recognises a person, and the merges."""

    name = "identity"
    tables = frozenset({
        "identity_identifier", "identity_link", "identity_override", "identity_merge", "identity_incident",
    })  # fmt: skip

    def current(self, workspace: WorkspaceId, profile: ProfileId) -> ProfileId:
        return service.current(workspace, profile)

    def identifiers(self, workspace: WorkspaceId, profile: ProfileId) -> list[tuple[str, str]]:
        """What is this person's alone; what is shared is others' as much."""
        known = service.of_person(workspace, profile)
        return [(one.kind, one.value) for one in known if not one.shared]

    def export(self, workspace: WorkspaceId, profile: ProfileId) -> dict[str, Any]:
        known = service.of_person(workspace, profile)
        merged = service.merges(workspace, profile)
        return {
            "identifiers": [
                {"kind": k.kind, "value": k.value, "since": k.first_seen_at.isoformat(), "source": k.source}
                for k in known
            ],
            "merges": [
                {"into": m.winner, "from": m.loser, "cause": m.cause, "at": m.at.isoformat(),
                 "undone_at": m.undone_at.isoformat() if m.undone_at else None}
                for m in merged
            ],
        }  # fmt: skip

    def erase(self, workspace: WorkspaceId, profile: ProfileId) -> dict[str, int]:
        return service.erase(workspace, profile)


class EventsShare:
    """What a person did, under every id it ever had."""

    name = "events"
    tables: frozenset[str] = frozenset()

    def export(self, workspace: WorkspaceId, profile: ProfileId) -> dict[str, Any]:
        return {"events": events.export(workspace, service.all_ids(workspace, profile))}

    def erase(self, workspace: WorkspaceId, profile: ProfileId) -> dict[str, int]:
        projection.drain()
        return {"event": events.erase(workspace, service.all_ids(workspace, profile))}
