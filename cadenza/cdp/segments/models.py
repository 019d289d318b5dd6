"""The tables of segments: what was saved, whom it holds now, who came and went, and how it grew."""

from __future__ import annotations

from django.db import models

from cadenza.base.database import WorkspaceModel, uuid_key


class Segment(WorkspaceModel):
    """A saved condition. `archived_at`: put away, and can be brought back."""

    id = uuid_key()
    name = models.CharField(max_length=200)
    tree = models.JSONField()
    sentence = models.TextField()
    purpose = models.CharField(max_length=16)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    archived_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["workspace_id", "name"], name="segment_name")]


class State(WorkspaceModel):
    """Whom a segment holds since its last refresh: a portable 64-bit roaring bitmap of profile ids."""

    segment_id = models.UUIDField(primary_key=True)
    members = models.BinaryField()
    count = models.BigIntegerField()
    refreshed_at = models.DateTimeField(null=True)
    took_ms = models.IntegerField(null=True)
    problem = models.TextField(null=True)

    PERSONAL = {"members": "segments.membership"}


class Transition(WorkspaceModel):
    """A person entered or left. Never changed."""

    segment_id = models.UUIDField()
    profile_id = models.BigIntegerField()
    entered = models.BooleanField()
    at = models.DateTimeField()

    PERSONAL = {"segment_id": "segments.membership"}

    class Meta:
        indexes = [
            models.Index(fields=["workspace_id", "profile_id", "at"], name="transition_person"),
            models.Index(fields=["segment_id", "at"], name="transition_segment"),
        ]


class Count(WorkspaceModel):
    """How many a segment held at the end of an hour in which it was refreshed."""

    segment_id = models.UUIDField()
    hour = models.DateTimeField()
    count = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["segment_id", "hour"], name="count_once")]
