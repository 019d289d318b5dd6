"""The imports' share of personal data: uploaded files that wait, and error files."""

from __future__ import annotations

from typing import Any

from cadenza.base.ids import ProfileId, WorkspaceId
from cadenza.connect.imports import faults, models, store
from cadenza.connect.imports.rows import open_table
from cadenza.trust.privacy.port import Identifiers


class ImportsShare:
    """Rows in files; no table of imports names a person."""

    name = "imports"
    tables: frozenset[str] = frozenset()

    def export(self, workspace: WorkspaceId, profile: ProfileId) -> dict[str, Any]:
        """Files are what somebody sent us, kept for days; what was taken from them is told by its own share."""
        return {}

    def erase(self, workspace: WorkspaceId, profile: ProfileId) -> dict[str, int]:
        return {}

    def erase_identifiers(
        self, workspace: WorkspaceId, profile: ProfileId, identifiers: Identifiers
    ) -> dict[str, int]:
        """Take the person's rows out of error files; a waiting upload that names the person is removed whole."""
        values = frozenset(value.lower() for _, value in identifiers if value)
        found = {"import error rows": 0, "import uploads": 0}
        for row in store.with_files(workspace) if values else []:
            found["import error rows"] += _clean(workspace, row, values)
            if row.state != "running" and row.file and _names(workspace, row, values):
                store.forget_files(workspace, row)
                row.state, row.error = (
                    "cancelled",
                    "The file named a person who was erased. Upload it without that person.",
                )
                found["import uploads"] += 1
            row.save()
        return {name: number for name, number in found.items() if number}


def _clean(workspace: WorkspaceId, row: models.ImportRun, values: frozenset[str]) -> int:
    path = store.fault_file(workspace, row.id)
    gone = faults.forget(path, values)
    if gone:
        row.fault_bytes = path.stat().st_size
    return gone


def _names(workspace: WorkspaceId, row: models.ImportRun, values: frozenset[str]) -> bool:
    with open_table(store.file(workspace, row.file), store.dialect(row)) as table:
        return any(faults.holds(cell, values) for line in table for cell in faults.texts(line.cells))
