"""Take events from other modules, and keep, show and replay what was rejected."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
from django.db.models import Count

from cadenza.base import clock, database
from cadenza.base.ids import ProfileId, WorkspaceId
from cadenza.base.inbox import service as inbox
from cadenza.base.problem import BadInput, NotFound
from cadenza.cdp.identity import service as identity
from cadenza.cdp.ingest import models, pipeline, store
from cadenza.cdp.ingest.check import check
from cadenza.cdp.ingest.normalise import message_id, normalise
from cadenza.cdp.ingest.types import PARTLY, REMOVED, RETOLD, Arrival, Rejected, Told

DEDUPE_DAYS = 30
IDS = frozenset({"userId", "anonymousId", "previousId", "email", "phone"})
TELLING = 6  # letters from which on a text names a person wherever it stands


def accept(workspace: WorkspaceId, batch: Sequence[Mapping[str, Any]], source: str = "internal") -> None:
    """Accept Segment-format items in the current transaction; the pipeline carries them out."""
    if batch:
        inbox.append(workspace, "batch", msgspec.json.encode({"batch": list(batch)}), source=source)


def accept_of(
    workspace: WorkspaceId,
    profile: ProfileId,
    name: str,
    properties: Mapping[str, Any],
    message: str,
    source: str,
) -> None:
    """Take in, now, an event of a person whom we know by id (an open, a click, an unsubscription)."""
    now = clock.now()
    arrival = Arrival(
        message_id(message), (), now, now, source, name, properties, {}, identity.current(workspace, profile)
    )
    pipeline.take_in(workspace, [(arrival, b"")])


def accept_all_of(workspace: WorkspaceId, told: Sequence[Told], source: str) -> None:
    """The same for many at once, whose people are named by the ids they have now; each with its own moment."""
    now = clock.now()
    pipeline.take_in(
        workspace,
        [
            (Arrival(message_id(t.message), (), t.at, now, source, t.name, t.properties, {}, t.profile), b"")
            for t in told
        ],
    )


def take_in(workspace: WorkspaceId, items: Sequence[Mapping[str, Any]], source: str) -> list[str | None]:
    """Take in Segment-format items now, in this transaction; gives what is wrong with each, or None."""
    now = clock.now()
    fine, told = [], []
    for index, item in enumerate(items):
        raw = msgspec.json.encode(item)
        flaw = check(dict(item), index, len(raw), now)
        told.append(f"{flaw.detail} ({flaw.at})" if flaw else None)
        if not flaw:
            fine.append((normalise(item, None, now, raw.decode(), source), raw))
    pipeline.take_in(workspace, fine)
    return told


def rejected(
    workspace: WorkspaceId,
    *,
    code: str = "",
    waiting_only: bool = False,
    before: UUID | None = None,
    limit: int = 50,
) -> list[Rejected]:
    """What was rejected, newest first; `before`: the id of the last one of the page before."""
    found = models.RejectedEvent.objects.filter(workspace_id=workspace)
    if code:
        found = found.filter(code=code)
    if waiting_only:
        found = found.filter(replayed_at=None)
    if before:
        found = found.filter(id__lt=before)
    return [_rejected(row) for row in found.order_by("-id")[:limit]]


def rejected_one(workspace: WorkspaceId, id: UUID) -> Rejected | None:
    """One rejected item, sent again or not."""
    row = models.RejectedEvent.objects.filter(workspace_id=workspace, id=id).first()
    return _rejected(row) if row else None


def _rejected(row: models.RejectedEvent) -> Rejected:
    payload = bytes(row.payload).decode("utf-8", "replace")
    return Rejected(row.id, row.received_at, row.code, row.detail, row.at, payload, row.replayed_at)


def rejected_by_code(workspace: WorkspaceId) -> list[tuple[str, int]]:
    """How many wait for each reason."""
    found = models.RejectedEvent.objects.filter(workspace_id=workspace, replayed_at=None)
    return list(found.values_list("code").annotate(n=Count("id")).order_by("-n"))


def replay(workspace: WorkspaceId, ids: Sequence[UUID], payload: str | None = None) -> int:
    """Send rejected items again, mended if `payload` is given; one that is still wrong is refused."""
    found = list(
        models.RejectedEvent.objects.filter(workspace_id=workspace, id__in=list(ids), replayed_at=None)
    )
    if not found:
        raise NotFound(
            "There is nothing to send again.", hint="It was sent again already, or never rejected."
        )
    for source, rows in _by_source(found).items():
        told = [payload.encode() if payload is not None else bytes(row.payload) for row in rows]
        items = [_item(one, str(row.id)) for one, row in zip(told, rows, strict=True)]
        inbox.append(workspace, "batch", msgspec.json.encode({"batch": items}), source=source)
    return models.RejectedEvent.objects.filter(id__in=[row.id for row in found]).update(
        replayed_at=clock.now()
    )


def _by_source(found: Sequence[models.RejectedEvent]) -> dict[str, list[models.RejectedEvent]]:
    told: dict[str, list[models.RejectedEvent]] = {}
    for row in found:
        told.setdefault(RETOLD if row.code in PARTLY else "replay", []).append(row)
    return told


def _item(payload: bytes, fallback: str) -> dict[str, Any]:
    try:
        item = msgspec.json.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadInput(
            f"This is not JSON: {error}.", at="payload", hint="Mend it and send it again."
        ) from None
    if flaw := check(item, 0, len(payload), clock.now()):
        raise BadInput(flaw.detail, at=flaw.at or "payload", hint="Mend it and send it again.")
    item.pop("messageId", None)
    return {**item, "messageId": f"replay-{fallback}"}


def waiting() -> int:  # workspace-free: a gauge of the whole installation
    """How many accepted requests wait for the pipeline."""
    with database.system_scope():
        return inbox.waiting()


def prune(inbox_days: int) -> None:  # workspace-free: housekeeping of the whole installation
    """Forget what is past its time: old requests and the ids of old messages."""
    with database.system_scope():
        inbox.prune(inbox_days)
        store.prune_seen(clock.now() - timedelta(days=DEDUPE_DAYS))


def scrub(workspace: WorkspaceId, identifiers: Sequence[tuple[str, str]]) -> dict[str, int]:
    """Take a person's items out of kept requests and rejected events; those of others stay, in their places."""
    values = {value.lower() for _, value in identifiers if value}
    needles = [needle for _, value in identifiers if value for needle in _spellings(value)]
    kept = inbox.rewrite(workspace, needles, lambda payload: _without(payload, values))
    gone = [id for id, payload in store.rejected_with(workspace, needles) if _tells_of(payload, values)]
    store.forget_rejected(workspace, gone)
    return {"inbox_arrival": kept, "ingest_rejectedevent": len(gone)}


def _spellings(value: str) -> set[bytes]:
    """How a text may stand in JSON: in UTF-8, or in escapes."""
    return {msgspec.json.encode(value)[1:-1], json.dumps(value)[1:-1].encode()}


def _without(payload: bytes, values: set[str]) -> bytes:
    try:
        told = msgspec.json.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return REMOVED
    items = told.get("batch") if isinstance(told, dict) else None
    if not isinstance(items, list):
        return REMOVED if _mentions(told, values) else payload
    left = [None if _mentions(one, values) else one for one in items]
    return msgspec.json.encode({**told, "batch": left}) if left != items else payload


def _tells_of(payload: bytes, values: set[str]) -> bool:
    return _without(payload, values) != payload


def _mentions(part: Any, values: set[str], key: str = "") -> bool:
    """Short ids and numbers name a person only where ids stand: a quantity of 1 is not customer 1."""
    if isinstance(part, str | int):
        told = str(part).strip().lower()
        return told in values and (key in IDS or (isinstance(part, str) and len(told) >= TELLING))
    if isinstance(part, list):
        return any(_mentions(one, values) for one in part)
    return isinstance(part, dict) and any(_mentions(one, values, name) for name, one in part.items())
