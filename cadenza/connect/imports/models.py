"""Tables of imports: runs, saved mappings, and how far the dates of a file are shifted."""

from django.db import models

from cadenza.base.database import WorkspaceModel, uuid_key


class ImportRun(WorkspaceModel):
    id = uuid_key()
    kind = models.CharField(max_length=16, default="")
    file_name = models.CharField(max_length=200)
    file = models.CharField(max_length=80, default="")
    lookups = models.JSONField(default=dict)
    dialect = models.JSONField(default=dict)
    mapping = models.JSONField(default=dict)
    state = models.CharField(max_length=12, default="uploaded")
    rows_total = models.BigIntegerField(default=0)
    rows_done = models.BigIntegerField(default=0)
    created = models.BigIntegerField(default=0)
    updated = models.BigIntegerField(default=0)
    merged = models.BigIntegerField(default=0)
    unchanged = models.BigIntegerField(default=0)
    invalid = models.BigIntegerField(default=0)
    skipped = models.BigIntegerField(default=0)
    incomplete = models.BigIntegerField(default=0)
    blocked = models.BigIntegerField(default=0)
    unknown = models.BigIntegerField(default=0)
    fault_bytes = models.BigIntegerField(default=0)
    checked = models.JSONField(default=dict)
    shift_days = models.IntegerField(default=0)
    error = models.TextField(default="")
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    touched_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["workspace_id", "-created_at"], name="import_newest")]


class CausedMerge(WorkspaceModel):
    """A merge that a run has caused; the ledger of identity knows of whom."""

    run_id = models.UUIDField()
    merge_id = models.UUIDField()

    class Meta:
        indexes = [models.Index(fields=["workspace_id", "run_id"], name="caused_merge_run")]


class SavedMapping(WorkspaceModel):
    id = uuid_key()
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=16)
    document = models.JSONField()
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workspace_id", "name"], name="mapping_name_once")]


class DateShift(WorkspaceModel):
    anchor = models.DateField()
    to = models.CharField(max_length=10)
    days = models.IntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workspace_id", "anchor", "to"], name="shift_once")]
