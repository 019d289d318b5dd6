"""The tables of the e-mail channel: how a workspace sends, and the mails caught by the built-in sink."""

from __future__ import annotations

from django.db import models

from cadenza.base.database import WorkspaceModel, uuid_key


class EmailSender(WorkspaceModel):
    """How a workspace sends. Secrets are sealed with the master key; `account` is what signs in at the server."""

    id = uuid_key()
    use_sink = models.BooleanField(default=True)
    host = models.CharField(max_length=253, default="")
    port = models.IntegerField(default=587)
    security = models.CharField(max_length=16, default="starttls")
    verify = models.BooleanField(default=True)
    account = models.CharField(max_length=200, default="")
    sealed_password = models.BinaryField(default=bytes)
    from_name = models.CharField(max_length=120, default="")
    from_email = models.CharField(max_length=254, default="")
    return_path = models.CharField(max_length=254, default="")
    unsubscribe_email = models.CharField(max_length=254, default="")
    parallel = models.IntegerField(default=4)
    per_second = models.FloatField(null=True)
    dkim_domain = models.CharField(max_length=253, default="")
    dkim_selector = models.CharField(max_length=63, default="")
    sealed_dkim = models.BinaryField(default=bytes)
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workspace_id"], name="email_sender_workspace")]


class SinkMail(WorkspaceModel):
    """A mail that the built-in sink took. `raw` is the whole mail as received, compressed with Zstandard.

    `home` is the id that the person had when it was caught: an undone merge goes by it.
    """

    id = uuid_key()
    profile_id = models.BigIntegerField(null=True)
    home = models.BigIntegerField(null=True)
    message = models.UUIDField(null=True)
    sender = models.CharField(max_length=320)
    recipient = models.CharField(max_length=320)
    subject = models.TextField()
    size = models.IntegerField()
    raw = models.BinaryField()
    received_at = models.DateTimeField()
    seen_at = models.DateTimeField(null=True)

    PERSONAL = {
        "profile_id": "identity.internal",
        "recipient": "contact.email",
        "subject": "engagement.messages",
        "raw": "engagement.messages",
    }

    class Meta:
        indexes = [
            models.Index(fields=["workspace_id", "-id"], name="email_sinkmail_newest"),
            models.Index(fields=["workspace_id", "profile_id"], name="email_sinkmail_person"),
            models.Index(fields=["workspace_id", "home"], name="email_sinkmail_home"),
            models.Index(
                fields=["workspace_id"],
                name="email_sinkmail_unread",
                condition=models.Q(seen_at__isnull=True),
            ),
        ]
