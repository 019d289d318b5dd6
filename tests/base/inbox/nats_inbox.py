"""What tests of the inbox on NATS do to it: put requests in, look at what lies there, carry it out."""

from __future__ import annotations

import asyncio

import msgspec

from cadenza.base import clickhouse, clock, database, projection
from cadenza.base.inbox import founding, nats_log, stream
from cadenza.base.inbox.nats_door import NatsDoor
from cadenza.base.inbox.port import Accepted
from cadenza.cdp.ingest import pipeline
from cadenza.cdp.ingest import service as ingest
from cadenza.cdp.ingest.split import split

PARTITIONS = 4
DAYS = 7


def begin_anew(line, days=DAYS, installation="here"):
    line.wait(line.stream.ask(f"STREAM.DELETE.{stream.NAME}", {}))
    begin(line, days, installation)


def begin(line, days=DAYS, installation="here"):
    with database.system_scope():
        line.wait(founding.found(line.stream, days, installation))
        nats_log.begin(line, PARTITIONS)


def batch(workspace, *items, **more):
    return Accepted(workspace, "batch", msgspec.json.encode({"batch": items, **more}), clock.now())


def track(user, event="Seen", **more):
    return {"type": "track", "event": event, "userId": user, **more}


def put(url, *requests):
    """Through the door, all at once; gives what each was told."""

    async def all_of_them():
        door = NatsDoor(url, PARTITIONS, split)
        try:
            return await asyncio.gather(*(door.put(one) for one in requests), return_exceptions=True)
        finally:
            await door.close()

    return asyncio.run(all_of_them())


def carry_out(source):
    while pipeline.step(source):
        pass


def taken_in(workspace):
    """How many events were carried out, as the event store counts them."""
    projection.drain()
    return clickhouse.query("select count() from event where workspace = {w:UUID}", {"w": str(workspace)})[0][
        0
    ]


def rejected(workspace):
    with database.scope(workspace):
        return [(one.code, msgspec.json.decode(one.payload)) for one in ingest.rejected(workspace)]


def lying(line):
    """The items that lie in the stream, with their partitions."""
    frames, _ = line.read(stream.ALL, 0, 1000)
    return [
        (frame.partition, item)
        for frame in frames
        for part in nats_log.unpack(frame.payload)
        for item in msgspec.json.decode(part.accepted.payload)["batch"]
    ]
