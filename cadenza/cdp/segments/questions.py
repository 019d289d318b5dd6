"""What can be asked of a condition beside its members: its text, why somebody fits it, and whom it would have held."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from pyroaring import BitMap64

from cadenza.base import clock
from cadenza.base.ids import ProfileId, SegmentId, WorkspaceId
from cadenza.base.problem import BadInput
from cadenza.cdp.segments import asking, history, knowledge, models, saved, store
from cadenza.cdp.segments.fits import fits
from cadenza.cdp.segments.inline import inline, uses
from cadenza.cdp.segments.knowledge import Known
from cadenza.cdp.segments.leaves import Condition, Given, Identified, Inside, Leaf, leaves
from cadenza.cdp.segments.phrase import phrase
from cadenza.cdp.segments.plan import Frame
from cadenza.cdp.segments.read_text import read_text
from cadenza.cdp.segments.refresh import catalogue
from cadenza.cdp.segments.types import Backtest, Mode, Overlap, Reason, Region, Segment, Why
from cadenza.cdp.segments.write_text import write_text

NOTE = (
    "Events, orders and segments are as of that moment; fields of people, their subscriptions and lists as they are"
    " now."
)
YES, NO = "yes", "no"


def newest(found: BitMap64, limit: int) -> list[ProfileId]:
    """Some members, those seen last first."""
    return [ProfileId(found[-number]) for number in range(1, min(limit, len(found)) + 1)]


def to_text(workspace: WorkspaceId, tree: Any) -> str:
    """A condition tree in the words of `read_text`, whatever it reads; raises BadInput where it is unsound."""
    here = knowledge.known(workspace)
    knowledge.parsed(tree, here)
    return write_text(tree, *knowledge.named(here))


def from_text(workspace: WorkspaceId, text: str) -> dict[str, Any]:
    """The condition tree that a text means; raises BadInput with line, column and the way out."""
    here = knowledge.known(workspace)
    return read_text(text, here.kinds, *knowledge.named(here))


def why(workspace: WorkspaceId, row: models.Segment, person: ProfileId) -> Why:
    """Each condition of a segment with the value found for one person, and whether it holds."""
    member = bool(history.is_member(workspace, SegmentId(row.id), person))
    if row.mode == Mode.STATIC:
        return Why(person, member, member, [Reason("tree", row.sentence, YES if member else NO, member)])
    known = knowledge.known(workspace)
    condition, _ = knowledge.checked(workspace, row.tree, known)
    frame = asking.spread(Frame(workspace, clock.now(), known.zone), [person])
    found: dict[Leaf, tuple[str, bool]] = {}
    found.update(asking.ask_why([condition], frame).items())
    for leaf, holds in _given(workspace, condition, person).items():
        found[leaf] = (YES if holds else NO, holds)
    earlier = _earlier(workspace, row, known, person)
    reasons = [Reason(leaf.at, phrase(leaf, known.names), *found[leaf]) for leaf in leaves([condition])]
    holds = fits(condition, {leaf: test for leaf, (_, test) in found.items()})
    return Why(person, member, holds and not any(one.holds for one in earlier), [*reasons, *earlier])


def _given(workspace: WorkspaceId, condition: Condition, person: ProfileId) -> dict[Given, bool]:
    """What ClickHouse does not know of one person."""
    found: dict[Given, bool] = {}
    for leaf in leaves([condition]):
        if isinstance(leaf, Inside):
            found[leaf] = bool(history.is_member(workspace, leaf.segment, person))
        elif isinstance(leaf, Identified):
            found[leaf] = person in knowledge.given(workspace, [leaf], [person])[leaf]
    return found


def _earlier(workspace: WorkspaceId, row: models.Segment, known: Known, person: ProfileId) -> list[Reason]:
    """Segments of the same group that come first: who is in one of them is in no later one."""
    if not row.group_id:
        return []
    found = models.Segment.objects.filter(
        workspace_id=workspace, group_id=row.group_id, position__lt=row.position, archived_at=None
    )
    held = [
        (one, history.is_member(workspace, SegmentId(one.id), person)) for one in found.order_by("position")
    ]
    return [
        Reason("group", f"is in “{one.name}”, which comes first", YES, True) for one, is_in in held if is_in
    ]


def backtest(workspace: WorkspaceId, tree: Any, at: datetime, limit: int) -> Backtest:
    """Whom a tree would have held at a moment."""
    if at.tzinfo is None or at > clock.now():
        raise BadInput("This is no moment of the past.", at="at", hint='Write "2020-03-01T00:00:00Z".')
    known = knowledge.known(workspace)
    condition, sentence = knowledge.checked(workspace, tree, known)
    here = catalogue(workspace)
    asked = [one for one in uses(condition) if one in here.trees and here.rows[one].mode == Mode.REALTIME]
    own = SegmentId(UUID(int=0))
    whole = inline({own: condition, **{one: here.trees[one] for one in asked}})[own]
    frame = replace(knowledge.frame(workspace, known), moment=at)
    [found] = asking.ask([whole], frame, _given_at(workspace, whole, at))
    return Backtest(at, len(found), newest(found, limit), sentence, NOTE)


def _given_at(workspace: WorkspaceId, condition: Condition, at: datetime) -> dict[Given, BitMap64]:
    found: dict[Given, BitMap64] = {}
    for leaf in leaves([condition]):
        if isinstance(leaf, Inside):
            found[leaf] = history.members_at(workspace, leaf.segment, at)
        elif isinstance(leaf, Identified):
            found |= knowledge.given(workspace, [leaf])
    return found


def overlap(workspace: WorkspaceId, first: SegmentId, second: SegmentId) -> Overlap:
    """How many are in one, in both, in the other."""
    found = {region.inside: region.count for region in regions(workspace, [first, second])}
    return Overlap(found[(first,)], found[(first, second)], found[(second,)])


def regions(workspace: WorkspaceId, segments: Sequence[SegmentId]) -> list[Region]:
    """How these lie over each other: each way of being in some of them and not in the others, with its people."""
    held = [store.members(workspace, [saved.one(workspace, one).id])[one] for one in segments]
    found = []
    for way in range(1, 2 ** len(segments)):
        inside = [place for place in range(len(segments)) if way >> place & 1]
        people = BitMap64.intersection(*(held[place] for place in inside))
        for place in range(len(segments)):
            people = people if place in inside else people - held[place]
        found.append(Region(tuple(segments[place] for place in inside), len(people)))
    return found


def also_in(workspace: WorkspaceId, segment: SegmentId, limit: int = 100) -> list[tuple[Segment, int]]:
    """In which other segments its people are too, and how many of them, the most first."""
    others = [one for one in saved.all(workspace) if one.id != segment][:limit]
    held = store.members(workspace, [segment, *(one.id for one in others)])
    own = held[segment]
    found = [(one, own.intersection_cardinality(held[one.id])) for one in others]
    return sorted(found, key=lambda pair: -pair[1])
