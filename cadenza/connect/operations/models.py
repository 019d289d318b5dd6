"""Tables of operations: integration points with keys and operations, calls made, calls that wait, bulk imports."""

from django.db import models

from cadenza.base.database import WorkspaceModel, uuid_key


class Point(WorkspaceModel):
    """An integration point. Its `endpoint` finds the workspace, so it is one of its kind in the installation."""

    id = uuid_key()
    endpoint = models.CharField(max_length=80, unique=True)
    name = models.CharField(max_length=120)
    external_system = models.CharField(max_length=60)
    brand = models.CharField(max_length=120, default="")
    touchpoint = models.CharField(max_length=120, default="")
    sites = models.JSONField(default=list)
    created_at = models.DateTimeField()


class PointKey(WorkspaceModel):
    """A key's fingerprint; the key itself is shown once and never kept."""

    id = uuid_key()
    point = models.ForeignKey(Point, on_delete=models.CASCADE)
    kind = models.CharField(max_length=10)
    fingerprint = models.BinaryField(unique=True)
    hint = models.CharField(max_length=16)
    created_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)


class Operation(WorkspaceModel):
    id = uuid_key()
    point = models.ForeignKey(Point, on_delete=models.CASCADE)
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=20)
    target = models.CharField(max_length=120, default="")
    accepts = models.JSONField(default=list)
    returns = models.JSONField(default=list)
    access = models.CharField(max_length=8, default="secret")
    enabled = models.BooleanField(default=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["point", "name"], name="operation_once")]


class Call(WorkspaceModel):
    """A call that was made. One with a `transaction_id` keeps its answer, which a replay is given again."""

    id = models.BigAutoField(primary_key=True)
    point_id = models.UUIDField()
    operation_id = models.UUIDField()
    transaction_id = models.CharField(max_length=255, null=True)
    at = models.DateTimeField()
    mode = models.CharField(max_length=8)
    status = models.CharField(max_length=20)
    took_ms = models.IntegerField(default=0)
    message = models.CharField(max_length=200, default="")
    profile_id = models.BigIntegerField(null=True)
    answer = models.JSONField(null=True)

    PERSONAL = {"answer": "behaviour.other"}

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace_id", "point_id", "operation_id", "transaction_id"], name="transaction_once"
            )
        ]
        indexes = [
            models.Index(fields=["workspace_id", "operation_id", "-at"], name="call_newest"),
            models.Index(fields=["workspace_id", "profile_id"], name="call_of_person",
                         condition=models.Q(profile_id__isnull=False)),
            models.Index(fields=["at"], name="call_at"),
        ]  # fmt: skip


class Waiting(WorkspaceModel):
    """An asynchronous call that is on disk and not carried out yet; one that failed is kept with its reason."""

    seq = models.BigAutoField(primary_key=True)
    point_id = models.UUIDField()
    operation_id = models.UUIDField()
    received_at = models.DateTimeField()
    payload = models.BinaryField()
    failed_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=200, default="")

    PERSONAL = {"payload": "behaviour.other"}

    class Meta:
        indexes = [
            models.Index(fields=["workspace_id", "seq"], name="operation_waiting",
                         condition=models.Q(failed_at__isnull=True)),
        ]  # fmt: skip


class Bulk(WorkspaceModel):
    """A bulk import: its file waits in the folder until every row is done."""

    id = uuid_key()
    point_id = models.UUIDField()
    file = models.CharField(max_length=80, default="")
    form = models.JSONField(default=dict)
    state = models.CharField(max_length=10, default="waiting")
    rows = models.IntegerField(default=0)
    created = models.IntegerField(default=0)
    changed = models.IntegerField(default=0)
    unchanged = models.IntegerField(default=0)
    invalid = models.IntegerField(default=0)
    errors = models.JSONField(default=list)
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["workspace_id", "point_id", "-created_at"], name="bulk_newest")]
