"""The plug of imports."""

from django.apps import AppConfig


class ImportsConfig(AppConfig):
    name = "cadenza.connect.imports"
    label = "imports"

    def ready(self) -> None:
        from cadenza.base.fact import listen
        from cadenza.cdp.identity.facts import ProfilesMerged, ProfilesUnmerged
        from cadenza.connect.imports import handlers
        from cadenza.connect.imports.share import ImportsShare
        from cadenza.trust.privacy import service as privacy

        listen(ProfilesMerged, handlers.on_profiles_merged)
        listen(ProfilesUnmerged, handlers.on_profiles_unmerged)
        privacy.register_share(ImportsShare())
