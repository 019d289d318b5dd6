"""The statements of the schema register."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import msgspec

from cadenza.base import database
from cadenza.base.ids import WorkspaceId
from cadenza.cdp.schemas import models
from cadenza.cdp.schemas.types import LONGEST_NAME, MOST_NAMES, MOST_PROPERTIES

Row = Mapping[str, Any]


def append(workspace: WorkspaceId, sums: Row, at: datetime) -> None:
    """Add the sums of this transaction."""
    told = msgspec.json.encode({"at": at.timestamp(), "sums": sums})
    database.bulk("insert into schemas_tally (workspace_id, told) values (%s, %s)", [workspace, told])


def take(most: int) -> list[tuple[WorkspaceId, float, Row]]:
    """The oldest sums that nobody else is summing up, taken out."""
    found = database.rows(
        "delete from schemas_tally where id in"
        " (select id from schemas_tally order by id limit %s for update skip locked) returning workspace_id, told",
        [most],
    )
    read = [(workspace, msgspec.json.decode(bytes(told))) for workspace, told in found]
    return [(workspace, told["at"], told["sums"]) for workspace, told in read]


def keep_names(workspace: WorkspaceId, rows: Sequence[Row]) -> None:
    """Add to the counts of event names; beyond the most there may be, new names are not listed."""
    database.execute(
        "insert into schemas_eventname as e (workspace_id, name, count, violations, first_seen_at, last_seen_at)"
        " select %(w)s, a.name, a.count, a.violations, a.at, a.at"
        " from json_to_recordset(%(rows)s::json) as a(name text, count bigint, violations bigint, at timestamptz)"
        " where (select count(*) from schemas_eventname where workspace_id = %(w)s) < %(most)s"
        "    or exists (select 1 from schemas_eventname k where k.workspace_id = %(w)s and k.name = a.name)"
        " on conflict (workspace_id, name) do update set count = e.count + excluded.count,"
        " violations = e.violations + excluded.violations,"
        " first_seen_at = least(e.first_seen_at, excluded.first_seen_at),"
        " last_seen_at = greatest(e.last_seen_at, excluded.last_seen_at)",
        {"w": workspace, "rows": database.as_json(rows), "most": MOST_NAMES},
    )


def keep_days(workspace: WorkspaceId, rows: Sequence[Row]) -> None:
    """Add to the counts by day."""
    database.execute(
        "insert into schemas_day as d (workspace_id, event, day, count)"
        " select %s, event, day, count from json_to_recordset(%s::json) as a(event text, day date, count bigint)"
        " on conflict (workspace_id, event, day) do update set count = d.count + excluded.count",
        [workspace, database.as_json(rows)],
    )


def keep_properties(workspace: WorkspaceId, sums: Row, at: datetime) -> None:
    """Add to the counts of properties by type."""
    held: dict[str, dict[str, models.Property]] = {name: {} for name in sums}
    for row in models.Property.objects.filter(workspace_id=workspace, event__in=list(sums)):
        held[row.event][row.name] = row
    changed = []
    for event, told in sums.items():
        known = held[event]
        for name, types in told["p"].items():
            if name not in known and len(known) >= MOST_PROPERTIES:
                continue
            row = known.setdefault(name, _new(workspace, event, name, at))
            for kind, count in types.items():
                row.types[kind] = row.types.get(kind, 0) + count
            row.last_seen_at = max(row.last_seen_at, at)
            changed.append(row)
    models.Property.objects.bulk_create(
        changed, update_conflicts=True, unique_fields=["workspace_id", "event", "name"],
        update_fields=["types", "last_seen_at"], batch_size=1000,
    )  # fmt: skip


def _new(workspace: WorkspaceId, event: str, name: str, at: datetime) -> models.Property:
    return models.Property(
        workspace_id=workspace, event=event, name=name[:LONGEST_NAME], types={}, first_seen_at=at, last_seen_at=at
    )  # fmt: skip


def days(workspace: WorkspaceId, since: date) -> dict[str, dict[date, int]]:
    """How many of each name were stored by day."""
    told: dict[str, dict[date, int]] = {}
    for row in models.Day.objects.filter(workspace_id=workspace, day__gte=since):
        told.setdefault(row.event, {})[row.day] = row.count
    return told


def categories(workspace: WorkspaceId, events: Iterable[str] | None = None) -> dict[tuple[str, str], str]:
    """Categories that somebody set, by event and property."""
    found = models.Category.objects.filter(workspace_id=workspace)
    if events is not None:
        found = found.filter(event__in=list(events))
    return {(row.event, row.property): row.category for row in found}


def prune_days(before: date) -> int:
    """Forget counts by day that nobody looks at any more."""
    return database.execute("delete from schemas_day where day < %s", [before])
