"""The operations' share of personal data: answers kept for replays, and calls that wait or failed."""

from __future__ import annotations

from typing import Any

import msgspec

from cadenza.base.ids import ProfileId, WorkspaceId
from cadenza.cdp.identity import service as identity
from cadenza.connect.operations import store
from cadenza.trust.privacy.port import Identifiers

LEAST = 6  # letters from which on a text names a person wherever it stands


class OperationsShare:
    """An answer is given again for 30 days; an export shows the profile that it was made of instead."""

    name = "operations"
    tables = frozenset({"operations_call", "operations_waiting"})

    def export(self, workspace: WorkspaceId, profile: ProfileId) -> dict[str, Any]:
        return {}

    def erase(self, workspace: WorkspaceId, profile: ProfileId) -> dict[str, int]:
        return {"operations_call": store.erase(workspace, identity.all_ids(workspace, profile))}

    def erase_identifiers(
        self, workspace: WorkspaceId, profile: ProfileId, identifiers: Identifiers
    ) -> dict[str, int]:
        """Calls that name the person and were not carried out yet will not be."""
        values = {value.lower() for _, value in identifiers if value}
        gone = [
            seq for seq, told in store.waiting_with(workspace) if _mentions(msgspec.json.decode(told), values)
        ]
        return {"operations_waiting": store.drop_waiting(workspace, gone)}


def _mentions(part: Any, values: set[str], named: bool = False) -> bool:
    """Short ids name a person only where ids stand: a quantity of 1 is not customer 1."""
    if isinstance(part, dict):
        return any(_mentions(one, values, named or key == "ids") for key, one in part.items())
    if isinstance(part, list):
        return any(_mentions(one, values, named) for one in part)
    told = str(part).strip().lower()
    same = told in values or f"+{told}" in values or any(one.endswith(f":{told}") for one in values)
    return bool(told) and same and (named or (isinstance(part, str) and len(told) >= LEAST))
