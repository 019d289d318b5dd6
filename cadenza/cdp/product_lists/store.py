"""The bulk statements of product lists."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec

from cadenza.base import clickhouse, database, projection
from cadenza.base.ids import ProfileId, WorkspaceId
from cadenza.cdp.product_lists.fold import fold
from cadenza.cdp.product_lists.types import Held, Piece, Telling

Key = tuple[int, str]  # whose list, and its name

# In one order for all: two writers of the same lists wait for each other, and never in a ring.
HOLD = """
insert into product_lists_productlist as l (workspace_id, profile_id, name, updated_at)
select %s, p, n, at from json_to_recordset(%s::json) as a(p bigint, n text, at timestamptz) order by p, n
on conflict (workspace_id, profile_id, name) do update set updated_at = greatest(l.updated_at, excluded.updated_at)
"""
ADD = """
insert into product_lists_telling (workspace_id, profile_id, home, name, kind, at, message, pieces)
select %s, p, h, n, k, at, m, c
from json_to_recordset(%s::json) as a(p bigint, h bigint, n text, k text, at timestamptz, m uuid, c jsonb)
on conflict (workspace_id, message) do nothing
"""
TELLINGS = """
select t.profile_id, t.name, t.kind, t.pieces::text, t.at, t.message, t.home
from json_to_recordset(%s::json) as a(p bigint, n text)
join product_lists_telling t on t.workspace_id = %s and t.profile_id = a.p and t.name = a.n
"""
REWRITE = (
    "update product_lists_telling set kind = %s, pieces = %s::jsonb where workspace_id = %s and message = %s"
)
FOLLOW = """
update product_lists_telling t set profile_id = a.w from json_to_recordset(%s::json) as a(l bigint, w bigint)
where t.workspace_id = %s and t.profile_id = a.l returning t.profile_id, t.name
"""
LOST = """
select profile_id, name from product_lists_productlist where workspace_id = %s and profile_id = any(%s) for update
"""
FORGET = "delete from product_lists_telling where workspace_id = %s and message = any(%s::uuid[])"
RENEW = """
insert into product_lists_productlist as l (workspace_id, profile_id, name, updated_at)
select t.workspace_id, t.profile_id, t.name, max(t.at) from json_to_recordset(%s::json) as a(p bigint, n text)
join product_lists_telling t on t.workspace_id = %s and t.profile_id = a.p and t.name = a.n
group by t.workspace_id, t.profile_id, t.name order by t.profile_id, t.name
on conflict (workspace_id, profile_id, name) do update set updated_at = excluded.updated_at
"""
CLEAR = """
delete from product_lists_productlist l using json_to_recordset(%s::json) as a(p bigint, n text)
where l.workspace_id = %s and l.profile_id = a.p and l.name = a.n and not exists (
  select 1 from product_lists_telling t
  where t.workspace_id = l.workspace_id and t.profile_id = l.profile_id and t.name = l.name)
"""
TABLES = ("product_lists_telling", "product_lists_productlist")


def _keys(keys: Iterable[Key]) -> str:
    return database.as_json([{"p": profile, "n": name} for profile, name in keys])


def add(workspace: WorkspaceId, told: Sequence[tuple[ProfileId, Telling]]) -> set[Key]:
    """Write down what was told, holding each list until this transaction ends; gives the lists."""
    newest: dict[Key, Any] = {}
    for profile, one in told:
        key = profile, one.name
        newest[key] = max(newest.get(key, one.at), one.at)
    rows = [{"p": profile, "n": name, "at": at} for (profile, name), at in newest.items()]
    database.bulk(HOLD, [workspace, database.as_json(rows)])
    database.bulk(ADD, [workspace, database.as_json([_row(profile, one) for profile, one in told])])
    return set(newest)


def _row(profile: ProfileId, one: Telling) -> dict[str, Any]:
    return {"p": profile, "h": one.home, "n": one.name, "k": one.kind, "at": one.at, "m": one.message,
            "c": _pieces(one)}  # fmt: skip


def _pieces(one: Telling) -> list[list[Any]]:
    return [
        [piece.product, str(piece.quantity), None if piece.price is None else str(piece.price),
         *([piece.told] if piece.told else [])]
        for piece in one.pieces
    ]  # fmt: skip


def tellings(workspace: WorkspaceId, keys: Collection[Key]) -> dict[Key, list[Telling]]:
    """Everything told of these lists."""
    found: dict[Key, list[Telling]] = defaultdict(list)
    for profile, name, kind, pieces, at, message, home in database.bulk(
        TELLINGS, [_keys(keys), workspace], binary=True
    ):
        told = tuple(
            Piece(product, Decimal(quantity), None if price is None else Decimal(price), *details)
            for product, quantity, price, *details in msgspec.json.decode(pieces)
        )
        found[profile, name].append(Telling(name, kind, told, at, message, ProfileId(home)))
    return found


def put(workspace: WorkspaceId, lists: Mapping[Key, Sequence[Held]]) -> None:
    """Let segments see these lists as they stand now."""
    projection.append("product_list", [mirrored(workspace, key, held) for key, held in lists.items()])


def mirrored(workspace: WorkspaceId, key: Key, held: Sequence[Held]) -> dict[str, Any]:
    """A list as segments ask it: each product with what was told of it."""
    texts, numbers = [], []
    for one in held:
        numbers.append(
            {"quantity": float(one.quantity)} | ({} if one.price is None else {"price": float(one.price)})
        )
        texts.append({"product_id": one.product})
        for name, value in one.told.items():
            if isinstance(value, bool | str):
                texts[-1][name] = str(value).lower() if isinstance(value, bool) else value
            else:
                numbers[-1][name] = float(value)
    return {
        "workspace": str(workspace), "profile": key[0], "name": key[1], "product": [one.product for one in held],
        "text": texts, "number": numbers, "version": 0, "deleted": int(not held),
    }  # fmt: skip


def mirror(workspace: WorkspaceId, after: int, limit: int) -> int | None:
    """Copy the lists of some people to the event store, by the order of their ids; gives the last one's."""
    found = database.rows(
        "select distinct profile_id from product_lists_productlist where workspace_id = %s and profile_id > %s"
        " order by profile_id limit %s",
        [workspace, after, limit],
    )
    people = [profile for (profile,) in found]
    names = database.rows(
        "select profile_id, name from product_lists_productlist where workspace_id = %s and profile_id = any(%s)"
        " order by profile_id, name for update",
        [workspace, people],
    )
    keys = [(int(profile), str(name)) for profile, name in names]
    known = tellings(workspace, keys) if keys else {}
    rows = [mirrored(workspace, key, fold(known.get(key, ()))) for key in keys]
    projection.append("product_list", rows)
    return people[-1] if people else None


def forget(workspace: WorkspaceId, messages: Sequence[UUID]) -> None:
    """Forget tellings that nobody can see any more."""
    if messages:
        database.execute(FORGET, [workspace, list(messages)])


def rewrite(workspace: WorkspaceId, one: Telling) -> None:
    """Put a telling in place of its namesake."""
    database.execute(REWRITE, [one.kind, database.as_json(_pieces(one)), workspace, one.message])


def follow(workspace: WorkspaceId, into: Mapping[int, int]) -> set[Key]:
    """What was told of these people was told of whom they lead to; gives the lists of those that it touches."""
    told = database.as_json([{"l": loser, "w": winner} for loser, winner in into.items()])
    moved = database.bulk(FOLLOW, [told, workspace])
    lost = database.rows(LOST, [workspace, list(into)])
    projection.append("product_list", [mirrored(workspace, (loser, name), ()) for loser, name in lost])
    database.bulk(
        "delete from product_lists_productlist where workspace_id = %s and profile_id = any(%s::bigint[])",
        [workspace, database.numbers(into)],
    )
    return {(winner, name) for winner, name in moved}


def give_back(
    workspace: WorkspaceId, winner: ProfileId, loser: ProfileId, ids: Sequence[ProfileId]
) -> set[Key]:
    """What was told under these ids is the loser's again; gives the lists of both that it touches."""
    names = database.rows(
        "update product_lists_telling set profile_id = %s"
        " where workspace_id = %s and profile_id = %s and home = any(%s) returning name",
        [loser, workspace, winner, list(ids)],
    )
    return {(whose, name) for (name,) in names for whose in (winner, loser)}


def renew(workspace: WorkspaceId, keys: Collection[Key]) -> None:
    """The lists' rows as their tellings have it, after these changed hands; a list nobody told of is none."""
    database.bulk(RENEW, [_keys(keys), workspace])
    database.bulk(CLEAR, [_keys(keys), workspace])


def erase(workspace: WorkspaceId, profiles: Sequence[ProfileId]) -> dict[str, int]:
    """Delete everything of these people."""
    projection.drain()
    copied = sum(clickhouse.erase("product_list", workspace, one) for one in profiles)
    return {"product_list": copied} | {
        # sql: the names of tables are those of this file
        table: database.execute(
            f"delete from {table} where workspace_id = %s and profile_id = any(%s)",
            [workspace, list(profiles)],
        )
        for table in TABLES
    }
