"""Batches of rows on their way to ClickHouse."""

from django.db import models


class Batch(models.Model):
    """Some rows of one table, as JSON lines under zstandard. Deleted once they are in ClickHouse.

    Its number is the deduplication token and the version of its rows, so that a second try changes nothing.
    """

    id = models.BigAutoField(primary_key=True)
    table = models.CharField(max_length=64)
    row_count = models.IntegerField()
    payload = models.BinaryField()
    at = models.DateTimeField(null=True)
