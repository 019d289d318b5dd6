"""The product lists' share of personal data."""

from __future__ import annotations

from typing import Any

from cadenza.base.ids import ProfileId, WorkspaceId
from cadenza.cdp.product_lists import service, store


class ProductListsShare:
    """What a person has in lists, and what was told of them."""

    name = "product_lists"
    tables = frozenset(store.TABLES)

    def export(self, workspace: WorkspaceId, profile: ProfileId) -> dict[str, Any]:
        return service.export(workspace, profile)

    def erase(self, workspace: WorkspaceId, profile: ProfileId) -> dict[str, int]:
        return service.erase(workspace, profile)
