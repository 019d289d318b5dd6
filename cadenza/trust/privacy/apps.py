"""The plug of privacy: its own share, and those of the trust modules below it."""

from django.apps import AppConfig


class PrivacyConfig(AppConfig):
    name = "cadenza.trust.privacy"
    label = "privacy"

    def ready(self) -> None:
        from cadenza.trust.privacy import service
        from cadenza.trust.privacy.share import SHARES

        for share in SHARES:
            service.register_share(share)
