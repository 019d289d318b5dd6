<<<<<<< HEAD
"""How fast people are recognised and merged: 100,000 pairs at once, with none of their events rewritten.

Runs as a process of its own (`python -m bench.merge SCALE`), since one process owns a chDB folder.  The ceiling of
`merge.pairs` is the bare statement that gives 100,000 rows another owner, twice indexed, in the same run.
=======
"""A hundred thousand merges, told by events that carry the devices of two people; no event is written anew by it.

The ceiling, in the same run, is what every merge must write, and nothing else: its row in the map from old to new
ids and its row in the ledger, in the same groups of a thousand, each committed.  Runs as a process of its own
(`python -m bench.merge SCALE`), since one process owns a data folder.
>>>>>>> proof
"""

from __future__ import annotations

import json
import os
<<<<<<< HEAD
import random
import shutil
=======
>>>>>>> proof
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
<<<<<<< HEAD
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
=======
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

MERGES = 100_000
GROUP = 1_000
AT = datetime(2030, 3, 1, tzinfo=UTC)
EVENTS = (
    "select count(), sum(cityHash64(profile, id, name, at, properties)) from event where workspace = {w:UUID}"
)
THROUGH = (
    "select count(), uniqExact(who), min(n), max(n) from (select if(o.into = 0, e.profile, o.into) as who, count() as n"
    " from event e left join (select profile, into from profile_override final where workspace = {w:UUID}) o"
    " on o.profile = e.profile where e.workspace = {w:UUID} group by who)"
)
BARE = """
insert into bare_override select g, g + 1, now() from generate_series(%s::bigint, %s::bigint) g;
insert into bare_ledger select gen_random_uuid(), g, g + 1, 'same_device', now() from generate_series(%s::bigint, %s::bigint) g
"""


def run(scale: float = 1.0) -> Iterator[dict[str, Any]]:
    """The measure, made in a process of its own with a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="cadenza-bench-") as folder:
        env = os.environ | {"CADENZA_DATA": folder, "CADENZA_LOG_LEVEL": "ERROR"}
        command = [sys.executable, "-m", "bench.merge", str(scale)]
        with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True) as child:
            for line in child.stdout or ():
                yield json.loads(line)
        if child.returncode:
            raise SystemExit(f"bench.merge ended with {child.returncode}.")


def measure(scale: float) -> dict[str, Any]:
    """Make pairs of people with an event each, merge each pair, and look at the events before and after."""
    from cadenza.base import clickhouse, clock, database, projection
    from cadenza.base.inbox import service as inbox
    from cadenza.cdp.ingest import pipeline
    from cadenza.trust.accounts import service as accounts
    from cadenza.trust.consent import service as consent

    pairs = max(GROUP, int(MERGES * scale) // GROUP * GROUP)
    with database.system_scope():
        shop = accounts.create_workspace("Bench", currency="EUR").id
        with database.scope(shop):
            consent.ensure_topics(shop)
    bound = {"w": str(shop)}

    def tell(item: Callable[[int], dict[str, Any]], many: int) -> float:
        with database.scope(shop):
            for start in range(0, many, GROUP // 5):
                batch = [item(n) for n in range(start, min(many, start + GROUP // 5))]
                inbox.append(shop, "batch", json.dumps({"batch": batch}).encode(), source="api")
        began = time.perf_counter()
        while pipeline.step():
            pass
        return time.perf_counter() - began

    with clock.fixed(AT):
        tell(_visit, 2 * pairs)
        projection.drain()
        before = clickhouse.query(EVENTS, bound)
        seconds = tell(_together, pairs)
        projection.drain()
    untouched = clickhouse.query(EVENTS, bound) == before
    mutations = clickhouse.query("select count() from system.mutations where table = 'event'")[0][0]
    seen = clickhouse.query(THROUGH, bound)[0]
    if not untouched or mutations or seen != (pairs, pairs, 2, 2):
        raise SystemExit(
            f"Events were written anew, or are seen under the wrong people: {untouched}, {mutations}, {seen}."
        )
    ceiling = pairs / _bare(pairs)
    return {
        "name": "merge", "value": round(pairs / seconds), "unit": "merges/s", "ceiling": round(ceiling),
        "ratio": round(pairs / seconds / ceiling, 3), "merges": pairs, "seconds": round(seconds, 1), "events_rewritten": 0,
    }  # fmt: skip


def _visit(n: int) -> dict[str, Any]:
    return {
        "type": "track",
        "event": "Product Viewed",
        "anonymousId": f"device-{n}",
        "messageId": f"visit-{n}",
    }


def _together(n: int) -> dict[str, Any]:
    """A device turns out to be the same as another: an alias that names both."""
    return {
        "type": "alias",
        "anonymousId": f"device-{2 * n}",
        "previousId": f"device-{2 * n + 1}",
        "messageId": f"alias-{n}",
    }


def _bare(many: int) -> float:
    from django.conf import settings

    import psycopg

    with psycopg.connect(settings.OWNER_URL) as owner:
        owner.execute("create table bare_override (old bigint primary key, new bigint, at timestamptz)")
        owner.execute(
            "create table bare_ledger (id uuid primary key, winner bigint, loser bigint, cause text, at timestamptz)"
        )
        owner.commit()
        began = time.perf_counter()
        for start in range(0, many, GROUP):
            for statement in BARE.strip().split(";\n"):
                owner.execute(statement, [start, start + GROUP - 1])
            owner.commit()
        return time.perf_counter() - began


def main() -> None:
    """Print one JSON line. The engine is never asked on the main thread."""
    from cadenza import engines

    engines.start()
    try:
        with ThreadPoolExecutor(1) as worker:
            print(json.dumps(worker.submit(measure, float(sys.argv[1])).result()), flush=True)
    finally:
        engines.stop()
>>>>>>> proof


if __name__ == "__main__":
    main()
