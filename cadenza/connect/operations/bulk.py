"""Takes in a bulk import of customers: kept on disk first, then carried out batch by batch from a checkpoint."""

from __future__ import annotations

import io
import math
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import islice
from uuid import UUID

from django.db import transaction

from cadenza.base import clock, database, files, jobs
from cadenza.base.ids import ProfileId, WorkspaceId, new_id
from cadenza.base.problem import TooMany
from cadenza.cdp.identity import service as identity
from cadenza.cdp.identity.types import NOBODY
from cadenza.cdp.profiles import service as profiles
from cadenza.cdp.profiles.types import TraitChange
from cadenza.connect.operations import models, store
from cadenza.connect.operations.customers import confirmed, lasting, record_wishes
from cadenza.connect.operations.identify import identify
from cadenza.connect.operations.recognise import SOURCE, Who, comparing, existing
from cadenza.connect.operations.spread import Form, spread
from cadenza.connect.operations.types import (
    BULK_IMPORT,
    CUSTOMER_FIELDS,
    Call,
    Customer,
    Invalid,
    Message,
    Named,
    Operation,
    Point,
    Request,
    Tree,
)
from cadenza.connect.operations.understand import understand
from cadenza.trust.privacy import service as privacy

AN_HOUR, PER_HOUR = timedelta(hours=1), 60
BATCH = 500
MOST_ERRORS = 1000
MOST_BYTES = 64 << 20
IMPORT = Operation(UUID(int=0), UUID(int=0), BULK_IMPORT, "edit", "", CUSTOMER_FIELDS, (), "secret", True)


def accept(point: Point, body: bytes, how: Form, transaction: str | None) -> Tree:
    """Keep the import and let it be carried out; a replay of a transactionId is told of the first."""
    now, here = clock.now(), point.workspace
    _whole(body, how)
    with database.scope(here):
        number = store.claim(here, point.id, IMPORT.id, transaction, "bulk", now)
        if number is None:
            return store.first_answer(here, point.id, IMPORT.id, transaction or "") or {"status": "Success"}
        _within_the_hour(point, now)
        id = new_id()
        answer: Tree = {"status": "Success", "bulkImport": {"id": str(id), "state": "Waiting"}}
        name = files.save(here, io.BytesIO(body), ".bulk")
        form = {"kind": how.kind, "encoding": how.encoding, "delimiter": how.delimiter}
        models.Bulk.objects.create(
            id=id, workspace_id=here, point_id=point.id, file=name, form=form, created_at=now
        )
        store.finish(here, number, "Accepted", 0, None, answer if transaction else None)
        defer(here, id)
    return answer


def tried(point: Point, body: bytes, how: Form) -> Tree:
    """What an import with a test key is told: how many rows are fine, and what is wrong with the others."""
    faults: list[Message] = []
    rows = invalid = 0
    for number, node in enumerate(spread(body, how), 1):
        rows = number
        try:
            _understood(node, point)
        except Invalid as refusal:
            invalid += 1
            faults += [Message(one.message, f"/rows/{number}{one.location}") for one in refusal.messages]
    told = [{"message": one.message, "location": one.location} for one in faults[:100]]
    return {
        "status": "Success",
        "test": True,
        "bulkImport": {"rows": rows, "invalid": invalid, "errors": told},
    }


def _whole(body: bytes, how: Form) -> None:
    """Raise what makes the import unreadable as a whole, before it is accepted."""
    next(iter(spread(body, how)), None)


def _within_the_hour(point: Point, now: datetime) -> None:
    database.lock(point.workspace, f"bulk {point.id}")
    made = store.bulks_since(point.workspace, point.id, now - AN_HOUR)
    if len(made) >= PER_HOUR:
        seconds = math.ceil((made[-PER_HOUR] + AN_HOUR - now).total_seconds())
        raise TooMany(
            f"There are {PER_HOUR} bulk imports an hour.", hint="Send it again after Retry-After.",
            retry_after=max(1, seconds),
        )  # fmt: skip


def defer(workspace: WorkspaceId, bulk: UUID) -> None:
    """Let a worker carry the import on."""
    from cadenza.connect.operations.jobs import import_bulk

    jobs.defer(
        import_bulk, once=f"bulk {bulk}", lock=f"bulk {workspace}", workspace=str(workspace), bulk=str(bulk)
    )


def carry(workspace: WorkspaceId, bulk: UUID) -> None:
    """Carry an import on from its checkpoint until it is done."""
    rows: Iterator[Tree] | None = None
    while True:
        with database.scope(workspace):
            row = models.Bulk.objects.select_for_update().filter(workspace_id=workspace, id=bulk).first()
            if row is None or row.state in ("done", "failed"):
                return
            point = store.point_of(workspace, row.point_id)
            if rows is None:
                rows = _from_checkpoint(workspace, row)
            batch = list(islice(rows, BATCH))
            if point and batch:
                _take_in(point, row, batch)
            row.state = "running" if point and batch else "done"
            row.finished_at = None if row.state == "running" else clock.now()
            name, row.file = row.file, row.file if row.state == "running" else ""
            row.save()
        if row.state == "done":
            files.delete(workspace, name)
            return


def _from_checkpoint(workspace: WorkspaceId, row: models.Bulk) -> Iterator[Tree]:
    return islice(spread(files.path(workspace, row.file).read_bytes(), Form(**row.form)), row.rows, None)


def _take_in(point: Point, row: models.Bulk, batch: Iterable[Tree]) -> None:
    fine: list[tuple[int, Named, Customer]] = []
    for number, node in enumerate(batch, row.rows + 1):
        try:
            named, customer = _understood(node, point)
        except Invalid as refusal:
            _fault(row, number, refusal.messages)
        else:
            fine.append((number, named, customer))
        row.rows = number
    _apply(point, row, _not_erased(point, row, fine))


def _understood(node: Tree, point: Point) -> tuple[Named, Customer]:
    faults: list[Message] = []
    named = identify(node, point.external_system, None, comparing(point.workspace), faults, "")
    customer = understand(node, CUSTOMER_FIELDS, faults, "")
    if not named and not faults:
        faults.append(Message("Tell who it is.", "/ids"))
    if faults:
        raise Invalid(*faults)
    return named, customer


def _fault(row: models.Bulk, number: int, messages: Iterable[Message]) -> None:
    row.invalid += 1
    _note(row, number, messages)


def _note(row: models.Bulk, number: int, messages: Iterable[Message]) -> None:
    """Remember what is wrong with a row; the first thousand say enough."""
    if len(row.errors) < MOST_ERRORS:
        row.errors.append({"row": number, "errors": [[one.location, one.message] for one in messages]})


def _not_erased(
    point: Point, row: models.Bulk, fine: list[tuple[int, Named, Customer]]
) -> list[tuple[int, Named, Customer]]:
    known = [(one.kind, one.value) for _, named, _ in fine for one in named.identifiers]
    since = privacy.erased_since(point.workspace, known)
    if not since:
        return fine
    late = {key for key, at in since.items() if row.created_at <= at}
    return [one for one in fine if not any((i.kind, i.value) in late for i in one[1].identifiers)]


def _apply(point: Point, row: models.Bulk, fine: list[tuple[int, Named, Customer]]) -> None:
    here = point.workspace
    people = _people(point, row, fine)
    told = [(*one, who) for one, who in zip(fine, people, strict=True) if who]
    changes = [
        TraitChange(
            who.profile, customer.traits, _moment(row, customer), SOURCE, who.home, operation=BULK_IMPORT
        )
        for _, _, customer, who in told
    ]
    before = profiles.many(here, {one.profile for one in changes})
    for refused in profiles.apply(here, changes):
        number, _, customer, _ = told[refused.change]
        _note(row, number, [Message(refused.reason, customer.locations.get(refused.field, "/"))])
    for number, named, customer, who in told:
        if customer.wishes or customer.confirmed:
            _say(point, row, number, Request(named, customer), who)
    after = profiles.many(here, {one.profile for one in changes})
    made = {who.profile for who in people if who.status == "Created"}
    for one in {one.profile for one in changes} - made:
        moved = lasting(before.get(one)) != lasting(after.get(one))
        row.changed, row.unchanged = row.changed + moved, row.unchanged + (not moved)
    row.created += len(made)


def _moment(row: models.Bulk, customer: Customer) -> datetime:
    return min(customer.at or row.created_at, row.created_at)


def _people(point: Point, row: models.Bulk, fine: list[tuple[int, Named, Customer]]) -> list[Who]:
    """The person of each row: by our own number where it tells one, else by its identifiers, all at once."""
    asked = [named.identifiers for _, named, _ in fine if not named.own and named.identifiers]
    found = iter(identity.resolve(point.workspace, asked, at=row.created_at, source=SOURCE))
    people = []
    for number, named, _ in fine:
        if named.own:
            people.append(_by_number(point, row, number, named.own))
        else:
            one = next(found)
            people.append(Who("Created" if one.created else "Found", one.profile, one.home))
    return people


def _by_number(point: Point, row: models.Bulk, number: int, own: ProfileId) -> Who:
    if now := existing(point.workspace, own):
        return Who("Found", now, now)
    _fault(row, number, [Message("Nobody has this number.", "/ids")])
    return Who("NotFound", NOBODY)


def _say(point: Point, row: models.Bulk, number: int, request: Request, who: Who) -> None:
    """Contacts that are shown to be theirs, and what they agreed to: row by row, for few tell of it."""
    call = Call(point.workspace, point, IMPORT, request, f"{row.id}:{number}", row.created_at)
    try:
        with transaction.atomic():
            record_wishes(call, confirmed(call, who))
    except Invalid as refusal:
        _note(row, number, refusal.messages)
