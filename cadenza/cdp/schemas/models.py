"""Tables of the schema register."""

from django.db import models

from cadenza.base.database import WorkspaceModel


class Tally(WorkspaceModel):
    """What one transaction stored, by event and property, as JSON. Summed up into the tables below, then deleted.

    Rows are only added, in the transaction that stores the events: so the register is exact, and pipelines side by
    side do not wait for each other at a popular event's row.
    """

    id = models.BigAutoField(primary_key=True)
    told = models.BinaryField()


class EventName(WorkspaceModel):
    """An event name that was seen."""

    pk = models.CompositePrimaryKey("workspace_id", "name")
    name = models.CharField(max_length=200)
    count = models.BigIntegerField()
    violations = models.BigIntegerField()
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()


class Property(WorkspaceModel):
    """A property that events of a name carried: type → how often."""

    pk = models.CompositePrimaryKey("workspace_id", "event", "name")
    event = models.CharField(max_length=200)
    name = models.CharField(max_length=200)
    types = models.JSONField()
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()


class Day(WorkspaceModel):
    """How many events of a name were stored on a day."""

    pk = models.CompositePrimaryKey("workspace_id", "event", "day")
    event = models.CharField(max_length=200)
    day = models.DateField()
    count = models.BigIntegerField()


class Expectation(WorkspaceModel):
    """What is expected of the events of a name."""

    pk = models.CompositePrimaryKey("workspace_id", "event")
    event = models.CharField(max_length=200)
    mode = models.CharField(max_length=8)
    others = models.BooleanField()
    properties = models.JSONField()
    by = models.CharField(max_length=64)
    updated_at = models.DateTimeField()


class Category(WorkspaceModel):
    """Which kind of personal data a property is, where somebody said so."""

    pk = models.CompositePrimaryKey("workspace_id", "event", "property")
    event = models.CharField(max_length=200)
    property = models.CharField(max_length=200)
    category = models.CharField(max_length=64)
    by = models.CharField(max_length=64)
    updated_at = models.DateTimeField()
