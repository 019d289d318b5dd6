"""The plug of campaigns."""

from django.apps import AppConfig


class CampaignsConfig(AppConfig):
    name = "cadenza.outreach.campaigns"
    label = "campaigns"

    def ready(self) -> None:
        from cadenza.base.fact import listen
        from cadenza.cdp.segments import service as segments
        from cadenza.outreach.campaigns import handlers, service
        from cadenza.outreach.campaigns.facts import CampaignStarted
        from cadenza.outreach.campaigns.share import AudienceShare
        from cadenza.outreach.delivery.facts import MailingPaused
        from cadenza.trust.privacy import service as privacy

        listen(CampaignStarted, handlers.on_campaign_started)
        listen(MailingPaused, handlers.on_mailing_paused)
        segments.register_user(service.uses)
        privacy.register_share(AudienceShare())
