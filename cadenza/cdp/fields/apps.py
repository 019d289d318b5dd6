"""The plug of fields. It holds what fields are called, and nothing of anybody."""

from django.apps import AppConfig


class FieldsConfig(AppConfig):
    name = "cadenza.cdp.fields"
    label = "fields"
