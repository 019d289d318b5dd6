"""Tables of likely duplicates: whom the search has looked at, what it suggests, and how far it is."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from cadenza.base.database import WorkspaceModel, uuid_key


class Looked(WorkspaceModel):
    """A person as the search saw them: keyed digests of the keys of `block`, and nothing that can be read.

    `changed_at`: how the profile stood then; `looked_at`: the beginning of the search that took it in.
    """

    profile_id = models.BigIntegerField(primary_key=True)
    keys = ArrayField(models.BigIntegerField())
    changed_at = models.DateTimeField()
    looked_at = models.DateTimeField()

    PERSONAL = {"keys": "identity.internal"}

    class Meta:
        indexes = [models.Index(fields=["workspace_id", "looked_at"], name="looked_when")]


class Suggestion(WorkspaceModel):
    """Two people, the smaller number first. `via`: the merge that brought this decision over from another person."""

    id = uuid_key()
    first = models.BigIntegerField()
    second = models.BigIntegerField()
    probability = models.FloatField()
    reasons = models.JSONField(default=list)
    state = models.CharField(max_length=8, default="open")
    found_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    decided_by = models.CharField(max_length=64, default="")
    via = models.UUIDField(null=True)

    PERSONAL: dict[str, str] = {}

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace_id", "first", "second"], name="suggestion_once")
        ]
        indexes = [
            models.Index(fields=["workspace_id", "second"], name="suggestion_second"),
            models.Index(fields=["workspace_id", "state", "-probability", "id"], name="suggestion_likeliest"),
        ]


class Search(WorkspaceModel):
    """The search of a workspace. `model`: what it has learnt, shares alone; `until`: the beginning of the last one
    that came to its end."""

    workspace_id = models.UUIDField(primary_key=True)
    state = models.CharField(max_length=8, default="waiting")
    done = models.BigIntegerField(default=0)
    total = models.BigIntegerField(default=0)
    people = models.BigIntegerField(default=0)
    pairs = models.BigIntegerField(default=0)
    sources = models.JSONField(default=dict)
    model = models.JSONField(default=dict)
    error = models.TextField(default="")
    touched_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    until = models.DateTimeField(null=True)
