"""When each loop last did its work."""

from django.db import models


class Heartbeat(models.Model):
    """One loop, whichever process carries it."""

    name = models.CharField(max_length=32, primary_key=True)
    at = models.DateTimeField()
