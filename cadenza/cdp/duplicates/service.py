"""What others may ask of likely duplicates: search for them, show them, and take somebody's decision.

Nothing is merged by itself: a suggestion is for a person to look at.  A decision that two are two is remembered,
also when one of them is merged with a third; and an un-merge is such a decision.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from cadenza.base import clock, database, jobs
from cadenza.base.ids import ProfileId, UserId, WorkspaceId
from cadenza.base.problem import BadInput, Conflict
from cadenza.cdp.duplicates import models, store
from cadenza.cdp.duplicates import search as walking
from cadenza.cdp.duplicates.types import Search, Suggestion, SuggestionId
from cadenza.cdp.identity import service as identity
from cadenza.cdp.identity.types import MANUAL
from cadenza.cdp.profiles import service as profiles
from cadenza.cdp.profiles.types import Page

PURPOSE = walking.PURPOSE
STALLED = timedelta(minutes=10)  # a search that has said nothing for so long is dead


def find(workspace: WorkspaceId) -> Search:
    """Have a worker search; one that waits or runs already is left alone.

    Raises BadInput where purpose I.2 does not cover names. People looked at before are only compared anew where
    they, or the other one, have changed since.
    """
    from cadenza.cdp.duplicates import jobs as own  # jobs.py calls this service

    walking.chosen(workspace)
    now = clock.now()
    row = store.search(workspace, lock=True)
    if row and row.state in ("waiting", "running") and now - row.touched_at < STALLED:
        return progress(workspace)
    told = {"state": "waiting", "touched_at": now, "error": "", "done": 0}
    models.Search.objects.update_or_create(workspace_id=workspace, defaults=told)
    jobs.defer(own.search, once=f"duplicates:{workspace}", lock=f"duplicates:{workspace}",
               workspace=str(workspace))  # fmt: skip
    return progress(workspace)


def find_now(workspace: WorkspaceId) -> Search:
    """Search in this process. Must be called outside of a transaction."""
    return walking.carry(workspace)


def progress(workspace: WorkspaceId) -> Search:
    """How far the search is, and what it cannot read; raises BadInput where the purpose does not cover names."""
    refused = walking.chosen(workspace).refused
    return replace(store.seen(store.search(workspace)), left_out=tuple(read.field for read in refused))


def count(workspace: WorkspaceId) -> int:
    """How many pairs wait for somebody to look at them."""
    return models.Suggestion.objects.filter(workspace_id=workspace, state="open").count()


def suggestions(workspace: WorkspaceId, cursor: str | None = None, limit: int = 20) -> Page[Suggestion]:
    """Open pairs, the most probable first. `cursor`: `next` of the page before."""
    rows = store.open_page(workspace, _place(cursor) if cursor else None, limit + 1)
    last = rows[limit - 1] if len(rows) > limit else None
    return Page(
        [store.plain(row) for row in rows[:limit]], f"{last.probability!r}_{last.id}" if last else None
    )


def _place(cursor: str) -> tuple[float, SuggestionId]:
    probability, _, id = cursor.partition("_")
    try:
        found = float(probability), SuggestionId(UUID(id))
    except ValueError:
        found = math.nan, SuggestionId(UUID(int=0))
    if not 0 <= found[0] <= 1:
        hint = "Use the value of `next` from the page before."
        raise BadInput("This is not a cursor.", at="after", hint=hint)
    return found


def sources(workspace: WorkspaceId) -> dict[str, tuple[str, ...]]:
    """From which fields of a profile each compared field is read here."""
    return dict(walking.chosen(workspace).sources)


def one(workspace: WorkspaceId, suggestion: SuggestionId) -> Suggestion:
    """One pair; raises NotFound where it is no longer kept."""
    return store.plain(store.suggestion(workspace, suggestion))


def accept(
    workspace: WorkspaceId, suggestion: SuggestionId, actor: UserId | str, survivor: ProfileId | None = None
) -> ProfileId:
    """Make the two one person; gives who that is. `survivor`: whose number stays, else `stays` decides."""
    row = _open(workspace, suggestion)
    first, second = ProfileId(row.first), ProfileId(row.second)
    if survivor not in (None, first, second):
        raise BadInput("This person is not of this pair.", at="survivor", hint="Choose one of the two.")
    winner = survivor or stays(workspace, first, second)
    row.state, row.decided_at, row.decided_by = "merged", clock.now(), _author(actor)
    row.save(update_fields=["state", "decided_at", "decided_by"])
    identity.merge(workspace, winner, second if winner == first else first, MANUAL, _author(actor))
    return winner


def stays(workspace: WorkspaceId, one: ProfileId, two: ProfileId) -> ProfileId:
    """Who of two would better stay: who has a customer number, else who has been known for longer."""
    numbered = identity.of_people(workspace, [one, two], "external_id")
    return min(one, two, key=lambda profile: (profile not in numbered, profile))


def dismiss(workspace: WorkspaceId, suggestion: SuggestionId, actor: UserId | str) -> None:
    """Remember that these two are two people: they are never suggested again."""
    row = _open(workspace, suggestion)
    row.state, row.decided_at, row.decided_by = "apart", clock.now(), _author(actor)
    row.save(update_fields=["state", "decided_at", "decided_by"])


def undo(workspace: WorkspaceId, suggestion: SuggestionId, actor: UserId | str) -> Suggestion:
    """Take a decision back: the pair waits again. A merge is undone where `can_undo` says that it can be."""
    database.lock(workspace, identity.LOCK)
    row = store.suggestion(workspace, suggestion, lock=True)
    merge = _merge_of(workspace, row) if row.state == "merged" else None
    if not merge and not _was_suggested(row.state, row.reasons):
        raise Conflict(
            "This decision cannot be taken back here.", hint="Look at the cards of the two people."
        )
    if merge:
        identity.unmerge(workspace, merge, _author(actor))
    models.Suggestion.objects.filter(id=row.id).update(state="open", decided_at=None, decided_by="")
    return one(workspace, suggestion)


def can_undo(workspace: WorkspaceId, suggestion: Suggestion) -> bool:
    """Whether `undo` can take this decision back."""
    if suggestion.state == "merged":
        return _merge_of(workspace, store.suggestion(workspace, suggestion.id)) is not None
    return _was_suggested(suggestion.state, suggestion.reasons)


def _was_suggested(state: str, reasons: Sequence[Any]) -> bool:
    """Whether two are kept apart after they had been suggested; what an un-merge alone says is not taken back here."""
    return state == "apart" and bool(reasons)


def _merge_of(workspace: WorkspaceId, row: models.Suggestion) -> UUID | None:
    """The merge that made this pair one, as long as it is the last word about the two."""
    now = identity.current(workspace, ProfileId(row.first))
    pair = {row.first, row.second}
    standing = (one for one in identity.merges(workspace, now) if one.undone_at is None)
    return next((one.id for one in standing if {one.winner, one.loser} == pair), None)


def _open(workspace: WorkspaceId, suggestion: SuggestionId) -> models.Suggestion:
    database.lock(workspace, identity.LOCK)  # first, as all who merge people do
    row = store.suggestion(workspace, suggestion, lock=True)
    if row.state != "open":
        raise Conflict("Somebody has decided on this pair already.", hint="Go on with the next one.")
    alive = profiles.many(workspace, [ProfileId(row.first), ProfileId(row.second)])
    if len(alive) < 2:
        raise Conflict("One of the two is no longer there.", hint="Go on with the next one.")
    return row


def _author(actor: UserId | str) -> str:
    return f"user:{actor}" if isinstance(actor, int) else actor[:64]


def kept_apart(workspace: WorkspaceId, people: Iterable[int]) -> set[tuple[int, int]]:
    """The pairs, of which one is among these, that somebody decided are two people; the smaller number first."""
    return {(row.first, row.second) for row in store.about(workspace, people, "apart")}


def follow_merges(workspace: WorkspaceId, merges: Mapping[ProfileId, tuple[ProfileId, UUID]]) -> None:
    """Losers are nobody of their own any more: what was decided about them holds for who they are now.

    `merges`: loser → the winner and the number of the merge.
    """
    models.Looked.objects.filter(workspace_id=workspace, profile_id__in=list(merges)).delete()
    rows, now = store.about(workspace, merges), clock.now()
    settled = [row for row in rows if _now(row.first, merges) == _now(row.second, merges)]
    moved = [row for row in rows if row not in settled]
    models.Suggestion.objects.filter(id__in=[row.id for row in settled]).exclude(state="merged").update(
        state="merged", decided_at=now
    )
    gone = [row.id for row in moved if row.state == "open"]  # the next search looks at the winner anew
    models.Suggestion.objects.filter(id__in=gone).delete()
    for row in moved:
        if row.state == "apart":
            loser = row.first if row.first in merges else row.second
            told = {"decided_by": row.decided_by, "via": merges[ProfileId(loser)][1]}
            store.keep_apart(workspace, _now(row.first, merges), _now(row.second, merges), now, **told)


def _now(person: int, merges: Mapping[ProfileId, tuple[ProfileId, UUID]]) -> int:
    while (found := merges.get(ProfileId(person))) is not None:
        person = found[0]
    return person


def follow_unmerge(workspace: WorkspaceId, winner: ProfileId, loser: ProfileId, merge: UUID) -> None:
    """Whoever takes a merge back says that these are two; what the merge brought over goes with it."""
    models.Suggestion.objects.filter(workspace_id=workspace, via=merge).delete()
    store.keep_apart(workspace, winner, loser, clock.now(), decided_by="unmerge")


def forget_learnt(workspace: WorkspaceId) -> None:
    """Forget what was read for a purpose that covers less now; what people decided stays."""
    models.Search.objects.filter(
        workspace_id=workspace
    ).delete()  # first: a search that runs waits here, and ends
    store.start_anew(workspace)


def erase(workspace: WorkspaceId, profile: ProfileId) -> dict[str, int]:
    """Forget a person, under every id they ever had."""
    return store.forget(workspace, identity.all_ids(workspace, profile))


def export(workspace: WorkspaceId, profile: ProfileId) -> list[Suggestion]:
    """Every pair that this person is or was of."""
    return [store.plain(row) for row in store.about(workspace, identity.all_ids(workspace, profile))]
