"""The bulk statements of profiles."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from typing import Any

import msgspec

from cadenza.base import database, projection
from cadenza.base.ids import WorkspaceId
from cadenza.cdp.profiles.coerce import coerce
from cadenza.cdp.profiles.fold import Known

TEXTS = (
    "email",
    "phone",
    "first_name",
    "last_name",
    "gender",
    "country",
    "region",
    "city",
    "language",
    "time_zone",
)
MIRRORED = ("gender", "country", "region", "city", "language", "time_zone")  # no names, no addresses
COLUMNS = (*TEXTS, "birth_date", "registered_at")

TYPED = ", ".join([*(f"{name} text" for name in TEXTS), "birth_date date", "registered_at timestamptz"])
# sql: column names are those of this file
INSERT = f"""
insert into profiles_profile (workspace_id, id, created_at, updated_at, traits, told, {", ".join(COLUMNS)})
select %s, id, created_at, %s, traits, told, {", ".join(COLUMNS)} from jsonb_to_recordset(%s::jsonb)
  as a(id bigint, created_at timestamptz, traits jsonb, told jsonb, {TYPED})
on conflict (id) do update set created_at = excluded.created_at, updated_at = excluded.updated_at,
  traits = excluded.traits, told = excluded.told,
{", ".join(f"{name} = excluded.{name}" for name in COLUMNS)}
"""


def load(workspace: WorkspaceId, profiles: Iterable[int]) -> dict[int, tuple[datetime, Known]]:
    """What is known of these people, locked for this transaction."""
    found = database.bulk(  # sql: column names are those of this file
        f"select id, created_at, traits, told, {', '.join(COLUMNS)} from profiles_profile"
        " where workspace_id = %s and id = any(%s::bigint[]) order by id for update",
        [workspace, database.numbers(profiles)],
    )
    known = {}
    for number, created_at, traits, told, *columns in found:
        values = {
            name: value for name, value in zip(COLUMNS, columns, strict=True) if value not in (None, "")
        }
        known[number] = (created_at, Known(values | _object(traits), _object(told)))
    return known


def _object(value: Any) -> dict[str, Any]:
    return msgspec.json.decode(value) if isinstance(value, str) else dict(value)  # type: ignore[no-any-return]


def save(
    workspace: WorkspaceId,
    people: Sequence[tuple[int, datetime, Known]],
    types: dict[str, str],
    now: datetime,
) -> None:
    """Write these people whole, here and, those changed, without names and addresses, to the event store."""
    if not people:
        return
    rows = [_row(number, made, known) for number, made, known in people]
    database.bulk(INSERT, [workspace, now, database.as_json(rows)])
    projection.append(
        "profile",
        [mirror(workspace, number, made, known, types) for number, made, known in people if known.changed],
    )


def _row(number: int, created_at: datetime, known: Known) -> dict[str, Any]:
    row: dict[str, Any] = {name: known.values.get(name) or "" for name in TEXTS}
    traits = {
        name: value for name, value in known.values.items() if name not in COLUMNS and value is not None
    }
    moments = {name: known.values.get(name) or None for name in ("birth_date", "registered_at")}
    return row | moments | {"id": number, "created_at": created_at, "traits": traits, "told": known.told}


def mirror(
    workspace: WorkspaceId, number: int, created_at: datetime, known: Known, types: dict[str, str]
) -> dict[str, Any]:
    """The row of the event store: what conditions may compare, never a name or an address."""
    row: dict[str, Any] = {
        "workspace": str(workspace),
        "profile": number,
        "version": 0,
        "deleted": 0,
        "created_at": created_at,
        "text": {},
        "number": {},
        "time": {"first_seen_at": created_at},
        "flag": {},
    }
    for name, value in known.values.items():
        if value in (None, "") or (name in TEXTS and name not in MIRRORED):
            continue
        _place(row, name, value, types.get(name, "text"))
    row["flag"] |= {
        "has_email": int(bool(known.values.get("email"))),
        "has_phone": int(bool(known.values.get("phone"))),
        "has_name": int(bool(known.values.get("first_name") or known.values.get("last_name"))),
    }
    return row


def _place(row: dict[str, Any], name: str, value: Any, kind: str) -> None:
    if isinstance(value, str) and kind in ("date", "datetime"):  # traits come back from JSON as texts
        value = coerce(kind, value)
    if isinstance(value, bool):
        row["flag"][name] = int(value)
    elif isinstance(value, int | float):
        row["number"][name] = float(value)
    elif isinstance(value, datetime):
        row["time"][name] = value
    elif isinstance(value, date):
        row["time"][name] = datetime(value.year, value.month, value.day, tzinfo=UTC)
    else:
        row["text"][name] = value


def unmirror(workspace: WorkspaceId, number: int, created_at: datetime) -> None:
    """Take a person out of the event store's profiles."""
    gone = mirror(workspace, number, created_at, Known(), {}) | {"deleted": 1}
    projection.append("profile", [gone])
