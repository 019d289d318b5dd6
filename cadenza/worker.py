"""What runs behind the pages: the pipeline, the projection, the senders, the jobs and the clock."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress

import psycopg
from django.conf import settings
from django.db import connections
from procrastinate import PsycopgConnector

from cadenza import engines
from cadenza.base import heartbeat, jobs, log
from cadenza.base.config import config
from cadenza.base.crypto import hash64
from cadenza.base.inbox import service as inbox
from cadenza.base.inbox.port import Log
from cadenza.base.postgres import server as postgres
from cadenza.base.projection import service as projection
from cadenza.base.together import beside
from cadenza.cdp.ingest import pipeline
from cadenza.outreach.delivery import sending

STOP_SECONDS = 20.0
JOBS_AT_ONCE = 2
PIPELINES = (
    2  # while one waits for the database, the other reads its batch; the order of arrival changes nothing
)
LEADER = hash64("cadenza:clock")
TICK_SECONDS = 0.25
WATCH_SECONDS = 0.2
AGAIN_SECONDS = 1.0
Loop = Callable[[threading.Event], None]


class Background:
    """The loops of one process, started together and stopped together, senders first.

    `apart`: the pipeline gets a process of its own, so that taking in and carrying out have a core each.
    `pipelines`: False where other machines have them.
    """

    def __init__(self, apart: bool = False, pipelines: bool = True) -> None:
        self._stopping = threading.Event()
        loops: list[Loop] = [run_database, sending.run, run_clock, run_jobs, run_projection]
        if pipelines:
            loops += [run_pipeline_apart] if apart else _pipelines(1)
        self._threads = [threading.Thread(target=_with_name, args=(loop, self._stopping), daemon=True,
                                          name=f"{loop.__module__}.{loop.__name__}") for loop in loops]  # fmt: skip

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Ask all to stop and wait until they have."""
        self._stopping.set()
        until = time.monotonic() + STOP_SECONDS
        for thread in self._threads:
            if thread.is_alive():
                thread.join(max(0.1, until - time.monotonic()))


def _with_name(loop: Loop, stopping: threading.Event) -> None:
    while not stopping.is_set():
        try:
            loop(stopping)
        except Exception as error:  # a loop that ended would be missed by nobody until mails were
            log.get(__name__).error("loop.died", loop=loop.__module__, error=type(error).__name__)
            stopping.wait(AGAIN_SECONDS)
        finally:
            connections.close_all()


def run_database(stopping: threading.Event) -> None:
    """Keep the bundled PostgreSQL alive; yours is your own care."""
    if config().database_url:
        stopping.wait()
    else:
        postgres.keep(config().data, stopping)


def run_projection(stopping: threading.Event) -> None:
    """Copy to the event store; one that was away when we started is prepared as soon as it answers."""
    while not stopping.is_set():
        if engines.prepare_event_store():
            projection.run(stopping)
        stopping.wait(AGAIN_SECONDS)


def run_pipeline_apart(stopping: threading.Event) -> None:
    """Keep a process that carries out requests, and start it again if it dies. It needs PostgreSQL alone."""
    while not stopping.is_set():
        child = subprocess.Popen(
            [sys.executable, "-m", "cadenza.cli.main", "pipeline", str(os.getpid())], stdin=subprocess.DEVNULL
        )
        while child.poll() is None and not stopping.wait(WATCH_SECONDS):
            pass
        if child.poll() is None:
            child.terminate()
            child.wait(STOP_SECONDS)
        else:
            log.get(__name__).error("pipeline.died", code=child.returncode)
            stopping.wait(AGAIN_SECONDS)


def run_twins(parent: int) -> None:
    """Be that process and another one like it: each has a core, and they share the memory of what is loaded.

    It parts before anything runs in it: threads and connections are each one's own.
    """
    first = os.getpid()
    if twin := os.fork():
        run_pipelines(parent, 1, twin)
    else:
        run_pipelines(first, 1)


def run_pipelines(parent: int | None = None, side_by_side: int = PIPELINES, twin: int | None = None) -> None:
    """Carry out requests until told to end, or until the parent is gone, which it may be already, or the twin.

    Without a parent nobody started it but the operator, who ends it with Ctrl-C too.
    """
    stopping = threading.Event()

    def stop(*_: object) -> None:
        stopping.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(
        signal.SIGINT, signal.SIG_IGN if parent else stop
    )  # Ctrl-C reaches the group: the parent decides
    threads = [threading.Thread(target=_with_name, args=(one, stopping)) for one in _pipelines(side_by_side)]
    for thread in threads:
        thread.start()
    while not stopping.wait(WATCH_SECONDS):
        if (parent and os.getppid() != parent) or (twin and os.waitpid(twin, os.WNOHANG)[0]):
            stopping.set()
    if twin:
        _end(twin)
    for thread in threads:
        thread.join(STOP_SECONDS)


def _end(twin: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(twin, signal.SIGTERM)
    with suppress(ChildProcessError):  # it ended before, and was seen to
        os.waitpid(twin, 0)


def _pipelines(side_by_side: int) -> list[Loop]:
    """A loop for each source that the inbox gives."""

    def reading(source: Log) -> Loop:
        def run(stopping: threading.Event) -> None:
            pipeline.run(stopping, source)

        return run

    return [reading(source) for source in inbox.logs(side_by_side)]


def run_jobs(stopping: threading.Event) -> None:
    """Carry out deferred jobs for as long as the process lives; after a fault of the database, again."""
    while not stopping.is_set():
        try:
            asyncio.run(_work(stopping))
        except Exception as error:
            log.get(__name__).warning("jobs.fault", error=type(error).__name__)
            stopping.wait(1.0)


async def _work(stopping: threading.Event) -> None:
    connector = PsycopgConnector(conninfo=settings.APP_URL, min_size=1, max_size=4)
    app = jobs.app().with_connector(connector)
    async with app.open_async():
        worker = asyncio.create_task(
            app.run_worker_async(
                concurrency=JOBS_AT_ONCE, install_signal_handlers=False, fetch_job_polling_interval=1.0
            )
        )
        while not stopping.is_set() and not worker.done():
            if heartbeat.due("jobs"):
                await beside(heartbeat.beat, "jobs")
            await asyncio.sleep(0.1)
        worker.cancel()
        await asyncio.gather(worker, return_exceptions=True)
        if not stopping.is_set() and (fault := worker.exception() if not worker.cancelled() else None):
            raise fault


def run_clock(stopping: threading.Event) -> None:
    """Run what is due by the clock, in the one process that holds the leader's lock."""
    due = {function: 0.0 for _, function in jobs.periodic()}
    running: dict[jobs.Function, Future[None]] = {}
    with ThreadPoolExecutor(max_workers=4, thread_name_prefix="clock") as pool:
        while not stopping.is_set():
            try:
                with psycopg.connect(settings.APP_URL, autocommit=True) as leader:
                    _lead(leader, stopping, due, running, pool)
            except psycopg.Error as error:
                log.get(__name__).warning("clock.fault", error=type(error).__name__)
                stopping.wait(1.0)


def _lead(
    leader: psycopg.Connection[tuple[object, ...]],
    stopping: threading.Event,
    due: dict[jobs.Function, float],
    running: dict[jobs.Function, Future[None]],
    pool: ThreadPoolExecutor,
) -> None:
    while not stopping.is_set():
        row = leader.execute("select pg_try_advisory_lock(%s)", [LEADER]).fetchone()
        if row and row[0]:
            break
        stopping.wait(2.0)
    checked = time.monotonic()
    while not stopping.is_set():
        now = time.monotonic()
        if now - checked > 2:
            leader.execute("select 1")
            heartbeat.beat("clock")
            checked = now
        for seconds, function in jobs.periodic():
            if now >= due[function] and (function not in running or running[function].done()):
                due[function] = now + seconds
                running[function] = pool.submit(_tick, function)
        stopping.wait(TICK_SECONDS)


def _tick(function: jobs.Function) -> None:
    try:
        function()
    except Exception as error:
        log.get(__name__).warning("clock.job_failed", job=function.__name__, error=type(error).__name__)
    finally:
        connections.close_all()
