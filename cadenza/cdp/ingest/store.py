"""The bulk statements of ingestion."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from cadenza.base import database
from cadenza.base.ids import WorkspaceId, new_id
from cadenza.cdp.ingest import models
from cadenza.cdp.ingest.normalise import NAMES
from cadenza.cdp.ingest.types import LONGEST_NAME, Dropped, Filter, Flaw, Left, Policy

BUCKETS = 5  # in the ring: one is filled, three before it are read, one is empty or about to be
BUCKET_SECONDS = 10 * 86400
DEDUPE_DAYS = 30  # three buckets, read whole: a message is known for 30 to 40 days
TURN_SECONDS = 300  # so near to the turn of buckets two pipelines might each choose another one

SEEN = """
insert into ingest_seen (bucket, message)
select %s, message from unnest(string_to_array(%s, ',')::uuid[]) as a(message)
where not exists (select 1 from ingest_seen o where o.bucket = %s and o.message = a.message)
  and not exists (select 1 from ingest_seen o where o.bucket = %s and o.message = a.message)
  and not exists (select 1 from ingest_seen o where o.bucket = %s and o.message = a.message)
on conflict do nothing returning message
"""
FILTERED = """
workspace_id = %(workspace)s and (%(code)s = '' or code = %(code)s) and (%(name)s = '' or name = %(name)s)
and (%(since)s::timestamptz is null or received_at >= %(since)s)
and (%(until)s::timestamptz is null or received_at < %(until)s)
and (%(search)s::bytea = '' or position(%(search)s::bytea in payload) > 0)
"""

_any = msgspec.json.Decoder()


def first_time(workspace: WorkspaceId, messages: Sequence[UUID], at: datetime) -> set[UUID]:
    """Which of these messages were never taken in before; they are remembered now.

    In one order for all: pipelines side by side never wait for each other in a ring.
    """
    if not messages:
        return set()
    turn, into = divmod(at.timestamp(), BUCKET_SECONDS)
    if into < TURN_SECONDS or into > BUCKET_SECONDS - TURN_SECONDS:
        database.lock(workspace, "seen")
    mixed = {f"{message.int ^ workspace.int:032x}": message for message in messages}
    now, *before = (int(turn - back) % BUCKETS for back in range(4))
    found = database.bulk(SEEN, [now, ",".join(sorted(mixed)), *before], binary=True)
    return {mixed[message.hex] for (message,) in found}


def forget_seen(at: datetime) -> None:
    """Empty the bucket that will be filled next: what it holds is older than the window."""
    following = (int(at.timestamp() // BUCKET_SECONDS) + 1) % BUCKETS
    if database.rows("select 1 from ingest_seen where bucket = %s limit 1", [following]):
        database.rows("select ingest_forget_bucket(%s)", [following])


def reject(
    workspace: WorkspaceId, rejected: Sequence[tuple[Flaw, bytes]], received_at: datetime, source: str
) -> None:
    """Keep items that were not taken in."""
    if not rejected:
        return
    flaws = [flaw for flaw, _ in rejected]
    database.execute(
        "insert into ingest_rejectedevent (id, workspace_id, received_at, source, code, detail, at, name, payload)"
        " select id, %s, %s, %s, code, detail, at, name, payload"
        " from unnest(%s::uuid[], %s::text[], %s::text[], %s::text[], %s::text[], %s::bytea[])"
        " as a(id, code, detail, at, name, payload)",
        [workspace, received_at, source[:32], [new_id() for _ in flaws], [str(f.code) for f in flaws],
         [f.detail[:400] for f in flaws], [f.at[:200] for f in flaws], [_name(payload) for _, payload in rejected],
         [payload for _, payload in rejected]],
    )  # fmt: skip


def _name(payload: bytes) -> str:
    """The name that the event would have; "" where it cannot be told."""
    try:
        item = _any.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""
    if not isinstance(item, dict):
        return ""
    told = item.get("event") or NAMES.get(item["type"] if isinstance(item.get("type"), str) else "", "")
    return told.replace("\x00", "").strip()[:LONGEST_NAME] if isinstance(told, str) else ""


def bound(workspace: WorkspaceId, asked: Filter) -> dict[str, Any]:
    """A filter as the values of a statement."""
    return {
        "workspace": workspace, "code": asked.code, "name": asked.name, "since": asked.since, "until": asked.until,
        "search": asked.search.encode("utf-8", "replace"),
    }  # fmt: skip


def rejected(
    workspace: WorkspaceId, asked: Filter, waiting_only: bool, before: UUID | None, limit: int
) -> list[models.RejectedEvent]:
    """Rejected items, newest first."""
    ids = database.rows(
        f"select id from ingest_rejectedevent where {FILTERED} and (replayed_at is null or not %(waiting)s)"
        " and (%(before)s::uuid is null or id < %(before)s) order by id desc limit %(limit)s",
        bound(workspace, asked) | {"waiting": waiting_only, "before": before, "limit": limit},
    )
    found = models.RejectedEvent.objects.filter(workspace_id=workspace, id__in=[id for (id,) in ids])
    return list(found.order_by("-id"))


def count_waiting(workspace: WorkspaceId, asked: Filter) -> int:
    """How many wait that fit."""
    found = database.rows(
        f"select count(*) from ingest_rejectedevent where {FILTERED} and replayed_at is null",
        bound(workspace, asked),
    )
    return int(found[0][0])


def waiting_after(
    workspace: WorkspaceId, asked: Filter, after: UUID | None, until: datetime, limit: int
) -> list[models.RejectedEvent]:
    """Items that waited at `until` and fit, oldest first, locked for this transaction."""
    ids = database.rows(
        f"select id from ingest_rejectedevent where {FILTERED} and replayed_at is null and received_at <= %(now)s"
        " and (%(after)s::uuid is null or id > %(after)s) order by id limit %(limit)s for update",
        bound(workspace, asked) | {"after": after, "now": until, "limit": limit},
    )
    found = models.RejectedEvent.objects.filter(workspace_id=workspace, id__in=[id for (id,) in ids])
    return list(found.order_by("id"))


def discard(workspace: WorkspaceId, asked: Filter) -> int:
    """Delete what waits and fits."""
    return database.execute(
        f"delete from ingest_rejectedevent where {FILTERED} and replayed_at is null", bound(workspace, asked)
    )


def rejected_names(workspace: WorkspaceId) -> list[str]:
    """The names of events that wait."""
    found = database.rows(
        "select distinct name from ingest_rejectedevent where workspace_id = %s and replayed_at is null"
        " and name <> '' order by name limit 200",
        [workspace],
    )
    return [name for (name,) in found]


def rejected_with(workspace: WorkspaceId, needles: Sequence[bytes]) -> list[tuple[UUID, bytes]]:
    """The rejected items in which one of the byte strings occurs."""
    found = database.rows(
        "select id, payload from ingest_rejectedevent where workspace_id = %s"
        " and exists (select 1 from unnest(%s::bytea[]) n where position(n in payload) > 0)",
        [workspace, list(needles)],
    )
    return [(id, bytes(payload)) for id, payload in found]


def forget_rejected(workspace: WorkspaceId, ids: Sequence[UUID]) -> int:
    """Delete these rejected items."""
    return database.execute(
        "delete from ingest_rejectedevent where workspace_id = %s and id = any(%s)", [workspace, list(ids)]
    )


def policy(workspace: WorkspaceId) -> Policy:
    """What a workspace takes in of whom."""
    found = database.rows(
        "select dnt, gpc, consent, categories, events_per_second from ingest_policy where workspace_id = %s",
        [workspace],
    )
    if not found:
        return Policy()
    dnt, gpc, consent, categories, most = found[0]
    names = msgspec.json.decode(categories) if isinstance(categories, str) else categories
    return Policy(dnt, gpc, consent, tuple(names), most)


def count_dropped(workspace: WorkspaceId, dropped: Mapping[Dropped, int], at: datetime) -> None:
    """Count what fell out. A row is added and none changed, so that pipelines side by side do not wait."""
    if dropped:
        database.bulk(
            "insert into ingest_droppedcount (workspace_id, day, reason, count)"
            " select %s, %s, reason, count from json_to_recordset(%s::json) as a(reason text, count bigint)",
            [workspace, at.date(),
             database.as_json([{"reason": str(reason), "count": count} for reason, count in dropped.items()])],
        )  # fmt: skip


def dropped(workspace: WorkspaceId, since: datetime) -> list[Left]:
    """What fell out by day and reason, newest day first."""
    found = database.rows(
        "select day, reason, sum(count)::bigint from ingest_droppedcount where workspace_id = %s and day >= %s"
        " group by day, reason order by day desc, reason",
        [workspace, since.date()],
    )
    return [Left(day, Dropped(reason), count) for day, reason, count in found]


def sum_up_dropped(at: datetime, keep_days: int) -> None:
    """One row a day and reason for days that are over; none for days long gone."""
    database.execute(
        "with gone as (delete from ingest_droppedcount where day < %s returning workspace_id, day, reason, count)"
        " insert into ingest_droppedcount (workspace_id, day, reason, count)"
        " select workspace_id, day, reason, sum(count) from gone where day >= %s group by workspace_id, day, reason",
        [at.date(), (at - timedelta(days=keep_days)).date()],
    )
