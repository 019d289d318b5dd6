"""The tables of campaigns, and of their test messages."""

from __future__ import annotations

from django.db import models

from cadenza.base.database import WorkspaceModel, uuid_key


class Campaign(WorkspaceModel):
    """One campaign. While its audience is being queued, `members` holds it and `cursor` the last person done."""

    id = uuid_key()
    title = models.CharField(max_length=200)
    template = models.UUIDField(null=True)
    version = models.IntegerField(null=True)
    include = models.JSONField(default=list)
    exclude = models.JSONField(default=list)
    subject = models.CharField(max_length=250, default="")
    topic = models.CharField(max_length=64)
    channel = models.CharField(max_length=16, default="email")
    purpose = models.CharField(max_length=16)
    state = models.CharField(max_length=16, default="draft")
    reason = models.TextField(default="")
    scheduled_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    audience = models.IntegerField(null=True)
    members = models.BinaryField(null=True)
    cursor = models.BigIntegerField(default=0)
    moved_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    created_by = models.CharField(max_length=100, default="")

    PERSONAL = {"members": "segments.membership"}

    class Meta:
        indexes = [
            models.Index(fields=["workspace_id", "-created_at"], name="campaign_newest"),
            models.Index(
                fields=["state", "scheduled_at"],
                name="campaign_moving",
                condition=models.Q(state__in=("scheduled", "sending")),
            ),
        ]


class TestSend(WorkspaceModel):
    """A test message to a user: that it was sent, not to whom."""

    id = uuid_key()
    campaign = models.UUIDField()
    at = models.DateTimeField()
    actor = models.CharField(max_length=100)
    outcome = models.CharField(max_length=16)
    detail = models.CharField(max_length=500, default="")

    class Meta:
        indexes = [models.Index(fields=["workspace_id", "campaign"], name="test_send_campaign")]
