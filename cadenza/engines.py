"""Start and stop what Cadenza stands on: the data folder's lock, PostgreSQL, Django, ClickHouse."""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from cadenza.base import files, log
from cadenza.base.config import config
from cadenza.base.problem import Conflict, Unavailable

Step = Callable[[str], Any]
_lock: IO[str] | None = None
_prepared = False


def _silent(_: str) -> None:
    return None


def take_lock(data: Path) -> None:
    """Make sure that no other process works on this folder; raises Conflict where one does."""
    global _lock
    if _lock:
        return
    data.mkdir(parents=True, exist_ok=True)
    file = (data / "cadenza.lock").open("a+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.seek(0)
        raise Conflict(
            f"Another Cadenza (process {file.read().strip() or '?'}) works on {data}.",
            hint="Stop it first, or set CADENZA_DATA to another folder.",
        ) from None
    file.truncate(0)
    file.write(str(os.getpid()))
    file.flush()
    _lock = file


def is_locked(data: Path) -> bool:
    """Whether another process works on this folder now."""
    if not (data / "cadenza.lock").exists():
        return False
    with (data / "cadenza.lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        fcntl.flock(file, fcntl.LOCK_UN)
    return False


def start_relational(say: Step = _silent) -> None:
    """PostgreSQL and Django; migrated where this process owns the folder."""
    log.configure(config().log_level, config().log_json)
    if not config().database_url:
        from cadenza.base.postgres import server

        say("Starting PostgreSQL")
        server.start(config().data)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cadenza.settings")
    import django

    django.setup()


def migrate(say: Step = _silent) -> None:
    """Bring both stores to this version's schema; one machine at a time."""
    from django.core.management import call_command

    from cadenza.base import isolation

    say("Preparing the tables")
    with _turn():
        call_command("migrate", database="owner", verbosity=0, interactive=False)
        isolation.protect()
    say("Preparing the event store")
    if not in_thread(prepare_event_store):
        say("The event store does not answer: it is prepared once it does")


@contextmanager
def _turn() -> Iterator[None]:
    """Hold what only one machine may have at a time."""
    import psycopg
    from django.conf import settings

    from cadenza.base.crypto import hash64

    with psycopg.connect(settings.OWNER_URL, autocommit=True) as turn:
        turn.execute("select pg_advisory_lock(%s)", [hash64("cadenza:migrate")])
        yield


def check_migrated() -> None:
    """Refuse to work on tables of another version; raises Conflict."""
    from django.db import connections
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connections["owner"])
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise Conflict(
            "The tables are not of this version yet.",
            hint="Start `cadenza serve`, or the roles web or worker, of this version first.",
        )


def prepare_event_store() -> bool:
    """Bring the event store to this version's schema, once; False where it is away. Everything else goes on."""
    global _prepared
    from django.conf import settings

    from cadenza.base import clickhouse

    if _prepared:
        return True
    root = Path(__file__).parent.parent
    folders = [root / name.replace(".", "/") / "clickhouse" for name in settings.MODULES]
    try:
        with _turn():
            clickhouse.migrate([folder for folder in folders if folder.is_dir()])
        clickhouse.warm()
    except Unavailable:
        return False
    _prepared = True
    return True


def start(say: Step = _silent) -> None:
    """Everything, for the process that owns the data folder."""
    take_lock(config().data)
    start_relational(say)
    files.keep_temporary_files_within()
    migrate(say)


def stop() -> None:
    """Let go of everything in the reverse order."""
    global _lock, _prepared
    from django.db import connections

    from cadenza.base import clickhouse

    in_thread(clickhouse.close)
    _prepared = False
    connections.close_all()
    for connection in connections.all():
        if hasattr(connection, "close_pool"):
            connection.close_pool()
    if not config().database_url:
        from cadenza.base.postgres import server

        server.stop(config().data)
    if _lock:
        _lock.close()
        _lock = None


def _give_back() -> None:
    """A thread that ends keeps no connection."""
    from django.conf import settings

    if settings.configured:
        from django.db import connections

        connections.close_all()


def in_thread(work: Callable[[], Any]) -> Any:
    """Run on a thread of its own (the event store must not be used from the main thread)."""
    box: list[Any] = []
    fault: list[BaseException] = []

    def run() -> None:
        try:
            box.append(work())
        except BaseException as error:
            fault.append(error)
        finally:
            _give_back()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if fault:
        raise fault[0]
    return box[0] if box else None
