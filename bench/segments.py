"""How fast segments are found: one, fifty and a hundred at once, over ten million events of 200,000 people.

The ceiling, in the same run, is the raw ClickHouse aggregate: one grouped query, written by hand, with the same
conditional counts, no profiles, no orders, no sets, and one row for an answer.  Its time is what no engine of
ours can avoid, so the ratio is what the product adds.

Runs as a process of its own (`python -m bench.segments SCALE`), since one process owns a chDB folder.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

EVENTS, PEOPLE, ORDERS = 10_000_000, 200_000, 500_000
ROUNDS = 5
AT_ONCE = 5_000_000  # events made by one statement
WORKSPACE = UUID("018f0000-0000-7000-8000-00000000be4c")
MOMENT = datetime(2030, 3, 1, tzinfo=UTC)
BOUND = {"w": str(WORKSPACE), "m": "2030-03-01 00:00:00.000"}

# From the most to the least frequent, as a shop sees them: each name is rarer than the one before.
NAMES = (
    "Page Viewed", "Product Viewed", "Product List Viewed", "Product Added", "Email Opened", "Products Searched",
    "Cart Viewed", "Email Link Clicked", "Checkout Started", "Order Completed", "Product Removed",
    "Product Added to Wishlist",
)  # fmt: skip
CATEGORIES = ("Bikes", "Clothing", "Accessories", "Components", "Helmets", "Tyres", "Bottles", "Gloves")
TABLES = ("events", "profiles", "orders", "identity", "segments")
WINDOWS = (7, 30, 60, 90, 180, None)

MAKE_EVENTS = """
insert into event (workspace, profile, name, at, id, received_at, source, text, number, properties)
with cityHash64(number, 3) as h,
  (cityHash64(number, 1) % 1000000) / 1e6 as who, (cityHash64(number, 2) % 1000000) / 1e6 as what
select {w:UUID}, 1 + toUInt64(floor({people:UInt64} * pow(who, 2))),
  {names:Array(String)}[1 + toUInt8(floor(12 * pow(what, 2.2)))],
  {m:DateTime64(3, 'UTC')} - toIntervalSecond(cityHash64(number, 4) % (365 * 86400)), generateUUIDv4(),
  {m:DateTime64(3, 'UTC')}, 'web',
  map('category', {categories:Array(String)}[1 + h % 8], 'channel', ['Google', 'Mail', 'Direct'][1 + intDiv(h, 8) % 3],
      'url', concat('/p/', toString(h % 5000))),
  map('price', (h % 50000) / 100, 'quantity', 1 + h % 3), '{}'
from numbers({from:UInt64}, {n:UInt64})
"""
MAKE_PEOPLE = """
insert into profile (workspace, profile, version, deleted, created_at, text, number, time, flag)
with cityHash64(number) as h
select {w:UUID}, number + 1, 1, 0, {m:DateTime64(3, 'UTC')} - toIntervalDay(h % 900),
  map('gender', if(h % 2 = 0, 'female', 'male'), 'language', ['en', 'de', 'lv', 'fr'][1 + intDiv(h, 2) % 4]),
  map('score', h % 1000), map('birth_date', toDateTime64('1950-01-01 00:00:00', 3, 'UTC') + toIntervalDay(h % 20000)),
  map('has_email', h % 3 != 0)
from numbers({people:UInt64})
"""
MAKE_ORDERS = """
insert into purchase (workspace, profile, number, version, deleted, placed_at, status, currency, total, refunded,
  line_product, line_category, line_brand, line_quantity, line_total)
with cityHash64(number) as h, toDecimal64((h % 100000) / 200, 4) as half
select {w:UUID}, 1 + toUInt64(floor({people:UInt64} * pow((h % 100000) / 1e5, 2))), toString(number), 1, 0,
  {m:DateTime64(3, 'UTC')} - toIntervalSecond(cityHash64(number, 4) % (365 * 86400)),
  if(h % 20 = 0, 'cancelled', 'delivered'), 'EUR', half + half, 0, ['a', 'b'],
  [{categories:Array(String)}[1 + h % 8], {categories:Array(String)}[1 + intDiv(h, 8) % 8]],
  ['x', 'y'], [1, 1], [half, half]
from numbers({n:UInt64})
"""
MAKE_MERGES = """
insert into profile_override (workspace, profile, into, version, deleted)
select {w:UUID}, number * 20 + 20, number * 20 + 19, 1, 0 from numbers(intDiv({people:UInt64}, 20))
"""

Json = dict[str, Any]


def counted(number: int) -> tuple[str, int | None, str | None]:
    """The conditional count of the n-th segment: event, days, category. All of them differ."""
    return (
        NAMES[number % 12],
        WINDOWS[(number // 12 + number) % 6],
        CATEGORIES[number % 8] if number % 3 == 0 else None,
    )


def tree(number: int) -> Json:
    """The n-th segment: its count, and for most a trait, orders or a second thing done."""
    event, days, category = counted(number)
    did: Json = {"did": event, "times": 1 + number % 3, "days": days}
    if category:
        did["where"] = [{"property": "category", "is": category}]
    more: list[Json] = [
        {"attribute": "gender", "is": "female"},
        {"orders": "sum", "at_least": 100 * (1 + number % 4), "days": 90},
        {"not": {"attribute": "language", "one_of": ["en", "de"]}},
        {"attribute": "birth_date", "before": f"{1970 + number % 20}-01-01"},
        {"any": [{"attribute": "score", "at_least": 500}, {"orders": "count", "at_least": 2}]},
    ]
    return did if number % 6 == 5 else {"all": [did, more[number % 6]]}


def raw(numbers: range) -> str:
    """The same counts in one hand-written grouped query that reads only the names it needs, its answer one row."""
    names = ", ".join(sorted({f"'{counted(number)[0]}'" for number in numbers}))
    counts = []
    for number in numbers:
        event, days, category = counted(number)
        parts = [f"name = '{event}'"]
        parts += [f"at > {{m:DateTime64(3, 'UTC')}} - toIntervalDay({days})"] if days else []
        parts += [f"text['category'] = '{category}'"] if category else []
        counts.append(f"countIf({' and '.join(parts)}) as c{number}")
    rows = f"from event where workspace = {{w:UUID}} and name in ({names})"
    grouped = f"select profile, {', '.join(counts)} {rows} group by profile"
    return f"select {', '.join(f'sum(c{number} > 0)' for number in numbers)} from ({grouped})"


def run(scale: float = 1.0) -> Iterator[Json]:
    """The measures, made in a process of their own with a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="cadenza-bench-") as folder:
        known = {
            "CADENZA_DATA": folder,
            "DJANGO_SETTINGS_MODULE": "cadenza.settings",
            "CADENZA_LOG_LEVEL": "ERROR",
        }
        command = [sys.executable, "-m", "bench.segments", str(scale)]
        with subprocess.Popen(command, env=os.environ | known, stdout=subprocess.PIPE, text=True) as child:
            for line in child.stdout or ():
                yield json.loads(line)
        if child.returncode:
            raise SystemExit(f"bench.segments ended with {child.returncode}.")


def measure(scale: float) -> Iterator[Json]:
    """Make the data, then time one segment and fifty, each beside its ceiling."""
    from cadenza.base import clickhouse
    from cadenza.cdp.segments import asking
    from cadenza.cdp.segments.parse import parse
    from cadenza.cdp.segments.plan import Frame
    from cadenza.cdp.segments.types import Kind

    kinds = {"gender": Kind.TEXT, "language": Kind.TEXT, "score": Kind.NUMBER, "birth_date": Kind.TIME}
    trees = [parse(tree(number), kinds) for number in range(100)]
    if len({counted(number) for number in range(50)}) != 50:
        raise SystemExit("The fifty segments must ask fifty different counts.")
    bound = BOUND | {"people": int(PEOPLE * scale)}
    made = _timed(lambda: _make(clickhouse, bound, scale))
    yield {"name": "segments.made", "value": round(made, 1), "unit": "s", "events": int(EVENTS * scale)}

    def ask(some: list[Any], merges: bool = False) -> list[Any]:
        return asking.ask(some, Frame(WORKSPACE, MOMENT, merges=merges))

    def beside(name: str, some: list[Any], merges: bool = False) -> Json:
        query = raw(range(len(some)))
        held = sum(len(members) for members in ask(some, merges))
        found = _beside(name, lambda: ask(some, merges), lambda: clickhouse.query(query, bound))
        return found | {"events": int(EVENTS * scale), "people": int(PEOPLE * scale), "members": held}

    yield beside("segments.one", trees[:1])
    yield beside("segments.fifty", trees[:50])
    apart = _timed(lambda: [ask([one]) for one in trees[:50]])
    yield {"name": "segments.fifty_one_by_one", "value": round(apart, 3), "unit": "s"}
    together, apart = _timed(lambda: ask(trees)), _timed(lambda: [ask([one]) for one in trees])
    yield {
        "name": "segments.hundred", "value": round(together, 3), "unit": "s", "one_by_one": round(apart, 3),
        "share": round(together / apart, 3),
    }  # fmt: skip
    clickhouse.command(MAKE_MERGES, bound)
    yield beside("segments.fifty_with_merges", trees[:50], True) | {"merges": int(PEOPLE * scale) // 20}


def _make(clickhouse: Any, bound: Json, scale: float) -> None:
    here = Path(__file__).parents[1] / "cadenza" / "cdp"
    clickhouse.migrate([here / module / "clickhouse" for module in TABLES])
    fill(clickhouse, bound, scale)


def fill(clickhouse: Any, bound: Json, scale: float) -> None:
    """People, events in parts of five million, orders; merged, as a store that grew from day to day is."""
    more = bound | {"names": list(NAMES), "categories": list(CATEGORIES)}
    clickhouse.command(MAKE_PEOPLE, bound)
    events = int(EVENTS * scale)
    for begin in range(0, events, AT_ONCE):
        clickhouse.command(MAKE_EVENTS, more | {"from": begin, "n": min(AT_ONCE, events - begin)})
    clickhouse.command(MAKE_ORDERS, more | {"n": int(ORDERS * scale)})
    for table in ("event", "profile", "purchase"):
        clickhouse.command(f"optimize table {table} final")  # sql: one of these three


def _beside(name: str, ours: Callable[[], Any], ceiling: Callable[[], Any]) -> Json:
    """Both, in turns, so that a busy machine slows both."""
    ours(), ceiling()
    rounds = [(_timed(ours), _timed(ceiling)) for _ in range(ROUNDS)]
    mine, raw_seconds = (statistics.median(times) for times in zip(*rounds, strict=True))
    return {
        "name": name, "value": round(mine, 3), "unit": "s", "ceiling": round(raw_seconds, 3),
        "ratio": round(mine / raw_seconds, 2), "max": round(max(time for time, _ in rounds), 3), "rounds": ROUNDS,
    }  # fmt: skip


def _timed(work: Callable[[], Any]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def main() -> None:
    """Print one JSON line each. The engine is never asked on the main thread: it would not hear Ctrl-C."""
    import django

    django.setup()
    with ThreadPoolExecutor(1) as worker:
        worker.submit(_print, float(sys.argv[1])).result()


def _print(scale: float) -> None:
    from cadenza.base import clickhouse

    for line in measure(scale):
        print(json.dumps(line), flush=True)
    clickhouse.close()


if __name__ == "__main__":
    main()
