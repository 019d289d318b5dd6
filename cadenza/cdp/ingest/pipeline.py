"""From the inbox to people, orders and the event store.

One transaction takes some requests, carries out all they tell, and marks them done: a crash at any
moment leaves either both or neither.  What cannot be carried out is kept as rejected and blocks nobody.

What comes to the steps was checked at the door, and read with its clock corrected (`check`, `normalise`).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Any
from uuid import UUID

import msgspec
from django.db import InterfaceError, OperationalError, close_old_connections, transaction

from cadenza.base import clock, database, heartbeat, log
from cadenza.base.ids import WorkspaceId
from cadenza.base.inbox import service as inbox
from cadenza.base.inbox.port import Accepted, Log, Waiting
from cadenza.base.problem import Unavailable
from cadenza.cdp.ingest import steps, store
from cadenza.cdp.ingest.batch import Batch, Item
from cadenza.cdp.ingest.check import moment
from cadenza.cdp.ingest.normalise import message_id, normalise
from cadenza.cdp.ingest.types import NOTHING, REMOVED, About, Flaw, Reason

REQUESTS_AT_ONCE = 64
IDLE_SECONDS = 0.05
FAULT_SECONDS = 1.0

Step = Callable[[Batch], None]
STEPS: tuple[Step, ...] = (
    steps.take_once,
    steps.compare_ids,
    steps.leave_out_erased,
    steps.check_schema,
    steps.gate,
    steps.enrich,
    steps.resolve,
    steps.learn_traits,
    steps.keep_orders,
    steps.store,
    steps.tell,
)

Bad = list[tuple[Flaw, bytes]]
_any = msgspec.json.Decoder()
_about = msgspec.json.Decoder(About)


def step(source: Log = inbox.TABLE) -> int:
    """Carry out some waiting requests of a source; gives how many."""
    try:
        return _take(source, REQUESTS_AT_ONCE)
    except Unavailable:
        raise
    except Exception as error:  # one cannot be carried out: find it by itself, so that the others go on
        log.get(__name__).warning("pipeline.poison", error=type(error).__name__)
        close_old_connections()
        return _take_one(source)


def _take(source: Log, most: int) -> int:
    with database.system_scope():
        waiting = source.take(most)
        for workspace, group in groupby(sorted(waiting, key=_workspace), key=_workspace):
            with database.scope(workspace):
                _carry_out(workspace, list(group))
        source.done(waiting, clock.now())
    return len(waiting)


def _workspace(waiting: Waiting) -> WorkspaceId:
    """In one order for all: pipelines side by side never wait for each other in a ring."""
    return waiting.accepted.workspace


def _take_one(source: Log) -> int:
    try:
        return _take(source, 1)
    except (OperationalError, InterfaceError, Unavailable):
        raise
    except Exception as error:
        return _set_aside(source, error)


def _set_aside(source: Log, error: Exception) -> int:
    """Carry out one request item by item, so that only what cannot be carried out is kept as rejected."""
    with database.system_scope():
        waiting = source.take(1)
        for one in waiting:
            with database.scope(one.accepted.workspace):
                _piecemeal(one, error)
        source.done(waiting, clock.now())
    log.get(__name__).error("pipeline.set_aside", error=type(error).__name__)
    return len(waiting)


def _piecemeal(waiting: Waiting, error: Exception) -> None:
    told = waiting.accepted
    try:
        items, sent_at, flaws = _opened(told)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        store.reject(told.workspace, [(_fault(error), told.payload)], told.received_at, told.source)
        return
    about = _about.decode(told.about) if told.about else NOTHING
    bad: Bad = []
    for index, raw in enumerate(items):
        try:
            with transaction.atomic():
                if flaw := flaws.get(index):
                    bad.append((flaw, _with_type(bytes(raw), told.kind)))
                elif bytes(raw) != REMOVED:
                    take_in(told.workspace, [_item(waiting, index, raw, sent_at, about)])
        except (OperationalError, InterfaceError):
            raise
        except Exception as fault:
            bad.append((_fault(fault), _with_type(bytes(raw), told.kind)))
    _reject(told, bad)


def _fault(error: Exception) -> Flaw:
    return Flaw(0, Reason.FAULT, f"This could not be carried out ({type(error).__name__}).")


def _carry_out(workspace: WorkspaceId, waiting: Sequence[Waiting]) -> None:
    items: list[Item] = []
    for one in waiting:
        fine, bad = open_request(one)
        items += fine
        _reject(one.accepted, bad)
    take_in(workspace, items)


def _reject(told: Accepted, bad: Bad) -> None:
    """Keep what the door rejected; a message that comes again is not kept a second time."""
    if not bad:
        return
    names = [_rejected_message(raw) for _, raw in bad]
    new = store.first_time(told.workspace, [one for one in names if one], clock.now())
    kept = []
    for pair, name in zip(bad, names, strict=True):
        if name is None or name in new:
            new.discard(name)  # type: ignore[arg-type]
            kept.append(pair)
    store.reject(told.workspace, kept, told.received_at, told.source)


def _rejected_message(raw: bytes) -> UUID | None:
    """The name of a rejected message, not that under which it may come again mended; None for a nameless one."""
    try:
        item = _any.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    told = item.get("messageId") if isinstance(item, dict) else None
    return message_id(f"rejected:{told}") if told else None


def open_request(waiting: Waiting) -> tuple[list[Item], Bad]:
    """The items of a request that can be carried out, and those that the door rejected."""
    told = waiting.accepted
    items, sent_at, flaws = _opened(told)
    about = _about.decode(told.about) if told.about else NOTHING
    fine: list[Item] = []
    bad: Bad = []
    for index, raw in enumerate(items):
        if flaw := flaws.get(index):
            bad.append((flaw, _with_type(bytes(raw), told.kind)))
        elif bytes(raw) != REMOVED:
            fine.append(_item(waiting, index, raw, sent_at, about))
    return fine, bad


def _opened(told: Accepted) -> tuple[Sequence[bytes], Any, dict[int, Flaw]]:
    flaws = {f[0]: Flaw(*f) for f in _any.decode(told.flaws)} if told.flaws else {}
    if told.kind != "batch":
        return [told.payload], None, flaws
    envelope = msgspec.json.decode(told.payload, type=_Envelope)
    return envelope.batch, moment(envelope.sentAt), flaws


def _item(waiting: Waiting, index: int, raw: bytes, sent_at: Any, about: About) -> Item:
    told = waiting.accepted
    item = _any.decode(raw)
    if told.kind != "batch":
        item["type"] = told.kind
    arrival = normalise(item, sent_at, told.received_at, f"{waiting.name}:{index}", told.source)
    return Item(arrival, raw, about)


class _Envelope(msgspec.Struct):
    batch: list[msgspec.Raw]
    sentAt: Any = None


def _with_type(payload: bytes, kind: str) -> bytes:
    if kind == "batch":
        return payload
    try:
        item = _any.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return payload
    return msgspec.json.encode({**item, "type": kind}) if isinstance(item, dict) else payload


def take_in(workspace: WorkspaceId, items: Sequence[Item]) -> None:
    """Carry out what is new of these, step by step."""
    batch = Batch(workspace, list(items))
    for step in STEPS:
        if batch.items:
            step(batch)
    steps.account(batch)


def run(stopping: threading.Event, source: Log = inbox.TABLE) -> None:
    """Carry out the requests of a source for as long as the process lives."""
    while not stopping.is_set():
        try:
            pause = 0.0 if step(source) else IDLE_SECONDS
            heartbeat.beat("pipeline")
        except Exception as error:  # the loop outlives every fault: what is not done stays in the inbox
            log.get(__name__).warning("pipeline.fault", error=type(error).__name__)
            close_old_connections()
            pause = FAULT_SECONDS
        stopping.wait(pause)
