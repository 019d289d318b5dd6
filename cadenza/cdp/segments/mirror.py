"""What conditions ask of consent, copied to the event store without any address: who stands where on which topic."""

from __future__ import annotations

from collections.abc import Sequence

from cadenza.base import projection
from cadenza.base.ids import ProfileId, WorkspaceId
from cadenza.trust.consent import service as consent
from cadenza.trust.consent.facts import ConsentChanged


def subscriptions(workspace: WorkspaceId, told: Sequence[ConsentChanged]) -> set[ProfileId]:
    """Copy these; gives the people whom the ledger was told of with these contact points."""
    owners = consent.owners(workspace, {one.address_digest for one in told})
    rows, people = [], set()
    for one in told:
        for profile in owners.get(one.address_digest, set()) | ({one.profile} if one.profile else set()):
            people.add(profile)
            rows.append({
                "workspace": str(workspace), "profile": profile, "channel": one.channel, "topic": one.topic,
                "point": _point(one.address_digest), "state": one.state.value, "version": 0, "deleted": 0,
            })  # fmt: skip
    projection.append("subscription", rows)
    return people


def _point(digest: bytes) -> int:
    """Tells the contact points of one person apart; nobody is found by it."""
    return int.from_bytes(digest[:8], "big")
