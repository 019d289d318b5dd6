"""How fast people are recognised and merged: 100,000 pairs at once, with none of their events rewritten.

Runs as a process of its own (`python -m bench.merge SCALE`), since one process owns a chDB folder.  The ceiling of
`merge.pairs` is the bare statement that gives 100,000 rows another owner, twice indexed, in the same run.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

PAIRS, EVENTS, PEOPLE, BATCH = 100_000, 1_000_000, 20_000, 1_000
ARRIVALS = 200_000


def run(scale: float) -> Iterator[dict[str, Any]]:
    """The measures, from a process of its own."""
    data = Path(tempfile.mkdtemp(prefix="cadenza-bench-"))
    env = os.environ | {"CADENZA_DATA": str(data), "CADENZA_SINK_PORT": "0", "CADENZA_LOG_LEVEL": "ERROR",
                        "DJANGO_SETTINGS_MODULE": "cadenza.settings"}  # fmt: skip
    try:
        done = subprocess.run(
            [sys.executable, "-m", "bench.merge", str(scale)], env=env, check=True, stdout=subprocess.PIPE
        )
        yield from map(json.loads, done.stdout.splitlines())
    finally:
        shutil.rmtree(data, ignore_errors=True)


def main() -> None:
    """Measure inside the product, without its server."""
    import django

    django.setup()
    from cadenza import engines
    from cadenza.base import database
    from cadenza.trust.accounts import service as accounts

    engines.start()
    scale = float(sys.argv[1])
    with database.system_scope():
        workspace = accounts.create_workspace("Bench", currency="EUR").id
    for line in (
        *_recognised(workspace, int(ARRIVALS * scale)),
        *_merged(workspace, int(PAIRS * scale), scale),
    ):
        print(json.dumps(line), flush=True)
    engines.stop()


def _recognised(workspace: Any, arrivals: int) -> Iterator[dict[str, Any]]:
    """Arrivals of visitors, a tenth of them signed in: first as they come to be known, then again."""
    from cadenza.base import database
    from cadenza.cdp.identity import service as identity
    from cadenza.cdp.identity.types import Identifier

    chance = random.Random(7)
    told = []
    for _ in range(arrivals):
        one = chance.randrange(PEOPLE)
        device = Identifier("anonymous_id", f"visitor-{one}-{chance.randrange(2)}")
        told.append(
            [Identifier("external_id", f"customer-{one}"), device] if chance.random() < 0.1 else [device]
        )

    def all_of_them() -> None:
        for start in range(0, len(told), BATCH):
            with database.scope(workspace):
                identity.resolve(workspace, told[start : start + BATCH])

    for name in ("identity.first", "identity.again"):
        yield {"name": name, "value": arrivals / _seconds(all_of_them), "unit": "arrivals/s"}


def _merged(workspace: Any, pairs: int, scale: float) -> Iterator[dict[str, Any]]:
    from cadenza.base import clickhouse, database, projection
    from cadenza.cdp.identity import service as identity
    from cadenza.cdp.identity.types import Identifier

    with database.scope(workspace):
        found = identity.resolve(
            workspace,
            [
                [Identifier("external_id", f"p{n}"), Identifier("email", f"p{n}@shop.example")]
                for n in range(2 * pairs)
            ],
        )
    people = [one.profile for one in found]
    clickhouse.command(
        _EVENTS, {"w": str(workspace), "first": min(people), "people": 2 * pairs, "n": int(EVENTS * scale)}
    )
    couples = list(zip(people[::2], people[1::2], strict=True))

    def merge() -> None:
        with database.scope(workspace):
            done = identity.merge_many(workspace, couples, "file", "bench")
            assert all(one.fate == "merged" for one in done)

    before = clickhouse.query("select sum(cityHash64(profile, id)) from event")
    spent = _seconds(merge)
    projection.drain()
    assert clickhouse.query("select sum(cityHash64(profile, id)) from event") == before
    assert (
        len(
            clickhouse.query(
                "select profile from profile_override final where workspace = {w:UUID}", {"w": str(workspace)}
            )
        )
        >= pairs
    )
    bare = pairs / _seconds(lambda: _bare(workspace, couples))
    yield {
        "name": "merge.pairs",
        "value": pairs / spent,
        "ceiling": bare,
        "ratio": pairs / spent / bare,
        "unit": "pairs/s",
    }
    yield {"name": "merge.seconds", "value": spent, "unit": f"s for {pairs} pairs"}
    yield from _undone(workspace, couples[:50])


def _undone(workspace: Any, couples: list[Any]) -> Iterator[dict[str, Any]]:
    from cadenza.base import database
    from cadenza.cdp.identity import service as identity

    def undo() -> None:
        for winner, _ in couples:
            with database.scope(workspace):
                [merge] = identity.merges(workspace, winner)
                identity.unmerge(workspace, merge.id, "bench")

    yield {"name": "merge.undo", "value": 1000 * _seconds(undo) / len(couples), "unit": "ms each"}


def _bare(workspace: Any, couples: list[Any]) -> None:
    from cadenza.base import database

    with database.scope(workspace):
        database.execute(
            "create temporary table bare (id bigserial primary key, person bigint, home bigint) on commit drop"
        )
        database.execute("create index on bare (person)")
        database.execute(
            "insert into bare (person, home) select n, n from unnest(%s::bigint[]) as n",
            [[b for _, b in couples]],
        )
        database.execute(
            "update bare set person = m.winner from unnest(%s::bigint[], %s::bigint[]) as m(winner, loser)"
            " where bare.person = m.loser", [[a for a, _ in couples], [b for _, b in couples]],
        )  # fmt: skip


_EVENTS = """
insert into event (workspace, profile, name, at, id, received_at, source, properties)
select {w:UUID}, {first:UInt64} + cityHash64(number) % {people:UInt64}, 'Product Viewed',
  toDateTime64('2030-01-01 00:00:00', 3, 'UTC') as moment, generateUUIDv4(), moment, 'web', '{}'
from numbers({n:UInt64})
"""


def _seconds(work: Callable[[], None]) -> float:
    started = time.monotonic()
    work()
    return time.monotonic() - started


if __name__ == "__main__":
    main()
