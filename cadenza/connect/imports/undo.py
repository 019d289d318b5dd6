"""Takes back the merges that an import has caused, the last one first."""

from __future__ import annotations

from django.db import transaction

from cadenza.base import database
from cadenza.base.ids import ImportId, WorkspaceId
from cadenza.base.problem import Problem
from cadenza.cdp.identity import service as identity
from cadenza.connect.imports import store
from cadenza.connect.imports.types import Undone


def undo_merges(workspace: WorkspaceId, run: ImportId, actor: str) -> Undone:
    """Make two again of each who became one by this import. Values and orders that it brought stay.

    A merge that can no longer be taken back (somebody was erased since) is left and counted.
    """
    database.lock(workspace, identity.LOCK)
    store.row(workspace, run, lock=True)
    undone, left = 0, 0
    for merge in store.merges_of(workspace, run):
        try:
            with transaction.atomic():
                identity.unmerge(workspace, merge, actor)
            undone += 1
        except Problem:
            left += 1
    return Undone(undone, left)


def undoable(workspace: WorkspaceId, run: ImportId) -> int:
    """How many merges of an import could be taken back."""
    return len(store.merges_of(workspace, run))
