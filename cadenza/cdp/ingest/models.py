"""Tables of ingestion. The ids of messages taken in lie in a table of their own making: see migration 0002."""

from django.db import models

from cadenza.base.database import WorkspaceModel, uuid_key


class RejectedEvent(WorkspaceModel):
    """An item that was not taken in, whole, with the reason."""

    id = uuid_key()
    received_at = models.DateTimeField()
    source = models.CharField(max_length=32)
    code = models.CharField(max_length=32)
    detail = models.CharField(max_length=400)
    at = models.CharField(max_length=200, default="")
    name = models.CharField(max_length=200, default="")
    payload = models.BinaryField()
    replayed_at = models.DateTimeField(null=True)

    PERSONAL = {"payload": "behaviour.other"}

    class Meta:
        indexes = [
            models.Index(fields=["workspace_id", "-received_at"], name="rejected_newest"),
            models.Index(fields=["workspace_id", "replayed_at", "code"], name="rejected_waiting"),
        ]


class Policy(WorkspaceModel):
    """What a workspace takes in of whom; without a row, the friendliest to privacy."""

    workspace_id = models.UUIDField(primary_key=True)
    dnt = models.BooleanField()
    gpc = models.BooleanField()
    consent = models.BooleanField()
    categories = models.JSONField()
    events_per_second = models.IntegerField()


class DroppedCount(WorkspaceModel):
    """How many arrivals fell out for a reason on a day. Rows are only added; they are summed up now and then."""

    id = models.BigAutoField(primary_key=True)
    day = models.DateField()
    reason = models.CharField(max_length=32)
    count = models.BigIntegerField()

    class Meta:
        indexes = [models.Index(fields=["workspace_id", "day"], name="dropped_by_day")]


class Replay(WorkspaceModel):
    """The sending again of many rejected items, with how far it is."""

    id = uuid_key()
    state = models.CharField(max_length=16, default="running")
    asked = models.JSONField()
    last = models.UUIDField(null=True)
    total = models.IntegerField()
    done = models.IntegerField(default=0)
    still_wrong = models.IntegerField(default=0)
    started_at = models.DateTimeField()
    touched_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
