"""Tables of orders."""

from django.db import models

from cadenza.base.database import WorkspaceModel


class Order(WorkspaceModel):
    """One order. `told` keeps when (milliseconds of the epoch) each field was told; null: all at `told_at`.

    `profile_id` is the person as of now, `home` the id under which the buyer was told: an undone merge goes by it.
    """

    id = models.BigAutoField(primary_key=True)
    number = models.CharField(max_length=200)
    profile_id = models.BigIntegerField(null=True)
    home = models.BigIntegerField(null=True)
    placed_at = models.DateTimeField()
    status = models.CharField(max_length=16)
    currency = models.CharField(max_length=3)
    total = models.DecimalField(max_digits=18, decimal_places=4)
    refunded = models.DecimalField(max_digits=18, decimal_places=4, default=0)
    shipping = models.DecimalField(max_digits=18, decimal_places=4, null=True)
    tax = models.DecimalField(max_digits=18, decimal_places=4, null=True)
    discount = models.DecimalField(max_digits=18, decimal_places=4, null=True)
    coupon = models.CharField(max_length=120, default="")
    country = models.CharField(max_length=120, default="")
    region = models.CharField(max_length=120, default="")
    source = models.CharField(max_length=32)
    told_at = models.DateTimeField()
    told = models.JSONField(null=True)
    custom = models.JSONField(default=dict, db_default={})

    PERSONAL = {"number": "identity.order_number", "total": "orders.history", "country": "location.area",
                "region": "location.area", "custom": "custom.fields"}  # fmt: skip

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workspace_id", "number"], name="order_once")]
        indexes = [
            models.Index(fields=["workspace_id", "profile_id", "-placed_at"], name="order_of_person"),
            models.Index(fields=["workspace_id", "home"], name="order_home"),
        ]


class Line(WorkspaceModel):
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="lines")
    line_number = models.IntegerField()
    product = models.CharField(max_length=200)
    name = models.CharField(max_length=400, default="")
    category = models.CharField(max_length=200, default="")
    brand = models.CharField(max_length=200, default="")
    quantity = models.DecimalField(max_digits=14, decimal_places=3)
    price = models.DecimalField(max_digits=18, decimal_places=4, null=True)
    total = models.DecimalField(max_digits=18, decimal_places=4)
    custom = models.JSONField(default=dict, db_default={})

    PERSONAL = {"product": "orders.history", "custom": "custom.fields"}

    class Meta:
        constraints = [models.UniqueConstraint(fields=["order", "line_number"], name="line_once")]


class Return(WorkspaceModel):
    key = models.CharField(max_length=200)
    returned_at = models.DateTimeField()
    product = models.CharField(max_length=200)
    quantity = models.DecimalField(max_digits=14, decimal_places=3)
    order_number = models.CharField(max_length=200, default="")
    profile_id = models.BigIntegerField(null=True)
    home = models.BigIntegerField(null=True)
    amount = models.DecimalField(max_digits=18, decimal_places=4, null=True)

    PERSONAL = {"product": "orders.history"}

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workspace_id", "key"], name="return_once")]
        indexes = [
            models.Index(fields=["workspace_id", "profile_id"], name="return_of_person"),
            models.Index(fields=["workspace_id", "home"], name="return_home"),
        ]
