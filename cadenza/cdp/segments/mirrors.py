"""Copies to the event store what conditions ask there: where people stand on topics; and, once, what was before.

A shop that is older than a mirror has it filled here, batch by batch, beside all that goes on: each batch holds what
it reads until it is written down, so that nothing newer is overwritten.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from cadenza.base import database, projection
from cadenza.base.ids import ProfileId, WorkspaceId
from cadenza.cdp.catalog import service as catalog
from cadenza.cdp.product_lists import service as product_lists
from cadenza.cdp.segments import models, products, store
from cadenza.trust.accounts import service as accounts
from cadenza.trust.consent import service as consent
from cadenza.trust.consent.facts import ConsentChanged

FILLED = 1  # counts up with each mirror that comes to these
AT_ONCE = 1000


def mirror_subscriptions(workspace: WorkspaceId, told: Iterable[ConsentChanged]) -> set[ProfileId]:
    """Copy, without any address, where people stand now; gives whom that concerns."""
    known = list(told)
    points = [(one.channel, one.address_digest, one.topic, one.state.value) for one in known]
    named = {one.address_digest: {one.profile} for one in known if one.profile}
    return _copy(workspace, points, named)


def _copy(
    workspace: WorkspaceId, points: list[tuple[str, bytes, str, str]], named: dict[bytes, set[ProfileId]]
) -> set[ProfileId]:
    owners = consent.owners(workspace, {digest for _, digest, _, _ in points})
    rows, people = [], set()
    for channel, digest, topic, state in points:
        for profile in owners.get(digest, set()) | named.get(digest, set()):
            people.add(profile)
            rows.append({
                "workspace": str(workspace), "profile": profile, "channel": channel, "topic": topic,
                "point": _point(digest), "state": state, "version": 0, "deleted": 0,
            })  # fmt: skip
    projection.append("subscription", rows)
    return people


def _point(digest: bytes) -> int:
    """Tells the contact points of one person apart; nobody is found by it."""
    return int.from_bytes(digest[:8], "big")


def unfilled() -> list[WorkspaceId]:
    """The workspaces whose mirrors may lack what was before them."""
    with database.system_scope():
        filled = models.Progress.objects.filter(mirrored__gte=FILLED).values_list("workspace_id", flat=True)
        done = set(filled)
        return [one.id for one in accounts.workspaces() if one.id not in done]


def fill(workspace: WorkspaceId) -> None:
    """Copy all that is there; then everyone is looked at once. Opens a scope for each batch."""
    for batch in (_subscriptions, _lists, _products):
        after: Any = batch(workspace, None)
        while after is not None:
            after = batch(workspace, after)
    with database.scope(workspace):
        store.progress(workspace)
        models.Progress.objects.filter(workspace_id=workspace).update(mirrored=FILLED, rebuilt_at=None)


def _subscriptions(workspace: WorkspaceId, after: tuple[str, bytes, str] | None) -> Any:
    with database.scope(workspace):
        found = consent.standing(workspace, after, AT_ONCE)
        _copy(workspace, [(one.channel, one.address_digest, one.topic, one.state.value) for one in found], {})
    return (found[-1].channel, found[-1].address_digest, found[-1].topic) if found else None


def _lists(workspace: WorkspaceId, after: int | None) -> Any:
    with database.scope(workspace):
        return product_lists.mirror(workspace, after or 0, AT_ONCE)


def _products(workspace: WorkspaceId, after: str | None) -> Any:
    with database.scope(workspace):
        found = catalog.page(workspace, after=after or "", limit=AT_ONCE)
        products.mirror(workspace, [one.id for one in found])
    return found[-1].id if found else None
