"""Take events from other modules, and keep, show and replay what was rejected."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
from django.db.models import Count

from cadenza.base import clock, database, jobs, text
from cadenza.base.ids import WorkspaceId
from cadenza.base.inbox import service as inbox
from cadenza.base.problem import BadInput, Conflict, NotFound
from cadenza.cdp.identity.types import NOBODY
from cadenza.cdp.ingest import models, pipeline, store
from cadenza.cdp.ingest.batch import Item
from cadenza.cdp.ingest.check import check
from cadenza.cdp.ingest.normalise import message_id, normalise
from cadenza.cdp.ingest.types import (
    PARTLY,
    REMOVED,
    RETOLD,
    Arrival,
    Filter,
    Left,
    Policy,
    Rejected,
    Replay,
    Told,
)

DROPPED_DAYS = 400
STALLED = timedelta(seconds=90)
REPLAYED_AT_ONCE = 200
MOST_CATEGORIES = 50
MOST_EVENTS_PER_SECOND = 1_000_000
IDS = frozenset({"userId", "anonymousId", "previousId", "email", "phone", "loyalty_card", "loyaltyCard"})
TELLING = 6  # letters from which on a text names a person wherever it stands


def accept(workspace: WorkspaceId, batch: Sequence[Mapping[str, Any]], source: str = "internal") -> None:
    """Accept Segment-format items in the current transaction; the pipeline carries them out."""
    if batch:
        inbox.append(workspace, "batch", msgspec.json.encode({"batch": list(batch)}), source=source)


def accept_all_of(workspace: WorkspaceId, told: Sequence[Told], source: str) -> None:
    """Take in, now, events of people whom we know by the ids they have now (an open, a click), each with its moment."""
    now = clock.now()
    arrivals = [
        Arrival(
            message_id(one.message), (), one.at, now, source, one.name, one.properties, {}, one.profile,
            one.home or NOBODY,
        )
        for one in told
    ]  # fmt: skip
    pipeline.take_in(workspace, [Item(arrival) for arrival in arrivals])


def take_in(workspace: WorkspaceId, items: Sequence[Mapping[str, Any]], source: str) -> list[str | None]:
    """Take in Segment-format items now, in this transaction; gives what is wrong with each, or None."""
    now = clock.now()
    fine, told = [], []
    for index, item in enumerate(items):
        raw = msgspec.json.encode(item)
        flaw = check(dict(item), index, len(raw), now)
        told.append(f"{flaw.detail} ({flaw.at})" if flaw else None)
        if not flaw:
            fine.append(Item(normalise(item, None, now, raw.decode(), source), raw))
    pipeline.take_in(workspace, fine)
    return told


def rejected(
    workspace: WorkspaceId,
    *,
    code: str = "",
    asked: Filter | None = None,
    waiting_only: bool = False,
    before: UUID | None = None,
    limit: int = 50,
) -> list[Rejected]:
    """What was rejected, newest first; `before`: the id of the last one of the page before."""
    found = store.rejected(workspace, asked or Filter(code=code), waiting_only, before, limit)
    return [_rejected(row) for row in found]


def rejected_one(workspace: WorkspaceId, id: UUID) -> Rejected | None:
    """One rejected item, sent again or not."""
    row = models.RejectedEvent.objects.filter(workspace_id=workspace, id=id).first()
    return _rejected(row) if row else None


def _rejected(row: models.RejectedEvent) -> Rejected:
    payload = bytes(row.payload).decode("utf-8", "replace")
    return Rejected(row.id, row.received_at, row.code, row.detail, row.at, payload, row.replayed_at, row.name)


def rejected_by_code(workspace: WorkspaceId) -> list[tuple[str, int]]:
    """How many wait for each reason."""
    found = models.RejectedEvent.objects.filter(workspace_id=workspace, replayed_at=None)
    return list(found.values_list("code").annotate(n=Count("id")).order_by("-n"))


def rejected_names(workspace: WorkspaceId) -> list[str]:
    """The names of events that wait."""
    return store.rejected_names(workspace)


def count_rejected(workspace: WorkspaceId, asked: Filter) -> int:
    """How many wait that fit a filter."""
    return store.count_waiting(workspace, asked)


def replay(workspace: WorkspaceId, ids: Sequence[UUID], payload: str | None = None) -> int:
    """Send rejected items again, mended if `payload` is given; one that is still wrong is refused."""
    found = list(
        models.RejectedEvent.objects.filter(workspace_id=workspace, id__in=list(ids), replayed_at=None)
    )
    if not found:
        raise NotFound(
            "There is nothing to send again.", hint="It was sent again already, or never rejected."
        )
    items = [_item(payload.encode() if payload is not None else bytes(row.payload), row.id) for row in found]
    return _send(workspace, found, items)


def _send(
    workspace: WorkspaceId, rows: Sequence[models.RejectedEvent], items: Sequence[dict[str, Any]]
) -> int:
    """Put sound items into the inbox, and mark what they came from."""
    by_source: dict[str, list[dict[str, Any]]] = {}
    for row, item in zip(rows, items, strict=True):
        by_source.setdefault(RETOLD if row.code in PARTLY else "replay", []).append(item)
    for source, told in by_source.items():
        inbox.append(workspace, "batch", msgspec.json.encode({"batch": told}), source=source)
    sent = models.RejectedEvent.objects.filter(workspace_id=workspace, id__in=[row.id for row in rows])
    return sent.update(replayed_at=clock.now())


def start_replay(workspace: WorkspaceId, asked: Filter) -> Replay:
    """Send again all that wait and fit, few at once, many by a worker; those still wrong stay. One at a time."""
    database.lock(workspace, "replay")
    if running := replaying(workspace):
        raise Conflict(
            "Events are being sent again already.", hint=f"{running.done:,} are done; wait for the rest."
        )
    total = store.count_waiting(workspace, asked)
    if not total:
        raise NotFound("There is nothing to send again.", hint="No event waits that fits.")
    now = clock.now()
    row = models.Replay.objects.create(
        workspace_id=workspace, asked=msgspec.to_builtins(asked), total=total, started_at=now, touched_at=now
    )
    if total > REPLAYED_AT_ONCE:
        _defer(row)
        return _replay(row)
    while carry_on_replay(workspace, row.id):
        pass
    row.refresh_from_db()
    return _replay(row)


def _defer(row: models.Replay) -> None:
    from cadenza.cdp.ingest import jobs as own  # jobs.py calls this service

    jobs.defer(own.replay_all, once=f"replay:{row.id}", workspace=str(row.workspace_id), replay=str(row.id))


def resume_replays() -> None:  # workspace-free: looks for what dead workers left
    """Take up again what a worker that died has left; two workers on one hinder, but never harm, each other."""
    with database.system_scope():
        for row in models.Replay.objects.filter(state="running", touched_at__lt=clock.now() - STALLED):
            _defer(row)


def carry_on_replay(workspace: WorkspaceId, replay: UUID) -> bool:
    """Send the next some again, in this transaction; False where the replay has ended."""
    row = models.Replay.objects.select_for_update().filter(workspace_id=workspace, id=replay).first()
    if not row or row.state != "running":
        return False
    asked = msgspec.convert(row.asked, Filter)
    found = store.waiting_after(workspace, asked, row.last, row.started_at, REPLAYED_AT_ONCE)
    if not found:
        row.state, row.finished_at = "finished", clock.now()
        row.save()
        return False
    sound: list[tuple[models.RejectedEvent, dict[str, Any]]] = []
    for one in found:
        with suppress(BadInput):
            sound.append((one, _item(bytes(one.payload), one.id)))
    if sound:
        _send(workspace, [one for one, _ in sound], [item for _, item in sound])
    row.last, row.done = found[-1].id, row.done + len(found)
    row.still_wrong, row.touched_at = row.still_wrong + len(found) - len(sound), clock.now()
    row.save()
    return True


def replaying(workspace: WorkspaceId) -> Replay | None:
    """The sending again that is under way."""
    row = models.Replay.objects.filter(workspace_id=workspace, state="running").first()
    return _replay(row) if row else None


def last_replay(workspace: WorkspaceId) -> Replay | None:
    """The newest sending again of many, under way or over."""
    row = models.Replay.objects.filter(workspace_id=workspace).order_by("-id").first()
    return _replay(row) if row else None


def _replay(row: models.Replay) -> Replay:
    return Replay(row.id, row.state, row.total, row.done, row.still_wrong, row.started_at, row.finished_at)


def discard(workspace: WorkspaceId, ids: Sequence[UUID]) -> int:
    """Delete rejected items for good."""
    return store.forget_rejected(workspace, ids)


def discard_all(workspace: WorkspaceId, asked: Filter) -> int:
    """Delete for good all that wait and fit a filter."""
    return store.discard(workspace, asked)


def policy(workspace: WorkspaceId) -> Policy:
    """What a workspace takes in of whom."""
    return store.policy(workspace)


def set_policy(workspace: WorkspaceId, told: Policy) -> None:
    """Decide what is taken in, from the next request on; raises BadInput with its place."""
    names = [text.clean(name.strip(), 100) for name in told.categories]
    if not all(names) or len(names) > MOST_CATEGORIES:
        hint = f"Write up to {MOST_CATEGORIES} names, one a line."
        raise BadInput("These are not names of categories.", at="categories", hint=hint)
    if not 0 <= told.events_per_second <= MOST_EVENTS_PER_SECOND:
        hint = f"Write a number up to {MOST_EVENTS_PER_SECOND:,}; 0 is without a limit."
        raise BadInput("This is no such number.", at="events_per_second", hint=hint)
    models.Policy.objects.update_or_create(
        workspace_id=workspace,
        defaults={
            "dnt": told.dnt, "gpc": told.gpc, "consent": told.consent, "categories": list(dict.fromkeys(names)),
            "events_per_second": told.events_per_second,
        },
    )  # fmt: skip


def dropped(workspace: WorkspaceId, days: int = 30) -> list[Left]:
    """What was dropped lately, by day and reason."""
    return store.dropped(workspace, clock.now() - timedelta(days=days))


def _item(payload: bytes, fallback: UUID) -> dict[str, Any]:
    try:
        item = msgspec.json.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
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
        store.forget_seen(clock.now())
        store.sum_up_dropped(clock.now(), DROPPED_DAYS)


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
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
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
        return any(_mentions(one, values, key) for one in part)
    if not isinstance(part, dict):
        return False
    known = {"id": "userId"} if key in ("externalIds", "device") else {}
    return any(_mentions(one, values, known.get(name, name)) for name, one in part.items())
