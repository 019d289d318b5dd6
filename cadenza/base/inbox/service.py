"""Append to and read from the inbox inside a transaction."""

from __future__ import annotations

from datetime import datetime, timedelta

from cadenza.base import clock, database
from cadenza.base.ids import WorkspaceId
from cadenza.base.inbox.port import Accepted, Waiting

COLUMNS = "workspace_id, kind, source, received_at, payload, flaws, about"


def append(workspace: WorkspaceId, kind: str, payload: bytes, *, source: str = "internal") -> None:
    """Accept one request in the current transaction."""
    database.bulk(
        f"insert into inbox_arrival ({COLUMNS}) values (%s, %s, %s, %s, %s, null, null)",
        [workspace, kind, source, clock.now(), payload],
    )


def take(most: int) -> list[Waiting]:
    """The oldest requests not done yet, locked for this transaction; other pipelines pass them over."""
    found = database.bulk(
        f"select seq, {COLUMNS} from inbox_arrival where done_at is null order by seq limit %s for update skip locked",
        [most],
        binary=True,
    )
    return [
        Waiting(
            seq,
            Accepted(workspace, kind, bytes(payload), received_at, source, _bytes(flaws), _bytes(about)),
        )
        for seq, workspace, kind, source, received_at, payload, flaws, about in found
    ]


def _bytes(told: memoryview | None) -> bytes | None:
    return bytes(told) if told else None


def done(seqs: list[int], at: datetime) -> None:
    """These requests have been carried out, in this transaction."""
    database.bulk(
        "update inbox_arrival set done_at = %s where seq = any(%s::bigint[])", [at, database.numbers(seqs)]
    )


def waiting() -> int:
    """How many requests wait for the pipeline."""
    return int(database.rows("select count(*) from inbox_arrival where done_at is null")[0][0])


def oldest() -> datetime | None:
    """Since when the oldest request waits for the pipeline; None where none does."""
    found = database.rows("select received_at from inbox_arrival where done_at is null order by seq limit 1")
    return found[0][0] if found else None


def prune(days: int) -> int:
    """Forget requests that were done longer ago than `days`."""
    return database.execute(
        "delete from inbox_arrival where done_at < %s", [clock.now() - timedelta(days=days)]
    )


def containing(workspace: WorkspaceId, needles: list[bytes]) -> list[tuple[int, bytes]]:
    """The kept requests of a workspace in which one of the byte strings occurs."""
    found = database.rows(
        "select seq, payload from inbox_arrival where workspace_id = %s"
        " and exists (select 1 from unnest(%s::bytea[]) n where position(n in payload) > 0)",
        [workspace, needles],
    )
    return [(seq, bytes(payload)) for seq, payload in found]


def rewrite(seq: int, payload: bytes) -> None:
    """Put another payload in the place of a kept one (erasure); what was seen of the request goes too."""
    database.execute("update inbox_arrival set payload = %s, about = null where seq = %s", [payload, seq])
