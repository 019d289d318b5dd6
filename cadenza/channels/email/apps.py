"""The plug of e-mail: a channel for delivery, and the mailbox's share of personal data."""

from django.apps import AppConfig


class EmailConfig(AppConfig):
    name = "cadenza.channels.email"
    label = "email"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from cadenza.base.fact import listen
        from cadenza.cdp.identity.facts import ProfilesMerged, ProfilesUnmerged
        from cadenza.channels.email import handlers, service
        from cadenza.channels.email.share import MailboxShare
        from cadenza.outreach.delivery import port
        from cadenza.trust.privacy import service as privacy

        port.plug(service.EmailChannel())
        listen(ProfilesMerged, handlers.on_profiles_merged)
        listen(ProfilesUnmerged, handlers.on_profiles_unmerged)
        privacy.register_share(MailboxShare())
