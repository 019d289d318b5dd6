"""Carries a run from its checkpoint to its end, a chunk of rows in each transaction.

What a chunk wrote, its counts and how far the file has been read are committed together; so a run that
was killed anywhere goes on where it stopped, with no row lost and none taken twice.  A chunk that the
database refuses is halved until the one row is found that cannot be stored.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, get_args

from django.db import DataError, IntegrityError

from cadenza.base import clock, database, disk, log
from cadenza.base.fact import tell
from cadenza.base.ids import ImportId, WorkspaceId
from cadenza.base.problem import BadInput, Problem
from cadenza.connect.imports import faults, models, store
from cadenza.connect.imports.cause import cause
from cadenza.connect.imports.converter import zone_of
from cadenza.connect.imports.facts import ImportFinished
from cadenza.connect.imports.files import detect
from cadenza.connect.imports.intake import ERASED, Taken, comparing, declare, foresee_chunk, take
from cadenza.connect.imports.load import load
from cadenza.connect.imports.moment import Calendar
from cadenza.connect.imports.parse import parse
from cadenza.connect.imports.plan import Plan, Tables, plan
from cadenza.connect.imports.rows import Table, open_table
from cadenza.connect.imports.types import (
    Batch,
    Counts,
    Fate,
    Fault,
    Flaw,
    Lookup,
    Mapping,
    Record,
    Rejected,
    Row,
    Run,
    Skipped,
)
from cadenza.trust.accounts import service as accounts

CHUNK = 1000
CHECKED = 100_000  # a dry run looks at so many rows
LOOKUP_ROWS = 500_000
SAMPLE = 10
Progress = Callable[[Run], None]
Parsed = tuple[Row, Record | Rejected | Skipped]
_log = log.get(__name__)


class Stopped(Exception):
    """The run is no longer ours: it was cancelled, paused, or is carried by another worker."""


@dataclass(frozen=True)
class Job:
    """All that is needed to carry one run."""

    workspace: WorkspaceId
    id: ImportId
    mapping: Mapping
    table: Table
    plan: Plan
    start: int
    batch: Batch


def carry(workspace: WorkspaceId, run: ImportId, progress: Progress | None = None) -> Run:
    """Take in the rest of a file. Gives the run as it stands at the end, whatever the end is."""
    return _guarded(workspace, run, lambda: _carry(workspace, run, progress))


def check(workspace: WorkspaceId, run: ImportId, progress: Progress | None = None) -> Run:
    """Dry run: count what an import would do, without writing any of it."""
    return _guarded(workspace, run, lambda: _check(workspace, run, progress))


def _guarded(workspace: WorkspaceId, run: ImportId, action: Callable[[], None]) -> Run:
    try:
        action()
    except Stopped:
        pass
    except Problem as problem:
        _fail(workspace, run, str(problem))
    with database.scope(workspace):
        return store.seen(store.row(workspace, run))


def _fail(workspace: WorkspaceId, run: ImportId, why: str) -> None:
    """A check that fails leaves the file to be mapped anew; an import that fails has ended."""
    with database.scope(workspace):
        row = store.row(workspace, run, lock=True)
        row.error = why
        if row.state == "checking":
            row.state = "uploaded"
        else:
            row.state, row.finished_at = "failed", clock.now()
            store.forget_files(workspace, row)
        row.save()
    _log.info("import.failed", run=str(run))


def _carry(workspace: WorkspaceId, run: ImportId, progress: Progress | None) -> None:
    job = _job(workspace, run, "running")
    with job.table:
        done = job.start
        for chunk in _chunks(job):
            if disk.level() >= disk.Level.TIGHT:
                _hold(job)
            done = _store(job, chunk, done)
            _estimate(job, done, progress)
    _finish(job, done)
    _report(job, progress)


def _hold(job: Job) -> None:
    """Pause until there is room on the disk: `jobs.resume_held` goes on then."""
    with database.scope(job.workspace):
        row = store.row(job.workspace, job.id, lock=True)
        if row.state == "running":
            row.state, row.error = "paused", disk.STOPPED
            row.save()
    _log.warning("import.held", run=str(job.id))
    raise Stopped


def _job(workspace: WorkspaceId, run: ImportId, state: str) -> Job:
    with database.scope(workspace):
        row = store.row(workspace, run)
        if row.state != state:
            raise Stopped
        mapping = load(row.mapping)
        here = accounts.workspace(workspace)
        if state == "running":
            declare(workspace, mapping)
    spread = mapping.spread_hours
    zone = zone_of(mapping.time_zone or here.time_zone)
    calendar = Calendar(zone, clock.now(), mapping.date_formats, row.shift_days, spread)
    mapping = mapping if mapping.region else replace(mapping, region=here.region)
    tables = lookup_tables(workspace, mapping, row.lookups)
    table = open_table(store.file(workspace, row.file), store.dialect(row), mapping.header)
    try:
        made = plan(mapping, table.header, tables, calendar, comparing(workspace))
    except Problem:
        table.close()
        raise
    batch = Batch(workspace, run, mapping, row.file_name, row.started_at or clock.now())
    return Job(workspace, run, mapping, table, made, row.rows_done, batch)


def lookup_tables(workspace: WorkspaceId, mapping: Mapping, stored: dict[str, str]) -> Tables:
    """The lookup files of a mapping, by key."""
    found = {}
    for lookup in mapping.lookups:
        if lookup.name not in stored:
            hint = f"Upload {lookup.file} with the file."
            raise BadInput(
                f"The lookup file {lookup.file!r} is missing.", at=f"lookups.{lookup.name}", hint=hint
            )
        found[lookup.name] = _lookup_table(workspace, mapping, lookup, stored[lookup.name])
    return found


def _lookup_table(
    workspace: WorkspaceId, mapping: Mapping, lookup: Lookup, name: str
) -> dict[str, dict[str, str]]:
    path = store.file(workspace, name)
    dialect = detect(path)
    dialect = replace(dialect, encoding=lookup.encoding) if lookup.encoding else dialect
    found: dict[str, dict[str, str]] = {}
    with open_table(path, dialect) as table:
        wanted = {column for one in mapping.columns for name, column in one.lookup if name == lookup.name}
        if missing := sorted({lookup.key, *wanted} - set(table.header)):
            hint = f"It has: {', '.join(table.header[:20])}."
            at = f"lookups.{lookup.name}"
            raise BadInput(f"The lookup file {lookup.file!r} has no column {missing[0]!r}.", at=at, hint=hint)
        places = {column: table.header.index(column) for column in wanted}
        key = table.header.index(lookup.key)
        for row in table:
            if not row.fault and len(row.cells) == len(table.header):
                texts = faults.texts(row.cells)
                found[texts[key].strip()] = {column: texts[place].strip() for column, place in places.items()}
            if len(found) > LOOKUP_ROWS:
                raise BadInput("The lookup file is too large.", at=f"lookups.{lookup.name}", hint="Split it.")
    return found


def _chunks(job: Job) -> Iterator[list[Parsed]]:
    rows = iter(job.table)
    for _ in islice(rows, job.start):
        pass
    while chunk := [(row, parse(row, job.plan)) for row in islice(rows, CHUNK)]:
        yield chunk


def _store(job: Job, chunk: Sequence[Parsed], done: int) -> int:
    """Store a chunk in one transaction, or, where that is refused, its halves; gives how many rows are done."""
    try:
        return _store_at_once(job, chunk, done)
    except (DataError, IntegrityError, Problem, ValueError, TypeError, KeyError) as error:
        if len(chunk) == 1:
            row, _ = chunk[0]
            refused = Rejected(row.number, (Flaw("", "", _said(error)),))
            _log.warning("import.row_refused", run=str(job.id), row=row.number, error=type(error).__name__)
            return _store_at_once(job, [(row, refused)], done)
    middle = len(chunk) // 2
    return _store(job, chunk[middle:], _store(job, chunk[:middle], done))


def _said(error: Exception) -> str:
    return error.detail if isinstance(error, Problem) else "The database refused this row."


def _store_at_once(job: Job, chunk: Sequence[Parsed], done: int) -> int:
    with database.scope(job.workspace):
        database.lock(
            job.workspace, "people"
        )  # taken first by all who write people, so that nobody waits in a ring
        row = store.row(job.workspace, job.id, lock=True)
        if row.state != "running" or row.rows_done != done:
            raise Stopped
        counts, found = _take(job, chunk)
        path = store.fault_file(job.workspace, job.id)
        row.fault_bytes = faults.append(path, job.table.header, found, row.fault_bytes)
        row.rows_done, row.touched_at = done + len(chunk), clock.now()
        store.count(row, counts)
        row.save()
        return row.rows_done


def _take(job: Job, chunk: Sequence[Parsed]) -> tuple[Counts, list[Fault]]:
    records = [parsed for _, parsed in chunk if isinstance(parsed, Record)]
    with cause(job.id):
        taken = take(job.batch, records)
    found, skipped, incomplete = [], 0, 0
    fates: Counter[Fate] = Counter()
    for row, parsed in chunk:
        if isinstance(parsed, Skipped):
            skipped += 1
            continue
        rejected = parsed.flaws if isinstance(parsed, Rejected) else taken.rejected.get(row.number, ())
        left_out = [*getattr(parsed, "left_out", ()), *taken.left_out.get(row.number, ())]
        if rejected:
            fates[rejected[0].fate] += 1
            found.append(_fault(row, "rejected", rejected))
        elif left_out:
            incomplete += 1
            found.append(_fault(row, "taken, without a value", left_out))
    return replace(taken.counts, skipped=skipped, incomplete=incomplete, **_fated(fates)), found


def _fated(fates: Counter[Fate]) -> dict[str, int]:
    return {fate: fates[fate] for fate in get_args(Fate)}


def _fault(row: Row, outcome: str, flaws: Sequence[Flaw]) -> Fault:
    """What an erased person told is not written down again."""
    cells = () if any(flaw.secret or flaw.reason == ERASED for flaw in flaws) else faults.texts(row.cells)
    return Fault(row.line or row.number, outcome, " · ".join(str(flaw) for flaw in flaws), cells)


def _estimate(job: Job, done: int, progress: Progress | None) -> None:
    """Tell how far the run is. The total is reckoned from how much of the file has been read."""
    fraction = job.table.fraction()
    total = max(done, round(done / fraction)) if fraction else done
    with database.scope(job.workspace):
        models.ImportRun.objects.filter(workspace_id=job.workspace, id=job.id).update(rows_total=total)
    _report(job, progress)


def _report(job: Job, progress: Progress | None) -> None:
    if progress:
        with database.scope(job.workspace):
            progress(store.seen(store.row(job.workspace, job.id)))


def _finish(job: Job, done: int) -> None:
    with database.scope(job.workspace):
        row = store.row(job.workspace, job.id, lock=True)
        if row.state != "running" or row.rows_done != done:
            raise Stopped
        row.state, row.finished_at, row.rows_total = "finished", clock.now(), done
        store.forget_files(job.workspace, row)
        row.save()
        tell(ImportFinished(workspace=job.workspace, at=clock.now(), run=job.id, kind=job.mapping.kind))
    _log.info("import.finished", run=str(job.id), rows=done)


def _check(workspace: WorkspaceId, run: ImportId, progress: Progress | None) -> None:
    job = _job(workspace, run, "checking")
    seen: set[Any] = set()
    flaws: list[dict[str, Any]] = []
    counts, done = Counts(), 0
    with job.table:
        for chunk in _chunks(job):
            with database.scope(workspace):
                counted, taken = _foresee(job, chunk, seen)
            counts += counted
            flaws += _some_flaws(chunk, taken, SAMPLE - len(flaws))
            done += len(chunk)
            _touch(job, "checking")
            _estimate(job, done, progress)
            if done >= CHECKED:
                break
        complete = done < CHECKED or job.table.fraction() >= 1
    with database.scope(workspace):
        row = store.row(workspace, run, lock=True)
        if row.state != "checking":
            raise Stopped
        named = dict(zip(store.COUNTED, (getattr(counts, name) for name in store.COUNTED), strict=True))
        row.checked = {"rows": done, "complete": complete, "flaws": flaws, **named}
        row.state = "ready"
        row.save()


def _touch(job: Job, state: str) -> None:
    with database.scope(job.workspace):
        row = store.row(job.workspace, job.id, lock=True)
        if row.state != state:
            raise Stopped
        row.touched_at = clock.now()
        row.save(update_fields=["touched_at"])


def _foresee(job: Job, chunk: Sequence[Parsed], seen: set[Any]) -> tuple[Counts, Taken]:
    records = [parsed for _, parsed in chunk if isinstance(parsed, Record)]
    taken = foresee_chunk(job.workspace, job.mapping, records, seen)
    rejected = sum(1 for _, parsed in chunk if isinstance(parsed, Rejected))
    incomplete = sum(1 for record in records if record.left_out and record.number not in taken.rejected)
    skipped = len(chunk) - len(records) - rejected
    fates = Counter[Fate](flaws[0].fate for flaws in taken.rejected.values())
    fates["invalid"] += rejected
    return replace(taken.counts, skipped=skipped, incomplete=incomplete, **_fated(fates)), taken


def _some_flaws(chunk: Sequence[Parsed], taken: Taken, wanted: int) -> list[dict[str, Any]]:
    """The first faults with their rows and reasons; values are personal and stay in the file."""
    found = [
        (row.line or row.number, flaws)
        for row, parsed in chunk
        if (flaws := getattr(parsed, "flaws", None) or taken.rejected.get(row.number))
    ]
    return [
        {"row": number, "reasons": [str(replace(flaw, value="")) for flaw in flaws]}
        for number, flaws in found[:wanted]
    ]
