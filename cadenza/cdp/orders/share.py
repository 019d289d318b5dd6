"""The orders' share of personal data: erasing keeps the shop's sums and takes the person out."""

from __future__ import annotations

from typing import Any

from cadenza.base.ids import ProfileId, WorkspaceId
from cadenza.cdp.identity import service as identity
from cadenza.cdp.orders import service


class OrdersShare:
    """Orders, their lines, and returns."""

    name = "orders"
    tables = frozenset({"orders_order", "orders_line", "orders_return"})

    def export(self, workspace: WorkspaceId, profile: ProfileId) -> dict[str, Any]:
        return service.export(workspace, profile)

    def erase(self, workspace: WorkspaceId, profile: ProfileId) -> dict[str, int]:
        return service.erase(workspace, profile, identity.all_ids(workspace, profile))
