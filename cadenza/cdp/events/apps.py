"""The plug of the event store. Its share of personal data is given by identity, which knows merged people."""

from django.apps import AppConfig


class EventsConfig(AppConfig):
    name = "cadenza.cdp.events"
    label = "events"
