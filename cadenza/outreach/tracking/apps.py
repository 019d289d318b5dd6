"""The plug of tracking."""

from django.apps import AppConfig


class TrackingConfig(AppConfig):
    name = "cadenza.outreach.tracking"
    label = "tracking"

    def ready(self) -> None:
        from cadenza.base.fact import listen
        from cadenza.cdp.identity.facts import ProfilesMerged, ProfilesUnmerged
        from cadenza.outreach.tracking import handlers
        from cadenza.outreach.tracking.share import LinksShare
        from cadenza.trust.privacy import service as privacy

        listen(ProfilesMerged, handlers.on_profiles_merged)
        listen(ProfilesUnmerged, handlers.on_profiles_unmerged)
        privacy.register_share(LinksShare())
