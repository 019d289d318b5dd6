"""The inbox on real NATS servers: stored, read in order, carried out once, erased; refused where it might be lost."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import defaultdict

import msgspec
import pytest

from cadenza.base import clock, database
from cadenza.base.config import config
from cadenza.base.inbox import founding, nats_log, service, stream
from cadenza.base.inbox.nats_door import NatsDoor
from cadenza.base.inbox.nats_log import Line, NatsLog
from cadenza.base.inbox.port import Accepted
from cadenza.base.inbox.vouch import vouch
from cadenza.base.problem import Conflict, Unavailable
from cadenza.cdp.ingest import pipeline
from cadenza.cdp.ingest import service as ingest
from cadenza.cdp.ingest.split import split
from tests import nats_cluster

PARTITIONS = 4
DAYS = 7


@pytest.fixture(scope="module")
def one():
    with nats_cluster.running() as found:
        yield found


@pytest.fixture
def line(one, workspace):
    """The stream, empty, with its positions."""
    found = Line(one.url)
    found.wait(found.stream.ask(f"STREAM.DELETE.{stream.NAME}", {}))
    found_anew(found)
    yield found
    found.wait(found.stream.close())


def found_anew(line, partitions=PARTITIONS):
    with database.system_scope():
        nats_log.begin(line.wait(founding.found(line.stream, DAYS, "here")), partitions)


def batch(workspace, *items, **more):
    return Accepted(workspace, "batch", msgspec.json.encode({"batch": items, **more}), clock.now())


def track(user, event="Seen", **more):
    return {"type": "track", "event": event, "userId": user, **more}


def put(url, *requests, partitions=PARTITIONS):
    """Through the door; gives what each was told."""

    async def all_of_them():
        door = NatsDoor(url, partitions, split)
        try:
            return await asyncio.gather(*(door.put(one) for one in requests), return_exceptions=True)
        finally:
            await door.close()

    return asyncio.run(all_of_them())


def carry_out(line, most=100):
    source = NatsLog(line)
    for _ in range(most):
        if not pipeline.step(source):
            return


def stored(workspace):
    return database.rows("select count(*), count(distinct message) from ingest_seen where workspace_id = %s", [workspace])[0]


def test_what_went_in_is_carried_out_once(line, one, workspace):
    requests = [batch(workspace, *[track(f"u{n}-{m}") for m in range(10)]) for n in range(20)]
    assert put(one.url, *requests) == [None] * 20
    carry_out(line)
    with database.scope(workspace):
        assert stored(workspace) == (200, 200)
    carry_out(line)
    with database.scope(workspace):
        assert stored(workspace)[0] == 200
    assert nats_log.waiting(line) == 0
