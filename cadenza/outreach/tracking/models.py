"""Where links lead: the same for all readers of a template version, or one person's own."""

from __future__ import annotations

from django.db import models

from cadenza.base.database import WorkspaceModel, uuid_key


class Link(WorkspaceModel):
    """A link of a template version, by its number in the order of the mail."""

    id = uuid_key()
    template = models.UUIDField()
    version = models.IntegerField()
    number = models.IntegerField()
    url = models.TextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace_id", "template", "version", "number"], name="link_once"
            )
        ]


class PersonalLink(WorkspaceModel):
    """A link whose address was written for one person. `home`: the id that the person had then."""

    id = uuid_key()
    message = models.UUIDField()
    number = models.IntegerField()
    url = models.TextField()
    profile_id = models.BigIntegerField(null=True)
    home = models.BigIntegerField(null=True)

    PERSONAL = {"url": "engagement.messages", "profile_id": "identity.internal"}

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace_id", "message", "number"], name="personal_link_once")
        ]
        indexes = [
            models.Index(fields=["workspace_id", "profile_id"], name="personal_link_person"),
            models.Index(fields=["workspace_id", "home"], name="personal_link_home"),
        ]
