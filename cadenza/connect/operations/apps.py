"""The plug of operations."""

from django.apps import AppConfig


class OperationsConfig(AppConfig):
    name = "cadenza.connect.operations"
    label = "operations"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from cadenza.connect.operations.share import OperationsShare
        from cadenza.trust.privacy import service as privacy

        privacy.register_share(OperationsShare())
