"""Takes back the merges that an import has caused, the last one first."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from cadenza.base import database
from cadenza.base.ids import ImportId, WorkspaceId
from cadenza.base.problem import Conflict, Problem
from cadenza.cdp.identity import service as identity
from cadenza.connect.imports import store
from cadenza.connect.imports.types import Undone


def undo_merges(workspace: WorkspaceId, run: ImportId) -> Undone:
    """Make two again of each who became one by this import. Values and orders that it brought stay.

    A merge that can no longer be taken back (somebody was erased since) is left and counted.
    """
    database.lock(workspace, identity.LOCK)
    store.row(workspace, run, lock=True)
    take_back = _unmerge()
    if take_back is None:
        raise Conflict("Merges cannot be taken back here.", hint="Look at the cards of the people.")
    undone, left = [], 0
    for merge in store.merges_of(workspace, run):
        try:
            with transaction.atomic():
                take_back(workspace, merge)
            undone.append(merge)
        except Problem:
            left += 1
    store.forget_merges(workspace, run, undone)
    return Undone(len(undone), left)


def undoable(workspace: WorkspaceId, run: ImportId) -> int:
    """How many merges of an import could be taken back."""
    return len(store.merges_of(workspace, run)) if _unmerge() else 0


def _unmerge() -> Any:
    """What takes a merge back, where identity offers it."""
    return getattr(identity, "unmerge", None)
