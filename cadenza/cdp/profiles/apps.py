"""The plug of profiles."""

from django.apps import AppConfig


class ProfilesConfig(AppConfig):
    name = "cadenza.cdp.profiles"
    label = "profiles"

    def ready(self) -> None:
        from cadenza.base.fact import listen
        from cadenza.cdp.identity.facts import ProfilesMerged, ProfilesUnmerged
        from cadenza.cdp.profiles import handlers
        from cadenza.cdp.profiles.share import ProfilesShare
        from cadenza.trust.privacy import service as privacy

        listen(ProfilesMerged, handlers.on_profiles_merged)
        listen(ProfilesUnmerged, handlers.on_profiles_unmerged)
        privacy.register_share(ProfilesShare())
