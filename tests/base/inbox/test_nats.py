"""The inbox on real NATS servers: stored, read in order, carried out once, erased; refused where it might be lost."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import defaultdict
from dataclasses import replace

import msgspec
import pytest
from django.db import DatabaseError

from cadenza.base import clock, database
from cadenza.base.inbox import founding, nats_log, service, stream
from cadenza.base.inbox.nats_door import NatsDoor
from cadenza.base.inbox.nats_log import Line, NatsLog
from cadenza.base.inbox.port import Accepted
from cadenza.base.problem import Unavailable
from cadenza.cdp.ingest import pipeline
from cadenza.cdp.ingest import service as ingest
from cadenza.cdp.ingest.split import split
from tests import nats_cluster
from tests.base.inbox.nats_inbox import (
    PARTITIONS,
    batch,
    begin,
    begin_anew,
    carry_out,
    lying,
    put,
    rejected,
    taken_in,
    track,
)  # fmt: skip


@pytest.fixture(scope="module")
def one():
    with nats_cluster.running() as found:
        yield found


@pytest.fixture
def line(one, workspace):
    """The stream, empty, with its positions."""
    found = Line(one.url)
    begin_anew(found)
    yield found
    found.wait(found.stream.close())
    with database.system_scope():
        database.execute("delete from inbox_position")


def test_what_went_in_is_carried_out_once(line, one, workspace):
    requests = [batch(workspace, *[track(f"u{n}-{m}") for m in range(10)]) for n in range(20)]
    assert put(one.url, *requests) == [None] * 20
    assert nats_log.waiting(line) > 0
    for _ in range(2):
        carry_out(NatsLog(line))
        assert taken_in(workspace) == 200
    assert nats_log.waiting(line) == 0


def test_every_field_of_a_request_arrives(line, one, workspace):
    told = replace(batch(workspace, track("u")), source="import", flaws=b'[[0,"x","y","z"]]')
    assert put(one.url, told) == [None]
    [frame], _ = line.read(stream.ALL, 0, 10)
    [part] = nats_log.unpack(frame.payload)
    assert part.accepted == told


def test_requests_that_arrive_together_share_a_frame(line, one, workspace):
    put(one.url, *[batch(workspace, *[track(f"u{n}-{m}") for m in range(20)]) for n in range(100)])
    state = line.state()
    assert state.last <= 2 * PARTITIONS
    assert len(lying(line)) == 2000


def test_a_person_lies_in_one_partition_in_order(line, one, workspace):
    people = [f"u{n}" for n in range(30)]
    put(one.url, *[batch(workspace, *[track(user, n=n) for user in people]) for n in range(10)])
    places, told = defaultdict(set), defaultdict(list)
    for partition, item in lying(line):
        places[item["userId"]].add(partition)
        told[item["userId"]].append(item["n"])
    assert {user: len(found) for user, found in places.items()} == dict.fromkeys(people, 1)
    assert all(found == list(range(10)) for found in told.values())
    assert len(set.union(*places.values())) == PARTITIONS


def test_pipelines_side_by_side_keep_each_persons_order_and_do_nothing_twice(line, one, workspace):
    put(one.url, *[batch(workspace, *[track(f"u{n}", n=round) for n in range(8)]) for round in range(20)])
    done: list[tuple[int, str, int]] = []

    def read(pipeline_number: int) -> None:
        source, idle = NatsLog(line), 0
        while idle < 3:
            with database.system_scope():
                waiting = source.take(1)
                for told in waiting:
                    for item in msgspec.json.decode(told.accepted.payload)["batch"]:
                        done.append((pipeline_number, item["userId"], item["n"]))
                time.sleep(0.01)
                source.done(waiting, clock.now())
            idle = 0 if waiting else idle + 1
        pipeline.close_old_connections()
        database.connection.close()

    threads = [threading.Thread(target=read, args=(n,)) for n in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    for user in {user for _, user, _ in done}:
        assert [n for _, who, n in done if who == user] == list(range(20))
    assert len(done) == 160


def test_what_was_rolled_back_is_taken_again(line, one, workspace):
    put(one.url, batch(workspace, track("u")))
    source = NatsLog(line)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError), database.system_scope():
            assert [told.seq for told in source.take(32)] == [1]
            raise ZeroDivisionError
    with database.system_scope():
        waiting = source.take(32)
        source.done(waiting, clock.now())
    with database.system_scope():
        assert source.take(32) == []


def test_while_one_pipeline_is_at_a_partition_no_other_is(line, one, workspace):
    put(one.url, batch(workspace, track("u")))
    seen = []

    def look() -> None:
        with database.system_scope():
            seen.append(NatsLog(line).take(32))
        database.connection.close()

    with database.system_scope():
        assert NatsLog(line).take(32)
        thread = threading.Thread(target=look)
        thread.start()
        thread.join(20)
    assert seen == [[]]


def test_a_paused_pipeline_loses_its_partition_and_cannot_write(line, one, workspace):
    put(one.url, batch(workspace, track("u", messageId="m")))
    paused = NatsLog(line, paused_seconds=0.5)
    with pytest.raises(DatabaseError), database.system_scope():
        waiting = paused.take(32)
        assert waiting
        thread = threading.Thread(target=carry_out_elsewhere, args=(line,))
        thread.start()
        thread.join(20)  # as long as the pause: PostgreSQL has ended this session meanwhile
        paused.done(waiting, clock.now())
    database.connection.close()
    assert taken_in(workspace) == 1
    carry_out(paused)
    assert taken_in(workspace) == 1


def carry_out_elsewhere(line) -> None:
    until = time.monotonic() + 10
    source = NatsLog(line)
    while not pipeline.step(source) and time.monotonic() < until:
        time.sleep(0.05)
    database.connection.close()


def test_one_that_cannot_be_carried_out_holds_nobody_up(line, one, workspace):
    good = [batch(workspace, track(f"u{n}")) for n in range(20)]
    bad = Accepted(workspace, "batch", b'{"batch":[{"type":"track"}]}', clock.now())
    put(one.url, *good[:10], bad, *good[10:])
    carry_out(NatsLog(line))
    assert taken_in(workspace) == 20
    assert [code for code, _ in rejected(workspace)] == ["fault"]


def test_flaws_follow_their_items(line, one, workspace):
    items = [track(f"u{n}") for n in range(12)]
    flaws = msgspec.json.encode([[n, "wrong", f"This is number {n}.", ""] for n in (3, 7, 11)])
    put(one.url, replace(batch(workspace, *items), flaws=flaws))
    carry_out(NatsLog(line))
    assert taken_in(workspace) == 9
    assert sorted(told["userId"] for _, told in rejected(workspace)) == ["u11", "u3", "u7"]


def test_what_modules_append_goes_in_with_their_transaction_alone(line, one, workspace):
    database.execute("delete from inbox_arrival")  # what other tests left
    with pytest.raises(ZeroDivisionError), database.scope(workspace):
        ingest.accept(workspace, [track("taken back")])
        raise ZeroDivisionError
    with database.scope(workspace):
        ingest.accept(workspace, [track("stays")])
    carry_out(NatsLog(line))
    carry_out(service.TABLE)
    assert taken_in(workspace) == 1


def test_nats_that_is_away_is_said_so(line, workspace, monkeypatch):
    monkeypatch.setattr(stream, "PATIENCE_SECONDS", 0.3)
    monkeypatch.setattr(stream, "CONNECT_SECONDS", 0.5)
    told = put("nats://127.0.0.1:1", batch(workspace, track("u")), batch(workspace, track("v")))
    assert [type(one) for one in told] == [Unavailable, Unavailable]


def test_a_leader_that_lost_its_majority_stores_nothing_though_it_answers(workspace):
    async def write(id: str) -> None:
        found = stream.Stream(leader_url)
        try:
            await found.write(0, b"frame", id)
        finally:
            await found.close()

    with nats_cluster.running(3) as three:
        line = Line(three.url)
        begin(line)
        told = line.wait(line.stream.info())
        line.wait(line.stream.close())
        assert told
        [leader] = [node for node in three.nodes if node.name == told["cluster"]["leader"]]
        leader_url = f"nats://cadenza:secret@127.0.0.1:{leader.port}"
        asyncio.run(write("with"))
        for node in three.nodes:
            if node is not leader:
                node.kill()
        with pytest.raises(Unavailable):
            asyncio.run(write("without"))


def test_the_door_finds_its_way_back_by_itself(workspace, monkeypatch):
    monkeypatch.setattr(stream, "PATIENCE_SECONDS", 60)  # a busy machine starts a server late
    with nats_cluster.running() as lonely:
        line = Line(lonely.url)
        begin_anew(line)

        async def through_a_fault():
            door = NatsDoor(lonely.url, PARTITIONS, split)
            await door.put(batch(workspace, track("before")))
            lonely.nodes[0].kill()
            waiting = asyncio.create_task(door.put(batch(workspace, track("meanwhile"))))
            await asyncio.sleep(1)
            lonely.nodes[0].start()
            await waiting
            await door.put(batch(workspace, track("after")))
            await door.close()

        asyncio.run(through_a_fault())
        assert [item["userId"] for _, item in sorted(lying(line), key=str)] and len(lying(line)) == 3
        line.wait(line.stream.close())
    with database.system_scope():
        database.execute("delete from inbox_position")


def test_a_stream_that_was_made_anew_is_read_from_its_start(line, one, workspace):
    put(one.url, *[batch(workspace, track(f"old{n}", messageId=f"old{n}")) for n in range(5)])
    carry_out(NatsLog(line))
    begin_anew(line)
    put(one.url, batch(workspace, track("old1", messageId="old1"), track("new", messageId="new")))
    carry_out(NatsLog(line))
    assert taken_in(workspace) == 6


def test_a_stream_that_lost_its_end_is_read_from_its_start(line, one, workspace, monkeypatch):
    monkeypatch.setattr(nats_log, "LOOK_SECONDS", 0.01)
    put(one.url, batch(workspace, track("u", messageId="m")))
    with database.system_scope():
        database.execute("update inbox_position set seq = 1000")
    begin(line)
    carry_out(NatsLog(line))
    assert taken_in(workspace) == 1


def test_more_partitions_are_added_and_none_is_forgotten(line, one, workspace):
    with database.system_scope():
        nats_log.begin(line, PARTITIONS + 3)
        nats_log.begin(line, 1)
        assert sorted(nats_log.positions()) == list(range(PARTITIONS + 3))


def test_a_door_that_opens_while_pipelines_read_sends_none_of_them_back(line, one, workspace):
    put(one.url, *[batch(workspace, track(f"u{n}", messageId=f"m{n}")) for n in range(20)])
    source = NatsLog(line)
    while pipeline.step(source):
        before = nats_log.positions()
        begin(line)
        assert nats_log.positions() == before
    assert taken_in(workspace) == 20


def test_positions_outlive_a_change_of_the_stream(line, one, workspace):
    put(one.url, batch(workspace, track("u", messageId="m")))
    carry_out(NatsLog(line))
    begin(line, days=9)
    assert max(nats_log.positions().values()) == 1
    put(one.url, batch(workspace, track("v", messageId="n")))
    carry_out(NatsLog(line))
    assert taken_in(workspace) == 2


def test_a_stream_made_anew_behind_its_back_is_said_so(line, one, workspace):
    line.wait(line.stream.ask(f"STREAM.DELETE.{stream.NAME}", {}))
    with pytest.raises(Unavailable, match="not there"), database.system_scope():
        NatsLog(line).take(1)
    line.wait(founding.found(line.stream, 7, "here"))
    with pytest.raises(Unavailable, match="made anew"), database.system_scope():
        NatsLog(line).take(1)


def test_what_waits_longest_is_known(line, one, workspace):
    assert nats_log.oldest(line) is None
    first = batch(workspace, track("u"))
    put(one.url, first)
    put(one.url, batch(workspace, *[track(f"v{n}") for n in range(9)]))
    assert nats_log.oldest(line) == first.received_at
    carry_out(NatsLog(line))
    assert nats_log.oldest(line) is None


def test_a_request_that_is_answered_twice_is_one(line, one, workspace):
    """The client got a 503, though some of its parts were stored, and sends the same again."""
    told = batch(workspace, *[track(f"u{n}", messageId=f"m{n}") for n in range(20)])
    put(one.url, told, told)
    put(one.url, told)
    assert len(lying(line)) == 60
    carry_out(NatsLog(line))
    assert taken_in(workspace) == 20


def test_the_same_frame_stored_again_by_the_door_is_one(line, one, workspace):
    for _ in range(2):
        line.wait(line.stream.write(0, b"\x90", "the-same"))
    assert line.state().last == 1
