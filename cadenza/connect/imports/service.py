"""What others may ask of imports: take a file, map it, try it, run it, and say what became of it.

Methods assume the caller's scope, except `run_now`: it opens a transaction for each chunk of rows
and must be called outside of one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO
from uuid import UUID

import tomli_w

from cadenza.base import clock, database, disk, files, jobs
from cadenza.base.ids import ImportId, WorkspaceId
from cadenza.base.problem import BadInput, Conflict, Problem, TooLarge
from cadenza.connect.imports import faults, models, runner, store
from cadenza.connect.imports.converter import shown, zone_of
from cadenza.connect.imports.describe import describe as describe
from cadenza.connect.imports.dump import dump
from cadenza.connect.imports.files import LIMITS, detect
from cadenza.connect.imports.guess import guess as guess_mapping
from cadenza.connect.imports.intake import comparing
from cadenza.connect.imports.load import load, read
from cadenza.connect.imports.moment import Calendar
from cadenza.connect.imports.parse import parse
from cadenza.connect.imports.plan import plan
from cadenza.connect.imports.rows import Table, open_table
from cadenza.connect.imports.target import fields as fields
from cadenza.connect.imports.target import target
from cadenza.connect.imports.types import (
    Fault,
    Guess,
    Mapping,
    Preview,
    Record,
    Rejected,
    Run,
    Sample,
    SavedMapping,
)
from cadenza.connect.imports.undo import undo_merges as undo_merges
from cadenza.connect.imports.undo import undoable as undoable
from cadenza.trust.accounts import service as accounts
from cadenza.trust.privacy import service as privacy
from cadenza.trust.privacy.types import Read

PURPOSE = "I.21"
GUESS_FIRST, GUESS_ROWS, GUESS_STEP = 200, 2000, 20
Document = dict[str, Any]


class _Bounded:
    """A stream that ends in a refusal where it grows too long."""

    def __init__(self, source: BinaryIO) -> None:
        self._source, self._left = source, LIMITS.stored

    def read(self, size: int = -1) -> bytes:
        found = self._source.read(size)
        self._left -= len(found)
        if self._left < 0:
            raise TooLarge(
                "The file is too large.", at="file", hint=f"Files stay below {LIMITS.stored >> 30} GB."
            )
        return found


def create(workspace: WorkspaceId, file: BinaryIO, name: str, kind: str = "") -> Run:
    """Store an uploaded file and find out how it is written. Raises Problem for what is no table."""
    stored = files.save(workspace, _Bounded(file), ".upload")  # type: ignore[arg-type]
    try:
        dialect = detect(store.file(workspace, stored))
        open_table(store.file(workspace, stored), dialect).close()
    except Problem:
        files.delete(workspace, stored)
        raise
    row = models.ImportRun(
        workspace_id=workspace,
        kind=kind,
        file=stored,
        file_name=Path(name.replace("\\", "/")).name[:200] or "file",
        created_at=clock.now(),
    )
    store.keep_dialect(row, dialect)
    row.save()
    return store.seen(row)


def preview(workspace: WorkspaceId, run: ImportId, rows: int = 5) -> Preview:
    """The first rows of a file as they will be read."""
    row = store.row(workspace, run)
    with _table(workspace, row) as table:
        found = tuple(tuple(shown(cell) for cell in one.cells) for one in islice(table, rows))
        return Preview(store.dialect(row), table.header, found)


def _table(workspace: WorkspaceId, row: models.ImportRun, header: tuple[str, ...] = ()) -> Table:
    if not row.file:
        raise Conflict("The file of this import is no longer kept.", hint="Upload it again.")
    return open_table(store.file(workspace, row.file), store.dialect(row), header)


def guess(workspace: WorkspaceId, run: ImportId, kind: str = "") -> Guess:
    """A first mapping from header and values; legal basis and source are for a person to fill in."""
    with _table(workspace, store.row(workspace, run)) as table:
        sample = [
            faults.texts(row.cells)
            for place, row in enumerate(islice(table, GUESS_ROWS * GUESS_STEP))
            if place < GUESS_FIRST or place % GUESS_STEP == 0
        ]
        return guess_mapping(table.header, sample, kind)


def add_lookup(workspace: WorkspaceId, run: ImportId, lookup: str, file: BinaryIO) -> Run:
    """Add a file that the mapping looks values up in; `lookup` is its name in the mapping."""
    row = store.row(workspace, run, lock=True)
    stored = files.save(workspace, _Bounded(file), ".lookup")  # type: ignore[arg-type]
    row.lookups = {**row.lookups, lookup[:100]: stored}
    row.save()
    return store.seen(row)


def set_mapping(workspace: WorkspaceId, run: ImportId, document: Document) -> Run:
    """Give a run its mapping. Refused where it is wrong, does not fit the file, or its purpose does not cover it."""
    mapping = load(document)
    check_purpose(workspace, mapping)
    row = store.row(workspace, run, lock=True)
    _expect(row, "uploaded", "ready")
    store.keep_dialect(row, _told(mapping, row))
    row.shift_days = _shift(workspace, mapping)
    row.mapping, row.kind, row.state, row.checked, row.error = dump(mapping), mapping.kind, "uploaded", {}, ""
    _fit(workspace, row, mapping)
    row.save()
    return store.seen(row)


def _told(mapping: Mapping, row: models.ImportRun) -> Any:
    """The dialect as found, except where the mapping knows better."""
    found = store.dialect(row)
    found = replace(found, encoding=mapping.encoding or found.encoding, quote=mapping.quote)
    return replace(found, delimiter=mapping.delimiter or found.delimiter)


def _shift(workspace: WorkspaceId, mapping: Mapping) -> int:
    if not mapping.shift:
        return 0
    zone = zone_of(mapping.time_zone or accounts.workspace(workspace).time_zone)
    return store.shifted(workspace, mapping.shift, clock.now().astimezone(zone).date())


def _fit(workspace: WorkspaceId, row: models.ImportRun, mapping: Mapping) -> None:
    tables = runner.lookup_tables(workspace, mapping, row.lookups)
    with _table(workspace, row, mapping.header) as table:
        calendar = Calendar(zone_of("UTC"), datetime.max.replace(tzinfo=UTC))
        plan(mapping, table.header, tables, calendar, comparing(workspace))


def check_purpose(workspace: WorkspaceId, mapping: Mapping) -> None:
    """Find the data categories that a mapping writes, and refuse what uploading does not cover."""
    privacy.check(workspace, PURPOSE, list(_reads(mapping)))


def _reads(mapping: Mapping) -> Iterator[Read]:
    found = [
        (column.to, column.category, f"columns.{column.source}", column.type) for column in mapping.columns
    ]
    found += [(name, "", f"constants.{name}", "") for name in mapping.constants]
    for to, category, at, type in found:
        known = target(mapping.kind, to, type)
        if category and category not in privacy.vocabulary():
            raise BadInput(
                f"{category!r} is not a data category.", at=f"{at}.category", hint="Use custom.fields."
            )
        if known and (category or known.category):
            yield Read(to, category or known.category, at)


def lookups(workspace: WorkspaceId, run: ImportId) -> frozenset[str]:
    """The names of the lookup files that a run has got."""
    return frozenset(store.row(workspace, run).lookups)


def save_mapping(workspace: WorkspaceId, name: str, document: Document) -> SavedMapping:
    """Keep a mapping under a name, to be used again. Checked as `set_mapping` checks it."""
    mapping = load(document)
    check_purpose(workspace, mapping)
    plain = name.strip()[:120]
    if not plain:
        raise BadInput("The mapping needs a name.", at="name", hint="For example: Till export.")
    return store.keep_mapping(workspace, plain, mapping.kind, dump(mapping))


def mappings(workspace: WorkspaceId, kind: str = "") -> list[SavedMapping]:
    """Saved mappings by name."""
    return store.mappings(workspace, kind)


def delete_mapping(workspace: WorkspaceId, mapping: UUID) -> None:
    """Forget a saved mapping; imports that used it keep their own copy."""
    store.forget_mapping(workspace, mapping)


def sample(workspace: WorkspaceId, run: ImportId, rows: int = 10) -> list[Sample]:
    """The first rows as the mapping understands them; nothing is written."""
    row = store.row(workspace, run)
    mapping = load(row.mapping)
    here = accounts.workspace(workspace)
    calendar = Calendar(
        zone_of(mapping.time_zone or here.time_zone),
        clock.now(),
        mapping.date_formats,
        row.shift_days,
        mapping.spread_hours,
    )
    tables = runner.lookup_tables(workspace, mapping, row.lookups)
    with _table(workspace, row, mapping.header) as table:
        made = plan(mapping, table.header, tables, calendar, comparing(workspace))
        return [_sample(one.line or one.number, parse(one, made)) for one in islice(table, rows)]


def _sample(number: int, parsed: Any) -> Sample:
    match parsed:
        case Record():
            told = dict(parsed.who) | parsed.values
            return Sample(
                number, {name: shown(value) for name, value in told.items()}, tuple(map(str, parsed.left_out))
            )
        case Rejected():
            return Sample(number, {}, tuple(map(str, parsed.flaws)), rejected=True)
        case _:
            return Sample(number, {}, ("Passed over by a skip rule.",))


def dry_run(workspace: WorkspaceId, run: ImportId) -> Run:
    """Have a worker count what the import would create, update, merge and reject."""
    row = _move(workspace, run, "checking", "uploaded", "ready")
    from cadenza.connect.imports import jobs as own  # jobs.py calls this service

    jobs.defer(own.check_import, once=f"check:{run}", workspace=str(workspace), run=str(run))
    return row


def start(workspace: WorkspaceId, run: ImportId) -> Run:
    """Have a worker carry out the import."""
    disk.need_room()
    row = _move(workspace, run, "running", "uploaded", "ready", "paused")
    _defer(workspace, run)
    return row


resume = start


def _defer(workspace: WorkspaceId, run: ImportId) -> None:
    from cadenza.connect.imports import jobs as own  # jobs.py calls this service

    jobs.defer(own.run_import, once=f"run:{run}", workspace=str(workspace), run=str(run))


def _move(workspace: WorkspaceId, run: ImportId, to: str, *states: str) -> Run:
    row = store.row(workspace, run, lock=True)
    _expect(row, *states)
    if not row.mapping:
        raise Conflict("This import has no mapping yet.", hint="Say which column fills which field.")
    row.state, row.touched_at, row.error = to, clock.now(), ""
    if to == "running":
        row.started_at = row.started_at or clock.now()
    row.save()
    return store.seen(row)


def _expect(row: models.ImportRun, *states: str) -> None:
    if row.state not in states:
        raise Conflict(
            f"The import is {row.state}.", hint=f"This is possible while it is {' or '.join(states)}."
        )


def pause(workspace: WorkspaceId, run: ImportId) -> Run:
    """Stop after the chunk that is being written; `resume` goes on from there."""
    return _move(workspace, run, "paused", "running")


def cancel(workspace: WorkspaceId, run: ImportId) -> Run:
    """Stop for good. What was taken in stays; the file is removed."""
    row = store.row(workspace, run, lock=True)
    _expect(row, "uploaded", "checking", "ready", "running", "paused")
    row.state, row.finished_at = "cancelled", clock.now()
    store.forget_files(workspace, row)
    row.save()
    return store.seen(row)


def progress(workspace: WorkspaceId, run: ImportId) -> Run:
    """How far a run is."""
    return store.seen(store.row(workspace, run))


def runs(workspace: WorkspaceId, before: ImportId | None = None, limit: int = 50) -> list[Run]:
    """Imports, newest first."""
    return store.runs(workspace, before, limit)


def errors(workspace: WorkspaceId, run: ImportId, after: int = 0, limit: int = 50) -> list[Fault]:
    """A page of the rows that were rejected or went in without a value."""
    store.row(workspace, run)
    return faults.read(store.fault_file(workspace, run), after, limit)


def error_file(workspace: WorkspaceId, run: ImportId) -> Path | None:
    """The error file, to be handed out; None where every row was fine."""
    return store.fault_file(workspace, run) if store.row(workspace, run).fault_bytes else None


def run_now(
    workspace: WorkspaceId,
    path: Path,
    mapping: Path | Document | None,
    *,
    kind: str = "",
    dry_run: bool = False,
    progress: Callable[[int, int | None], None] | None = None,
) -> Run:
    """Import a file in this process. Raises Problem where it cannot begin.

    `kind`: refuse a mapping of another kind. `dry_run`: count what the import would do, write nothing.
    `progress` is told the rows done, and their reckoned total, after each chunk.
    """
    run = _prepared(workspace, path, mapping, kind)
    with database.scope(workspace):
        _move(workspace, run, "checking" if dry_run else "running", "uploaded")
    tell = (lambda seen: progress(seen.rows_done, seen.rows_total or None)) if progress else None
    if not dry_run:
        return runner.carry(workspace, run, tell)
    found = runner.check(workspace, run, tell)
    with database.scope(workspace):
        cancel(workspace, run)
    return found


def _prepared(workspace: WorkspaceId, path: Path, mapping: Path | Document | None, kind: str) -> ImportId:
    """A run with its file, lookup files and mapping. Lookup files lie beside the mapping, or beside the file."""
    if mapping is None:
        raise BadInput("An import needs a mapping.", at="mapping", hint=_draft(workspace, path, kind))
    document = read(_text(mapping)) if isinstance(mapping, Path) else mapping
    beside = [mapping.parent, path.parent] if isinstance(mapping, Path) else [path.parent]
    wanted = load(document)
    if kind and wanted.kind != kind:
        raise BadInput(
            f"This mapping is for {wanted.kind}, not for {kind}.", at="kind", hint=f"Import {wanted.kind}."
        )
    with database.scope(workspace), _opened(path, "file") as file:
        run = create(workspace, file, path.name).id
        for lookup in wanted.lookups:
            near = next((folder / lookup.file for folder in beside if (folder / lookup.file).exists()), None)
            with _opened(near or beside[0] / lookup.file, f"lookups.{lookup.name}") as other:
                add_lookup(workspace, run, lookup.name, other)
        set_mapping(workspace, run, document)
        return run


def _draft(workspace: WorkspaceId, path: Path, kind: str) -> str:
    """What to put into a mapping file, guessed from the file."""
    with _opened(path, "file"), open_table(path, detect(path)) as table:
        sample = [faults.texts(row.cells) for row in islice(table, GUESS_ROWS)]
        found = guess_mapping(table.header, sample, kind)
    asked = {"source": "", "basis": {"legal": "", "source": ""}}
    notes = "".join(f"# {note}\n" for note in found.notes)
    told = tomli_w.dumps({"kind": found.document["kind"], **asked, **found.document})
    return f"Save this as mapping.toml, fill in source and basis, and name it with --map:\n\n{notes}{told}"


def _text(path: Path) -> str:
    with _opened(path, "mapping") as file:
        try:
            return file.read(1 << 20).decode("utf-8-sig")
        except UnicodeDecodeError:
            raise BadInput("The mapping is not UTF-8.", at="mapping", hint="Save it as UTF-8.") from None


def _opened(path: Path, at: str) -> BinaryIO:
    try:
        return open(path, "rb")
    except OSError:
        raise BadInput(f"There is no readable file {str(path)!r}.", at=at, hint="Check the path.") from None
