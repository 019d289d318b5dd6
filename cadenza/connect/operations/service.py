"""Integration points, their keys and their operations: made, changed, and found when a call comes in."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from threading import Lock
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.db import IntegrityError, transaction

from cadenza.base import clock, crypto, database, text
from cadenza.base.ids import ProfileId, WorkspaceId, new_id
from cadenza.base.problem import BadInput, Conflict, NotFound
from cadenza.cdp.profiles import service as profiles
from cadenza.connect.operations import models, store, ticket
from cadenza.connect.operations.furnish import DOES, TARGETED, accepted, furnish, returned, widest
from cadenza.connect.operations.illustrate import illustrate
from cadenza.connect.operations.order import SAID
from cadenza.connect.operations.types import (
    ACCESSES,
    CUSTOMER_FIELDS,
    RETURNED_FIELDS,
    Access,
    Bulk,
    KeyKind,
    Kind,
    Logged,
    Operation,
    Point,
    PointKey,
)

SECONDS = 5.0  # a revoked key works no longer than this in any process
PREFIX: dict[KeyKind, str] = {"production": "co", "test": "ct"}
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.\-]{0,119}")
SYSTEM = re.compile(r"[A-Za-z][A-Za-z0-9_\-]{0,59}")
ENDPOINT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.\-]{2,79}")
MOST_SITES, MOST_OPERATIONS = 50, 500
CHANGEABLE = ("kind", "target", "accepts", "returns", "access", "enabled")

_found: dict[tuple[str, bytes], tuple[Any, datetime]] = {}
_lock = Lock()


def create_point(
    workspace: WorkspaceId, name: str, *, endpoint: str = "", external_system: str = "websiteID", brand: str = "",
    touchpoint: str = "", sites: Sequence[str] = (), prefix: str = "Website",
) -> Point:  # fmt: skip
    """A new integration point with the standard operations, named `<prefix>.RegisterCustomer` and so on."""
    now = clock.now()
    row = models.Point(
        id=new_id(), workspace_id=workspace, endpoint=endpoint.strip() or _endpoint(name), created_at=now
    )
    if not ENDPOINT.fullmatch(row.endpoint):
        raise BadInput(
            "This is not an endpointId.", at="endpoint", hint="Use 3 to 80 letters, digits, . _ or -."
        )
    if not NAME.fullmatch(prefix):
        raise BadInput(
            "This cannot be the first part of names.", at="prefix", hint="Use letters, like Website."
        )
    _fill(row, name=name, external_system=external_system, brand=brand, touchpoint=touchpoint, sites=sites)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        raise Conflict("This endpointId is taken.", at="endpoint", hint="Use another one.") from None
    models.Operation.objects.bulk_create([
        models.Operation(
            id=new_id(), workspace_id=workspace, point=row, name=one.name, kind=one.kind, target=one.target,
            access=one.access, accepts=list(accepted(one.kind)), returns=list(returned(one.kind)),
            created_at=now, updated_at=now,
        )
        for one in furnish(prefix)
    ])  # fmt: skip
    _forget()
    return store.as_point(row)


def _endpoint(name: str) -> str:
    plain = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:60]
    return f"{plain or 'point'}.{secrets.token_hex(3)}"


def update_point(workspace: WorkspaceId, point: UUID, **values: Any) -> Point:
    """Change name, external_system, brand, touchpoint or sites. The endpointId stays: programs know it."""
    row = _point_row(workspace, point)
    _fill(row, **values)
    row.save()
    _forget()
    return store.as_point(row)


def _fill(row: models.Point, **values: Any) -> None:
    for name in ("name", "brand", "touchpoint"):
        if name in values:
            setattr(row, name, text.clean(str(values[name]).strip(), 120))
    if "external_system" in values:
        row.external_system = str(values["external_system"]).strip()
    if "sites" in values:
        row.sites = _sites(values["sites"])
    if not row.name:
        raise BadInput("An integration point needs a name.", at="name", hint="Write which system it is.")
    if not SYSTEM.fullmatch(row.external_system):
        raise BadInput(
            "This is not the name of a system.",
            at="external_system",
            hint="Use letters and digits, like websiteID.",
        )


def _sites(told: Sequence[str]) -> list[str]:
    if len(told) > MOST_SITES:
        raise BadInput(f"There are at most {MOST_SITES} sites.", at="sites")
    return list(dict.fromkeys(_site(one) for one in told if one.strip()))


def _site(told: str) -> str:
    parts = urlsplit(told.strip().lower().rstrip("/"))
    plain = f"{parts.scheme}://{parts.netloc}"
    if (
        parts.scheme not in ("http", "https")
        or not parts.netloc
        or "@" in parts.netloc
        or parts.path
        or len(plain) > 200
    ):
        raise BadInput("This is not a site.", at="sites", hint="Write it like https://shop.example.com.")
    return plain


def points(workspace: WorkspaceId) -> list[Point]:
    """All integration points, oldest first."""
    return [
        store.as_point(row)
        for row in models.Point.objects.filter(workspace_id=workspace).order_by("created_at")
    ]


def point(workspace: WorkspaceId, point: UUID) -> Point:
    """One integration point."""
    return store.as_point(_point_row(workspace, point))


def _point_row(workspace: WorkspaceId, point: UUID) -> models.Point:
    found = models.Point.objects.filter(workspace_id=workspace, id=point).first()
    if not found:
        raise NotFound("There is no such integration point.")
    return found


def issue_key(workspace: WorkspaceId, point: UUID, kind: KeyKind) -> tuple[PointKey, str]:
    """A new key and its text, which is shown this once."""
    if kind not in PREFIX:
        raise BadInput("A key is a production key or a test key.", at="kind")
    plain = f"{PREFIX[kind]}_{secrets.token_urlsafe(24)}"
    row = models.PointKey.objects.create(
        id=new_id(), workspace_id=workspace, point=_point_row(workspace, point), kind=kind, created_at=clock.now(),
        fingerprint=crypto.fingerprint(plain), hint=f"{plain[:3]}…{plain[-4:]}",
    )  # fmt: skip
    _forget()
    return _key(row), plain


def keys(workspace: WorkspaceId, point: UUID) -> list[PointKey]:
    """The keys of an integration point, newest first."""
    rows = models.PointKey.objects.filter(workspace_id=workspace, point_id=point).order_by("-created_at")
    return [_key(row) for row in rows]


def revoke_key(workspace: WorkspaceId, key: UUID) -> None:
    """End a key; one that has ended already stays so."""
    row = models.PointKey.objects.filter(workspace_id=workspace, id=key).first()
    if not row:
        raise NotFound("There is no such key.")
    row.revoked_at = row.revoked_at or clock.now()
    row.save()
    _forget()


def _key(row: models.PointKey) -> PointKey:
    return PointKey(
        row.id, row.point_id, WorkspaceId(row.workspace_id), row.kind, row.hint, row.created_at, row.revoked_at  # type: ignore[arg-type]
    )  # fmt: skip


# workspace-free: finds the workspace
def find_key(plain: str) -> PointKey | None:
    """The living key with this text; answers are remembered for a few seconds."""
    print_ = crypto.fingerprint(plain)
    if known := _remembered("key", print_):
        return known[0]  # type: ignore[no-any-return]
    with database.system_scope():
        row = models.PointKey.objects.filter(fingerprint=print_, revoked_at=None).first()
    return _remember("key", print_, _key(row) if row else None)  # type: ignore[no-any-return]


# workspace-free: finds the workspace
def find_point(endpoint: str) -> Point | None:
    """The integration point of an endpointId; answers are remembered for a few seconds."""
    print_ = crypto.fingerprint(endpoint)
    if known := _remembered("point", print_):
        return known[0]  # type: ignore[no-any-return]
    with database.system_scope():
        row = models.Point.objects.filter(endpoint=text.clean(endpoint, 80)).first()
    return _remember("point", print_, store.as_point(row) if row else None)  # type: ignore[no-any-return]


def _remembered(what: str, print_: bytes) -> tuple[Any, datetime] | None:
    with _lock:
        known = _found.get((what, print_))
    return known if known and known[1] > clock.now() else None


def _remember(what: str, print_: bytes, found: Any) -> Any:
    with _lock:
        if len(_found) > 10_000:
            _found.clear()
        _found[what, print_] = (found, clock.now() + timedelta(seconds=SECONDS))
    return found


def _forget() -> None:
    with _lock:
        _found.clear()


def operations(workspace: WorkspaceId, point: UUID) -> list[Operation]:
    """The operations of an integration point, in the order they were made."""
    rows = models.Operation.objects.filter(workspace_id=workspace, point_id=point).order_by("id")
    return [store.as_operation(row) for row in rows]


def operation(workspace: WorkspaceId, operation: UUID) -> Operation:
    """One operation."""
    return store.as_operation(_operation_row(workspace, operation))


def operation_named(workspace: WorkspaceId, point: UUID, name: str) -> Operation | None:
    """The enabled operation of this name; answers are remembered for a few seconds."""
    print_ = crypto.fingerprint(f"{point} {name}")
    if known := _remembered("operation", print_):
        return known[0]  # type: ignore[no-any-return]
    with database.scope(workspace):
        rows = models.Operation.objects.filter(workspace_id=workspace, point_id=point, enabled=True)
        row = rows.filter(name=text.clean(name, 120)).first()
    return _remember("operation", print_, store.as_operation(row) if row else None)  # type: ignore[no-any-return]


def add_operation(
    workspace: WorkspaceId, point: UUID, name: str, kind: Kind, *, target: str = "", access: Access = "secret"
) -> Operation:
    """One more operation, under a name of the shop's own."""
    if not NAME.fullmatch(name):
        raise BadInput(
            "This cannot be the name of an operation.",
            at="name",
            hint="Write it like Website.RegisterCustomer.",
        )
    if models.Operation.objects.filter(workspace_id=workspace, point_id=point).count() >= MOST_OPERATIONS:
        raise BadInput(f"An integration point has at most {MOST_OPERATIONS} operations.", at="name")
    now = clock.now()
    row = models.Operation(
        id=new_id(), workspace_id=workspace, point=_point_row(workspace, point), name=name, kind=kind, created_at=now,
        updated_at=now,
    )  # fmt: skip
    _check_kind(kind)
    _set(row, {"target": target, "access": access, "accepts": accepted(kind), "returns": returned(kind)})
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        raise Conflict(
            "There is an operation of this name already.", at="name", hint="Use another one."
        ) from None
    _forget()
    return store.as_operation(row)


def update_operation(workspace: WorkspaceId, operation: UUID, **values: Any) -> Operation:
    """Change any of `CHANGEABLE`."""
    row = _operation_row(workspace, operation)
    if wrong := set(values) - set(CHANGEABLE):
        raise BadInput(f"An operation has no {sorted(wrong)[0]}.", at=sorted(wrong)[0])
    _set(row, values)
    row.updated_at = clock.now()
    row.save()
    _forget()
    return store.as_operation(row)


def _set(row: models.Operation, values: dict[str, Any]) -> None:
    for name, value in values.items():
        setattr(row, name, list(value) if name in ("accepts", "returns") else value)
    _check_kind(row.kind)
    row.target = text.clean(row.target.strip(), 120)
    _check_access(row)
    if row.kind in TARGETED and TARGETED[row.kind] != "status" and not row.target:  # type: ignore[index]
        raise BadInput(f"Tell the name of the {TARGETED[row.kind]}.", at="target")  # type: ignore[index]
    if TARGETED.get(row.kind) == "status" and row.target and row.target.lower() not in SAID:  # type: ignore[call-overload]
        raise BadInput("There is no such status.", at="target", hint=f"Known are: {', '.join(SAID)}.")
    for name, known in (("accepts", CUSTOMER_FIELDS), ("returns", RETURNED_FIELDS)):
        if wrong := [one for one in getattr(row, name) if one not in known]:
            raise BadInput(
                f"A customer has no field {str(wrong[0])[:60]!r}.",
                at=name,
                hint=f"Known: {', '.join(known)}.",
            )


def _check_kind(kind: str) -> None:
    if kind not in DOES:
        raise BadInput(
            "There is no such kind of operation.", at="kind", hint=f"Known are: {', '.join(DOES)}."
        )


def _check_access(row: models.Operation) -> None:
    if row.access not in ACCESSES:
        raise BadInput("There is no such access.", at="access", hint=f"Known are: {', '.join(ACCESSES)}.")
    most = widest(row.kind)  # type: ignore[arg-type]
    if ACCESSES.index(row.access) > ACCESSES.index(most):  # type: ignore[arg-type]
        hint = (
            "What reads or changes a customer needs the customer's ticket."
            if most == "ticket"
            else "Use secret."
        )
        raise BadInput("An operation of this kind cannot be opened so far.", at="access", hint=hint)


def _operation_row(workspace: WorkspaceId, operation: UUID) -> models.Operation:
    found = models.Operation.objects.filter(workspace_id=workspace, id=operation).first()
    if not found:
        raise NotFound("There is no such operation.")
    return found


def counts(workspace: WorkspaceId, since: datetime) -> dict[UUID, dict[str, int]]:
    """How many calls of each operation ended how since a moment."""
    return store.counts(workspace, since)


def last_calls(workspace: WorkspaceId, operation: UUID, limit: int = 20) -> list[Logged]:
    """The newest calls of an operation."""
    return store.last_calls(workspace, operation, limit)


def bulk(workspace: WorkspaceId, bulk: UUID) -> Bulk:
    """How far a bulk import is."""
    row = models.Bulk.objects.filter(workspace_id=workspace, id=bulk).first()
    if not row:
        raise NotFound("There is no such bulk import.")
    plain = ("id", "state", "rows", "created", "changed", "unchanged", "invalid", "created_at", "finished_at")
    return Bulk(errors=tuple(row.errors), **store.fields_of(row, plain))


def issue_ticket(workspace: WorkspaceId, person: ProfileId) -> str:
    """A token with which a browser may act for this customer, for a day."""
    return ticket.issue(workspace, profiles.one(workspace, person).id, clock.now())


# workspace-free: the same for all
def does(kind: Kind) -> str:
    """What an operation of this kind does, in a sentence."""
    return DOES[kind]


# workspace-free: the same for all
def targeted(kind: Kind) -> str:
    """What an operation of this kind is told beside its name: a list, a status, an event, or nothing."""
    return TARGETED.get(kind, "")


# workspace-free: the same for all
def accesses(kind: Kind) -> tuple[Access, ...]:
    """How far an operation of this kind may be opened."""
    return ACCESSES[: ACCESSES.index(widest(kind)) + 1]


# workspace-free: asks nothing
def example(point: Point, operation: Operation, url: str) -> Mapping[str, str]:
    """A call that can be copied, by format."""
    return illustrate(operation, point, url)
