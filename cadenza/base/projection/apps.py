"""The plug of the projection."""

from django.apps import AppConfig


class ProjectionConfig(AppConfig):
    name = "cadenza.base.projection"
    label = "projection"
