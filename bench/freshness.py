"""How long after its 2xx an event can be seen, in the profile and in the event store, under a steady load.

Two thousand events a second go in beside it, on an event store that holds ten million already.  Every probe is an
event of somebody new: it is asked for over the API until the person is there, and then on the person's page until the
event is there.  The ceiling, in the same run and on the same store, is what no event can avoid: two commits that
reach the disk and one insert into the event store.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from base64 import b64encode
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.cookiejar import CookieJar
from statistics import median
from typing import Any

from bench import load
from bench.ingest import IN_BATCH, batches
from bench.product import Product, command, running

STORED, RATE, SECONDS = 10_000_000, 2_000, 60
CONNECTIONS = 4
ASK_SECONDS = 0.03
GIVE_UP_SECONDS = 30.0
FILL = """
insert into event (workspace, profile, name, at, id, received_at, source, text, number, properties)
select {w:UUID}, 1000000000 + cityHash64(number) % 200000, concat('Old ', toString(cityHash64(number, 1) % 12)),
  {m:DateTime64(3, 'UTC')} - toIntervalSecond(cityHash64(number, 2) % (365 * 86400)), generateUUIDv4(),
  {m:DateTime64(3, 'UTC')}, 'api', map('product_id', concat('p', toString(number % 500))),
  map('price', (number % 90000) / 100), '{}'
from numbers({n:UInt64})
"""


def run(scale: float) -> Iterator[dict[str, Any]]:
    """Fill the store, load it, and probe."""
    stored, seconds = int(STORED * scale), max(10, int(SECONDS * min(1.0, scale * 5)))
    with running() as product:
        ceiling = _fill(product, stored)
        requests, pages = _requests(product, RATE * seconds), _signed_in(product)
        with ThreadPoolExecutor(1) as beside:
            sending = beside.submit(lambda: asyncio.run(_steadily(product.port, requests)))
            probes = _probe(product, pages, sending.done)
            sent = sending.result()
    for name, place in (("freshness.profile", 0), ("freshness.event", 1)):
        found = sorted(one[place] for one in probes)
        at = {
            f"p{share}_ms": round(1000 * found[min(len(found) - 1, len(found) * share // 100)])
            for share in (50, 95, 99)
        }
        yield {
            "name": name, "value": at["p95_ms"], "unit": "ms (p95)", "ceiling": round(1000 * ceiling, 1),
            "ratio": round(at["p95_ms"] / 1000 / ceiling, 1), **at, "probes": len(found), "stored": stored,
            "events_per_second": round(len(requests) * IN_BATCH / sent), "lowest_rate_asked": RATE,
        }  # fmt: skip


def _fill(product: Product, stored: int) -> float:
    """Fill the event store while the server is down, since one process owns it; gives seconds of a bare way through."""
    product.stop()
    env = os.environ | {"CADENZA_DATA": str(product.data), "CADENZA_LOG_LEVEL": "ERROR"}
    found = subprocess.run(
        [sys.executable, "-m", "bench.freshness", str(stored)], env=env, check=True, stdout=subprocess.PIPE
    )
    product.start()
    return float(json.loads(found.stdout.splitlines()[-1]))


def _requests(product: Product, events: int) -> list[bytes]:
    key = {"Authorization": "Basic " + b64encode(f"{product.write_key}:".encode()).decode()}
    return [load.request("/v1/batch", body, key) for body in batches(events, seed=11)]


async def _steadily(port: int, requests: list[bytes]) -> float:
    """Send at the rate that was asked for; gives the seconds it took."""
    began = time.perf_counter()
    for start in range(0, len(requests), CONNECTIONS):
        await load.send(port, requests[start : start + CONNECTIONS], CONNECTIONS)
        due = (start + CONNECTIONS) * IN_BATCH / RATE
        await asyncio.sleep(max(0.0, due - (time.perf_counter() - began)))
    return time.perf_counter() - began


def _probe(
    product: Product, pages: Callable[[str], str], is_over: Callable[[], bool]
) -> list[tuple[float, float]]:
    """Seconds until each probe was seen in the profile and in the event store."""
    found: list[tuple[float, float]] = []
    while not found or not is_over():
        name = f"probe-{time.monotonic_ns()}"
        item = {"userId": name, "event": name, "messageId": name}
        asked = urllib.request.Request(
            f"http://127.0.0.1:{product.port}/v1/track", json.dumps(item).encode(),
            {"Authorization": f"Bearer {product.write_key}", "Content-Type": "application/json"},
        )  # fmt: skip
        urllib.request.urlopen(asked, timeout=30).close()
        began = time.perf_counter()
        number = _until(lambda: _person(product, name))  # noqa: B023 - asked before the next turn
        known = time.perf_counter() - began
        _until(lambda: name in pages(f"/people/{number}/timeline"))  # noqa: B023
        found.append((known, time.perf_counter() - began))
    return found


def _until(ask: Callable[[], Any]) -> Any:
    until = time.monotonic() + GIVE_UP_SECONDS
    while time.monotonic() < until:
        if answer := ask():
            return answer
        time.sleep(ASK_SECONDS)
    raise SystemExit(f"What was accepted was not seen in {GIVE_UP_SECONDS:.0f} s.")


def _person(product: Product, external: str) -> int:
    try:
        return int(product.get(f"/api/v1/people/by/external_id/?value={external}")["id"])
    except urllib.error.HTTPError:
        return 0


def _signed_in(product: Product) -> Callable[[str], str]:
    """The pages, signed in by a one-time link."""
    here = f"http://127.0.0.1:{product.port}"
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))

    def read(path: str, form: dict[str, str] | None = None) -> str:
        data = urllib.parse.urlencode(form).encode() if form else None
        asked = urllib.request.Request(here + path, data, {"Origin": here, "Referer": here + path})
        with opener.open(asked, timeout=60) as answer:
            return str(answer.read().decode())

    said = command(product.data, "user", "add", "bench@shop.example").communicate(timeout=120)[0].decode()
    link = re.search(r"https?://[^/\s]+(/\S+)", said)
    assert link, said
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', read(link[1]))
    assert token
    read(link[1], {"csrfmiddlewaretoken": token[1]})
    return read


def fill(stored: int) -> float:
    """Put made events into the store, and time the bare way through."""
    from datetime import UTC, datetime

    import psycopg
    from django.conf import settings

    from cadenza.base import clickhouse, database
    from cadenza.trust.accounts import service as accounts

    with database.system_scope():
        shop = str(accounts.workspaces()[0].id)
    bound = {"w": shop, "m": datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S.000")}
    clickhouse.command(FILL, bound | {"n": stored})
    clickhouse.command(
        "create table bare (a UInt64) engine = MergeTree order by a settings fsync_after_insert = 1"
    )
    times = []
    with psycopg.connect(settings.OWNER_URL, autocommit=True) as owner:
        owner.execute("create table if not exists bare_way (a bigint)")
        for number in range(50):
            began = time.perf_counter()
            owner.execute("insert into bare_way values (%s)", [number])
            owner.execute("insert into bare_way values (%s)", [number])
            clickhouse.command("insert into bare values ({n:UInt64})", {"n": number})
            times.append(time.perf_counter() - began)
    clickhouse.command("drop table bare")
    return median(times)


def main() -> None:
    """Fill the store of this folder. The engine is never asked on the main thread."""
    from cadenza import engines

    engines.start()
    try:
        print(engines.in_thread(lambda: fill(int(sys.argv[1]))), flush=True)
    finally:
        engines.stop()


if __name__ == "__main__":
    main()
