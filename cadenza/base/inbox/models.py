"""The inbox as a PostgreSQL table."""

from django.db import models


class Arrival(models.Model):
    """One accepted request, as it came.

    `flaws` lists the items that the door rejected, by index and reason; `about` is what it saw of the request.
    """

    seq = models.BigAutoField(primary_key=True)
    workspace_id = models.UUIDField()
    kind = models.CharField(max_length=32)
    source = models.CharField(max_length=32)
    received_at = models.DateTimeField()
    payload = models.BinaryField()
    flaws = models.BinaryField(null=True)
    about = models.BinaryField(null=True)
    done_at = models.DateTimeField(null=True)

    PERSONAL = {"payload": "behaviour.other", "about": "device.ip"}

    class Meta:
        indexes = [
            models.Index(fields=["seq"], name="inbox_waiting", condition=models.Q(done_at__isnull=True)),
            models.Index(fields=["workspace_id", "done_at"], name="inbox_done"),
        ]


class Position(models.Model):
    """How far one partition of the stream on NATS has been carried out. Who holds this row's lock reads on.

    `born` names the stream that the number belongs to: in one that was made anew, numbers begin anew.
    """

    partition = models.IntegerField(primary_key=True)
    born = models.CharField(max_length=64)
    seq = models.BigIntegerField(default=0)
