"""The inbox as a table: all of it where there is no NATS, and what modules append in a transaction where there is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from cadenza.base import clock, database
from cadenza.base.ids import WorkspaceId
from cadenza.base.inbox.port import Accepted, Change, Waiting

COLUMNS = "workspace_id, kind, source, received_at, payload, flaws, about"


class Table:
    """Requests in the order of their numbers; what one pipeline has taken, others pass over."""

    def take(self, most: int) -> list[Waiting]:
        """The oldest requests not done yet, locked for this transaction."""
        found = database.bulk(
            f"select seq, {COLUMNS} from inbox_arrival where done_at is null order by seq limit %s"
            " for update skip locked",
            [most],
            binary=True,
        )
        return [
            Waiting(
                seq,
                Accepted(workspace, kind, bytes(payload), received_at, source, _bytes(flaws), _bytes(about)),
                str(seq),
            )
            for seq, workspace, kind, source, received_at, payload, flaws, about in found
        ]

    def done(self, waiting: Sequence[Waiting], at: datetime) -> None:
        """These requests have been carried out, in this transaction."""
        database.bulk(
            "update inbox_arrival set done_at = %s where seq = any(%s::bigint[])",
            [at, database.numbers(one.seq for one in waiting)],
        )


def _bytes(told: memoryview | None) -> bytes | None:
    return bytes(told) if told else None


def append(workspace: WorkspaceId, kind: str, payload: bytes, source: str) -> None:
    """Accept one request in the current transaction."""
    database.bulk(
        f"insert into inbox_arrival ({COLUMNS}) values (%s, %s, %s, %s, %s, null, null)",
        [workspace, kind, source, clock.now(), payload],
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


def rewrite(workspace: WorkspaceId, needles: Sequence[bytes], change: Change) -> int:
    """Change the kept requests of a workspace in which one of the byte strings occurs; gives how many were changed.

    What was seen of a changed request goes too.
    """
    found = database.rows(
        "select seq, payload from inbox_arrival where workspace_id = %s"
        " and exists (select 1 from unnest(%s::bytea[]) n where position(n in payload) > 0)",
        [workspace, list(needles)],
    )
    changed = [(seq, change(bytes(payload)), bytes(payload)) for seq, payload in found]
    changed = [(seq, after, before) for seq, after, before in changed if after != before]
    for seq, after, _ in changed:
        database.execute("update inbox_arrival set payload = %s, about = null where seq = %s", [after, seq])
    return len(changed)
