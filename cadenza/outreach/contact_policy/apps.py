"""The plug of the contact policy."""

from django.apps import AppConfig


class ContactPolicyConfig(AppConfig):
    name = "cadenza.outreach.contact_policy"
    label = "contact_policy"

    def ready(self) -> None:
        from cadenza.outreach.contact_policy.share import SuppressionShare
        from cadenza.trust.privacy import service as privacy

        privacy.register_share(SuppressionShare())
