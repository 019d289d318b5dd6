"""The plug of consent."""

from django.apps import AppConfig


class ConsentConfig(AppConfig):
    name = "cadenza.trust.consent"
    label = "consent"
    default_auto_field = "django.db.models.BigAutoField"
