"""The tables of privacy: instructions, erasures, and the memory of who was erased."""

from __future__ import annotations

from django.db import models

from cadenza.base.database import WorkspaceModel, uuid_key


class Instruction(WorkspaceModel):
    """One numbered decision about a purpose. A trigger refuses to change or delete it."""

    number = models.IntegerField()
    purpose = models.CharField(max_length=16)
    category = models.CharField(max_length=64)
    action = models.CharField(max_length=16)
    by = models.CharField(max_length=100)
    reason = models.CharField(max_length=1000)
    at = models.DateTimeField()

    PERSONAL = {"by": "employee.id"}

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace_id", "number"], name="privacy_instruction_number")
        ]


class Erasure(WorkspaceModel):
    """One request to forget a person, written before anything is removed. Holds no identifier in clear."""

    id = uuid_key()
    profile_id = models.BigIntegerField()
    by = models.CharField(max_length=100)
    reason = models.CharField(max_length=1000)
    state = models.CharField(max_length=16)
    requested_at = models.DateTimeField()
    tried_at = models.DateTimeField(null=True)
    completed_at = models.DateTimeField(null=True)
    tries = models.IntegerField(default=0)
    counts = models.JSONField(default=dict)
    failures = models.JSONField(default=dict)
    tombstones = models.IntegerField(default=0)

    PERSONAL = {"profile_id": "identity.internal", "by": "employee.id"}

    class Meta:
        indexes = [
            models.Index(fields=["workspace_id", "profile_id"], name="privacy_erasure_person"),
            models.Index(
                fields=["requested_at"], name="privacy_erasure_open", condition=~models.Q(state="complete")
            ),
        ]


class Tombstone(WorkspaceModel):
    """An identifier of an erased person as a keyed digest: what is older than `erased_at` stays away."""

    kind = models.CharField(max_length=32)
    digest = models.BinaryField()
    erased_at = models.DateTimeField()

    PERSONAL = {"digest": "contact.point"}

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace_id", "kind", "digest"], name="privacy_tombstone_once")
        ]
