"""The plug of campaigns."""

from django.apps import AppConfig


class CampaignsConfig(AppConfig):
    name = "cadenza.outreach.campaigns"
    label = "campaigns"

    def ready(self) -> None:
        from cadenza.base.fact import listen
        from cadenza.outreach.campaigns import handlers
        from cadenza.outreach.campaigns.facts import CampaignStarted
        from cadenza.outreach.campaigns.share import AudienceShare
        from cadenza.outreach.delivery.facts import MailingPaused
        from cadenza.trust.privacy import service as privacy

        listen(CampaignStarted, handlers.on_campaign_started)
        listen(MailingPaused, handlers.on_mailing_paused)
        privacy.register_share(AudienceShare())
