"""The plug of reports. They keep nothing of their own, so they have no share of personal data."""

from django.apps import AppConfig


class ReportsConfig(AppConfig):
    name = "cadenza.insight.reports"
    label = "reports"
