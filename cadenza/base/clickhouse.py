"""ClickHouse, for what is counted: chDB inside this process, or your server over HTTP.

Values are always bound (`{name:Type}`).  One chDB folder belongs to one process; a client serves one
query at a time, so clients are pooled.  Never called from the event loop or the main thread.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import clickhouse_connect
from clickhouse_connect.driver.exceptions import ClickHouseError, OperationalError

from cadenza.base import clock, log
from cadenza.base.config import config
from cadenza.base.problem import BadInput, Unavailable

CLIENTS = 6
WAIT_SECONDS = 120.0
CONNECT_SECONDS = 3  # a server that does not take a call in this time is away
ANSWER_SECONDS = 60
DURABLE = "fsync_after_insert = 1, fsync_part_directory = 1, non_replicated_deduplication_window = 10000"
# Merged parts keep the keys of a map in buckets, so that one property is read without the others.
BUCKETS = (
    "map_serialization_version = 'with_buckets', map_serialization_version_for_zero_level_parts = 'basic',"
    " map_buckets_min_avg_size = 0"
)
CUT_SHORT = ("CORRUPTED_DATA", "CANNOT_READ_ALL_DATA", "CHECKSUM_DOESNT_MATCH", "UNKNOWN_CODEC", "CANNOT_DECOMPRESS",
             "ATTEMPT_TO_READ_AFTER_EOF", "NOT_ENOUGH_SPACE", "CANNOT_WRITE_TO_FILE_DESCRIPTOR")  # fmt: skip
TOO_MUCH = ("TIMEOUT_EXCEEDED", "MEMORY_LIMIT_EXCEEDED", "TOO_MANY_ROWS", "TOO_SLOW")

_clients: queue.LifoQueue[Any] = queue.LifoQueue()
_made = 0
_making = threading.Lock()
_closed = False
_suspect, _unmerged = threading.Event(), threading.Event()


def _connect() -> Any:
    own = {"max_threads": 2, "date_time_input_format": "best_effort"}
    if url := config().clickhouse_url:
        return clickhouse_connect.get_client(
            dsn=url,
            settings=own,
            autogenerate_session_id=False,
            connect_timeout=CONNECT_SECONDS,
            send_receive_timeout=ANSWER_SECONDS,
        )
    folder = config().data / "clickhouse"
    folder.mkdir(parents=True, exist_ok=True)
    return clickhouse_connect.get_client(dsn=f"chdb:///{folder}", settings=own)


@contextmanager
def _client() -> Iterator[Any]:
    global _made
    if _closed:
        raise Unavailable("The event store is closing.")
    found = None
    with _making:
        if _clients.empty() and _made < CLIENTS:
            found = _opened()
            _made += 1
    found = found or _free()
    try:
        yield found
    except ClickHouseError as error:
        raise _told(error) from error
    finally:
        _clients.put(found)


@contextmanager
def alone() -> Iterator[Any]:
    """A client while nobody else has one: for what no query may see half done. Running queries end first."""
    global _made
    held: list[Any] = []
    with _making:
        try:
            while len(held) < _made:
                held.append(_free())
            if not held:
                held.append(_opened())
                _made += 1
            yield held[0]
        except ClickHouseError as error:
            raise _told(error) from error
        finally:
            for one in held:
                _clients.put(one)


def _free() -> Any:
    try:
        return _clients.get(timeout=WAIT_SECONDS)
    except queue.Empty:
        raise Unavailable("The event store is busy.", hint="Try again in a minute.") from None


def _opened() -> Any:
    try:
        return _connect()
    except ClickHouseError as error:
        raise _told(error) from error


def _told(error: Exception) -> Exception:
    if isinstance(error, OperationalError):  # of the line, not of the query; its text may hold what was asked
        return Unavailable("The event store does not answer.", hint="Try again in a minute.")
    said = str(error)
    if any(code in said for code in CUT_SHORT):
        _suspect.set()
        return Unavailable("The event store cannot read its disk now.", hint="Try again in a minute.")
    if any(code in said for code in TOO_MUCH):
        return BadInput(
            "This question is too large to answer now.", hint="Narrow it: a shorter window or fewer parts."
        )
    return error


def is_suspect() -> bool:
    """Whether a query found files that are cut short, or no space: the tables must be read anew."""
    return _suspect.is_set()


def stop_merges() -> None:
    """Merge nothing, and refuse what would wait for a merge."""
    _unmerged.set()
    command("system stop merges")


def read_anew() -> None:
    """Let every table be read from the disk again, while nobody asks; merging goes on afterwards."""
    with alone() as client:
        found = (
            "select name from system.tables where database = currentDatabase() and engine like '%MergeTree'"
        )
        for (table,) in client.query(found).result_rows:
            # sql: the name is one of ours, from the catalogue
            client.command(f"detach table {table}")
            client.command(f"attach table {table}")
        client.command("system start merges")
    _suspect.clear()
    _unmerged.clear()


def query(
    sql: str, parameters: dict[str, Any] | None = None, settings: dict[str, Any] | None = None
) -> list[tuple[Any, ...]]:
    """All rows of a query; moments come back aware, in UTC."""
    with _client() as client:
        found = client.query(sql, parameters=parameters or {}, settings=settings or {})
        return [tuple(_aware(value) for value in row) for row in found.result_rows]


def columns(
    sql: str, parameters: dict[str, Any] | None = None, settings: dict[str, Any] | None = None
) -> list[Any]:
    """All columns of a query, as the driver gives them: for large answers."""
    with _client() as client:
        return list(
            client.query(
                sql, parameters=parameters or {}, settings=settings or {}, column_oriented=True
            ).result_set
        )


def _aware(value: Any) -> Any:
    match value:
        case datetime():
            return value if value.tzinfo else value.replace(tzinfo=UTC)
        case list() | tuple():
            return type(value)(_aware(part) for part in value)
        case dict():
            return {key: _aware(part) for key, part in value.items()}
        case _:
            return value


def command(
    sql: str, parameters: dict[str, Any] | None = None, settings: dict[str, Any] | None = None
) -> None:
    """Run a statement that gives no rows."""
    with _client() as client:
        client.command(sql, parameters=parameters or {}, settings=settings or {})


def insert_lines(table: str, lines: bytes, token: str) -> None:
    """Insert rows given as JSON lines, once: a second time with the same token changes nothing."""
    with _client() as client:
        client.raw_insert(
            table, insert_block=lines, fmt="JSONEachRow",
            settings={"insert_deduplication_token": token, "date_time_input_format": "best_effort"},
        )  # fmt: skip


def erase(table: str, workspace: Any, profile: int, column: str = "profile") -> int:
    """Delete one person's rows for good, by opaque id, and wait until it is done. Gives their number."""
    # sql: table and column are names of ours; the person and the workspace are bound
    where = f"workspace = {{w:UUID}} and {column} = {{p:UInt64}}"
    bound = {"w": str(workspace), "p": int(profile)}
    # sql: the names are ours, the values are bound
    found = int(query(f"select count() from {table} where {where}", bound)[0][0])
    if found and _unmerged.is_set():
        raise Unavailable(
            "The disk is full: nothing can be erased for good now.", hint="Make space, and try again."
        )
    if found:
        # sql: the names are ours, the values are bound
        command(f"alter table {table} delete where {where}", bound, {"mutations_sync": 2})
    return found


def migrate(folders: list[Path]) -> list[str]:
    """Apply the schema files that were not applied yet, module by module, in the order of their numbers."""
    command(
        "create table if not exists cadenza_schema (name String, at DateTime64(3, 'UTC'))"
        " engine = MergeTree order by name"
    )
    done = {row[0] for row in query("select name from cadenza_schema")}
    applied = []
    for folder in folders:
        for file in sorted(folder.glob("*.sql")):
            name = f"{folder.parent.name}/{file.stem}"
            if name not in done:
                for statement in statements(file.read_text()):
                    # Laying out anew what is stored takes minutes, and goes on while the shop is open.
                    command(statement, settings={"mutations_sync": 0, "alter_sync": 0})
                command(
                    "insert into cadenza_schema values ({n:String}, {at:DateTime64(3)})",
                    {"n": name, "at": clock.now()},
                )
                applied.append(name)
    return applied


def statements(told: str) -> Iterator[str]:
    """Each statement with our settings in place. An older server that keeps no buckets does without them."""
    known = query("select 1 from system.merge_tree_settings where name = 'map_serialization_version'")
    for statement in told.replace("DURABLE", DURABLE).split(";\n"):
        if statement.strip() and (known or "BUCKETS" not in statement):
            yield statement.replace("BUCKETS", BUCKETS)


def warm() -> None:
    """Pay the cost of the first query now, not in someone's request."""
    query("select 1")


def close() -> None:
    """Let running queries end, then close every client; afterwards nothing may be asked."""
    global _closed, _made
    _closed = True
    for _ in range(_made):
        try:
            _clients.get(timeout=30).close()
        except queue.Empty:
            log.get(__name__).warning("clickhouse.close_timeout")
    _made = 0
    _closed = False
