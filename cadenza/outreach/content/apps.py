"""The plug of content. Its tables hold what marketers write, and nothing about a person."""

from django.apps import AppConfig


class ContentConfig(AppConfig):
    name = "cadenza.outreach.content"
    label = "content"
    default_auto_field = "django.db.models.BigAutoField"
