"""The tables of consent: the ledger, what follows from it, topics, wordings, and who became one person."""

from __future__ import annotations

from django.db import models

from cadenza.base.database import WorkspaceModel


class Topic(WorkspaceModel):
    """What one can agree to."""

    key = models.CharField(max_length=64)
    title = models.CharField(max_length=200)
    kind = models.CharField(max_length=16)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workspace_id", "key"], name="consent_topic_key")]


class Wording(WorkspaceModel):
    """A text that people agree to."""

    key = models.CharField(max_length=64)
    language = models.CharField(max_length=16)
    version = models.IntegerField()
    text = models.TextField()
    sha256 = models.BinaryField()
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace_id", "key", "language", "version"], name="consent_wording_version"
            )
        ]


class Entry(WorkspaceModel):
    """One line of the ledger. A trigger refuses to change or delete it, save in an erasure."""

    profile_id = models.BigIntegerField(null=True)
    channel = models.CharField(max_length=16)
    address_digest = models.BinaryField()
    topic = models.CharField(max_length=64)
    state = models.CharField(max_length=16)
    at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    source = models.CharField(max_length=100)
    wording = models.CharField(max_length=300)
    wording_version = models.IntegerField()
    wording_hash = models.BinaryField(null=True)
    actor = models.CharField(max_length=100, null=True)
    ip = models.CharField(max_length=45, null=True)
    proven = models.BooleanField()

    PERSONAL = {
        "profile_id": "identity.internal",
        "address_digest": "contact.point",
        "state": "consent.subscriptions",
        "ip": "device.ip",
    }

    class Meta:
        constraints = [
            # The same statement told twice (a replay, a second import of one file) is one line.
            models.UniqueConstraint(
                fields=[
                    "workspace_id",
                    "channel",
                    "address_digest",
                    "topic",
                    "at",
                    "state",
                    "source",
                    "wording",
                    "proven",
                ],
                name="consent_entry_once",
            )
        ]
        indexes = [models.Index(fields=["workspace_id", "profile_id"], name="consent_entry_person")]


class Subscription(WorkspaceModel):
    """Where one contact point stands on one topic: the fold of its lines, written in the same transaction."""

    channel = models.CharField(max_length=16)
    address_digest = models.BinaryField()
    topic = models.CharField(max_length=64)
    state = models.CharField(max_length=16)
    since = models.DateTimeField()
    source = models.CharField(max_length=100)

    PERSONAL = {"address_digest": "contact.point", "state": "consent.subscriptions"}

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace_id", "channel", "address_digest", "topic"],
                name="consent_subscription_point",
            )
        ]


class Merge(WorkspaceModel):
    """`loser` is now found under `winner`. The ledger keeps the profile that each line came with."""

    winner = models.BigIntegerField()
    loser = models.BigIntegerField()

    PERSONAL = {"winner": "identity.internal", "loser": "identity.internal"}

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workspace_id", "loser"], name="consent_merge_loser")]
        indexes = [models.Index(fields=["workspace_id", "winner"], name="consent_merge_winner")]
