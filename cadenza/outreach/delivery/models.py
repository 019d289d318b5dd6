"""The tables of delivery: mailings, one row for each message, one for each attempt, and who is at work."""

from __future__ import annotations

from django.db import models

from cadenza.base.database import WorkspaceModel, uuid_key


class Mailing(WorkspaceModel):
    """One template version to one audience. Holds on to the version: a later edit changes no mail on its way."""

    campaign_id = models.UUIDField(primary_key=True)
    name = models.CharField(max_length=200)
    channel = models.CharField(max_length=16)
    topic = models.CharField(max_length=64)
    template = models.UUIDField()
    version = models.IntegerField()
    subject = models.TextField(default="")
    state = models.CharField(max_length=16, default="open")
    reason = models.TextField(default="")
    complete = models.BooleanField(default=False)
    created_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["workspace_id"], name="mailing_open", condition=models.Q(state="open"))
        ]


class Message(WorkspaceModel):
    """One message to one person. No address and no text in clear: both are looked up when it is sent.

    `worker` is who has claimed it: a claimed message is still `queued`, for nothing has left.  `home` is the id that
    the person had when it was queued: an undone merge goes by it.
    """

    id = uuid_key()
    campaign_id = models.UUIDField()
    profile_id = models.BigIntegerField(null=True)
    home = models.BigIntegerField(null=True)
    address_digest = models.BinaryField(null=True)
    state = models.CharField(max_length=16)
    reason = models.CharField(max_length=32, default="")
    detail = models.CharField(max_length=500, default="")
    queued_at = models.DateTimeField()
    next_attempt_at = models.DateTimeField(null=True)
    worker = models.BigIntegerField(null=True)
    claimed_at = models.DateTimeField(null=True)
    intent_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)
    bounced_at = models.DateTimeField(null=True)
    opened_at = models.DateTimeField(null=True)
    clicked_at = models.DateTimeField(null=True)
    unsubscribed_at = models.DateTimeField(null=True)
    attempts = models.IntegerField(default=0)
    code = models.IntegerField(default=0)

    PERSONAL = {
        "profile_id": "identity.internal",
        "address_digest": "contact.point",
        "opened_at": "engagement.messages",
        "clicked_at": "engagement.messages",
        "unsubscribed_at": "consent.subscriptions",
    }

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace_id", "campaign_id", "profile_id"], name="message_once")
        ]
        indexes = [
            models.Index(fields=["campaign_id", "address_digest"], name="message_address"),
            models.Index(fields=["workspace_id", "profile_id", "-id"], name="message_person"),
            models.Index(fields=["workspace_id", "home"], name="message_home"),
            models.Index(
                fields=["campaign_id", "next_attempt_at"],
                name="message_due",
                condition=models.Q(state="queued", worker__isnull=True),
            ),
            models.Index(fields=["worker"], name="message_claimed", condition=models.Q(worker__isnull=False)),
        ]


class Attempt(WorkspaceModel):
    """One try of one message."""

    id = models.BigAutoField(primary_key=True)
    message_id = models.UUIDField()
    at = models.DateTimeField()
    outcome = models.CharField(max_length=16)
    code = models.IntegerField(default=0)
    detail = models.CharField(max_length=500, default="")

    PERSONAL = {"detail": "engagement.messages"}

    class Meta:
        indexes = [models.Index(fields=["message_id"], name="attempt_message")]


class Worker(models.Model):
    """One run of the sending loop. Its number is the epoch that fences its claims off from those of others."""

    id = models.BigAutoField(primary_key=True)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
