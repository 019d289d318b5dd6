"""The plug of the inbox."""

from django.apps import AppConfig


class InboxConfig(AppConfig):
    name = "cadenza.base.inbox"
    label = "inbox"
