"""A hundred thousand merges, told by events that carry the devices of two people; no event is written anew by it.

The ceiling, in the same run, is what every merge must write, and nothing else: its row in the map from old to new
ids and its row in the ledger, in the same groups of a thousand, each committed.  Runs as a process of its own
(`python -m bench.merge SCALE`), since one process owns a data folder.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

MERGES = 100_000
GROUP = 1_000
AT = datetime(2030, 3, 1, tzinfo=UTC)
EVENTS = (
    "select count(), sum(cityHash64(profile, id, name, at, properties)) from event where workspace = {w:UUID}"
)
MUTATIONS = "select count() from system.mutations where table = 'event'"
THROUGH = (
    "select count(), uniqExact(who), min(n), max(n) from (select if(o.into = 0, e.profile, o.into) as who, count() as n"
    " from event e left join (select profile, into from profile_override final where workspace = {w:UUID}) o"
    " on o.profile = e.profile where e.workspace = {w:UUID} group by who)"
)
BARE = """
insert into bare_override select g, g + 1, now() from generate_series(%s::bigint, %s::bigint) g;
insert into bare_ledger select gen_random_uuid(), g, g + 1, 'same_device', now()
  from generate_series(%s::bigint, %s::bigint) g
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
        before, mutated = clickhouse.query(EVENTS, bound), clickhouse.query(MUTATIONS)
        seconds = tell(_together, pairs)
        projection.drain()
    untouched = clickhouse.query(EVENTS, bound) == before
    mutations = clickhouse.query(MUTATIONS)[0][0] - mutated[0][0]  # those of the schema stand there too
    seen = clickhouse.query(THROUGH, bound)[0]
    if not untouched or mutations or seen != (pairs, pairs, 2, 2):
        raise SystemExit(
            f"Events were written anew, or are seen under the wrong people: {untouched}, {mutations}, {seen}."
        )
    ceiling = pairs / _bare(pairs)
    return {
        "name": "merge.told",
        "value": round(pairs / seconds),
        "unit": "merges/s",
        "ceiling": round(ceiling),
        "ratio": round(pairs / seconds / ceiling, 3),
        "merges": pairs,
        "seconds": round(seconds, 1),
        "events_rewritten": 0,
    }


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
    import psycopg
    from django.conf import settings

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


if __name__ == "__main__":
    main()
