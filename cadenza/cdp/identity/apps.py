"""The plug of identity."""

from django.apps import AppConfig


class IdentityConfig(AppConfig):
    name = "cadenza.cdp.identity"
    label = "identity"

    def ready(self) -> None:
        from cadenza.cdp.identity.share import EventsShare, IdentityShare
        from cadenza.trust.privacy import service as privacy

        privacy.register_share(EventsShare())
        privacy.register_share(IdentityShare())
