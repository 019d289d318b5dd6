"""Many requests, few commits; a store that is away is said so, and found again without a restart."""

from __future__ import annotations

import asyncio

from django.conf import settings

from cadenza.base import clock, database
from cadenza.base.ids import new_id
from cadenza.base.inbox import door
from cadenza.base.inbox.door import PostgresDoor
from cadenza.base.inbox.port import Accepted
from cadenza.base.problem import TooMany, Unavailable


def arrival(workspace, payload=b"{}", kind="batch"):
    return Accepted(workspace, kind, payload, clock.now())


def stored(workspace):
    return database.rows("select count(*), count(distinct xmin::text) from inbox_arrival where workspace_id = %s",
                         [workspace])[0]  # fmt: skip


async def put_many(held, items):
    try:
        return await asyncio.gather(*(held.put(item) for item in items), return_exceptions=True)
    finally:
        await held.close()


def test_many_requests_share_a_commit(workspace):
    told = asyncio.run(put_many(PostgresDoor(settings.APP_URL), [arrival(workspace) for _ in range(600)]))
    assert told == [None] * 600
    count, commits = stored(workspace)
    assert count == 600
    assert commits <= 4


def test_order_of_arrival_is_kept(workspace):
    asyncio.run(put_many(PostgresDoor(settings.APP_URL), [arrival(workspace, b"%d" % n) for n in range(100)]))
    found = database.rows(
        "select payload from inbox_arrival where workspace_id = %s order by seq", [workspace]
    )
    assert [int(bytes(payload)) for (payload,) in found] == list(range(100))


def test_a_store_that_is_away_is_said_so(workspace):
    nowhere = PostgresDoor("postgresql://nobody:x@127.0.0.1:1/none")
    told = asyncio.run(put_many(nowhere, [arrival(workspace) for _ in range(3)]))
    assert [type(one) for one in told] == [Unavailable] * 3


def test_a_lost_connection_is_found_again(workspace):
    async def through_a_fault():
        held = PostgresDoor(settings.APP_URL)
        await held.put(arrival(workspace))
        await held._connection.execute("select set_config('application_name', 'doomed', false)")
        ended = await asyncio.to_thread(end_doomed)
        told = [await asyncio.gather(held.put(arrival(workspace)), return_exceptions=True) for _ in range(2)]
        await held.close()
        return ended, [one for (one,) in told]

    ended, told = asyncio.run(through_a_fault())
    assert ended == 1
    assert isinstance(told[0], Unavailable)
    assert told[1] is None
    assert stored(workspace)[0] == 2


def end_doomed():
    import psycopg

    with psycopg.connect(settings.OWNER_URL, autocommit=True) as owner:
        return owner.execute(
            "select count(pg_terminate_backend(pid)) from pg_stat_activity where application_name = 'doomed'"
        ).fetchone()[0]


def test_what_cannot_be_stored_leaves_nobody_waiting(workspace):
    async def one_bad():
        held = PostgresDoor(settings.APP_URL)
        bad = await asyncio.wait_for(
            asyncio.gather(held.put(arrival(workspace, kind="a\0b")), return_exceptions=True), 10
        )
        good = await asyncio.wait_for(held.put(arrival(workspace)), 10)
        await held.close()
        return bad[0], good

    bad, good = asyncio.run(one_bad())
    assert isinstance(bad, Unavailable)
    assert good is None


def test_too_much_at_once_is_refused_and_the_rest_goes_in(workspace, monkeypatch):
    monkeypatch.setattr(door, "MOST_WAITING", 10)
    told = asyncio.run(put_many(PostgresDoor(settings.APP_URL), [arrival(workspace) for _ in range(15)]))
    assert sum(one is None for one in told) == 10 == stored(workspace)[0]
    assert sum(isinstance(one, TooMany) for one in told) == 5


def test_too_many_bytes_at_once_are_refused(workspace, monkeypatch):
    monkeypatch.setattr(door, "MOST_WAITING_BYTES", 1000)
    told = asyncio.run(
        put_many(PostgresDoor(settings.APP_URL), [arrival(workspace, b"x" * 600) for _ in range(4)])
    )
    assert [type(one) for one in told[2:]] == [TooMany, TooMany]
    assert stored(workspace)[0] == 2


def test_closing_waits_for_what_is_under_way(workspace):
    async def close_at_once():
        held = PostgresDoor(settings.APP_URL)
        puts = [asyncio.create_task(held.put(arrival(workspace))) for _ in range(5)]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        await held.close()
        return await asyncio.wait_for(asyncio.gather(*puts, return_exceptions=True), 10)

    assert asyncio.run(close_at_once()) == [None] * 5


def test_a_stranger_workspace_is_only_a_name(engines):
    other = new_id()
    asyncio.run(put_many(PostgresDoor(settings.APP_URL), [arrival(other)]))
    assert stored(other)[0] == 1
