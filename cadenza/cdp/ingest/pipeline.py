"""From the inbox to people, orders and the event store.

One transaction takes some requests, carries out all they tell, and marks them done: a crash at any
moment leaves either both or neither.  What cannot be carried out is kept as rejected and blocks nobody.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any

import msgspec
from django.db import InterfaceError, OperationalError, close_old_connections, transaction

from cadenza.base import clock, database, log
from cadenza.base.fact import tell
from cadenza.base.ids import WorkspaceId
from cadenza.base.inbox import service as inbox
from cadenza.base.inbox.port import Accepted, Log, Waiting
from cadenza.base.problem import BadInput, Unavailable
from cadenza.cdp.events import service as events
from cadenza.cdp.events.types import Event
from cadenza.cdp.identity import service as identity
from cadenza.cdp.identity.types import Resolution
from cadenza.cdp.ingest import store
from cadenza.cdp.ingest.facts import EventsStored
from cadenza.cdp.ingest.normalise import normalise
from cadenza.cdp.ingest.order import NAMES as ORDER_EVENTS
from cadenza.cdp.ingest.order import order
from cadenza.cdp.ingest.types import REMOVED, RETOLD, Arrival, Flaw, StoredEvent
from cadenza.cdp.orders import service as orders
from cadenza.cdp.profiles import service as profiles
from cadenza.cdp.profiles.types import TraitChange
from cadenza.trust.accounts import service as accounts
from cadenza.trust.privacy import service as privacy

REQUESTS_AT_ONCE = 32
IDLE_SECONDS = 0.05
FAULT_SECONDS = 1.0

Bad = list[tuple[Flaw, bytes]]
_any = msgspec.json.Decoder()


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
        for workspace, group in groupby(waiting, key=lambda one: one.accepted.workspace):
            with database.scope(workspace):
                _carry_out(workspace, list(group))
        source.done(waiting, clock.now())
    return len(waiting)


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
    except (msgspec.DecodeError, UnicodeDecodeError):
        store.reject(told.workspace, [(_fault(error), told.payload)], told.received_at, told.source)
        return
    bad: Bad = []
    for index, raw in enumerate(items):
        try:
            with transaction.atomic():
                if flaw := flaws.get(index):
                    bad.append((flaw, _with_type(bytes(raw), told.kind)))
                elif bytes(raw) != REMOVED:
                    take_in(told.workspace, [_arrival(waiting, index, raw, sent_at)])
        except (OperationalError, InterfaceError):
            raise
        except Exception as fault:
            bad.append((_fault(fault), _with_type(bytes(raw), told.kind)))
    store.reject(told.workspace, bad, told.received_at, told.source)


def _fault(error: Exception) -> Flaw:
    return Flaw(0, "fault", f"This could not be carried out ({type(error).__name__}).")


def _carry_out(workspace: WorkspaceId, waiting: Sequence[Waiting]) -> None:
    arrivals: list[tuple[Arrival, bytes]] = []
    for one in waiting:
        fine, bad = open_request(one)
        arrivals += fine
        store.reject(workspace, bad, one.accepted.received_at, one.accepted.source)
    take_in(workspace, arrivals)


def open_request(waiting: Waiting) -> tuple[list[tuple[Arrival, bytes]], Bad]:
    """The arrivals of a request, each with its raw item, and the items that the door rejected."""
    told = waiting.accepted
    items, sent_at, flaws = _opened(told)
    fine: list[tuple[Arrival, bytes]] = []
    bad: Bad = []
    for index, raw in enumerate(items):
        if flaw := flaws.get(index):
            bad.append((flaw, _with_type(bytes(raw), told.kind)))
        elif bytes(raw) != REMOVED:
            fine.append(_arrival(waiting, index, raw, sent_at))
    return fine, bad


def _opened(told: Accepted) -> tuple[Sequence[bytes], Any, dict[int, Flaw]]:
    flaws = {f[0]: Flaw(*f) for f in _any.decode(told.flaws)} if told.flaws else {}
    if told.kind != "batch":
        return [told.payload], None, flaws
    envelope = msgspec.json.decode(told.payload, type=_Envelope)
    return envelope.batch, envelope.sentAt, flaws


def _arrival(waiting: Waiting, index: int, raw: bytes, sent_at: Any) -> tuple[Arrival, bytes]:
    told = waiting.accepted
    item = _any.decode(raw)
    if told.kind != "batch":
        item["type"] = told.kind
    return normalise(item, sent_at, told.received_at, f"{waiting.name}:{index}", told.source), raw


class _Envelope(msgspec.Struct):
    batch: list[msgspec.Raw]
    sentAt: Any = None


def _with_type(payload: bytes, kind: str) -> bytes:
    if kind == "batch":
        return payload
    try:
        item = _any.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return payload
    return msgspec.json.encode({**item, "type": kind}) if isinstance(item, dict) else payload


def take_in(workspace: WorkspaceId, arrivals: Sequence[tuple[Arrival, bytes]]) -> None:
    """Take in what is new of these arrivals: people, traits, orders, events; then tell."""
    new = store.first_time(workspace, [arrival.id for arrival, _ in arrivals], clock.now())
    new -= _erased(workspace, [arrival for arrival, _ in arrivals])
    fresh: dict[Any, tuple[Arrival, bytes]] = {}
    for arrival, raw in arrivals:
        if arrival.id in new:
            fresh.setdefault(arrival.id, (arrival, raw))
    if not fresh:
        return
    kept = list(fresh.values())
    people = _resolve(workspace, [arrival for arrival, _ in kept])
    bad = _apply_traits(workspace, kept, people) + _apply_orders(workspace, kept, people)
    stored = _store_events(workspace, [arrival for arrival, _ in kept], people)
    store.reject(workspace, bad, clock.now(), kept[0][0].source)
    if stored:
        tell(EventsStored(workspace=workspace, at=clock.now(), events=stored))


def _erased(workspace: WorkspaceId, arrivals: Sequence[Arrival]) -> set[Any]:
    """The arrivals that tell of a person from before that person was erased."""
    known = {(one.kind, one.value) for arrival in arrivals for one in arrival.identifiers}
    since = privacy.erased_since(workspace, list(known))
    if not since:
        return set()
    return {
        a.id
        for a in arrivals
        if any((i.kind, i.value) in since and a.at <= since[i.kind, i.value] for i in a.identifiers)
    }


def _resolve(workspace: WorkspaceId, arrivals: Sequence[Arrival]) -> list[Resolution]:
    """The person of each arrival."""
    unknown = [arrival.identifiers for arrival in arrivals if arrival.profile is None]
    following = iter(identity.resolve(workspace, unknown, source="api"))
    return [Resolution(a.profile) if a.profile is not None else next(following) for a in arrivals]


def _apply_traits(
    workspace: WorkspaceId, kept: Sequence[tuple[Arrival, bytes]], people: Sequence[Resolution]
) -> Bad:
    made = {one.home for one in people if one.created}
    changes, raws = [], []
    for (arrival, raw), who in zip(kept, people, strict=True):
        if arrival.traits or who.home in made:
            changes.append(TraitChange(who.profile, arrival.traits, arrival.at, arrival.source, who.home))
            raws.append(bytes(raw))
    refused = profiles.apply(workspace, changes)
    return [
        (Flaw(0, "bad_trait", f"{one.field}: {one.reason}", f"traits.{one.field}"), raws[one.change])
        for one in refused
    ]


def _apply_orders(
    workspace: WorkspaceId, kept: Sequence[tuple[Arrival, bytes]], people: Sequence[Resolution]
) -> Bad:
    changes, bad = [], []
    standard = ""
    for (arrival, raw), who in zip(kept, people, strict=True):
        if arrival.name not in ORDER_EVENTS:
            continue
        standard = standard or accounts.workspace(workspace).currency
        try:
            told = order(arrival.name, arrival.properties, arrival.at, who.profile, arrival.source, standard)  # type: ignore[arg-type]
            changes.append(replace(told, home=who.home))
        except BadInput as refusal:
            bad.append((Flaw(0, "bad_order", refusal.detail, refusal.at or ""), bytes(raw)))
    if changes:
        orders.upsert(workspace, changes)
    return bad


def _store_events(
    workspace: WorkspaceId, arrivals: Sequence[Arrival], people: Sequence[Resolution]
) -> tuple[StoredEvent, ...]:
    """Events lie under the id they were told of; those who listen hear of the person as of now."""
    named = [(a, who) for a, who in zip(arrivals, people, strict=True) if a.name and a.source != RETOLD]
    events.append(
        workspace,
        [Event(a.id, who.home, a.name, a.at, a.received_at, a.source, a.properties) for a, who in named],  # type: ignore[arg-type]
    )
    return tuple(
        StoredEvent(a.id, who.profile, a.name, a.at, a.properties, a.source, who.home)  # type: ignore[arg-type]
        for a, who in named
    )


def run(stopping: threading.Event, source: Log = inbox.TABLE) -> None:
    """Carry out the requests of a source for as long as the process lives."""
    while not stopping.is_set():
        try:
            pause = 0.0 if step(source) else IDLE_SECONDS
        except Exception as error:  # the loop outlives every fault: what is not done stays in the inbox
            log.get(__name__).warning("pipeline.fault", error=type(error).__name__)
            close_old_connections()
            pause = FAULT_SECONDS
        stopping.wait(pause)
