"""Tables of identity: what recognises people, what was told together, who became one and why, and the rules."""

from django.db import models

from cadenza.base.database import WorkspaceModel, uuid_key


class Identifier(WorkspaceModel):
    """What recognises a person.

    `home` is the id under which is kept whatever was told with this as the strongest identifier: given at the first
    such telling and never changed.  `profile_id` is the person as of now; null where nothing was ever told of it alone
    and it belongs to nobody.  `state`: plain, in a conflict, or silent (see resolve.py).
    """

    kind = models.CharField(max_length=64)
    value = models.CharField(max_length=320)
    home = models.BigIntegerField(null=True)
    profile_id = models.BigIntegerField(null=True)
    state = models.SmallIntegerField(default=0)
    confirmed_at = models.DateTimeField(null=True)
    first_seen_at = models.DateTimeField()
    source = models.CharField(max_length=32)

    PERSONAL = {"value": "identity.internal"}

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace_id", "kind", "value"], name="identifier_once")
        ]
        indexes = [
            models.Index(fields=["workspace_id", "profile_id"], name="identifier_profile"),
            models.Index(
                fields=["workspace_id", "id"], name="identifier_tangled", condition=models.Q(state=1)
            ),
        ]


class Link(WorkspaceModel):
    """Two identifiers (`a` the stronger) that were told together. `void_at`: an un-merge says that it tells nothing.

    `place` orders links and merges by when they came.
    """

    a = models.BigIntegerField()
    b = models.BigIntegerField()
    place = models.BigIntegerField()
    at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True)
    void_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workspace_id", "b", "a"], name="identity_link_once")]
        indexes = [models.Index(fields=["workspace_id", "a"], name="identity_link_a")]


class Override(WorkspaceModel):
    """An id that is not a person's own any more, and the person it leads to, one hop."""

    profile_id = models.BigIntegerField()
    into = models.BigIntegerField()

    PERSONAL: dict[str, str] = {}

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workspace_id", "profile_id"], name="override_once")]
        indexes = [models.Index(fields=["workspace_id", "into"], name="override_into")]


class Merge(WorkspaceModel):
    """The ledger of merges: who, why, by whom, and by which two identifiers (`a`, `b`), so that each can be undone."""

    id = uuid_key()
    winner = models.BigIntegerField()
    loser = models.BigIntegerField()
    cause = models.CharField(max_length=32)
    a = models.BigIntegerField(null=True)
    b = models.BigIntegerField(null=True)
    identifier = models.CharField(max_length=64, default="")
    actor = models.CharField(max_length=100, default="")
    place = models.BigIntegerField(default=0)
    at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True)
    undone_by = models.CharField(max_length=100, default="")

    PERSONAL: dict[str, str] = {}

    class Meta:
        indexes = [
            models.Index(fields=["workspace_id", "winner"], name="merge_winner"),
            models.Index(fields=["workspace_id", "loser"], name="merge_loser"),
            models.Index(fields=["workspace_id", "a"], name="merge_a"),
            models.Index(fields=["workspace_id", "b"], name="merge_b"),
        ]


class Apart(WorkspaceModel):
    """Two identifiers whose people must stay two, because somebody undid their merge."""

    a = models.BigIntegerField()
    b = models.BigIntegerField()
    reason = models.CharField(max_length=48)
    actor = models.CharField(max_length=100, default="")
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workspace_id", "a", "b"], name="identity_apart_once")]
        indexes = [models.Index(fields=["workspace_id", "b"], name="identity_apart_b")]


class RuleSet(WorkspaceModel):
    """The rules of a workspace as they were set at a moment; the newest holds, the others tell what held before."""

    id = uuid_key()
    rules = models.JSONField()
    actor = models.CharField(max_length=100, default="")
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["workspace_id", "-id"], name="identity_rules_newest")]


class Incident(WorkspaceModel):
    """Somebody who has too many identifiers to be one person: nothing more is merged into them or learnt of them."""

    id = uuid_key()
    profile_id = models.BigIntegerField()
    what = models.CharField(max_length=32)
    detail = models.CharField(max_length=200, default="")
    at = models.DateTimeField()

    PERSONAL: dict[str, str] = {}

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace_id", "profile_id", "what"], name="identity_incident_once"
            )
        ]
