"""Segments that are filled by hand, by file or by whoever else decides: people are put in and taken out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from pyroaring import BitMap64

from cadenza.base import clock, database
from cadenza.base.ids import ProfileId, SegmentId, WorkspaceId
from cadenza.base.problem import BadInput
from cadenza.cdp.identity import service as identity
from cadenza.cdp.identity.types import Identifier
from cadenza.cdp.profiles import service as profiles
from cadenza.cdp.segments import history, models, refresh, store
from cadenza.cdp.segments.types import PutIn, Refreshed
from cadenza.trust.accounts import service as accounts

GUESSED = ("external_id", "phone", "loyalty_card")


def begin(workspace: WorkspaceId, segment: SegmentId, at: datetime) -> None:
    """It holds nobody yet."""
    store.write(workspace, [store.Change(segment, BitMap64(), BitMap64(), BitMap64())], at, 0)


def change(workspace: WorkspaceId, row: models.Segment, people: Iterable[int], entered: bool) -> Refreshed:
    """Put people in, or take them out; those who do not exist are passed over."""
    database.lock(workspace, refresh.MEMBERS)
    segment = SegmentId(row.id)
    named = BitMap64(identity.currents(workspace, map(ProfileId, people)).values())
    known = named & BitMap64(profiles.existing(workspace, named)) if entered else named
    return _write(workspace, segment, known, entered)


def put_in(workspace: WorkspaceId, row: models.Segment, told: Sequence[str], kind: str) -> PutIn:
    """Put people in by what recognises them; says by which of it nobody is known."""
    found = _recognised(workspace, told, kind)
    people = BitMap64(found.values())
    unknown = [one for one in told if one not in found]
    done = change(workspace, row, people, entered=True)
    return PutIn(done.entered, len(people) - done.entered, unknown, done.at or clock.now())


def _recognised(workspace: WorkspaceId, told: Sequence[str], kind: str) -> dict[str, int]:
    """The people, by what was told of each: the first of its possible meanings that somebody has."""
    meanings = {one: _meanings(workspace, one, kind) for one in dict.fromkeys(told)}
    asked = [one for several in meanings.values() for one in several]
    held: dict[Identifier, int] = dict(identity.find_many(workspace, asked))
    numbers = identity.currents(workspace, [ProfileId(int(one.value)) for one in asked if one.kind == "id"])
    there = set(profiles.existing(workspace, numbers.values()))
    held |= {Identifier("id", str(number)): now for number, now in numbers.items() if now in there}
    found = {one: next((held[it] for it in several if it in held), None) for one, several in meanings.items()}
    return {one: who for one, who in found.items() if who is not None}


def _meanings(workspace: WorkspaceId, told: str, kind: str) -> list[Identifier]:
    """What it could be: an address has an @, a number of ours a #; anything else is looked for in this order."""
    if kind == "id" or (not kind and told.startswith("#")):
        number = told.lstrip("#")
        sound = number.isascii() and number.isdigit() and len(number) < 19
        return [Identifier("id", str(int(number)))] if sound else []
    found = []
    for one in [kind] if kind else ["email"] if "@" in told else GUESSED:
        try:
            found.append(identity.normalise(workspace, one, told))
        except BadInput:
            continue
    return found


def undo(workspace: WorkspaceId, row: models.Segment, at: datetime) -> Refreshed:
    """Put back who was taken out at a moment, take out who was put in then; who moved again since stays."""
    came, went = history.change_at(workspace, SegmentId(row.id), at)
    back = change(workspace, row, went, entered=True)
    gone = change(workspace, row, came, entered=False)
    return Refreshed(back.segment, gone.count, back.entered, gone.left)


def _write(workspace: WorkspaceId, segment: SegmentId, people: BitMap64, entered: bool) -> Refreshed:
    now, was = clock.now(), store.members(workspace, [segment])[segment]
    members = was | people if entered else was - people
    return _written(workspace, store.Change(segment, members - was, was - members, members), now)


def _written(workspace: WorkspaceId, made: store.Change, now: datetime) -> Refreshed:
    store.write(workspace, [made], now, 0)
    store.meter(workspace, [made], refresh.day_of(now, accounts.workspace(workspace).time_zone))
    store.touch(workspace, made.entered | made.left)
    refresh.told(workspace, now, made)
    return Refreshed(made.segment, len(made.members or ()), len(made.entered), len(made.left), now)


def follow_merges(workspace: WorkspaceId, into: Mapping[ProfileId, ProfileId]) -> None:
    """Where losers were put in, their winners are in now."""
    held = store.held_by_hand(workspace, into)
    if not held:
        return  # ingestion, which merges, waits for no segment
    database.lock(workspace, refresh.MEMBERS)
    now, before = clock.now(), store.members(workspace, held)
    for segment, losers in held.items():
        was = before[segment]
        members = (was - losers) | BitMap64(into[ProfileId(one)] for one in losers)
        made = store.Change(segment, members - was, was - members, members)
        refresh.follow_merges(workspace, [(made, members)])
        _written(workspace, made, now)
