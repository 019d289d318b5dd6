"""The table of suppressed addresses, as keyed digests: it must outlive the person to keep its promise."""

from __future__ import annotations

from django.db import models

from cadenza.base.database import WorkspaceModel, uuid_key


class Suppression(WorkspaceModel):
    """One suppression; a released one stays as the record of who let go of it and why."""

    id = uuid_key()
    channel = models.CharField(max_length=16)
    address_digest = models.BinaryField()
    reason = models.CharField(max_length=32)
    source = models.CharField(max_length=100)
    at = models.DateTimeField()
    released_at = models.DateTimeField(null=True)
    released_by = models.CharField(max_length=100, default="")
    release_reason = models.CharField(max_length=400, default="")

    PERSONAL = {"address_digest": "contact.point"}

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace_id", "channel", "address_digest"],
                condition=models.Q(released_at__isnull=True),
                name="suppression_once",
            )
        ]
        indexes = [models.Index(fields=["workspace_id", "-id"], name="suppression_newest")]
