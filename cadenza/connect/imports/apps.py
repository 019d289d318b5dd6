"""The plug of imports."""

from django.apps import AppConfig


class ImportsConfig(AppConfig):
    name = "cadenza.connect.imports"
    label = "imports"

    def ready(self) -> None:
        from cadenza.connect.imports.share import ImportsShare
        from cadenza.trust.privacy import service as privacy

        privacy.register_share(ImportsShare())
