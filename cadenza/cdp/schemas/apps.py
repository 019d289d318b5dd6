"""The plug of the schema register. It holds names and numbers, nothing of a person."""

from django.apps import AppConfig


class SchemasConfig(AppConfig):
    name = "cadenza.cdp.schemas"
    label = "schemas"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from cadenza.cdp.schemas.guess import DERIVED
        from cadenza.trust.privacy import service as privacy

        privacy.register_event_categories({"Any event, derived": DERIVED})
