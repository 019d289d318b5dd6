"""Tables of identity."""

from django.db import models

from cadenza.base.database import WorkspaceModel, uuid_key


class Identifier(WorkspaceModel):
    """Who an identifier belongs to now."""

    kind = models.CharField(max_length=24)
    value = models.CharField(max_length=320)
    profile_id = models.BigIntegerField()
    first_seen_at = models.DateTimeField()
    source = models.CharField(max_length=32)

    PERSONAL = {"value": "identity.internal"}

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace_id", "kind", "value"], name="identifier_once")
        ]
        indexes = [models.Index(fields=["workspace_id", "profile_id"], name="identifier_profile")]


class Override(WorkspaceModel):
    """A merged profile and its survivor, one hop."""

    profile_id = models.BigIntegerField()
    into = models.BigIntegerField()

    PERSONAL: dict[str, str] = {}

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workspace_id", "profile_id"], name="override_once")]
        indexes = [models.Index(fields=["workspace_id", "into"], name="override_into")]


class Merge(WorkspaceModel):
    """The ledger of merges, with what moved, so that one can be undone."""

    id = uuid_key()
    winner = models.BigIntegerField()
    loser = models.BigIntegerField()
    cause = models.CharField(max_length=32)
    identifiers = models.JSONField(default=list)
    at = models.DateTimeField()

    PERSONAL = {"identifiers": "identity.internal"}

    class Meta:
        indexes = [
            models.Index(fields=["workspace_id", "winner"], name="merge_winner"),
            models.Index(fields=["workspace_id", "loser"], name="merge_loser"),
        ]


class BlockedMerge(WorkspaceModel):
    """Two people who share an identifier but must stay two."""

    profile_id = models.BigIntegerField()
    other = models.BigIntegerField()
    reason = models.CharField(max_length=48)
    at = models.DateTimeField()

    PERSONAL: dict[str, str] = {}

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace_id", "profile_id", "other"], name="blocked_merge_once")
        ]
