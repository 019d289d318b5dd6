"""The plug of the accounts."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "cadenza.trust.accounts"
    label = "accounts"
