"""The plug of delivery."""

from django.apps import AppConfig


class DeliveryConfig(AppConfig):
    name = "cadenza.outreach.delivery"
    label = "delivery"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from cadenza.base.fact import listen
        from cadenza.cdp.identity.facts import ProfilesMerged, ProfilesUnmerged
        from cadenza.cdp.ingest.facts import EventsStored
        from cadenza.outreach.delivery import handlers, service
        from cadenza.outreach.delivery.share import MessagesShare
        from cadenza.outreach.tracking import port as tracking
        from cadenza.trust.privacy import service as privacy

        tracking.plug(service.KnownMessages())
        listen(EventsStored, handlers.on_events_stored)
        listen(ProfilesMerged, handlers.on_profiles_merged)
        listen(ProfilesUnmerged, handlers.on_profiles_unmerged)
        privacy.register_share(MessagesShare())
