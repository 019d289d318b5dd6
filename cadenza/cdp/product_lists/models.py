"""Tables of product lists: what was told, and what follows from it."""

from django.db import models

from cadenza.base.database import WorkspaceModel


class Telling(WorkspaceModel):
    """One thing told of a list. `profile_id` is the person as of now, `home` the id it was told under."""

    profile_id = models.BigIntegerField()
    home = models.BigIntegerField()
    name = models.CharField(max_length=64)
    kind = models.CharField(max_length=8)
    at = models.DateTimeField()
    message = models.UUIDField()
    pieces = models.JSONField()

    PERSONAL = {"pieces": "behaviour.lists", "name": "behaviour.lists"}

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workspace_id", "message"], name="list_told_once")]
        indexes = [models.Index(fields=["workspace_id", "profile_id", "name"], name="list_tellings")]


class ProductList(WorkspaceModel):
    """A list of a person, and when the newest thing was told of it. Its row holds writers apart."""

    profile_id = models.BigIntegerField()
    name = models.CharField(max_length=64)
    updated_at = models.DateTimeField()

    PERSONAL = {"name": "behaviour.lists"}

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace_id", "profile_id", "name"], name="product_list_once")
        ]
