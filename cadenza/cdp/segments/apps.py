"""The plug of segments."""

from django.apps import AppConfig


class SegmentsConfig(AppConfig):
    name = "cadenza.cdp.segments"
    label = "segments"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from cadenza.base.fact import listen
        from cadenza.cdp.catalog.facts import ProductsChanged
        from cadenza.cdp.identity.facts import ProfilesMerged, ProfilesUnmerged
        from cadenza.cdp.ingest.facts import EventsStored
        from cadenza.cdp.orders.facts import OrdersChanged
        from cadenza.cdp.profiles.facts import ProfilesChanged
        from cadenza.cdp.segments import handlers
        from cadenza.cdp.segments.discover import EVENT_CATEGORIES
        from cadenza.cdp.segments.facts import SegmentChanged
        from cadenza.cdp.segments.share import SegmentsShare
        from cadenza.trust.consent.facts import ConsentChanged
        from cadenza.trust.privacy import service as privacy

        listen(SegmentChanged, handlers.on_segment_changed)
        listen(EventsStored, handlers.on_events_stored)
        listen(ProfilesChanged, handlers.on_profiles_changed)
        listen(OrdersChanged, handlers.on_orders_changed)
        listen(ProductsChanged, handlers.on_products_changed)
        listen(ConsentChanged, handlers.on_consent_changed)
        listen(ProfilesMerged, handlers.on_profiles_merged)
        listen(ProfilesUnmerged, handlers.on_profiles_unmerged)
        privacy.register_event_categories(EVENT_CATEGORIES)
        privacy.register_share(SegmentsShare())
