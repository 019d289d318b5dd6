"""The plug of likely duplicates."""

from django.apps import AppConfig


class DuplicatesConfig(AppConfig):
    name = "cadenza.cdp.duplicates"
    label = "duplicates"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from cadenza.base.fact import listen
        from cadenza.cdp.duplicates import handlers
        from cadenza.cdp.duplicates.share import DuplicatesShare
        from cadenza.cdp.identity.facts import ProfilesMerged, ProfilesUnmerged
        from cadenza.trust.privacy import service as privacy
        from cadenza.trust.privacy.facts import PurposeChanged

        listen(ProfilesMerged, handlers.on_profiles_merged)
        listen(ProfilesUnmerged, handlers.on_profiles_unmerged)
        listen(PurposeChanged, handlers.on_purpose_changed)
        privacy.register_share(DuplicatesShare())
