"""The table of products."""

from django.db import models

from cadenza.base.database import WorkspaceModel, uuid_key


class Product(WorkspaceModel):
    key = uuid_key()
    product_id = models.CharField(max_length=200)
    sku = models.CharField(max_length=200, default="")
    name = models.CharField(max_length=400)
    category = models.CharField(max_length=200, default="")
    subcategory = models.CharField(max_length=200, default="")
    brand = models.CharField(max_length=200, default="")
    price = models.DecimalField(max_digits=18, decimal_places=4, null=True)
    currency = models.CharField(max_length=3, default="")
    url = models.CharField(max_length=2000, default="")
    image_url = models.CharField(max_length=2000, default="")
    description = models.TextField(default="")
    properties = models.JSONField(default=dict)
    custom = models.JSONField(default=dict, db_default={})
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workspace_id", "product_id"], name="product_once")]
        indexes = [models.Index(fields=["workspace_id", "category"], name="product_category")]
