"""The plug of the heartbeats."""

from django.apps import AppConfig


class HeartbeatConfig(AppConfig):
    name = "cadenza.base.heartbeat"
    label = "heartbeat"
