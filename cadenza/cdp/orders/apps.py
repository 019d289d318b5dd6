"""The plug of orders."""

from django.apps import AppConfig


class OrdersConfig(AppConfig):
    name = "cadenza.cdp.orders"
    label = "orders"

    def ready(self) -> None:
        from cadenza.base.fact import listen
        from cadenza.cdp.identity.facts import ProfilesMerged, ProfilesUnmerged
        from cadenza.cdp.orders import handlers
        from cadenza.cdp.orders.share import OrdersShare
        from cadenza.trust.privacy import service as privacy

        listen(ProfilesMerged, handlers.on_profiles_merged)
        listen(ProfilesUnmerged, handlers.on_profiles_unmerged)
        privacy.register_share(OrdersShare())
