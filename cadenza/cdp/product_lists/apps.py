"""The plug of product lists."""

from django.apps import AppConfig


class ProductListsConfig(AppConfig):
    name = "cadenza.cdp.product_lists"
    label = "product_lists"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from cadenza.base.fact import listen
        from cadenza.cdp.identity.facts import ProfilesMerged, ProfilesUnmerged
        from cadenza.cdp.ingest.facts import EventsStored
        from cadenza.cdp.product_lists import handlers
        from cadenza.cdp.product_lists.hear import EMPTIES, LISTS
        from cadenza.cdp.product_lists.share import ProductListsShare
        from cadenza.trust.privacy import service as privacy

        listen(EventsStored, handlers.on_events_stored)
        listen(ProfilesMerged, handlers.on_profiles_merged)
        listen(ProfilesUnmerged, handlers.on_profiles_unmerged)
        privacy.register_share(ProductListsShare())
        privacy.register_event_categories({name: {"*": "behaviour.lists"} for name in LISTS.keys() - EMPTIES})
