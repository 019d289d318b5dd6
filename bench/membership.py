"""How soon an event changes who is in a segment, and what the same segments cost by hand in PostgreSQL.

Everything runs as it does in the product: inbox, pipeline, projection and the clock, over a store that is full
already.  `--scale 5` is 1,000,000 people and 50,000,000 events; the default is a fifth of that.

The ceiling of the ten segments is what a user would do otherwise: ten queries written by hand in PostgreSQL, in the
same run, over the same rows, in the order in which they came, with their properties as JSONB, vacuumed, with memory to
sort in and the indexes that such a table has: by name and time, by name and person.  And once more over a table cut to
the four columns that these ten queries read, with an index that covers them: nobody has one for every question, but
nothing is faster in PostgreSQL.
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
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from bench.segments import EVENTS, NAMES, PEOPLE, counted, fill, tree

SEGMENTS = 100
SAMPLES = 120  # events whose way is followed
EVERY_SECONDS = 0.25
OTHERS = 20  # events beside each of them
PATIENCE_SECONDS = 60.0
FOLLOWED = {"did": "Bench Passed", "hours": 1}
SLICES = 53  # weeks of a year, each copied at once

Json = dict[str, Any]


def run(scale: float = 1.0) -> Iterator[Json]:
    """The measures, made in a process of their own with a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="cadenza-bench-") as folder:
        known = {
            "CADENZA_DATA": folder, "DJANGO_SETTINGS_MODULE": "cadenza.settings", "CADENZA_LOG_LEVEL": "ERROR",
            "CADENZA_SINK_PORT": "0",
        }  # fmt: skip
        command = [sys.executable, "-m", "bench.membership", str(scale)]
        with subprocess.Popen(command, env=os.environ | known, stdout=subprocess.PIPE, text=True) as child:
            for line in child.stdout or ():
                yield json.loads(line)
        if child.returncode:
            raise SystemExit(f"bench.membership ended with {child.returncode}.")


def measure(scale: float) -> Iterator[Json]:
    """Fill the store, make a hundred segments, then time a rebuild, edits, looks at one person, and events."""
    from cadenza.base import database
    from cadenza.cdp.segments import service

    shop = _Shop(scale)
    size = {"people": int(PEOPLE * scale), "events": int(EVENTS * scale)}
    yield {"name": "membership.made", "value": round(_timed(shop.make), 1), "unit": "s", **size}
    with database.scope(shop.workspace):
        first = _timed(lambda: service.refresh(shop.workspace))
    with database.scope(shop.workspace):
        again = _timed(lambda: service.refresh(shop.workspace))
    apart = 0.0
    for one in shop.segments:
        with database.scope(shop.workspace):
            apart += _timed(lambda one=one: service.refresh(shop.workspace, [one]))  # type: ignore[misc]
    yield {
        "name": "membership.rebuild", "value": round(again, 2), "unit": "s", "first": round(first, 2),
        "one_by_one": round(apart, 2), "share": round(again / apart, 3), **size,
    }  # fmt: skip
    yield from shop.ask()
    yield shop.by_hand()
    yield shop.follow() | size


class _Shop:
    def __init__(self, scale: float) -> None:
        self.scale, self.segments = scale, []  # type: ignore[var-annotated]

    def make(self) -> None:
        from cadenza.base import clickhouse, clock, database
        from cadenza.cdp.profiles import service as profiles
        from cadenza.cdp.segments import service
        from cadenza.trust.accounts import service as accounts
        from cadenza.trust.privacy import service as privacy

        with database.system_scope():
            self.workspace = accounts.create_workspace("Bench", currency="EUR").id
        self.moment = clock.now()
        self.bound = {
            "w": str(self.workspace), "m": _moment(self.moment),
            "people": int(PEOPLE * self.scale),
        }  # fmt: skip
        fill(clickhouse, self.bound, self.scale)
        with database.scope(self.workspace):
            profiles.define_field(self.workspace, "score", "number")
            privacy.extend(self.workspace, "I.4", "custom.fields", "bench", "The bench asks for a language.")
            trees = [tree(number) for number in range(SEGMENTS - 1)]
            self.segments = [service.save(self.workspace, str(n), one).id for n, one in enumerate(trees)]
            self.followed = service.save(self.workspace, "followed", FOLLOWED).id

    def ask(self) -> Iterator[Json]:
        """An edit in the builder, one person's membership, and why."""
        from cadenza.base import database
        from cadenza.cdp.segments import service

        edits = [_edited(number) for number in range(40)]
        work: dict[str, list[Callable[[], Any]]] = {
            "recount": [lambda e=edit: service.preview(self.workspace, e) for edit in edits],
            "is_member": [lambda s=s: service.is_member(self.workspace, s, 7) for s in self.segments[:50]],
            "why": [lambda s=s: service.why(self.workspace, s, 7) for s in self.segments[:50]],
        }
        for name, calls in work.items():
            with database.scope(self.workspace):
                calls[0]()
                yield _spread(f"membership.{name}", [1000 * _timed(call) for call in calls], "ms")

    def by_hand(self) -> Json:
        """Ten segments, by us and by hand."""
        from cadenza.base import database
        from cadenza.cdp.segments import asking, knowledge

        self._copy()
        with database.scope(self.workspace):
            known = knowledge.known(self.workspace)
            trees = [knowledge.checked(self.workspace, tree(n), known)[0] for n in range(10)]
            frame = replace(knowledge.frame(self.workspace, known), moment=self.moment)
            found = asking.ask(trees, frame)
            ours = statistics.median(_timed(lambda: asking.ask(trees, frame)) for _ in range(3))
        wanted = [len(one) for one in found]
        usual = self._in_postgres(wanted, WHOLE)
        self._do(NARROW)
        covered = self._in_postgres(wanted, CUT)
        return {
            "name": "membership.ten_by_hand", "value": round(ours, 3), "unit": "s", "ceiling": round(usual, 2),
            "times_faster": round(usual / ours, 1), "covered": round(covered, 2),
            "times_faster_than_covered": round(covered / ours, 1),
        }  # fmt: skip

    def _in_postgres(self, wanted: list[int], columns: dict[str, str]) -> float:
        """The seconds of all ten, the second time: what fits into memory is there."""
        for _ in range(2):
            started = time.perf_counter()
            counts = [len(self._owned(*_by_hand(number, self.moment, columns))) for number in range(10)]
            seconds = time.perf_counter() - started
        if counts != wanted:
            raise SystemExit(f"By hand there are others: {counts} against {wanted}.")
        return seconds

    def _do(self, statements: tuple[str, ...]) -> None:
        from django.db import connections

        with connections["owner"].cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)

    def _owned(self, sql: str, bound: Json) -> list[Any]:
        from django.db import connections

        with connections["owner"].cursor() as cursor:
            cursor.execute(sql, bound)
            return cursor.fetchall()  # type: ignore[no-any-return]

    def _copy(self) -> None:
        """The same rows in PostgreSQL, with the indexes that such tables have."""
        from django.db import connections

        from cadenza.base import clickhouse

        self._do(TABLES)
        first = self.moment - timedelta(days=366)
        spans = [(first + timedelta(days=7 * n), first + timedelta(days=7 * n + 7)) for n in range(SLICES)]
        with connections["owner"].cursor() as cursor:
            for table, question in COPIES:
                for begin, end in spans if "{from:" in question else spans[:1]:
                    bound = self.bound | {"from": _moment(begin), "until": _moment(end)}
                    with clickhouse.alone() as client, cursor.copy(f"copy {table} from stdin") as copy:
                        copy.write(client.raw_query(question, parameters=bound, fmt="TSV"))
        self._do(INDEXES)

    def follow(self) -> Json:
        """From the acceptance of an event until its person is in the segment; for a while all are found anew beside."""
        from cadenza.base import database
        from cadenza.base.fact import listen
        from cadenza.cdp.identity import service as identity
        from cadenza.cdp.identity.types import Identifier
        from cadenza.cdp.ingest import service as ingest
        from cadenza.cdp.segments.facts import SegmentEntered
        from cadenza.worker import Background

        entered: dict[int, float] = {}

        def heard(facts: Any) -> None:
            people = [fact.profile for fact in facts if fact.segment == self.followed]
            database.on_commit(lambda: entered.update(dict.fromkeys(people, time.perf_counter())))

        listen(SegmentEntered, heard)
        # The hundred segments were found above: their own first jobs need not run.
        with database.system_scope():
            database.execute("delete from procrastinate_jobs where status = 'todo'")
        behind = Background()
        behind.start()
        self._catch_up(entered)
        told: dict[str, float] = {}
        beside = ThreadPoolExecutor(1)
        for number in range(SAMPLES):
            if number == SAMPLES // 3:
                rebuilt = beside.submit(self._rebuild)
            batch = [_track(f"b{number}", "Bench Passed")]
            batch += [_track(f"o{number % 50}-{n}", NAMES[n % len(NAMES)]) for n in range(OTHERS)]
            with database.scope(self.workspace):
                ingest.accept(self.workspace, batch)
            told[f"b{number}"] = time.perf_counter()
            time.sleep(EVERY_SECONDS)
        until = time.monotonic() + PATIENCE_SECONDS
        while len(entered) < SAMPLES and time.monotonic() < until:
            time.sleep(0.2)
        beside.shutdown()
        behind.stop()
        with database.scope(self.workspace):
            ids = {name: identity.find(self.workspace, Identifier("external_id", name)) for name in told}
        late = [1000 * (entered[ids[name]] - at) for name, at in told.items() if ids[name] in entered]  # type: ignore[index]
        return _spread("membership.event_to_segment", late, "ms") | {
            "followed": len(late), "of": SAMPLES, "rebuild_beside": round(rebuilt.result(), 2),
        }  # fmt: skip

    def _rebuild(self) -> float:
        """The seconds of a rebuild of all segments beside all else."""
        from cadenza.base import database
        from cadenza.cdp.segments import service

        with database.scope(self.workspace):
            return _timed(lambda: service.refresh(self.workspace))

    def _catch_up(self, entered: dict[int, float]) -> None:
        """Until the clock, which stood still while the rest was measured, follows again: one event, taken apart."""
        from cadenza.base import database
        from cadenza.cdp.ingest import service as ingest

        with database.scope(self.workspace):
            ingest.accept(self.workspace, [_track("first", "Bench Passed")])
        until = time.monotonic() + PATIENCE_SECONDS
        while not entered and time.monotonic() < until:
            time.sleep(0.2)
        entered.clear()


TABLES = (
    "create table bench_event (id uuid, profile bigint, name text, at timestamptz, received_at timestamptz,"
    " source text, properties jsonb)",
    "create table bench_person (profile bigint, gender text, language text, score float8, birth_date timestamptz)",
    "create table bench_order (profile bigint, placed_at timestamptz, status text, total numeric(18, 4))",
    "set work_mem = '256MB'", "set maintenance_work_mem = '1GB'",
)  # fmt: skip
INDEXES = (
    "create index on bench_event (name, at)",
    "create index on bench_event (name, profile)",
    "create unique index on bench_person (profile)",
    "create index on bench_order (profile, placed_at)",
    "vacuum analyze bench_event", "vacuum analyze bench_person", "vacuum analyze bench_order",
)  # fmt: skip
NARROW = (
    "create table bench_narrow as select profile, name, at, properties->>'category' as category from bench_event",
    "create index on bench_narrow (name, at) include (profile, category)",
    "vacuum analyze bench_narrow",
)
WHOLE = {"table": "bench_event", "category": "properties->>'category'"}
CUT = {"table": "bench_narrow", "category": "category"}
COPIES = (
    (
        "bench_event",
        "select id, profile, name, concat(toString(at), '+00'), concat(toString(received_at), '+00'), source,"
        " toJSONString(tuple(text['category'], text['channel'], text['url'], number['price'], number['quantity'])"
        "::Tuple(category String, channel String, url String, price Float64, quantity Float64))"
        " from event where workspace = {w:UUID} and at > {from:DateTime64(3, 'UTC')}"
        " and at <= {until:DateTime64(3, 'UTC')} order by at",
    ),
    (
        "bench_person",
        "select profile, text['gender'], text['language'], number['score'], concat(toString(time['birth_date']), '+00')"
        " from profile where workspace = {w:UUID}",
    ),
    (
        "bench_order",
        "select profile, concat(toString(placed_at), '+00'), status, total from purchase where workspace = {w:UUID}",
    ),
)
MORE = (
    "gender = 'female'",
    "profile in (select profile from bench_order where status <> 'cancelled'"
    " and placed_at > %(at)s - interval '90 days' and placed_at <= %(at)s"
    " group by profile having sum(total) >= {spent})",
    "language not in ('en', 'de')",
    "birth_date < '{year}-01-01'",
    "(score >= 500 or profile in (select profile from bench_order where status <> 'cancelled' and placed_at <= %(at)s"
    " group by profile having count(*) >= 2))",
)


def _by_hand(number: int, at: Any, columns: dict[str, str]) -> tuple[str, Json]:
    """The n-th segment as somebody who knows SQL would write it."""
    event, days, category = counted(number)
    where = f"name = '{event}' and at <= %(at)s"
    where += f" and at > %(at)s - interval '{days} days'" if days else ""
    where += f" and {columns['category']} = '{category}'" if category else ""
    did = f"select profile from {columns['table']} where {where} group by profile having count(*) >= {1 + number % 3}"
    more = (
        "true"
        if number % 6 == 5
        else MORE[number % 6].format(spent=100 * (1 + number % 4), year=1970 + number % 20)
    )
    return f"select profile from bench_person where profile in ({did}) and {more}", {"at": at}


def _edited(number: int) -> Json:
    """A condition as somebody edits it: a number, a window, a property, one more part."""
    did: Json = {"did": NAMES[number % 4], "times": 1 + number % 5, "days": 7 + number}
    if number % 2:
        did["where"] = [{"property": "category", "is": "Bikes"}]
    return {
        "all": [
            did,
            {"attribute": "gender", "is": "female"},
            *([{"orders": "count", "at_least": 1}] * (number % 3 == 2)),
        ]
    }


def _track(who: str, event: str) -> Json:
    return {"type": "track", "userId": who, "event": event, "messageId": f"{who}-{event}-{time.time_ns()}"}


def _moment(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M:%S.000")


def _timed(work: Callable[[], Any]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _spread(name: str, values: list[float], unit: str) -> Json:
    ordered = sorted(values) or [0.0]
    return {
        "name": name, "value": round(ordered[int(0.95 * (len(ordered) - 1))], 1), "unit": unit,
        "p50": round(statistics.median(ordered), 1), "max": round(ordered[-1], 1), "rounds": len(values),
    }  # fmt: skip


def main() -> None:
    """Print one JSON line each, from a thread: the engine is never asked on the main one."""
    from cadenza import engines

    engines.start()
    with ThreadPoolExecutor(1) as worker:
        worker.submit(_print, float(sys.argv[1])).result()
    engines.stop()


def _print(scale: float) -> None:
    for line in measure(scale):
        print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
