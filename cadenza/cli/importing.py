"""`cadenza import`: a file through the importer, with progress."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from cadenza import engines
from cadenza.cli.attached import attached, choose_workspace


def import_file(kind: str, file: str, mapping: str | None, workspace: str | None, dry_run: bool) -> None:
    """Import a file, or say what it would do."""
    with attached() as own:
        from cadenza.base import database
        from cadenza.connect.imports import service as imports

        with database.system_scope():
            chosen = choose_workspace(workspace)
        with _bar() as bar:
            task = bar.add_task(Path(file).name, total=None)

            def progress(done: int, total: int | None) -> None:
                bar.update(task, completed=done, total=total)

            found = imports.run_now(chosen, Path(file), mapping=Path(mapping) if mapping else None, kind=kind,
                                    dry_run=dry_run, progress=progress)  # fmt: skip
        if own:
            engines.in_thread(_drain)
        click.echo(imports.describe(found))


def _drain() -> None:
    from cadenza.base import projection

    projection.drain()


def _bar() -> Progress:
    columns = (TextColumn("  {task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=Console(stderr=True))
