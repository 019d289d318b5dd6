"""Rows of runs, saved mappings and shifts, and where their files lie."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db.models import Q

from cadenza.base import clock, files
from cadenza.base.ids import ImportId, WorkspaceId
from cadenza.base.problem import NotFound
from cadenza.connect.imports import models
from cadenza.connect.imports.moment import shift_days
from cadenza.connect.imports.types import COUNTED, Counts, Dialect, Run, SavedMapping, Shift

OVER = ("finished", "failed", "cancelled")


def row(workspace: WorkspaceId, run: ImportId, lock: bool = False) -> models.ImportRun:
    """One run; `lock` holds it until the transaction ends."""
    rows = models.ImportRun.objects.filter(workspace_id=workspace, id=run)
    found = (rows.select_for_update() if lock else rows).first()
    if not found:
        raise NotFound("There is no such import.", hint="It may have been removed.")
    return found


def seen(found: models.ImportRun) -> Run:
    """A run as others may hold it."""
    plain = ("kind", "file_name", "state", "mapping", "rows_total", "rows_done", "checked", "error", "created_at",
             "started_at", "finished_at")  # fmt: skip
    counts = Counts(**{name: getattr(found, name) for name in COUNTED})
    return Run(id=ImportId(found.id), counts=counts, **{name: getattr(found, name) for name in plain})


def runs(workspace: WorkspaceId, before: ImportId | None, limit: int) -> list[Run]:
    """Runs, newest first."""
    found = models.ImportRun.objects.filter(workspace_id=workspace)
    if before:
        found = found.filter(id__lt=before)
    return [seen(one) for one in found.order_by("-id")[:limit]]


def count(found: models.ImportRun, counts: Counts) -> None:
    """Add counts to a run that is held."""
    for name in COUNTED:
        setattr(found, name, getattr(found, name) + getattr(counts, name))


def dialect(found: models.ImportRun) -> Dialect:
    return Dialect(**found.dialect)


def keep_dialect(found: models.ImportRun, dialect: Dialect) -> None:
    found.dialect = asdict(dialect)


def file(workspace: WorkspaceId, name: str) -> Path:
    """Where a stored file lies."""
    return files.path(workspace, name)


def fault_file(workspace: WorkspaceId, run: UUID) -> Path:
    """Where the error file of a run lies."""
    return files.path(workspace, f"{run}-faults.csv")


def forget_files(workspace: WorkspaceId, found: models.ImportRun) -> None:
    """Remove the uploaded file and its lookup files: they hold personal data that has been taken in."""
    for name in filter(None, (found.file, *found.lookups.values())):
        files.delete(workspace, name)
    found.file, found.lookups = "", {}


def shifted(workspace: WorkspaceId, shift: Shift, today: date) -> int:
    """The days of a shift: those of its first import, so that all files of a shop move alike."""
    found, _ = models.DateShift.objects.get_or_create(
        workspace_id=workspace,
        anchor=shift.anchor,
        to=shift.to,
        defaults={"days": shift_days(shift.anchor, shift.to, today)},
    )
    return found.days


def mappings(workspace: WorkspaceId, kind: str) -> list[SavedMapping]:
    """Saved mappings by name, of one kind or of all."""
    found = models.SavedMapping.objects.filter(workspace_id=workspace, **({"kind": kind} if kind else {}))
    return [SavedMapping(one.id, one.name, one.kind, one.document) for one in found.order_by("name")]


def keep_mapping(workspace: WorkspaceId, name: str, kind: str, document: dict[str, Any]) -> SavedMapping:
    """Save a mapping under a name; one of that name is replaced."""
    kept, _ = models.SavedMapping.objects.update_or_create(
        workspace_id=workspace,
        name=name,
        defaults={"kind": kind, "document": document, "updated_at": clock.now()},
    )
    return SavedMapping(kept.id, kept.name, kept.kind, kept.document)


def forget_mapping(workspace: WorkspaceId, id: UUID) -> None:
    """Remove a saved mapping."""
    models.SavedMapping.objects.filter(workspace_id=workspace, id=id).delete()


def note_merges(workspace: WorkspaceId, run: ImportId, merges: Iterable[UUID]) -> None:
    """Remember merges that a run has caused."""
    rows = [models.CausedMerge(workspace_id=workspace, run_id=run, merge_id=merge) for merge in merges]
    models.CausedMerge.objects.bulk_create(rows)


def merges_of(workspace: WorkspaceId, run: ImportId) -> list[UUID]:
    """The merges that a run has caused and that were not taken back, the last one first."""
    found = models.CausedMerge.objects.filter(workspace_id=workspace, run_id=run).order_by("-id")
    return list(found.values_list("merge_id", flat=True))


def forget_merges(workspace: WorkspaceId, merges: Iterable[UUID]) -> None:
    """These were taken back."""
    models.CausedMerge.objects.filter(workspace_id=workspace, merge_id__in=list(merges)).delete()


def with_files(workspace: WorkspaceId) -> list[models.ImportRun]:
    """Runs that hold an uploaded file or an error file, each locked."""
    found = models.ImportRun.objects.select_for_update().filter(workspace_id=workspace)
    return [*found.filter(Q(fault_bytes__gt=0) | ~Q(file=""))]


def stalled(before: datetime, state: str) -> list[tuple[WorkspaceId, ImportId]]:
    """Runs of all workspaces that nobody has touched since; needs a system scope."""
    found = models.ImportRun.objects.filter(state=state, touched_at__lt=before)
    return [(WorkspaceId(one.workspace_id), ImportId(one.id)) for one in found]


def held(error: str) -> list[tuple[WorkspaceId, ImportId]]:
    """Runs of all workspaces that are paused for this reason; needs a system scope."""
    found = models.ImportRun.objects.filter(state="paused", error=error)
    return [(WorkspaceId(one.workspace_id), ImportId(one.id)) for one in found]


def outdated(at: datetime, unused: timedelta, faults: timedelta) -> list[tuple[WorkspaceId, ImportId]]:
    """Runs of all workspaces whose files have been kept long enough; needs a system scope."""
    waiting = models.ImportRun.objects.filter(
        state__in=("uploaded", "ready", "paused"), created_at__lt=at - unused
    )
    over = models.ImportRun.objects.filter(state__in=OVER, fault_bytes__gt=0, finished_at__lt=at - faults)
    return [(WorkspaceId(one.workspace_id), ImportId(one.id)) for one in (*waiting.exclude(file=""), *over)]
