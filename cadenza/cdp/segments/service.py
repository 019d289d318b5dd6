"""What others may ask of segments: save a condition, see whom it would hold, whom it holds, and how that changed.

A tree is parsed and checked against its purpose when it is saved and again at each refresh, since fields
and purposes change meanwhile; a segment that no longer passes keeps its members and says why.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import islice
from typing import Any
from uuid import UUID

from django.db import transaction
from pyroaring import BitMap64

from cadenza.base import clock, database
from cadenza.base.fact import tell
from cadenza.base.ids import ProfileId, SegmentId, WorkspaceId
from cadenza.base.problem import BadInput, Conflict
from cadenza.cdp.identity import service as identity
from cadenza.cdp.identity.types import NOBODY, Identifier
from cadenza.cdp.segments import asking, history, knowledge, models, questions, static, store
from cadenza.cdp.segments import refresh as refreshing
from cadenza.cdp.segments import tick as ticking
from cadenza.cdp.segments.carry import carry, pack
from cadenza.cdp.segments.due import read_schedule
from cadenza.cdp.segments.facts import SegmentChanged
from cadenza.cdp.segments.groups import (
    arrange_group,
    dissolve_group,
    group,
    groups,
    make_group,
    ranked,
    rehearse_group,
)
from cadenza.cdp.segments.history import growth, growths, metered, moved, moved_by_day, moves, segments_of
from cadenza.cdp.segments.inline import refuse_ring
from cadenza.cdp.segments.inline import uses as used_by
from cadenza.cdp.segments.knowledge import sentence
from cadenza.cdp.segments.phrase import past
from cadenza.cdp.segments.products import (
    archive_product_segment,
    preview_products,
    product_fields,
    product_members,
    product_segment,
    product_segments,
    product_uses,
    refresh_products,
    restore_product_segment,
    save_product_segment,
    update_product_segment,
)
from cadenza.cdp.segments.questions import also_in, from_text, overlap, regions, to_text
from cadenza.cdp.segments.saved import all, no_such, one, stored
from cadenza.cdp.segments.traits import (
    cells,
    compute_traits,
    computed,
    scores,
    set_thresholds,
    start_traits,
    thresholds,
)
from cadenza.cdp.segments.types import (
    PURPOSE,
    Askable,
    Backtest,
    Incoming,
    Kind,
    Mode,
    Preview,
    PutIn,
    Refreshed,
    Segment,
    Why,
)
from cadenza.cdp.segments.uses import refuse_used, register_user, uses

# What others may ask too, from the files in which it is told.
__all__ = [
    "all", "also_in", "archive_product_segment", "arrange_group", "cells", "compute_traits", "computed",
    "dissolve_group", "from_text", "group", "groups", "growth", "growths", "make_group", "metered", "moved",
    "moved_by_day", "moves", "one", "overlap", "preview_products", "product_fields", "product_members",
    "product_segment", "product_segments", "product_uses", "ranked", "refresh_products", "regions", "register_user",
    "rehearse_group", "restore_product_segment", "save_product_segment", "scores", "segments_of", "sentence",
    "set_thresholds", "start_traits", "thresholds", "to_text", "update_product_segment", "uses",
]  # fmt: skip

LONGEST_NAME = 200
EVERYONE: dict[str, list[Any]] = {"all": []}
BY_HAND = "put in by hand"


def fields(workspace: WorkspaceId) -> list[Askable]:
    """What can be asked of people here, with the comparisons that fit; for whoever builds a tree."""
    return knowledge.fields(workspace)


def save(
    workspace: WorkspaceId, name: str, tree: Any = None, *, mode: str = Mode.REALTIME, schedule: Any = None
) -> Segment:
    """Save a new segment; raises BadInput where the tree is unsound or reads what its purpose does not cover."""
    kind = _mode(mode, schedule)
    sentence = BY_HAND
    if kind is not Mode.STATIC:
        _, sentence = knowledge.checked(workspace, tree, knowledge.known(workspace))
    now = clock.now()
    row = models.Segment.objects.create(
        workspace_id=workspace, name=_named(name), tree=EVERYONE if kind is Mode.STATIC else tree,
        sentence=sentence, purpose=PURPOSE, mode=kind, schedule=schedule, created_at=now, updated_at=now,
    )  # fmt: skip
    if kind is Mode.STATIC:
        static.begin(workspace, SegmentId(row.id), now)
    else:
        _changed(workspace, row)
    return one(workspace, SegmentId(row.id))


def _mode(mode: Any, schedule: Any) -> Mode:
    if mode not in list(Mode):
        raise BadInput("There is no such kind of segment.", at="mode", hint=f"Use {', '.join(Mode)}.")
    if mode == Mode.SCHEDULED:
        read_schedule(schedule)
    elif schedule is not None:
        raise BadInput(
            "Only a scheduled segment has a schedule.", at="schedule", hint='Add "mode": "scheduled".'
        )
    return Mode(mode)


def update(
    workspace: WorkspaceId,
    segment: SegmentId,
    name: str | None = None,
    tree: Any = None,
    schedule: Any = None,
) -> Segment:
    """Change a segment's name, its condition, its schedule, or some of these."""
    row = stored(workspace, segment)
    if name is not None:
        row.name = _named(name)
    if tree is not None:
        row.tree, row.sentence = tree, _condition(workspace, row, tree)
    if schedule is not None:
        _mode(row.mode, schedule)
        row.schedule = schedule
    row.updated_at = clock.now()
    row.save()
    if tree is not None or schedule is not None:
        _changed(workspace, row)
    return one(workspace, segment)


def _condition(workspace: WorkspaceId, row: models.Segment, tree: Any) -> str:
    """The sentence of a new condition, if this segment may have it."""
    if row.mode == Mode.STATIC:
        raise Conflict("A static segment has no condition.", hint="Put people in and take them out.")
    known = knowledge.known(workspace)
    condition, sentence = knowledge.checked(workspace, tree, known)
    segment = SegmentId(row.id)
    refuse_ring(
        segment, known.names.segments, {**knowledge.used(workspace, known), segment: used_by(condition)}
    )
    return sentence


def archive(workspace: WorkspaceId, segment: SegmentId) -> Segment:
    """Put a segment away: it keeps its members and is refreshed no more, until `restore`.

    Raises Conflict where something that follows it would go wrong without it.
    """
    refuse_used(stored(workspace, segment).name, uses(workspace, segment))
    models.Segment.objects.filter(workspace_id=workspace, id=segment, archived_at=None).update(
        archived_at=clock.now()
    )
    return one(workspace, segment)


def restore(workspace: WorkspaceId, segment: SegmentId) -> Segment:
    """Bring an archived segment back."""
    row = stored(workspace, segment)
    row.archived_at = None
    row.save(update_fields=["archived_at"])
    _changed(workspace, row)
    return one(workspace, segment)


def preview(workspace: WorkspaceId, tree: Any, limit: int = 10) -> Preview:
    """Whom a tree holds now: their number, a sample (the newest people first) and the sentence. Saves nothing."""
    known = knowledge.known(workspace)
    condition, sentence = knowledge.checked(workspace, tree, known)
    started = time.monotonic()
    frame = knowledge.frame(workspace, known)
    [found] = asking.ask([condition], frame, knowledge.given(workspace, [condition]))
    return Preview(
        len(found), questions.newest(found, limit), sentence, round((time.monotonic() - started) * 1000)
    )


def refresh(workspace: WorkspaceId, segments: Iterable[SegmentId] | None = None) -> list[Refreshed]:
    """Find the members of these segments (of all in use) anew, in one query, and tell who entered and who left.

    Segments that build on one of them are found too.
    """
    return refreshing.refresh(workspace, segments)


def refresh_now(workspace: WorkspaceId, segment: SegmentId) -> Refreshed:
    """Refresh one segment and say what it did; raises where it cannot be done, with the reason."""
    row = stored(workspace, segment)
    if row.archived_at:
        raise Conflict("An archived segment is not refreshed.", hint="Restore it first.")
    if row.mode == Mode.STATIC:
        raise Conflict("A static segment is not refreshed.", hint="Put people in and take them out.")
    done = [one for one in refresh(workspace, [segment]) if one.segment == segment]
    if not done:
        raise BadInput(one(workspace, segment).problem or "This segment could not be refreshed.", at="tree")
    return done[0]


def tick(workspace: WorkspaceId, time_too: bool | None = None) -> int:
    """Look at those whom something touched since the last tick, or time; gives how many people."""
    return ticking.tick(workspace, time_too)


def members(workspace: WorkspaceId, segment: SegmentId) -> BitMap64:
    """The profile ids that are in it now."""
    stored(workspace, segment)
    return store.members(workspace, [segment])[segment]


def members_after(
    workspace: WorkspaceId, segment: SegmentId, after: int = 0, limit: int = 100
) -> list[ProfileId]:
    """A page of members, in the order of their ids, beginning after one."""
    found = members(workspace, segment)
    return [ProfileId(profile) for profile in islice(found.iter_equal_or_larger(after + 1), limit)]


def count(workspace: WorkspaceId, segment: SegmentId) -> int:
    """How many people are in it."""
    return one(workspace, segment).count or 0


def is_member(workspace: WorkspaceId, segment: SegmentId, who: ProfileId | Identifier) -> bool:
    """Whether a person is in it now, by id or by what recognises them; nobody known is in none."""
    known = isinstance(who, Identifier)
    person = identity.find(workspace, who) if known else identity.current(workspace, who)  # type: ignore[arg-type]
    found = history.is_member(workspace, segment, person or NOBODY)
    if found is None:
        raise no_such()
    return found


def why(workspace: WorkspaceId, segment: SegmentId, profile: ProfileId) -> Why:
    """Why a person is in a segment, or is not: each condition with the value found."""
    return questions.why(workspace, stored(workspace, segment), identity.current(workspace, profile))


def backtest(workspace: WorkspaceId, tree: Any, at: datetime, limit: int = 10) -> Backtest:
    """Whom a tree would have held at a moment. Saves nothing."""
    return questions.backtest(workspace, tree, at, limit)


def members_at(workspace: WorkspaceId, segment: SegmentId, at: datetime) -> BitMap64:
    """Who was in it at a moment, from its history."""
    stored(workspace, segment)
    return history.members_at(workspace, segment, at)


def add(workspace: WorkspaceId, segment: SegmentId, people: Iterable[int]) -> Refreshed:
    """Put people into a static segment; ids from before a merge stand for who they are now."""
    return static.change(workspace, _static(workspace, segment), people, entered=True)


def remove(workspace: WorkspaceId, segment: SegmentId, people: Iterable[int]) -> Refreshed:
    """Take people out of a static segment."""
    return static.change(workspace, _static(workspace, segment), people, entered=False)


def add_found(workspace: WorkspaceId, segment: SegmentId, tree: Any) -> Refreshed:
    """Put those whom a tree holds now into a static segment, where they stay."""
    row = _static(workspace, segment)
    known = knowledge.known(workspace)
    condition, _ = knowledge.checked(workspace, tree, known)
    frame = knowledge.frame(workspace, known)
    [found] = asking.ask([condition], frame, knowledge.given(workspace, [condition]))
    return static.change(workspace, row, found, entered=True)


def put_in(workspace: WorkspaceId, segment: SegmentId, told: Sequence[str], kind: str = "") -> PutIn:
    """Put people into a static segment by what recognises them; without a `kind` it is found by how each looks."""
    return static.put_in(workspace, _static(workspace, segment), told, kind)


def undo(workspace: WorkspaceId, segment: SegmentId, at: datetime) -> Refreshed:
    """Take back what was put in, or taken out, by hand at a moment."""
    return static.undo(workspace, _static(workspace, segment), at)


def _static(workspace: WorkspaceId, segment: SegmentId) -> models.Segment:
    row = stored(workspace, segment)
    if row.mode != Mode.STATIC:
        raise Conflict(
            "People come and go here by themselves.", hint="Only a static segment is filled by hand."
        )
    return row


def export(workspace: WorkspaceId, segments: Iterable[SegmentId] | None = None) -> dict[str, Any]:
    """The definitions of these segments (of all in use) as JSON, to be kept or brought into another workspace."""
    wanted = None if segments is None else set(segments)
    return pack([one for one in all(workspace) if wanted is None or one.id in wanted])


def bring_in(workspace: WorkspaceId, json: Any) -> list[Segment]:
    """Make the segments of a file, under new ids; raises BadInput, and makes none, where one of them is unsound."""

    def keep(entry: dict[str, Any], tree: Any) -> str:
        try:
            return str(_made(workspace, entry, tree).id)
        except BadInput as refusal:
            refusal.at = f"segments.{json['segments'].index(entry)}.{refusal.at}"
            raise

    with transaction.atomic():
        made = carry(json, keep, map(str, knowledge.known(workspace).names.segments))
    return [one(workspace, SegmentId(UUID(id))) for id in made]


def _made(workspace: WorkspaceId, entry: dict[str, Any], tree: Any) -> Segment:
    mode = entry.get("mode", Mode.REALTIME)
    return save(workspace, entry["name"], tree, mode=mode, schedule=entry.get("schedule"))


def rehearse_in(workspace: WorkspaceId, json: Any) -> list[Incoming]:
    """What `bring_in` would make of each entry of a file, and what is wrong with it. Makes nothing."""
    names, found = {one.name for one in all(workspace)}, []

    def keep(entry: dict[str, Any], tree: Any) -> str:
        mode, problem = str(entry.get("mode", Mode.REALTIME)), None
        try:
            made = _made(workspace, entry, tree)
        except BadInput as refusal:
            problem = str(refusal)
            made = save(workspace, "stands for one that cannot be", mode=Mode.STATIC)
        sentence = "" if problem else made.sentence
        found.append(Incoming(entry["id"], entry["name"], mode, sentence, entry["name"] in names, problem))
        return str(made.id)

    with transaction.atomic():
        carry(json, keep, map(str, knowledge.known(workspace).names.segments))
        transaction.set_rollback(True)
    place = {entry["id"]: number for number, entry in enumerate(json["segments"])}
    return sorted(found, key=lambda one: place[one.id])


def values(workspace: WorkspaceId, field: str, limit: int = 20) -> list[str]:
    """The most frequent texts of a field, for suggestions; none where the purpose does not cover the field."""
    known = knowledge.known(workspace)
    if known.kinds.get(field) is not Kind.TEXT or known.categories[field] not in known.allowed:
        return []
    return asking.values(workspace, field, limit)


# workspace-free: words for an event
def phrase(event: str) -> str:
    """What one did: `Order Completed` → `bought`."""
    return past(event)


def forget(workspace: WorkspaceId, people: Iterable[ProfileId]) -> dict[str, int]:
    """Take erased people out of every segment and its history, telling nobody."""
    database.lock(workspace, refreshing.MEMBERS)
    return store.forget(workspace, list(people))


def touch(workspace: WorkspaceId, people: Iterable[int]) -> None:
    """Something changed about these people, in this transaction: they are looked at within a second."""
    store.touch(workspace, people)


def _named(name: Any) -> str:
    if not isinstance(name, str) or not name.strip() or len(name.strip()) > LONGEST_NAME or "\0" in name:
        raise BadInput("A segment needs a name.", at="name", hint=f"Use 1 to {LONGEST_NAME} characters.")
    return name.strip()


def _changed(workspace: WorkspaceId, row: models.Segment) -> None:
    tell(SegmentChanged(workspace=workspace, at=clock.now(), segment=SegmentId(row.id)))
