"""The inbox in the form that is configured: a table of PostgreSQL, or a stream of NATS beside that table.

Doors write to the one or the other.  What modules `append` in a transaction goes to the table in both forms, and
pipelines read both: so it is there exactly when the rest of that transaction is.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache

from django.conf import settings

from cadenza.base import clock, crypto, log
from cadenza.base.config import config
from cadenza.base.ids import WorkspaceId
from cadenza.base.inbox import founding, nats_log, table
from cadenza.base.inbox.door import PostgresDoor
from cadenza.base.inbox.nats_door import NatsDoor
from cadenza.base.inbox.nats_log import Line, NatsLog
from cadenza.base.inbox.port import Change, Door, Log, Split
from cadenza.base.inbox.table import Table
from cadenza.base.inbox.vouch import Voucher, vouch
from cadenza.base.problem import Conflict

TABLE: Log = Table()
_at_stake: list[str] = []


def door(split: Split) -> Door:
    """The writing side. `split` divides requests among partitions, where the inbox has such."""
    if on_nats():
        return NatsDoor(config().inbox_url, config().inbox_partitions, split)
    return PostgresDoor(settings.APP_URL)


def logs(side_by_side: int) -> list[Log]:
    """The reading sides for the pipelines of one process, so many side by side."""
    if on_nats():
        return [TABLE, *(NatsLog(line()) for _ in range(side_by_side))]
    return [TABLE] * side_by_side


def on_nats() -> bool:
    """Whether requests go to NATS."""
    return bool(config().inbox_url)


@cache
def line() -> Line:
    """The stream of this process."""
    return Line(config().inbox_url)


def start() -> None:
    """Make the stream and its positions; refuse where it may lose what it confirms, unless that was accepted."""
    if not on_nats():
        return
    told = voucher()
    if told.doubt and not config().inbox_degraded:
        raise Conflict(
            told.doubt,
            hint="Set `sync_interval: always` in the `jetstream` part of every server and tell CADENZA_INBOX_SYSTEM_URL"
            f" (docs/running.md); or accept with CADENZA_INBOX_DEGRADED=1 that {told.at_stake}.",
        )
    _remember(told)
    installation = crypto.key("inbox").hex()[:16]
    line().wait(founding.found(line().stream, config().inbox_days, installation))
    nats_log.begin(line(), config().inbox_partitions)


def watch() -> None:
    """Look again: at how NATS writes, and at what waits so long that the stream might forget it."""
    if not on_nats():
        return
    _remember(voucher())
    since = nats_log.oldest(line())
    if since and clock.now() - since > timedelta(days=config().inbox_days) / 2:
        log.get(__name__).error(
            "inbox.waits_too_long", since=since.isoformat(), kept_days=config().inbox_days
        )


def _remember(told: Voucher) -> None:
    if told.doubt:
        log.get(__name__).error("inbox.degraded", reason=told.doubt, at_stake=told.at_stake)
    _at_stake[:] = [told.at_stake] if told.doubt else []


def voucher() -> Voucher:
    """Whether NATS writes to disk before it confirms, asked now."""
    return line().wait(vouch(config().inbox_system_url))


def degraded() -> str | None:
    """What this process found at stake when it last looked, or None."""
    return _at_stake[0] if _at_stake else None


def append(workspace: WorkspaceId, kind: str, payload: bytes, *, source: str = "internal") -> None:
    """Accept one request in the current transaction."""
    table.append(workspace, kind, payload, source)


def waiting() -> int:
    """How much waits for the pipeline: requests in the table, and frames on NATS."""
    return table.waiting() + (nats_log.waiting(line()) if on_nats() else 0)


def oldest() -> datetime | None:
    """Since when the oldest request waits for the pipeline; None where none does."""
    told = [table.oldest(), nats_log.oldest(line()) if on_nats() else None]
    return min((at for at in told if at), default=None)


def prune(days: int) -> int:
    """Forget requests that were done longer ago than `days`. NATS does so by itself."""
    return table.prune(days)


def rewrite(workspace: WorkspaceId, needles: Sequence[bytes], change: Change) -> int:
    """Change the kept requests of a workspace in which one of the byte strings occurs; gives how many were changed."""
    changed = table.rewrite(workspace, needles, change)
    return changed + (nats_log.rewrite(line(), workspace, needles, change) if on_nats() else 0)
