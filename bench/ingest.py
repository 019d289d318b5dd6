"""Events a second accepted, durable and queryable, in batches of 100 over HTTP, beside a bare server's.

`ingest.accepted` ends with the last 2xx, `ingest.queryable` when the event store counts them all.
"""

from __future__ import annotations

import asyncio
import random
import shutil
import subprocess
import sys
import tempfile
import time
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from bench import load
from bench.product import Product, free_port, running, wait_for

EVENTS = 300_000
IN_BATCH = 100
CONNECTIONS = 16
PEOPLE = 20_000
ASK_SECONDS = 0.5  # asking is work too: seldom enough to cost little, often enough to measure
NAMES = (
    "Product Viewed",
    "Product List Viewed",
    "Product Added",
    "Products Searched",
    "Cart Viewed",
    "Checkout Started",
)


def batches(events: int, seed: int = 7) -> list[bytes]:
    """Bodies of made events: a shop's visitors, a tenth of them signed in."""
    chance = random.Random(seed)
    return [
        msgspec.json.encode(
            {
                "batch": [_event(chance, f"{seed}-{n}-{i}") for i in range(IN_BATCH)],
                "sentAt": "2026-05-01T10:00:00Z",
            }
        )
        for n in range(events // IN_BATCH)
    ]


def _event(chance: random.Random, number: str) -> dict[str, Any]:
    person = chance.randrange(PEOPLE)
    properties = {
        "product_id": f"p{chance.randrange(500)}",
        "category": chance.choice(["Bikes", "Clothing", "Accessories"]),
        "price": round(chance.uniform(5, 2000), 2),
        "currency": "EUR",
    }
    told: dict[str, Any] = {
        "type": "track",
        "event": chance.choice(NAMES),
        "messageId": number,
        "anonymousId": f"device-{person}",
        "timestamp": "2026-05-01T09:59:58.000Z",
        "properties": properties,
        "context": {"page": {"url": "https://shop.example/p/1", "title": "A product"}, "locale": "en-GB"},
    }
    if person % 10 == 0:
        told["userId"] = f"user-{person}"
    return told


def run(scale: float) -> Iterator[dict[str, Any]]:
    """Measure both, bare server first."""
    bodies = batches(max(IN_BATCH * 50, int(EVENTS * scale)))
    ceiling = _bare(bodies)
    with running() as product:
        yield from _product(product, bodies, ceiling)


def _bare(bodies: list[bytes]) -> float:
    data, port = tempfile.mkdtemp(prefix="cadenza-bare-"), free_port()
    server = subprocess.Popen([sys.executable, "-m", "bench.bare", str(port), data])
    try:
        wait_for(port, server)
        requests = [load.request("/", body, {}) for body in bodies]
        outcome = asyncio.run(load.send(port, requests, CONNECTIONS))
    finally:
        server.terminate()
        server.wait(timeout=30)
        shutil.rmtree(Path(data), ignore_errors=True)
    return len(bodies) * IN_BATCH / outcome.seconds


def _product(product: Product, bodies: list[bytes], ceiling: float) -> Iterator[dict[str, Any]]:
    key = {"Authorization": "Basic " + b64encode(f"{product.write_key}:".encode()).decode()}
    requests = [load.request("/v1/batch", body, key) for body in bodies]
    events = len(bodies) * IN_BATCH
    began = time.perf_counter()
    outcome = asyncio.run(load.send(product.port, requests, CONNECTIONS))
    while (seen := sum(row["count"] for row in product.get("/api/v1/events/names"))) < events:
        time.sleep(ASK_SECONDS)
        if time.perf_counter() - began > 600:
            break
    queryable = time.perf_counter() - began
    told = {
        "events": events,
        "stored": seen,
        "refused": outcome.failed,
        "p50_ms": outcome.percentile(0.5),
        "p95_ms": outcome.percentile(0.95),
        "p99_ms": outcome.percentile(0.99),
    }
    for name, seconds in (("ingest.accepted", outcome.seconds), ("ingest.queryable", queryable)):
        value = events / seconds
        yield {
            "name": name,
            "value": round(value),
            "unit": "events/s",
            "ceiling": round(ceiling),
            "ratio": round(value / ceiling, 3),
            **told,
        }
