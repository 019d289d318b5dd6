"""`cadenza serve --role …`: one part of Cadenza a machine, on a PostgreSQL that all of them reach.

`web` answers everything and `collector` only events, clicks and opens; `pipeline` carries out what was accepted;
`worker` sends, runs jobs and fills the event store.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable

from cadenza import engines
from cadenza.base.config import config
from cadenza.base.problem import BadInput, Conflict
from cadenza.cli import serving

ROLES = ("web", "collector", "pipeline", "worker")
READS_EVENTS = ("web", "worker")


def serve(role: str) -> None:
    """Run one part until the process is told to stop."""
    _check(role)
    engines.start_relational()
    if role in READS_EVENTS:
        engines.migrate()
    else:
        engines.check_migrated()
    serving.spare_the_collector()
    try:
        _PARTS[role]()
    finally:
        engines.stop()


def _check(role: str) -> None:
    if not config().database_url:
        raise BadInput(
            f"A {role} of its own needs a PostgreSQL that all machines reach.",
            at="CADENZA_DATABASE_URL",
            hint="Set it on each machine, or run `cadenza serve` without a role.",
        )
    if role in READS_EVENTS and not config().clickhouse_url:
        raise BadInput(
            f"A {role} of its own needs a ClickHouse that all machines reach: the bundled one serves one process.",
            at="CADENZA_CLICKHOUSE_URL",
            hint="Set it on each machine, or run `cadenza serve` without a role beside pipelines and collectors.",
        )
    if not (config().data / "master.key").exists():
        raise Conflict(
            f"There is no master.key in {config().data}.",
            hint="Copy it from the machine that was started first: keys and links are made with it.",
        )


def _web() -> None:
    serving.listen()


def _collector() -> None:
    serving.listen(hot_only=True)


def _pipeline() -> None:
    from cadenza.worker import run_pipelines

    run_pipelines()


def _worker() -> None:
    from cadenza.worker import Background

    stopping = threading.Event()
    for kind in (signal.SIGINT, signal.SIGTERM):
        signal.signal(kind, lambda *_: stopping.set())
    background = Background(pipelines=False)
    background.start()
    stopping.wait()
    background.stop()


_PARTS: dict[str, Callable[[], None]] = {
    "web": _web,
    "collector": _collector,
    "pipeline": _pipeline,
    "worker": _worker,
}
