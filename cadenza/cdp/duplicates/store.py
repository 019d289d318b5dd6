"""The bulk statements of likely duplicates."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from django.db.models import Q

from cadenza.base import database
from cadenza.base.ids import ProfileId, WorkspaceId, new_id
from cadenza.base.problem import NotFound
from cadenza.cdp.duplicates import models
from cadenza.cdp.duplicates.types import Reason, Search, Suggestion, SuggestionId

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
Span = tuple[int, int]
Found = tuple[int, int, float, tuple[Reason, ...]]
"""Two people, the smaller number first, how probable it is that they are one, and why."""


def search(workspace: WorkspaceId, lock: bool = False) -> models.Search | None:
    """The search of a workspace; `lock` holds it until the transaction ends."""
    rows = models.Search.objects.filter(workspace_id=workspace)
    return (rows.select_for_update() if lock else rows).first()


def seen(row: models.Search | None) -> Search:
    """A search as others may hold it."""
    if not row:
        return Search()
    names = ("state", "done", "total", "people", "pairs", "started_at", "finished_at", "error")
    return Search(**{name: getattr(row, name) for name in names})


def look(workspace: WorkspaceId, people: Sequence[tuple[int, Sequence[int], datetime]], at: datetime) -> int:
    """Remember the keys of people who are new or changed since they were looked at; gives how many those are."""
    told = [{"p": number, "k": keys, "c": changed} for number, keys, changed in people]
    return len(
        database.bulk(
            "insert into duplicates_looked as known (workspace_id, profile_id, keys, changed_at, looked_at)"
            " select %s, p, k, c, %s from json_to_recordset(%s::json) as a(p bigint, k bigint[], c timestamptz)"
            " on conflict (profile_id) do update set keys = excluded.keys, changed_at = excluded.changed_at,"
            " looked_at = excluded.looked_at where known.changed_at <> excluded.changed_at returning profile_id",
            [workspace, at, database.as_json(told)],
        )
    )


def blocks(
    workspace: WorkspaceId, span: Span, most: int, since: datetime | None
) -> list[tuple[list[int], list[bool]]]:
    """The people of each key within a span, and which of them were looked at after `since`.

    Keys of one person alone, of more than `most`, and of nobody looked at since, are left out.
    """
    after = since or LONG_AGO
    return database.bulk(
        "select array_agg(profile_id order by profile_id), array_agg(looked_at > %s order by profile_id)"
        " from (select profile_id, looked_at, unnest(keys) as key from duplicates_looked where workspace_id = %s) k"
        " where key between %s and %s group by key having count(*) between 2 and %s and bool_or(looked_at > %s)",
        [after, workspace, *span, most, after],
    )  # type: ignore[return-value]


def some(workspace: WorkspaceId, most: int) -> list[ProfileId]:
    """People from everywhere, at most so many, the same ones each time."""
    count = models.Looked.objects.filter(workspace_id=workspace).count()
    found = database.rows(
        "select profile_id from (select profile_id, row_number() over (order by profile_id) as place"
        " from duplicates_looked where workspace_id = %s) k where place %% %s = 0 limit %s",
        [workspace, max(1, count // most), most],
    )
    return [ProfileId(number) for (number,) in found]


def suggest(workspace: WorkspaceId, found: Sequence[Found], at: datetime) -> None:
    """Write pairs that are new, and how those that are open stand now; what was decided stays as it is."""
    told = [
        {"i": str(new_id()), "a": first, "b": second, "p": probability, "r": [asdict(one) for one in reasons]}
        for first, second, probability, reasons in found
    ]
    database.bulk(
        "insert into duplicates_suggestion as known (id, workspace_id, first, second, probability, reasons, state,"
        " found_at, seen_at, decided_by) select i, %s, a, b, p, r, 'open', %s, %s, '' from json_to_recordset(%s::json)"
        " as t(i uuid, a bigint, b bigint, p float8, r jsonb) on conflict (workspace_id, first, second)"
        " do update set probability = excluded.probability, reasons = excluded.reasons, seen_at = excluded.seen_at"
        " where known.state = 'open'",
        [workspace, at, at, database.as_json(told)],
    )


def forget_outdated(workspace: WorkspaceId, since: datetime | None, at: datetime) -> None:
    """Take away open pairs that this search, which began at `at`, would have seen again and did not; and the lost."""
    database.execute(
        "delete from duplicates_suggestion s where workspace_id = %s and state = 'open' and seen_at < %s and"
        " (select count(*) from duplicates_looked k where k.profile_id in (s.first, s.second)"
        " and k.workspace_id = s.workspace_id and (%s::timestamptz is not null and k.looked_at <= %s)) < 2",
        [workspace, at, since, since],
    )


def open_page(
    workspace: WorkspaceId, after: tuple[float, SuggestionId] | None, limit: int
) -> list[models.Suggestion]:
    """Open pairs, the most probable first."""
    rows = models.Suggestion.objects.filter(workspace_id=workspace, state="open")
    if after:
        probability, id = after
        rows = rows.filter(Q(probability__lt=probability) | Q(probability=probability, id__gt=id))
    return list(rows.order_by("-probability", "id")[:limit])


def suggestion(workspace: WorkspaceId, id: SuggestionId, lock: bool = False) -> models.Suggestion:
    """One pair; `lock` holds it until the transaction ends."""
    rows = models.Suggestion.objects.filter(workspace_id=workspace, id=id)
    found = (rows.select_for_update() if lock else rows).first()
    if not found:
        raise NotFound(
            "There is no such pair any more.", hint="One of the two was changed, merged or erased."
        )
    return found


def plain(row: models.Suggestion) -> Suggestion:
    """A pair as others may hold it."""
    return Suggestion(
        id=SuggestionId(row.id),
        first=ProfileId(row.first),
        second=ProfileId(row.second),
        probability=row.probability,
        reasons=tuple(Reason(**one) for one in row.reasons),
        state=row.state,  # type: ignore[arg-type]
        found_at=row.found_at,
        decided_at=row.decided_at,
    )


def about(workspace: WorkspaceId, people: Iterable[int], state: str = "") -> list[models.Suggestion]:
    """Pairs of which one is among these people, in one state or in any."""
    rows = models.Suggestion.objects.filter(workspace_id=workspace, **({"state": state} if state else {}))
    ids = list(people)
    return list(rows.filter(Q(first__in=ids) | Q(second__in=ids)))


def keep_apart(workspace: WorkspaceId, one: int, two: int, at: datetime, **more: Any) -> None:
    """Remember that two people are two; an open pair is settled by it, an earlier decision stays."""
    first, second = min(one, two), max(one, two)
    told = {"state": "apart", "decided_at": at, **more}
    row, made = models.Suggestion.objects.get_or_create(
        workspace_id=workspace, first=first, second=second,
        defaults={"probability": 0.0, "found_at": at, "seen_at": at, **told},
    )  # fmt: skip
    if not made and row.state != "apart":
        models.Suggestion.objects.filter(id=row.id).update(**told)


def forget(workspace: WorkspaceId, people: Iterable[int]) -> dict[str, int]:
    """Take away everything that points at these people."""
    ids = list(people)
    looked = models.Looked.objects.filter(workspace_id=workspace, profile_id__in=ids).delete()[0]
    pairs = [row.id for row in about(workspace, ids)]
    gone = models.Suggestion.objects.filter(workspace_id=workspace, id__in=pairs).delete()[0]
    return {"duplicates_looked": looked, "duplicates_suggestion": gone}


def start_anew(workspace: WorkspaceId) -> None:
    """Forget what was looked at, learnt and suggested; what people decided stays."""
    models.Looked.objects.filter(workspace_id=workspace).delete()
    models.Suggestion.objects.filter(workspace_id=workspace, state="open").delete()
    models.Search.objects.filter(workspace_id=workspace).update(model={}, until=None, sources={})
