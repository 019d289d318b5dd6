"""The plug of segments."""

from django.apps import AppConfig


class SegmentsConfig(AppConfig):
    name = "cadenza.cdp.segments"
    label = "segments"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from cadenza.base.fact import listen
        from cadenza.cdp.identity.facts import ProfilesUnmerged
        from cadenza.cdp.segments import handlers
        from cadenza.cdp.segments.discover import EVENT_CATEGORIES
        from cadenza.cdp.segments.facts import SegmentChanged
        from cadenza.cdp.segments.share import SegmentsShare
        from cadenza.trust.privacy import service as privacy

        listen(SegmentChanged, handlers.on_segment_changed)
        listen(ProfilesUnmerged, handlers.on_profiles_unmerged)
        privacy.register_event_categories(EVENT_CATEGORIES)
        privacy.register_share(SegmentsShare())
