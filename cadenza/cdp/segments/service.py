"""What others may ask of segments: save a condition, see whom it would hold, whom it holds, and how that changed.

A tree is parsed and checked against its purpose when it is saved and again at each refresh, since fields
and purposes change meanwhile; a segment that no longer passes keeps its members and says why.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from django.db.models import Count, Q
from pyroaring import BitMap64

from cadenza.base import clock, database, log
from cadenza.base.fact import tell
from cadenza.base.ids import ProfileId, SegmentId, WorkspaceId
from cadenza.base.problem import BadInput, Conflict, NotFound
from cadenza.cdp.identity import service as identity
from cadenza.cdp.profiles import service as profiles
from cadenza.cdp.schemas import service as schemas
from cadenza.cdp.segments import models, store
from cadenza.cdp.segments.compare import FITTING
from cadenza.cdp.segments.compile import leaves_of
from cadenza.cdp.segments.discover import EventCategory, discover
from cadenza.cdp.segments.explain import explain, past
from cadenza.cdp.segments.facts import SegmentChanged, SegmentEntered, SegmentLeft
from cadenza.cdp.segments.fold import fold
from cadenza.cdp.segments.follow import follow
from cadenza.cdp.segments.parse import parse
from cadenza.cdp.segments.types import (
    PURPOSE,
    Askable,
    Condition,
    Growth,
    Kind,
    Membership,
    Move,
    Preview,
    Refreshed,
    Segment,
)
from cadenza.trust.privacy import service as privacy

LOCK = "segments"
AT_ONCE = 500  # conditions in one query; more would be too long a text for the engine
LONGEST_NAME = 200

_KINDS = {
    "text": Kind.TEXT, "enum": Kind.TEXT, "id": Kind.TEXT, "number": Kind.NUMBER, "integer": Kind.NUMBER,
    "decimal": Kind.NUMBER, "boolean": Kind.FLAG, "date": Kind.TIME, "datetime": Kind.TIME,
}  # lists cannot be asked for yet  # fmt: skip
# Known of everyone, though nobody told it.
_SEEN = Askable("first_seen_at", "First seen", Kind.TIME, "behaviour.session", FITTING[Kind.TIME])

_log = log.get(__name__)


@dataclass(frozen=True)
class _Known:
    """What a tree may ask here, looked up once for many trees."""

    kinds: Mapping[str, Kind]
    categories: Mapping[str, str]
    labels: Mapping[str, str]
    allowed: frozenset[str]
    event_category: EventCategory


def fields(workspace: WorkspaceId) -> list[Askable]:
    """What can be asked of people here, with the comparisons that fit; for whoever builds a tree."""
    found = {}
    for one in profiles.fields(workspace):
        if one.type not in _KINDS:
            continue
        kind = _KINDS[one.type] if one.matchable else Kind.PRESENCE
        found[one.name] = Askable(one.name, one.label, kind, one.category, FITTING[kind])
    found.setdefault(_SEEN.name, _SEEN)
    return list(found.values())


def save(workspace: WorkspaceId, name: str, tree: Any) -> Segment:
    """Save a new segment; raises BadInput where the tree is unsound or reads what its purpose does not cover."""
    _, sentence = _checked(workspace, tree, _known(workspace))
    now = clock.now()
    row = models.Segment.objects.create(
        workspace_id=workspace, name=_named(name), tree=tree, sentence=sentence, purpose=PURPOSE,
        created_at=now, updated_at=now,
    )  # fmt: skip
    _changed(workspace, row)
    return _segment(row, None)


def update(workspace: WorkspaceId, segment: SegmentId, name: str | None = None, tree: Any = None) -> Segment:
    """Change a segment's name, its condition, or both."""
    row = _row(workspace, segment)
    if name is not None:
        row.name = _named(name)
    if tree is not None:
        _, row.sentence = _checked(workspace, tree, _known(workspace))
        row.tree = tree
    row.updated_at = clock.now()
    row.save()
    if tree is not None:
        _changed(workspace, row)
    return one(workspace, segment)


def archive(workspace: WorkspaceId, segment: SegmentId) -> Segment:
    """Put a segment away: it keeps its members and is refreshed no more, until `restore`."""
    models.Segment.objects.filter(workspace_id=workspace, id=segment, archived_at=None).update(
        archived_at=clock.now()
    )
    return one(workspace, segment)


def restore(workspace: WorkspaceId, segment: SegmentId) -> Segment:
    """Bring an archived segment back."""
    row = _row(workspace, segment)
    row.archived_at = None
    row.save(update_fields=["archived_at"])
    _changed(workspace, row)
    return one(workspace, segment)


def one(workspace: WorkspaceId, segment: SegmentId) -> Segment:
    """One segment; raises NotFound."""
    return _segment(_row(workspace, segment), _states(workspace, [segment]).get(segment))


def all(workspace: WorkspaceId, archived: bool = False) -> list[Segment]:
    """The segments in use, or the archived ones, by name."""
    found = models.Segment.objects.filter(workspace_id=workspace, archived_at__isnull=not archived)
    rows = list(found.order_by("name", "id"))
    states = _states(workspace, [row.id for row in rows])
    return [_segment(row, states.get(row.id)) for row in rows]


def preview(workspace: WorkspaceId, tree: Any, limit: int = 10) -> Preview:
    """Whom a tree holds now: their number, a sample (the newest people first) and the sentence. Saves nothing."""
    condition, sentence = _checked(workspace, tree, _known(workspace))
    started = time.monotonic()
    [found] = store.ask(workspace, [condition], clock.now())
    sample = [ProfileId(found[-number]) for number in range(1, min(limit, len(found)) + 1)]
    return Preview(len(found), sample, sentence, _ms(started))


def refresh(workspace: WorkspaceId, segments: Iterable[SegmentId] | None = None) -> list[Refreshed]:
    """Find the members of these segments (of all in use) anew, in one query, and tell who entered and who left."""
    database.lock(workspace, LOCK)
    rows = models.Segment.objects.filter(workspace_id=workspace, archived_at=None)
    if segments is not None:
        rows = rows.filter(id__in=list(segments))
    known = _known(workspace)
    trees = {SegmentId(row.id): found for row in rows if (found := _sound(workspace, row, known))}
    return [done for some in _batches(trees) for done in _refresh(workspace, some)]


def _batches(trees: Mapping[SegmentId, Condition]) -> Iterator[dict[SegmentId, Condition]]:
    """As many segments at once as one query can hold; usually all of them."""
    batch: dict[SegmentId, Condition] = {}
    size = 0
    for segment, tree in trees.items():
        more = sum(1 for _ in leaves_of(tree))
        if batch and size + more > AT_ONCE:
            yield batch
            batch, size = {}, 0
        batch[segment] = tree
        size += more
    if batch:
        yield batch


def refresh_now(workspace: WorkspaceId, segment: SegmentId) -> Refreshed:
    """Refresh one segment and say what it did; raises where it cannot be done, with the reason."""
    row = _row(workspace, segment)
    if row.archived_at:
        raise Conflict("An archived segment is not refreshed.", hint="Restore it first.")
    done = refresh(workspace, [segment])
    if not done:
        raise BadInput(one(workspace, segment).problem or "This segment could not be refreshed.", at="tree")
    return done[0]


def _refresh(workspace: WorkspaceId, trees: Mapping[SegmentId, Condition]) -> list[Refreshed]:
    at, started = clock.now(), time.monotonic()
    found = _found(workspace, trees, at)
    before = store.members(workspace, found)
    changes = [_change(workspace, segment, before[segment], now) for segment, now in found.items()]
    store.write(workspace, changes, at, _ms(started))
    for change in changes:
        _tell(workspace, at, change)
    return [Refreshed(c.segment, len(c.members), len(c.entered), len(c.left | c.merged)) for c in changes]


def _change(workspace: WorkspaceId, segment: SegmentId, before: BitMap64, now: BitMap64) -> store.Change:
    """What is to be told of a segment, people merged in between among it."""
    people = identity.currents(workspace, map(ProfileId, before - now))
    merged = {int(old): int(new) for old, new in people.items() if old != new}
    return store.Change(segment, now, *follow(before, now, merged), BitMap64(merged))


def _tell(workspace: WorkspaceId, at: datetime, change: store.Change) -> None:
    """First who entered, then who left."""
    for kind, people in ((SegmentEntered, change.entered), (SegmentLeft, change.left | change.merged)):
        tell(
            *(
                kind(workspace=workspace, at=at, segment=change.segment, profile=ProfileId(one))
                for one in people
            )
        )


def _found(
    workspace: WorkspaceId, trees: Mapping[SegmentId, Condition], at: datetime
) -> dict[SegmentId, BitMap64]:
    """Members of each. Where all at once is too much, each alone, so that one runaway stops only itself."""
    if not trees:
        return {}
    try:
        return dict(zip(trees, store.ask(workspace, list(trees.values()), at), strict=True))
    except BadInput as refusal:
        if len(trees) == 1:
            [alone] = trees
            _mark(workspace, alone, refusal)
            return {}
    return {s: held for one, tree in trees.items() for s, held in _found(workspace, {one: tree}, at).items()}


def members(workspace: WorkspaceId, segment: SegmentId) -> BitMap64:
    """The profile ids that the last refresh found. Call `refresh` first where the moment matters."""
    _row(workspace, segment)
    return store.members(workspace, [segment])[segment]


def members_after(
    workspace: WorkspaceId, segment: SegmentId, after: int = 0, limit: int = 100
) -> list[ProfileId]:
    """A page of members, in the order of their ids, beginning after one."""
    found = members(workspace, segment)
    return [ProfileId(profile) for profile in islice(found.iter_equal_or_larger(after + 1), limit)]


def count(workspace: WorkspaceId, segment: SegmentId) -> int:
    """How many people the last refresh found."""
    return one(workspace, segment).count or 0


def segments_of(workspace: WorkspaceId, profile: ProfileId) -> list[Membership]:
    """The segments that a person is in, then those it was in, each the newest first, under every id it ever had."""
    ids = identity.all_ids(workspace, profile)
    moves = models.Transition.objects.filter(workspace_id=workspace, profile_id__in=ids).order_by("at", "id")
    names = dict(models.Segment.objects.filter(workspace_id=workspace).values_list("id", "name"))
    return fold(
        [
            (move.segment_id, names[move.segment_id], move.entered, move.at)
            for move in moves
            if move.segment_id in names
        ]
    )


def growth(workspace: WorkspaceId, segment: SegmentId) -> list[Growth]:
    """How many people the segment held, hour by hour in which it was looked at, oldest first."""
    found = models.Count.objects.filter(workspace_id=workspace, segment_id=segment).order_by("hour")
    return [Growth(row.hour, row.count) for row in found]


def growths(workspace: WorkspaceId, since: datetime) -> dict[SegmentId, list[Growth]]:
    """`growth` of every segment since a moment, in one question."""
    found: dict[SegmentId, list[Growth]] = {}
    for row in models.Count.objects.filter(workspace_id=workspace, hour__gte=since).order_by("hour"):
        found.setdefault(SegmentId(row.segment_id), []).append(Growth(row.hour, row.count))
    return found


def moves(workspace: WorkspaceId, segment: SegmentId, entered: bool, limit: int = 10) -> list[Move]:
    """Who entered a segment (or left it) lately, the newest first."""
    found = models.Transition.objects.filter(workspace_id=workspace, segment_id=segment, entered=entered)
    return [
        Move(ProfileId(row.profile_id), row.entered, row.at) for row in found.order_by("-at", "-id")[:limit]
    ]


def moved(workspace: WorkspaceId, since: datetime) -> dict[SegmentId, tuple[int, int]]:
    """How many entered and how many left each segment since a moment."""
    found = models.Transition.objects.filter(workspace_id=workspace, at__gte=since).values("segment_id")
    counted = found.annotate(
        came=Count("id", filter=Q(entered=True)), went=Count("id", filter=Q(entered=False))
    )
    return {SegmentId(row["segment_id"]): (row["came"], row["went"]) for row in counted}


def values(workspace: WorkspaceId, field: str, limit: int = 20) -> list[str]:
    """The most frequent texts of a field, for suggestions; none where the purpose does not cover the field."""
    known = _known(workspace)
    if known.kinds.get(field) is not Kind.TEXT or known.categories[field] not in known.allowed:
        return []
    return store.values(workspace, field, limit)


# workspace-free: words for an event
def phrase(event: str) -> str:
    """What one did who did this event: `Order Completed` → `bought`."""
    return past(event)


def follow_unmerge(workspace: WorkspaceId, loser: ProfileId, ids: Iterable[ProfileId]) -> None:
    """Two are two again: the one stands in the segments that it had entered by itself, and enters none anew."""
    store.follow_unmerge(workspace, loser, list(ids))


def forget(workspace: WorkspaceId, people: Iterable[ProfileId]) -> dict[str, int]:
    """Take erased people out of every segment and its history, telling nobody."""
    database.lock(workspace, LOCK)
    return store.forget(workspace, list(people))


def _known(workspace: WorkspaceId) -> _Known:
    found = fields(workspace)
    return _Known(
        kinds={one.name: one.kind for one in found},
        categories={one.name: one.category for one in found},
        labels={one.name: one.label[:1].lower() + one.label[1:] for one in found},
        allowed=privacy.allowed(workspace, PURPOSE),
        event_category=schemas.categories(workspace),
    )


def _checked(workspace: WorkspaceId, tree: Any, known: _Known) -> tuple[Condition, str]:
    condition = parse(tree, known.kinds)
    reads = discover(condition, known.categories, known.event_category)
    if any(read.category not in known.allowed for read in reads):
        privacy.check(workspace, PURPOSE, reads)
    return condition, explain(condition, known.labels)


def _sound(workspace: WorkspaceId, row: models.Segment, known: _Known) -> Condition | None:
    try:
        return _checked(workspace, row.tree, known)[0]
    except BadInput as refusal:
        _mark(workspace, SegmentId(row.id), refusal)
        return None


def _mark(workspace: WorkspaceId, segment: SegmentId, refusal: BadInput) -> None:
    _log.warning("segment.not_refreshed", segment=str(segment), at=refusal.at)
    store.mark(workspace, segment, str(refusal))


def _named(name: Any) -> str:
    if not isinstance(name, str) or not name.strip() or len(name.strip()) > LONGEST_NAME or "\0" in name:
        raise BadInput("A segment needs a name.", at="name", hint=f"Use 1 to {LONGEST_NAME} characters.")
    return name.strip()


def _changed(workspace: WorkspaceId, row: models.Segment) -> None:
    tell(SegmentChanged(workspace=workspace, at=clock.now(), segment=SegmentId(row.id)))


def _row(workspace: WorkspaceId, segment: SegmentId) -> models.Segment:
    found = models.Segment.objects.filter(workspace_id=workspace, id=segment).first()
    if not found:
        raise NotFound("There is no such segment.", hint="It may belong to another workspace.")
    return found


def _states(workspace: WorkspaceId, segments: list[SegmentId]) -> dict[SegmentId, models.State]:
    found = models.State.objects.filter(workspace_id=workspace, segment_id__in=segments).defer("members")
    return {SegmentId(row.segment_id): row for row in found}


def _segment(row: models.Segment, state: models.State | None) -> Segment:
    return Segment(
        SegmentId(row.id), row.name, row.tree, row.sentence, row.purpose,
        row.created_at, row.updated_at, row.archived_at,
        count=state.count if state and state.refreshed_at else None,
        refreshed_at=state.refreshed_at if state else None,
        took_ms=state.took_ms if state else None,
        problem=state.problem if state else None,
    )  # fmt: skip


def _ms(started: float) -> int:
    return round((time.monotonic() - started) * 1000)
