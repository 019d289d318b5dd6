"""Work for later: jobs on procrastinate, written in the same transaction as what they belong to.

A module's `jobs.py` decorates functions with `task` or `every`; `defer` puts one in the queue.
Arguments are plain JSON.  A job opens its own scope.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import transaction
from procrastinate import App, RetryStrategy, exceptions
from procrastinate.contrib.django import app as _django_app
from procrastinate.contrib.django import procrastinate_app

from cadenza.base import clock, log

Function = Callable[..., None]
_periodic: list[tuple[float, Function]] = []
_tasks: dict[str, Any] = {}


def app() -> App:
    """The procrastinate application."""
    return procrastinate_app.current_app


def task(queue: str = "default", retries: int = 3) -> Callable[[Function], Function]:
    """Make a function a job, named by its module and name."""

    def register(function: Function) -> Function:
        name = f"{function.__module__}.{function.__name__}"
        strategy = RetryStrategy(max_attempts=retries, exponential_wait=3)
        _tasks[name] = _django_app.task(name=name, queue=queue, retry=strategy)(function)
        return function

    return register


def every(seconds: float) -> Callable[[Function], Function]:
    """Run a function every so many seconds, never twice at once, in the process that keeps the clock."""

    def register(function: Function) -> Function:
        _periodic.append((seconds, function))
        return function

    return register


def periodic() -> list[tuple[float, Function]]:
    """What runs on the clock, with its seconds."""
    return list(_periodic)


def defer(function: Function, *, at: datetime | None = None, once: str | None = None, lock: str | None = None,
          **arguments: Any) -> bool:  # fmt: skip
    """Put a job in the queue, within the current transaction.

    `once`: a name under which only one job may wait; a second one is not put in (False).
    `lock`: jobs of one lock never run side by side.
    """
    job = _tasks[f"{function.__module__}.{function.__name__}"].configure(
        schedule_at=at, queueing_lock=once, lock=lock
    )
    try:
        with transaction.atomic():  # a refused second one must not spoil the caller's transaction
            job.defer(**arguments)
    except exceptions.AlreadyEnqueued:
        return False
    log.get(__name__).debug("job.deferred", job=function.__name__, at=str(clock.now()))
    return True
