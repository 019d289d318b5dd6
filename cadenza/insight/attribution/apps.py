"""The plug of attribution. It keeps nothing of its own, so it has no share of personal data."""

from django.apps import AppConfig


class AttributionConfig(AppConfig):
    name = "cadenza.insight.attribution"
    label = "attribution"
