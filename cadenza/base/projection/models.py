"""Batches of rows on their way to ClickHouse."""

from django.db import models


class Batch(models.Model):
    """Some rows of one table, as JSON lines under zstandard. Deleted once they are in ClickHouse.

    Its number is the version of its rows.  `bundle`: the number of the first of those that are copied together, written
    before the first try and never changed, so that a second try copies the same rows under the same token.
    """

    id = models.BigAutoField(primary_key=True)
    table = models.CharField(max_length=64)
    row_count = models.IntegerField()
    payload = models.BinaryField()
    at = models.DateTimeField(null=True)
    bundle = models.BigIntegerField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["bundle"], name="projection_bundle", condition=models.Q(bundle__isnull=False)
            )
        ]
