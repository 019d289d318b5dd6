"""Tables of profiles."""

from django.db import models
from django.db.models.functions import Upper

from cadenza.base.database import WorkspaceModel


class Profile(WorkspaceModel):
    """One person.

    `told` keeps, for each field, when and by whom it was told: a later telling of the past changes nothing.
    """

    id = models.BigIntegerField(primary_key=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    email = models.CharField(max_length=320, default="")
    phone = models.CharField(max_length=32, default="")
    first_name = models.CharField(max_length=200, default="")
    last_name = models.CharField(max_length=200, default="")
    gender = models.CharField(max_length=32, default="")
    birth_date = models.DateField(null=True)
    country = models.CharField(max_length=120, default="")
    region = models.CharField(max_length=120, default="")
    city = models.CharField(max_length=120, default="")
    language = models.CharField(max_length=32, default="")
    time_zone = models.CharField(max_length=64, default="")
    registered_at = models.DateTimeField(null=True)
    traits = models.JSONField(default=dict)
    told = models.JSONField(default=dict)
    merged_into = models.BigIntegerField(null=True)

    PERSONAL = {
        "email": "contact.email",
        "phone": "contact.phone",
        "first_name": "person.name",
        "last_name": "person.name",
        "gender": "person.gender",
        "birth_date": "person.birth_date",
        "country": "location.area",
        "region": "location.area",
        "city": "location.area",
        "language": "custom.fields",
        "time_zone": "location.area",
        "registered_at": "profile.registered_at",
        "traits": "custom.fields",
    }

    class Meta:
        indexes = [
            models.Index(
                fields=["workspace_id", "-id"], name="profile_newest", condition=models.Q(merged_into=None)
            ),
            models.Index(fields=["workspace_id", "email"], name="profile_email"),
            models.Index("workspace_id", Upper("last_name"), name="profile_last_name"),
        ]


class CustomField(WorkspaceModel):
    """A trait of the shop's own, with its type and personal-data category."""

    name = models.CharField(max_length=120)
    type = models.CharField(max_length=12)
    category = models.CharField(max_length=48, default="custom.fields")
    label = models.CharField(max_length=120)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workspace_id", "name"], name="custom_field_once")]
