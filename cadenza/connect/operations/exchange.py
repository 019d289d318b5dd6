"""One call from request to answer: carried out once, in one transaction, and written down."""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import msgspec
from django.db import transaction

from cadenza.base import clock, database, jobs
from cadenza.base.ids import ProfileId, WorkspaceId, new_id
from cadenza.cdp.identity.types import Identifier
from cadenza.connect.operations import models, store
from cadenza.connect.operations.parse import parse
from cadenza.connect.operations.perform import perform
from cadenza.connect.operations.recognise import comparing
from cadenza.connect.operations.types import Call, Invalid, Mode, Operation, Point, Request, Tree
from cadenza.connect.operations.write import write
from cadenza.trust.privacy import service as privacy

PLACE = re.compile(r"[A-Za-z0-9/]{1,80}")  # any other name is the caller's own, and may be personal
SUCCESS: Tree = {"status": "Success"}


@dataclass(frozen=True)
class Asked:
    """A request as its door understood it: who may, what, with which words. `app`: its device is no browser."""

    point: Point
    operation: Operation
    tree: Tree
    device: str = ""
    app: bool = False
    params: dict[str, str] = field(default_factory=dict)
    transaction: str | None = None
    trusted: bool = True
    test: bool = False
    ip: str | None = None

    @property
    def workspace(self) -> WorkspaceId:
        return self.point.workspace


def answer_now(asked: Asked) -> Tree:
    """Carry it out and answer; a replay of a transactionId gets the first answer and changes nothing."""
    began, now = time.monotonic(), clock.now()
    try:
        request = _understood(asked, now)
        return _tried(asked, request, now) if asked.test else _done(asked, request, now, began)
    except Invalid as fault:
        if not asked.test:
            refused(asked.workspace, asked.point.id, asked.operation.id, "sync", fault, now, began)
        raise


def _understood(asked: Asked, now: datetime) -> Request:
    device = Identifier("app_id" if asked.app else "anonymous_id", asked.device) if asked.device else None
    comparable = comparing(asked.workspace)
    return parse(asked.operation, asked.point, asked.tree, device, now, asked.params, comparable)


def _tried(asked: Asked, request: Request, now: datetime) -> Tree:
    """Everything as it would be, and then undone: nothing that was written stays."""
    with database.scope(asked.workspace), transaction.atomic():
        told, _ = perform(_call(asked, request, now, str(new_id())))
        transaction.set_rollback(True)
    return _plain(told) | {"test": True}


def _done(asked: Asked, request: Request, now: datetime, began: float) -> Tree:
    here, point, operation = asked.workspace, asked.point.id, asked.operation.id
    with database.scope(here):
        number = store.claim(here, point, operation, asked.transaction, "sync", now)
        if number is None:
            return store.first_answer(here, point, operation, asked.transaction or "") or SUCCESS
        told, person = perform(_call(asked, request, now, _message(asked)))
        answer = _plain(told)
        kept = answer if asked.transaction else None
        store.finish(here, number, "Success", _since(began), person if kept else None, kept)
    return answer


def _message(asked: Asked) -> str:
    """What this call's events are told under: the same for a replay, even one after the first was forgotten."""
    return f"{asked.point.id}:{asked.operation.id}:{asked.transaction or new_id()}"


def _call(asked: Asked, request: Request, at: datetime, message: str) -> Call:
    return Call(asked.workspace, asked.point, asked.operation, request, message, at, asked.trusted, asked.ip)


def _plain(told: Tree) -> Tree:
    """The answer as JSON holds it, so that a replay is the same to the letter."""
    return {**SUCCESS, **json.loads(write(told, as_xml=False))}


def _since(began: float) -> int:
    return int((time.monotonic() - began) * 1000)


def refused(
    workspace: WorkspaceId,
    point: UUID,
    operation: UUID,
    mode: Mode,
    fault: Invalid,
    now: datetime,
    began: float,
) -> None:
    """Write down that a call was refused, and where; its transactionId stays free for the mended one."""
    first = fault.messages[0]
    with database.scope(workspace):
        number = store.claim(workspace, point, operation, None, mode, now)
        if number is not None:
            place = f"{first.location}: " if PLACE.fullmatch(first.location) else ""
            said = f"{place}{first.message}"
            store.finish(workspace, number, "ValidationError", _since(began), None, None, said)


def answer_later(asked: Asked) -> Tree:
    """Check the form now, keep it on disk, carry it out in its turn: the answer promises no more than that."""
    began, now = time.monotonic(), clock.now()
    try:
        request = _understood(asked, now)
        if asked.test:
            _tried(asked, request, now)
            return SUCCESS | {"test": True}
    except Invalid as fault:
        if not asked.test:
            refused(asked.workspace, asked.point.id, asked.operation.id, "async", fault, now, began)
        raise
    with database.scope(asked.workspace):
        number = store.claim(
            asked.workspace, asked.point.id, asked.operation.id, asked.transaction, "async", now
        )
        if number is not None:
            _keep(asked, now)
            store.finish(
                asked.workspace,
                number,
                "Accepted",
                _since(began),
                None,
                SUCCESS if asked.transaction else None,
            )
    return SUCCESS


def _keep(asked: Asked, now: datetime) -> None:
    told = {"tree": asked.tree, "device": asked.device, "app": asked.app, "params": asked.params,
            "trusted": asked.trusted, "ip": asked.ip, "message": _message(asked)}  # fmt: skip
    payload = write(told, as_xml=False)
    store.put_waiting(asked.workspace, asked.point.id, asked.operation.id, now, payload)
    defer(asked.workspace)


def defer(workspace: WorkspaceId) -> None:
    """Let a worker carry out what waits in this workspace, in order."""
    from cadenza.connect.operations.jobs import carry_out

    name = f"operations {workspace}"
    jobs.defer(carry_out, once=name, lock=name, workspace=str(workspace))


def next_waiting(workspace: WorkspaceId) -> bool:
    """Carry out the oldest waiting call in one transaction with its disappearance; False where none waits."""
    began = time.monotonic()
    fault: Invalid | None = None
    with database.scope(workspace):
        row = store.oldest_waiting(workspace)
        if row is None:
            return False
        point, operation, at = row.point_id, row.operation_id, row.received_at
        try:
            with transaction.atomic():
                status, person = _carried(workspace, row)
        except Invalid as refusal:
            fault = refusal
        else:
            number = store.claim(workspace, point, operation, None, "async", clock.now())
            if number is not None:
                store.finish(workspace, number, status, _since(began), person, None)
        store.drop_waiting(workspace, [row.seq])
    if fault:
        refused(workspace, point, operation, "async", fault, at, began)
    return True


def _carried(workspace: WorkspaceId, row: models.Waiting) -> tuple[str, ProfileId | None]:
    told = msgspec.json.decode(bytes(row.payload))
    operation = store.operation_of(workspace, row.operation_id)
    point = store.point_of(workspace, row.point_id)
    if operation is None or point is None:
        return "NotProcessed", None  # the shop removed it in the meantime
    asked = Asked(
        point, operation, told["tree"], told["device"], told.get("app", False), told["params"], None,
        told["trusted"], ip=told["ip"],
    )  # fmt: skip
    request = _understood(asked, row.received_at)
    known = [(one.kind, one.value) for one in request.named.identifiers]
    since = privacy.erased_since(workspace, known)
    if any(row.received_at <= moment for moment in since.values()):
        return "NotProcessed", None  # it tells of somebody who was erased after it came
    _, person = perform(_call(asked, request, row.received_at, told["message"]))
    return "Success", person


def set_aside(workspace: WorkspaceId, error: Exception) -> None:
    """Keep the oldest waiting call, which cannot be carried out, so that it blocks no other."""
    with database.scope(workspace):
        row = store.oldest_waiting(workspace)
        if row:
            row.failed_at, row.error = clock.now(), type(error).__name__
            row.save()
