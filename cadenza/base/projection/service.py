"""Write batches with the truth, copy them in order, delete them when they have arrived.

Small batches cost ClickHouse more than large ones, now and when it merges them: those that wait for the same table
are copied together.  Which ones is written down first.  After a crash between copying and deleting, the same rows
are copied again with the same token, and ClickHouse drops them.  While it is away, batches wait here and everything
else goes on.
"""

from __future__ import annotations

import threading
import time
from datetime import datetime
from typing import Any

import msgspec
import zstandard
from django.db import close_old_connections

from cadenza.base import clickhouse, clock, database, heartbeat, log
from cadenza.base.projection import space

AT_ONCE = 64
MOST_ROWS = 30_000  # of a bundle, unless one batch has more
IDLE_SECONDS = 0.05
AWAY_SECONDS = 1.0
UNNUMBERED = b'"version":0'
BUNDLE = """
update projection_batch b set bundle = a.b from json_to_recordset(%s::json) as a(i bigint, b bigint)
where b.id = a.i and b.bundle is null returning b.bundle
"""

_encoder = msgspec.json.Encoder()
_draining = threading.Lock()


def append(table: str, rows: list[dict[str, Any]]) -> None:
    """See `projection.append`."""
    if rows:
        append_lines(table, _encoder.encode_lines(rows), len(rows))


def append_lines(table: str, lines: bytes, count: int) -> None:
    """The same, from rows that are JSON lines already."""
    database.bulk(
        'insert into projection_batch ("table", row_count, payload, at) values (%s, %s, %s, %s)',
        [table, count, zstandard.compress(lines, 1), clock.now()],
    )


def drain() -> int:
    """See `projection.drain`."""
    copied = 0
    with _draining:
        space.watch()
        while bundles := _bundles():
            space.watch()
            for bundle in bundles:
                copied += _copy(bundle)
    return copied


def _bundles() -> list[int]:
    """The bundles of the oldest batches; what waits by itself is bundled now, for good."""
    waiting = database.bulk(
        'select id, bundle, "table", row_count from projection_batch order by id limit %s', [AT_ONCE]
    )
    found = {bundle for _, bundle, _, _ in waiting if bundle is not None}
    together = _together([(number, table, rows) for number, bundle, table, rows in waiting if bundle is None])
    if together:
        told = [{"i": number, "b": bundle} for number, bundle in together.items()]
        found |= {bundle for (bundle,) in database.bulk(BUNDLE, [database.as_json(told)])}
    return sorted(found)


def _together(waiting: list[tuple[int, str, int]]) -> dict[int, int]:
    """The bundle of each of these batches: consecutive ones of a table, up to a size."""
    found: dict[int, int] = {}
    open_: dict[str, tuple[int, int]] = {}
    for number, table, rows in waiting:
        bundle, before = open_.get(table, (number, 0))
        if before and before + rows > MOST_ROWS:
            bundle, before = number, 0
        found[number], open_[table] = bundle, (bundle, before + rows)
    return found


def _copy(bundle: int) -> int:
    """Copy a bundle, and forget it; gives the number of its batches."""
    batches = database.bulk(
        'select id, "table", payload from projection_batch where bundle = %s order by id',
        [bundle],
        binary=True,
    )
    if not batches:
        return 0  # somebody else was faster
    lines = b"".join(
        _numbered(zstandard.decompress(bytes(payload)), number) for number, _, payload in batches
    )
    token = f"batch-{bundle}" if len(batches) == 1 else f"bundle-{bundle}"
    clickhouse.insert_lines(batches[0][1], lines, token)
    database.execute("delete from projection_batch where bundle = %s", [bundle])
    return len(batches)


def _numbered(lines: bytes, number: int) -> bytes:
    """The lines with the batch's number as their version; a shop's own field of that name stays what it is."""
    rows = lines.splitlines()
    if not rows or "version" not in msgspec.json.decode(rows[0]):
        return lines
    if lines.count(UNNUMBERED) == len(rows):
        return lines.replace(UNNUMBERED, b'"version":%d' % number)
    return _encoder.encode_lines([msgspec.json.decode(row) | {"version": number} for row in rows])


def wait(seconds: float) -> bool:
    """See `projection.wait`."""
    last = database.rows("select max(id) from projection_batch")[0][0]
    until = time.monotonic() + seconds
    while last is not None and time.monotonic() < until:
        if not database.rows("select 1 from projection_batch where id <= %s limit 1", [last]):
            return True
        time.sleep(0.02)
    return last is None


def backlog() -> int:
    """How many rows wait to be copied."""
    return int(database.rows("select coalesce(sum(row_count), 0) from projection_batch")[0][0])


def oldest() -> datetime | None:
    """Since when the oldest rows wait to be copied; None where none do."""
    found = database.rows("select at from projection_batch order by id limit 1")
    return found[0][0] if found else None


def run(stopping: threading.Event) -> None:
    """Copy for as long as the process lives; a store that is away is asked again."""
    while not stopping.is_set():
        try:
            idle = drain() == 0
            heartbeat.beat("projection")
            pause = IDLE_SECONDS if idle else 0.0
        except Exception as error:  # the loop outlives every fault: what is not copied stays in its table
            log.get(__name__).warning("projection.away", error=type(error).__name__)
            close_old_connections()
            pause = AWAY_SECONDS
        stopping.wait(pause)
