"""The table of fields."""

from django.db import models

from cadenza.base.database import WorkspaceModel


class CustomField(WorkspaceModel):
    """A field of the shop's own, with its type, its personal-data category and how long it is kept."""

    entity = models.CharField(max_length=12, default="person")
    name = models.CharField(max_length=120)
    type = models.CharField(max_length=12)
    category = models.CharField(max_length=48, default="custom.fields")
    label = models.CharField(max_length=120)
    retention = models.CharField(max_length=48, default="as_long_as_needed")
    choices = models.JSONField(default=list)
    created_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace_id", "entity", "name"], name="custom_field_once")
        ]
