"""Tables of profiles."""

from django.db import models
from django.db.models.functions import Upper

from cadenza.base.database import WorkspaceModel


class Profile(WorkspaceModel):
    """One id: of a person, with all that is known of them, or of one that was merged, with what was told under it.

    `told` keeps, for each field, when and by whom it was told: a later telling of the past changes nothing.  `own`
    is what was told under this id alone, where others were merged into it.
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
    pending_email = models.CharField(max_length=320, default="", db_default="")
    pending_phone = models.CharField(max_length=32, default="", db_default="")
    invalid_email = models.CharField(max_length=320, default="", db_default="")
    invalid_phone = models.CharField(max_length=32, default="", db_default="")
    time_zone_source = models.CharField(max_length=8, default="", db_default="")
    email_confirmed_at = models.DateTimeField(null=True)
    phone_confirmed_at = models.DateTimeField(null=True)
    traits = models.JSONField(default=dict)
    told = models.JSONField(default=dict)
    own = models.JSONField(null=True)
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
        "pending_email": "contact.email",
        "pending_phone": "contact.phone",
        "invalid_email": "contact.email",
        "invalid_phone": "contact.phone",
        "traits": "custom.fields",
        "own": "custom.fields",
    }

    class Meta:
        indexes = [
            models.Index(
                fields=["workspace_id", "-id"], name="profile_newest", condition=models.Q(merged_into=None)
            ),
            models.Index(
                fields=["merged_into"], name="profile_merged", condition=models.Q(merged_into__isnull=False)
            ),
            models.Index(fields=["workspace_id", "email"], name="profile_email"),
            models.Index("workspace_id", Upper("last_name"), name="profile_last_name"),
        ]


class Change(WorkspaceModel):
    """A field that was told otherwise than before, under the id `home_id`. `before`: how the old value was told."""

    home_id = models.BigIntegerField()
    field = models.CharField(max_length=120)
    old = models.JSONField(null=True)
    new = models.JSONField(null=True)
    at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    source = models.CharField(max_length=200)
    basis = models.CharField(max_length=24, default="")
    operation = models.CharField(max_length=120, default="")
    before = models.JSONField()

    PERSONAL = {"old": "custom.fields", "new": "custom.fields"}

    class Meta:
        indexes = [models.Index(fields=["home_id"], name="change_of_home")]


class UniqueValue(WorkspaceModel):
    """Whose the value of a unique id is: the id under which it was told first."""

    field = models.CharField(max_length=120)
    value = models.CharField(max_length=200)
    home_id = models.BigIntegerField()

    PERSONAL = {"value": "custom.fields"}

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace_id", "field", "value"], name="unique_value_once")
        ]
        indexes = [models.Index(fields=["workspace_id", "home_id"], name="unique_value_home")]
