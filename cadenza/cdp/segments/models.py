"""The tables of segments: what was saved, whom it holds now, who came and went, how it grew, who must be looked at."""

from __future__ import annotations

from django.db import models

from cadenza.base.database import WorkspaceModel, uuid_key


class Segment(WorkspaceModel):
    """A saved condition. `archived_at`: put away, and can be brought back.

    `schedule` belongs to a scheduled one; `position` orders the segments of a group, the first that fits holds.
    """

    id = uuid_key()
    name = models.CharField(max_length=200)
    tree = models.JSONField()
    sentence = models.TextField()
    purpose = models.CharField(max_length=16)
    mode = models.CharField(max_length=16, default="realtime")
    schedule = models.JSONField(null=True)
    group_id = models.UUIDField(null=True)
    position = models.IntegerField(default=0)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    archived_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["workspace_id", "name"], name="segment_name")]


class Group(WorkspaceModel):
    """Segments of which a person can be in one only."""

    id = uuid_key()
    name = models.CharField(max_length=200)
    created_at = models.DateTimeField()


class State(WorkspaceModel):
    """Whom a segment holds: a portable 64-bit roaring bitmap of profile ids, and the transitions after `through`.

    `pending` is their number; `epoch` changes whenever the bitmap changes otherwise than by transitions (an
    erasure).  `due_at`: when a scheduled segment is found anew.
    """

    segment_id = models.UUIDField(primary_key=True)
    members = models.BinaryField()
    count = models.BigIntegerField()
    through = models.BigIntegerField(default=0)
    pending = models.IntegerField(default=0)
    epoch = models.IntegerField(default=0)
    refreshed_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    took_ms = models.IntegerField(null=True)
    problem = models.TextField(null=True)

    PERSONAL = {"members": "segments.membership"}


class Transition(WorkspaceModel):
    """A person entered or left. Never changed. `cause` is said where it was neither a condition nor a hand."""

    segment_id = models.UUIDField()
    profile_id = models.BigIntegerField()
    entered = models.BooleanField()
    at = models.DateTimeField()
    cause = models.CharField(max_length=8, null=True)

    PERSONAL = {"segment_id": "segments.membership"}

    class Meta:
        indexes = [
            models.Index(fields=["workspace_id", "profile_id", "at"], name="transition_person"),
            models.Index(fields=["segment_id", "at"], name="transition_segment"),
            models.Index(fields=["segment_id", "id"], name="transition_order"),
        ]


class Count(WorkspaceModel):
    """How many a segment held at the end of an hour in which it was refreshed."""

    segment_id = models.UUIDField()
    hour = models.DateTimeField()
    count = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["segment_id", "hour"], name="count_once")]


class Metered(WorkspaceModel):
    """How many transitions a scheduled or static segment had on a day of the workspace's: what is billed."""

    segment_id = models.UUIDField()
    day = models.DateField()
    entered = models.BigIntegerField(default=0)
    left = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["segment_id", "day"], name="metered_once")]


class Touched(WorkspaceModel):
    """Somebody of whom something changed; `taken`: the number of the tick that looked at them."""

    profile_id = models.BigIntegerField()
    taken = models.BigIntegerField(null=True)

    PERSONAL = {"profile_id": "identity.internal"}

    class Meta:
        indexes = [
            models.Index(
                fields=["workspace_id", "id"], name="touched_waiting", condition=models.Q(taken=None)
            ),
            models.Index(fields=["workspace_id", "taken"], name="touched_taken"),
        ]


class Progress(WorkspaceModel):
    """How far the segments of a workspace are: ticks, time, when all were found anew, when traits were computed.

    `mirrored`: up to which mirror the event store was given what was before it.
    """

    workspace_id = models.UUIDField(primary_key=True)
    ticks = models.BigIntegerField(default=0)
    moved_at = models.DateTimeField(null=True)
    rebuilt_at = models.DateTimeField(null=True)
    computed_at = models.DateTimeField(null=True)
    thresholds = models.JSONField(default=dict)
    mirrored = models.SmallIntegerField(default=0)


class ProductSegment(WorkspaceModel):
    """A saved condition about products; which fit it stands in the event store."""

    id = uuid_key()
    name = models.CharField(max_length=200)
    tree = models.JSONField()
    sentence = models.TextField()
    count = models.BigIntegerField(null=True)
    refreshed_at = models.DateTimeField(null=True)
    problem = models.TextField(null=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    archived_at = models.DateTimeField(null=True)
