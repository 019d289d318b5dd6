"""The plug of the schema register. It holds names and numbers, nothing of a person."""

from django.apps import AppConfig


class SchemasConfig(AppConfig):
    name = "cadenza.cdp.schemas"
    label = "schemas"
    default_auto_field = "django.db.models.BigAutoField"
