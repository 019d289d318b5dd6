"""Tables of ingestion."""

from django.contrib.postgres.indexes import BrinIndex
from django.db import models

from cadenza.base.database import WorkspaceModel, uuid_key


class Seen(WorkspaceModel):
    """A message id that was taken in, as a digest: the second time changes nothing."""

    pk = models.CompositePrimaryKey("workspace_id", "message")
    message = models.UUIDField()
    at = models.DateTimeField()

    class Meta:
        indexes = [BrinIndex(fields=["at"], name="seen_at")]


class RejectedEvent(WorkspaceModel):
    """An item that was not taken in, whole, with the reason."""

    id = uuid_key()
    received_at = models.DateTimeField()
    source = models.CharField(max_length=32)
    code = models.CharField(max_length=32)
    detail = models.CharField(max_length=400)
    at = models.CharField(max_length=200, default="")
    payload = models.BinaryField()
    replayed_at = models.DateTimeField(null=True)

    PERSONAL = {"payload": "behaviour.other"}

    class Meta:
        indexes = [models.Index(fields=["workspace_id", "-received_at"], name="rejected_newest")]
