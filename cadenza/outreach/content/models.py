"""The tables of templates: what a template is now, and every version that was ever saved."""

from __future__ import annotations

from django.db import models

from cadenza.base.database import WorkspaceModel, uuid_key


class Template(WorkspaceModel):
    """A template by its name; what it says is in its newest version."""

    id = uuid_key()
    title = models.CharField(max_length=120)
    version = models.IntegerField(default=0)
    purpose = models.CharField(max_length=16)
    topic = models.CharField(max_length=64)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    archived_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["workspace_id", "-updated_at"], name="content_template_recent")]


class Version(WorkspaceModel):
    """One saved state with its compiled form. Written once: a campaign that is being sent holds on to it."""

    id = uuid_key()
    template = models.UUIDField()
    number = models.IntegerField()
    subject = models.TextField()
    preheader = models.TextField()
    mjml = models.TextField()
    text_override = models.TextField()
    skip_missing = models.BooleanField()
    html = models.TextField()
    text = models.TextField()
    links = models.JSONField()
    reads = models.JSONField()
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace_id", "template", "number"], name="content_version_number"
            )
        ]
