"""The plug of the catalogue. It holds no personal data."""

from django.apps import AppConfig


class CatalogConfig(AppConfig):
    name = "cadenza.cdp.catalog"
    label = "catalog"
