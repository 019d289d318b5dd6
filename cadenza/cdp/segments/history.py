"""What became of segments: who came and went, how they grew, and what is billed."""

from __future__ import annotations

from datetime import date, datetime

from django.db.models import Count, Q
from pyroaring import BitMap64

from cadenza.base import database
from cadenza.base.ids import ProfileId, SegmentId, WorkspaceId
from cadenza.cdp.identity import service as identity
from cadenza.cdp.segments import models
from cadenza.cdp.segments.fold import Step, fold
from cadenza.cdp.segments.types import DayMoves, Growth, Membership, Move


def segments_of(workspace: WorkspaceId, profile: ProfileId) -> list[Membership]:
    """The segments that a person is in, then those it was in, each the newest first, under every id it ever had."""
    ids = identity.all_ids(workspace, profile)
    moves = models.Transition.objects.filter(workspace_id=workspace, profile_id__in=ids).order_by("at", "id")
    names = dict(models.Segment.objects.filter(workspace_id=workspace).values_list("id", "name"))
    return fold(
        [
            Step(
                move.segment_id,
                names[move.segment_id],
                move.profile_id,
                move.entered,
                move.at,
                bool(move.cause),
            )
            for move in moves
            if move.segment_id in names
        ]
    )


def is_member(workspace: WorkspaceId, segment: SegmentId, profile: ProfileId) -> bool | None:
    """Whether the last that happened to a person there was to enter; None where there is no such segment."""
    [(known, entered)] = database.bulk(
        "select exists (select 1 from segments_segment where workspace_id = %s and id = %s),"
        " (select entered from segments_transition where workspace_id = %s and profile_id = %s and segment_id = %s"
        " order by at desc, id desc limit 1)",
        [workspace, segment, workspace, profile, segment],
    )
    return bool(entered) if known else None


def members_at(workspace: WorkspaceId, segment: SegmentId, at: datetime) -> BitMap64:
    """Who was in it at a moment: whose last move until then was to enter."""
    found = database.bulk(
        "select profile_id from (select distinct on (profile_id) profile_id, entered from segments_transition"
        " where workspace_id = %s and segment_id = %s and at <= %s order by profile_id, id desc) t where entered",
        [workspace, segment, at],
        binary=True,
    )
    return BitMap64(profile for (profile,) in found)


def growth(workspace: WorkspaceId, segment: SegmentId) -> list[Growth]:
    """How many people the segment held, hour by hour in which it changed, oldest first."""
    found = models.Count.objects.filter(workspace_id=workspace, segment_id=segment).order_by("hour")
    return [Growth(row.hour, row.count) for row in found]


def growths(workspace: WorkspaceId, since: datetime) -> dict[SegmentId, list[Growth]]:
    """`growth` of every segment since a moment, in one question."""
    found: dict[SegmentId, list[Growth]] = {}
    for row in models.Count.objects.filter(workspace_id=workspace, hour__gte=since).order_by("hour"):
        found.setdefault(SegmentId(row.segment_id), []).append(Growth(row.hour, row.count))
    return found


def moves(
    workspace: WorkspaceId, segment: SegmentId, entered: bool | None = None, limit: int = 10
) -> list[Move]:
    """Who entered a segment (or left it; None: both) lately, the newest first."""
    found = models.Transition.objects.filter(workspace_id=workspace, segment_id=segment)
    if entered is not None:
        found = found.filter(entered=entered)
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


def moved_by_day(workspace: WorkspaceId, segment: SegmentId, since: datetime, zone: str) -> list[DayMoves]:
    """How many entered and left one segment on each day of a time zone on which somebody did, oldest first."""
    found = database.bulk(
        "select (at at time zone %s)::date, count(*) filter (where entered), count(*) filter (where not entered)"
        " from segments_transition where workspace_id = %s and segment_id = %s and at >= %s group by 1 order by 1",
        [zone, workspace, segment, since],
    )
    return [DayMoves(segment, day, came, went) for day, came, went in found]


def change_at(workspace: WorkspaceId, segment: SegmentId, at: datetime) -> tuple[BitMap64, BitMap64]:
    """Whose last move was to enter at exactly this moment, and whose to leave."""
    found = database.bulk(
        "select profile_id, entered from (select distinct on (profile_id) profile_id, entered, at"
        " from segments_transition where workspace_id = %s and segment_id = %s order by profile_id, id desc) t"
        " where at = %s",
        [workspace, segment, at],
        binary=True,
    )
    came, went = ([one for one, entered in found if entered is way] for way in (True, False))
    return BitMap64(came), BitMap64(went)


def metered(
    workspace: WorkspaceId, since: date, until: date, segment: SegmentId | None = None
) -> list[DayMoves]:
    """The ledger of scheduled and static segments (of one), day by day, both ends within it."""
    found = models.Metered.objects.filter(workspace_id=workspace, day__gte=since, day__lte=until)
    if segment is not None:
        found = found.filter(segment_id=segment)
    return [
        DayMoves(SegmentId(row.segment_id), row.day, row.entered, row.left)
        for row in found.order_by("day", "segment_id")
    ]
