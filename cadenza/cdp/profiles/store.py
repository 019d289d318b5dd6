"""The bulk statements of profiles."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

import msgspec

from cadenza.base import database, projection
from cadenza.base.ids import WorkspaceId
from cadenza.cdp.fields.service import coerce
from cadenza.cdp.profiles.fold import Change, Known
from cadenza.cdp.profiles.settle import SETTLED, moment, settle, unsettle
from cadenza.cdp.profiles.unite import Held

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
MIRRORED = (
    "gender",
    "country",
    "region",
    "city",
    "language",
)  # no names, no addresses; the zone as it is settled
HIDDEN = frozenset(TEXTS) - frozenset(MIRRORED)
COLUMNS = (*TEXTS, "birth_date", "registered_at")
WRITTEN = (*COLUMNS, *SETTLED)
MOMENTS = ("registered_at", "email_confirmed_at", "phone_confirmed_at")
NULLABLE = (*MOMENTS, "birth_date")
MOST_CHANGES = 100  # of one field under one id; the newest stay
TRIM_EVERY = 50  # looked after when a change gets such a number, so that not each one pays for it

# sql: column names are those of this file
TYPED = ", ".join(
    f"{n} {'timestamptz' if n in MOMENTS else 'date' if n == 'birth_date' else 'text'}" for n in WRITTEN
)
GIVEN = ", ".join(n if n in NULLABLE else f"coalesce({n}, '')" for n in WRITTEN)
# sql: column names are those of this file
INSERT = f"""
insert into profiles_profile (workspace_id, id, created_at, updated_at, traits, told, own, merged_into,
  {", ".join(WRITTEN)})
select %s, id, created_at, %s, traits, told, own, merged_into, {GIVEN} from jsonb_to_recordset(%s::jsonb)
  as a(id bigint, created_at timestamptz, traits jsonb, told jsonb, own jsonb, merged_into bigint, {TYPED})
on conflict (id) do update set created_at = excluded.created_at, updated_at = excluded.updated_at,
  traits = excluded.traits, told = excluded.told, own = excluded.own, merged_into = excluded.merged_into,
{", ".join(f"{name} = excluded.{name}" for name in WRITTEN)}
"""
# The zone as it was told, and of the few whose addresses were confirmed or found dead, how they are.
TOLD_ZONE = "case when time_zone_source in ('phone', 'geo') then '' else time_zone end"
REGISTERS = f"""case when coalesce(email_confirmed_at, phone_confirmed_at) is not null or invalid_email <> ''
  or invalid_phone <> '' then json_build_object({", ".join(f"'{name}', {name}" for name in SETTLED)}) end"""
READ = ", ".join(TOLD_ZONE if name == "time_zone" else name for name in COLUMNS)
# sql: column names are those of this file
LOAD_OF = f"select id, created_at, traits, told, own, merged_into, {REGISTERS}, {READ} from profiles_profile"
# sql: column names are those of this file
LOAD = f"{LOAD_OF} where workspace_id = %s and id = any(%s::bigint[]) order by id for update"
# sql: column names are those of this file
LOAD_MEMBERS = (
    f"{LOAD_OF} where workspace_id = %s and (id = any(%s::bigint[]) or merged_into = any(%s::bigint[]))"
    " order by id for update"
)
SEEN_EARLIER = """
select a.i from json_to_recordset(%s::json) as a(i bigint, a timestamptz)
left join profiles_profile p on p.workspace_id = %s and p.id = a.i
where p.id is null or coalesce((p.own->>'made')::timestamptz, p.created_at) > a.a
"""
HISTORY = """
insert into profiles_change (workspace_id, home_id, field, old, new, at, recorded_at, source, basis, operation, before)
select %s, h, f, o, n, a, %s, s, b, p, t from jsonb_to_recordset(%s::jsonb)
  as c(h bigint, f text, o jsonb, n jsonb, a timestamptz, s text, b text, p text, t jsonb)
returning id, home_id
"""
TRIM = """
delete from profiles_change where id in (
  select id from (
    select id, row_number() over (partition by home_id, field order by id desc) as place from profiles_change
    where workspace_id = %s and home_id = any(%s::bigint[])
  ) c where place > %s
)
"""


def seen_earlier(workspace: WorkspaceId, moments: Mapping[Any, datetime]) -> list[int]:
    """The ids of which nothing is kept, or nothing so early. One look by primary key for each."""
    told = [{"i": number, "a": at} for number, at in moments.items()]
    found = database.bulk(SEEN_EARLIER, [database.as_json(told), workspace])
    return [number for (number,) in found]


def load(workspace: WorkspaceId, profiles: Iterable[int], *, members: bool = False) -> dict[int, Held]:
    """What is kept under these ids, locked for this transaction; with `members`, also of those merged into them."""
    asked = database.numbers(profiles)
    found = database.bulk(
        LOAD_MEMBERS if members else LOAD, [workspace, asked, *([asked] if members else [])]
    )
    return {row[0]: _held(*row) for row in found}


def _held(
    number: int, made: datetime, traits: Any, told: Any, own: Any, into: int | None, rare: Any, *columns: Any
) -> Held:
    values = {name: value for name, value in zip(COLUMNS, columns, strict=True) if value not in (None, "")}
    if rare:
        unsettle(values, _object(rare))
    known = Known(values | _object(traits), _object(told), made)
    return Held(number, known, _own(_object(own)) if own else None, into)


def held(row: Any) -> Held:
    """What is kept under one id, from its row."""
    columns = {name: getattr(row, name) for name in COLUMNS}
    if row.time_zone_source in ("phone", "geo"):
        columns["time_zone"] = ""
    rare = {name: getattr(row, name) for name in SETTLED}
    return _held(
        row.id, row.created_at, row.traits, row.told, row.own, row.merged_into, rare, *columns.values()
    )


def _own(told: dict[str, Any]) -> Known:
    values = told["values"]
    for name, read in (("birth_date", date.fromisoformat), ("registered_at", datetime.fromisoformat)):
        if name in values:
            values[name] = read(values[name])
    return Known(values, told["told"], datetime.fromisoformat(told["made"]) if told["made"] else None)


def _object(value: Any) -> dict[str, Any]:
    return msgspec.json.decode(value) if isinstance(value, str) else dict(value)  # type: ignore[no-any-return]


def save(workspace: WorkspaceId, held: Sequence[Held], types: Mapping[str, str], now: datetime) -> None:
    """Write these rows whole, here and, people who changed, without names and addresses, to the event store."""
    if not held:
        return
    rows, copies = [], []
    for one in held:
        settled = settle(one.known.values, one.known.told)
        rows.append(_row(one, settled, now))
        if one.into is None and one.known.changed:
            copies.append(mirror(workspace, one, settled, types, now))
    database.bulk(INSERT, [workspace, now, database.as_json(rows)])
    projection.append("profile", copies)


def _row(held: Held, settled: dict[str, Any], now: datetime) -> dict[str, Any]:
    known = held.known
    row: dict[str, Any] = {"id": held.id, "created_at": known.made or now, "told": known.told}
    traits = row["traits"] = {}
    for name, value in known.values.items():
        if value is None or value == "":
            continue
        if name in COLUMNS:
            row[name] = value
        elif not name.startswith("@"):  # a register, which `settled` speaks for
            traits[name] = value
    if held.own is not None:
        own = held.own
        row["own"] = {"values": _told(own.values), "told": own.told, "made": own.made}
    if held.into is not None:
        row["merged_into"] = held.into
    row.update(settled)
    return row


def _told(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value not in (None, "")}


def mirror(
    workspace: WorkspaceId, held: Held, settled: dict[str, Any], types: Mapping[str, str], now: datetime
) -> dict[str, Any]:
    """The row of the event store: what conditions may compare, never a name or an address."""
    values = held.known.values
    row = _copy(workspace, held, now)
    for name, value in values.items():
        if value is None or value == "" or name in HIDDEN or name.startswith("@"):
            continue
        _place(row, name, value, types.get(name, "text"))
    if zone := settled.get("time_zone"):
        row["text"]["time_zone"] = zone
    row["flag"] |= {
        "has_email": int("email" in settled),
        "has_phone": int("phone" in settled),
        "has_name": int(bool(values.get("first_name") or values.get("last_name"))),
    }
    return row


def _copy(workspace: WorkspaceId, held: Held, now: datetime) -> dict[str, Any]:
    made = held.known.made or now
    return {
        "workspace": str(workspace),
        "profile": held.id,
        "version": 0,
        "deleted": 0,
        "created_at": made,
        "text": {},
        "number": {},
        "time": {"first_seen_at": made},
        "flag": {},
        "list": {},
    }


def _place(row: dict[str, Any], name: str, value: Any, kind: str) -> None:
    if isinstance(value, str) and kind in ("date", "datetime"):  # traits come back from JSON as texts
        value = coerce(kind, value)
    if isinstance(value, bool):
        row["flag"][name] = int(value)
    elif isinstance(value, int | float) or kind == "decimal":
        row["number"][name] = float(value)
    elif isinstance(value, datetime):
        row["time"][name] = value
    elif isinstance(value, date):
        row["time"][name] = datetime(value.year, value.month, value.day, tzinfo=UTC)
    else:
        row["list" if isinstance(value, list) else "text"][name] = value


def unmirror(workspace: WorkspaceId, gone: Iterable[Held], now: datetime) -> None:
    """Take people out of the event store's profiles."""
    rows = [_copy(workspace, one, now) | {"time": {}, "deleted": 1} for one in gone]
    projection.append("profile", rows)


def repoint(workspace: WorkspaceId, into: Mapping[int, int]) -> None:
    """What had been merged into the first of each pair belongs to the second now."""
    database.bulk(
        "update profiles_profile p set merged_into = a.i from json_to_recordset(%s::json) as a(f bigint, i bigint)"
        " where p.workspace_id = %s and p.merged_into = a.f",
        [database.as_json([{"f": former, "i": now} for former, now in into.items()]), workspace],
    )


def remember(workspace: WorkspaceId, changes: Sequence[tuple[int, Change]], now: datetime) -> None:
    """Keep what was replaced, under the ids it was told under; of a field the newest `MOST_CHANGES` or a few more."""
    if not changes:
        return
    rows = [_changed(home, change) for home, change in _newest(changes)]
    made = database.bulk(HISTORY, [workspace, now, database.as_json(rows)], binary=True)
    if full := {home for number, home in made if number % TRIM_EVERY == 0}:
        database.bulk(TRIM, [workspace, database.numbers(full), MOST_CHANGES])


def _newest(changes: Sequence[tuple[int, Change]]) -> Sequence[tuple[int, Change]]:
    if len(changes) <= MOST_CHANGES:
        return changes
    kept: list[tuple[int, Change]] = []
    seen: dict[tuple[int, str], int] = {}
    for home, change in reversed(changes):
        seen[home, change.field] = seen.get((home, change.field), 0) + 1
        if seen[home, change.field] <= MOST_CHANGES:
            kept.append((home, change))
    return kept[::-1]


def _changed(home: int, change: Change) -> dict[str, Any]:
    at, source, *more = change.when
    basis, operation = (*more, "", "")[:2]
    return {
        "h": home, "f": change.field, "o": change.old, "n": change.new, "a": moment(at), "s": source[:200], "b": basis,
        "p": operation[:120], "t": change.before,
    }  # fmt: skip


def claim(workspace: WorkspaceId, claims: Iterable[tuple[str, str, int]]) -> dict[tuple[str, str], int]:
    """Whose these unique ids (field, value, home) are; those of nobody become the first asker's. Gives the people."""
    asked = database.as_json([{"f": field, "v": value, "h": home} for field, value, home in claims])
    database.bulk(
        "insert into profiles_uniquevalue (workspace_id, field, value, home_id)"
        " select %s, f, v, h from json_to_recordset(%s::json) as a(f text, v text, h bigint)"
        " order by f, v on conflict do nothing",
        [workspace, asked],
    )
    found = database.bulk(
        "select distinct u.field, u.value, coalesce(p.merged_into, u.home_id)"
        " from json_to_recordset(%s::json) as a(f text, v text)"
        " join profiles_uniquevalue u on u.workspace_id = %s and u.field = a.f and u.value = a.v"
        " left join profiles_profile p on p.id = u.home_id",
        [asked, workspace],
    )
    return {(field, value): person for field, value, person in found}


def release(workspace: WorkspaceId, former: Iterable[tuple[str, str, int]]) -> None:
    """These unique ids (field, value, home) were replaced, and may be somebody else's."""
    rows = [{"f": field, "v": value, "h": home} for field, value, home in former]
    if rows:
        database.bulk(
            "delete from profiles_uniquevalue u using json_to_recordset(%s::json) as a(f text, v text, h bigint)"
            " where u.workspace_id = %s and u.field = a.f and u.value = a.v and u.home_id = a.h",
            [database.as_json(rows), workspace],
        )
