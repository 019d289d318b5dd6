"""Append to the event store and read one person's feed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec

from cadenza.base import clickhouse, projection
from cadenza.base.ids import ProfileId, WorkspaceId
from cadenza.cdp.events.flatten import flatten
from cadenza.cdp.events.types import Device, Event, Shape

FOREVER = datetime(2299, 1, 1, tzinfo=UTC)
COLUMNS = "id, profile, name, at, received_at, source, properties"

_encoder = msgspec.json.Encoder()


def append(workspace: WorkspaceId, events: Sequence[Event]) -> Counter[Shape]:
    """Store events once this transaction has been committed; gives how many there are of each shape."""
    space = str(workspace)
    shapes: Counter[Shape] = Counter()
    projection.append("event", [_row(space, event, shapes) for event in events])
    return shapes


def _row(workspace: str, event: Event, shapes: Counter[Shape]) -> dict[str, Any]:
    others: dict[str, type] = {}
    text, number = flatten(event.properties, others)
    shapes[Shape(event.name, tuple(text), tuple(number), tuple(others.items()))] += 1
    return {
        "workspace": workspace,
        "profile": event.profile,
        "name": event.name,
        "at": event.at,
        "id": event.id,
        "received_at": event.received_at,
        "source": event.source,
        "text": text,
        "number": number,
        "properties": _encoder.encode(event.properties).decode() if event.properties else "{}",
    }


def timeline(
    workspace: WorkspaceId, profiles: Sequence[ProfileId], before: datetime | None = None, limit: int = 50
) -> list[Event]:
    """What one person (under all ids it ever had) did, newest first."""
    until = int((before or FOREVER).timestamp() * 1000)  # a bound moment would lose its milliseconds
    bound = {"w": str(workspace), "p": list(profiles), "n": limit, "before": until}
    found = clickhouse.query(
        f"select {COLUMNS} from event where workspace = {{w:UUID}} and profile in {{p:Array(UInt64)}}"
        " and at < fromUnixTimestamp64Milli({before:Int64}) order by at desc, id desc limit {n:UInt32}",
        bound,
    )
    return [_event(row) for row in found]


def _event(row: tuple[Any, ...]) -> Event:
    number, profile, name, at, received_at, source, properties = row
    return Event(
        UUID(str(number)),
        ProfileId(profile),
        name,
        at,
        received_at,
        source,
        msgspec.json.decode(properties or "{}"),
    )


def devices(workspace: WorkspaceId, profiles: Sequence[ProfileId], limit: int = 20) -> list[Device]:
    """What one person (under all ids it ever had) used, the latest first."""
    found = clickhouse.query(
        "select text['context.device.type'] as type, text['context.device.os'] as os,"
        " text['context.device.browser'] as browser,"
        " argMax(text['context.geo.country'], at) as country, max(at) as last_at, count() as events from event"
        " where workspace = {w:UUID} and profile in {p:Array(UInt64)} and mapContains(text, 'context.device.type')"
        " group by type, os, browser order by last_at desc limit {n:UInt32}",
        {"w": str(workspace), "p": list(profiles), "n": limit},
    )
    return [Device(*row) for row in found]


def names(workspace: WorkspaceId) -> list[tuple[str, int]]:
    """The names of events seen, with their numbers, most frequent first."""
    found = clickhouse.query(
        "select name, count() as n from event where workspace = {w:UUID} group by name order by n desc, name limit 500",
        {"w": str(workspace)},
    )
    return [(name, int(count)) for name, count in found]


def property_names(workspace: WorkspaceId, name: str) -> list[tuple[str, str]]:
    """The properties that events of a name carried, each with its type (`text` or `number`)."""
    found = clickhouse.query(
        "select distinct arrayJoin(arrayConcat(arrayMap(k -> (k, 'text'), mapKeys(text)),"
        " arrayMap(k -> (k, 'number'), mapKeys(number)))) as told from event"
        " where workspace = {w:UUID} and name = {name:String} order by told limit 300",
        {"w": str(workspace), "name": name},
    )
    return [(told[0], told[1]) for (told,) in found]


def property_values(workspace: WorkspaceId, name: str, property: str, limit: int = 20) -> list[str]:
    """The most frequent texts of one property, for suggestions."""
    found = clickhouse.query(
        "select text[{k:String}] as v, count() as n from event where workspace = {w:UUID} and name = {name:String}"
        " and mapContains(text, {k:String}) group by v order by n desc, v limit {n:UInt32}",
        {"w": str(workspace), "name": name, "k": property, "n": limit},
    )
    return [value for value, _ in found]


def erase(workspace: WorkspaceId, profiles: Sequence[ProfileId]) -> int:
    """Delete everything that these people did, for good."""
    return sum(clickhouse.erase("event", workspace, profile) for profile in profiles)


def export(workspace: WorkspaceId, profiles: Sequence[ProfileId]) -> list[dict[str, Any]]:
    """Everything that these people did, oldest first."""
    found = clickhouse.query(
        f"select {COLUMNS} from event where workspace = {{w:UUID}} and profile in {{p:Array(UInt64)}} order by at, id",
        {"w": str(workspace), "p": list(profiles)},
    )
    return [
        {"name": e.name, "at": e.at.isoformat(), "source": e.source, "properties": dict(e.properties)}
        for e in map(_event, found)
    ]
