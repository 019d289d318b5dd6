"""The bulk statements of orders."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from cadenza.base import database, projection
from cadenza.base.ids import WorkspaceId
from cadenza.cdp.orders.types import LineChange, OrderLine, ReturnChange

NEW_ORDERS = """
insert into orders_order (workspace_id, number, profile_id, home, placed_at, status, currency, total, refunded,
  country, region, coupon, source, told_at)
select %s, number, profile, home, placed_at, 'delivered', currency, 0, 0, country, region, '', source, placed_at
from unnest(%s::text[], %s::bigint[], %s::bigint[], %s::timestamptz[], %s::text[], %s::text[], %s::text[], %s::text[])
  as a(number, profile, home, placed_at, currency, country, region, source)
on conflict (workspace_id, number) do nothing
returning number, profile_id, placed_at, currency, source
"""
LINES = """
insert into orders_line (workspace_id, order_id, line_number, product, name, category, brand, quantity, price, total,
  custom)
select %s, o.id, a.line_number, a.product, a.name, a.category, a.brand, a.quantity, a.price, a.total, a.custom::jsonb
from unnest(%s::text[], %s::int[], %s::text[], %s::text[], %s::text[], %s::text[], %s::numeric[], %s::numeric[],
  %s::numeric[], %s::text[]) as a(number, line_number, product, name, category, brand, quantity, price, total, custom)
cross join lateral (select id from orders_order where workspace_id = %s and number = a.number limit 1) o
on conflict (order_id, line_number) do update set product = excluded.product, name = excluded.name,
  category = excluded.category, brand = excluded.brand, quantity = excluded.quantity, price = excluded.price,
  total = excluded.total, custom = excluded.custom
returning (xmax = 0) as made
"""
SUMS = """
update orders_order o set total = s.total from (
  select order_id, sum(l.total) as total from orders_line l
  join orders_order p on p.id = l.order_id where p.workspace_id = %s and p.number = any(%s) group by order_id
) s where o.id = s.order_id and o.total <> s.total
"""
RETURNS = """
insert into orders_return (workspace_id, key, returned_at, product, quantity, order_number, profile_id, home, amount)
select %s, * from unnest(%s::text[], %s::timestamptz[], %s::text[], %s::numeric[], %s::text[], %s::bigint[],
  %s::bigint[], %s::numeric[])
on conflict (workspace_id, key) do update set returned_at = excluded.returned_at, product = excluded.product,
  quantity = excluded.quantity, order_number = excluded.order_number, amount = excluded.amount
returning (xmax = 0) as made
"""
# The event store keeps orders, like events, under the id that they were told under, and follows merges by itself.
MIRROR = """
select coalesce(o.home, o.profile_id), o.number, o.placed_at, o.status, o.currency, o.total, o.refunded, o.country,
  array_agg(l.product order by l.line_number) filter (where l.id is not null),
  array_agg(l.category order by l.line_number) filter (where l.id is not null),
  array_agg(l.brand order by l.line_number) filter (where l.id is not null),
  array_agg(l.quantity::float8 order by l.line_number) filter (where l.id is not null),
  array_agg(l.total order by l.line_number) filter (where l.id is not null)
from orders_order o left join orders_line l on l.order_id = o.id
where o.workspace_id = %s and o.number = any(%s) group by o.id
"""
FOLLOW = (
    "update orders_order o set profile_id = m.winner from unnest(%s::bigint[], %s::bigint[]) as m(loser, winner)"
    " where o.workspace_id = %s and o.profile_id = m.loser",
    "update orders_return o set profile_id = m.winner from unnest(%s::bigint[], %s::bigint[]) as m(loser, winner)"
    " where o.workspace_id = %s and o.profile_id = m.loser",
)
GIVE_BACK = (
    "update orders_order set profile_id = %s where workspace_id = %s and home = any(%s) and profile_id <> %s",
    "update orders_return set profile_id = %s where workspace_id = %s and home = any(%s) and profile_id <> %s",
)
MIRRORED = ("profile", "number", "placed_at", "status", "currency", "total", "refunded", "country", "line_product",
            "line_category", "line_brand", "line_quantity", "line_total")  # fmt: skip


def known_numbers(workspace: WorkspaceId, numbers: Iterable[str]) -> set[str]:
    """Which of these orders exist."""
    found = database.rows(
        "select number from orders_order where workspace_id = %s and number = any(%s)",
        [workspace, list(numbers)],
    )
    return {number for (number,) in found}


def make_orders(workspace: WorkspaceId, changes: Iterable[LineChange]) -> list[dict[str, Any]]:
    """Make the orders of these lines that do not exist yet; gives the new ones."""
    first = {change.order_number: change for change in reversed(list(changes))}
    rows = [
        (
            c.order_number,
            c.profile,
            c.home or c.profile,
            c.placed_at,
            c.currency,
            c.country,
            c.region,
            c.source,
        )
        for c in first.values()
    ]
    found = database.rows(NEW_ORDERS, [workspace, *map(list, zip(*rows, strict=True))])
    names = ("number", "profile", "at", "currency", "source")
    return [dict(zip(names, row, strict=True)) for row in found]


def put_lines(workspace: WorkspaceId, lines: Sequence[tuple[str, OrderLine]]) -> tuple[int, int]:
    """Write lines into their orders, by line number; gives how many were new and how many known."""
    last = {(number, line.line_number): line for number, line in lines}
    rows = [
        (
            number,
            one.line_number,
            one.product,
            one.name,
            one.category,
            one.brand,
            one.quantity,
            one.price,
            one.total,
            database.as_json(one.custom),
        )
        for (number, _), one in last.items()
    ]
    if not rows:
        return 0, 0
    found = database.rows(LINES, [workspace, *map(list, zip(*rows, strict=True)), workspace])
    made = sum(1 for (new,) in found if new)
    return made, len(found) - made


def sum_lines(workspace: WorkspaceId, numbers: Iterable[str]) -> None:
    """Make the totals of these orders the sums of their lines."""
    database.execute(SUMS, [workspace, list(numbers)])


def put_returns(workspace: WorkspaceId, returns: Iterable[ReturnChange]) -> tuple[int, int]:
    """Write returns, by key; gives how many were new and how many known."""
    last = {one.key: one for one in returns}
    rows = [
        (
            r.key,
            r.returned_at,
            r.product,
            r.quantity,
            r.order_number,
            r.profile,
            r.home or r.profile,
            r.amount,
        )
        for r in last.values()
    ]
    found = database.rows(RETURNS, [workspace, *map(list, zip(*rows, strict=True))])
    made = sum(1 for (new,) in found if new)
    return made, len(found) - made


def mirror(workspace: WorkspaceId, numbers: Iterable[str]) -> dict[str, Decimal]:
    """Copy these orders to the event store, those of nobody known with profile 0. Gives their totals."""
    rows = []
    for found in database.rows(MIRROR, [workspace, list(numbers)]):
        row = dict(zip(MIRRORED, found, strict=True))
        row = {
            name: [] if value is None and name.startswith("line_") else value for name, value in row.items()
        }
        rows.append(
            row | {"workspace": str(workspace), "profile": row["profile"] or 0, "version": 0, "deleted": 0}
        )
    projection.append("purchase", rows)
    return {row["number"]: row["total"] for row in rows}


def follow_merges(workspace: WorkspaceId, merges: Sequence[tuple[int, int]]) -> None:
    """Give the losers' orders and returns to the winners (winner, loser)."""
    bound = [
        database.numbers(loser for _, loser in merges),
        database.numbers(one for one, _ in merges),
        workspace,
    ]
    for sql in FOLLOW:
        database.bulk(sql, bound)


def follow_unmerge(workspace: WorkspaceId, loser: int, ids: Sequence[int]) -> None:
    """Give what was told under these ids to `loser`."""
    for sql in GIVE_BACK:
        database.execute(sql, [loser, workspace, list(ids), loser])


def sums(workspace: WorkspaceId, profiles: Iterable[int]) -> list[tuple[Any, ...]]:
    """Person, currency, orders, spent and last order of these people, a row for each currency."""
    return database.rows(
        "select profile_id, currency, count(*), sum(total - refunded), max(placed_at) from orders_order"
        " where workspace_id = %s and profile_id = any(%s) and status <> 'cancelled'"
        " group by profile_id, currency order by profile_id, sum(total - refunded) desc, currency",
        [workspace, list(profiles)],
    )


def totals(workspace: WorkspaceId) -> tuple[Any, ...]:
    """Sums over all orders, lines and returns."""
    return database.rows(
        """
        select o.orders, o.cancelled, l.lines, l.pieces, o.revenue, o.refunded, r.returns, r.pieces from
        (select count(*) filter (where status <> 'cancelled') as orders,
          count(*) filter (where status = 'cancelled') as cancelled,
          coalesce(sum(total) filter (where status <> 'cancelled'), 0) as revenue,
          coalesce(sum(refunded) filter (where status <> 'cancelled'), 0) as refunded
          from orders_order where workspace_id = %s) o,
        (select count(*) as lines, coalesce(sum(quantity), 0) as pieces from orders_line where workspace_id = %s) l,
        (select count(*) as returns, coalesce(sum(quantity), 0) as pieces from orders_return where workspace_id = %s) r
        """,
        [workspace, workspace, workspace],
    )[0]
