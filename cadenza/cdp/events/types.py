"""The nouns of the event store."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from cadenza.base.ids import ProfileId

# What becomes of messages is told by events of these names: `Email Sent`, `SMS Left Out`.
CHANNELS = {"email": "Email", "sms": "SMS", "viber": "Viber", "mobile_push": "Push", "web_push": "Web Push"}
# What is done to people is nothing they did: it does not say that somebody was seen.
DONE_TO_PEOPLE = tuple(
    f"{channel} {what}"
    for channel in CHANNELS.values()
    for what in ("Sent", "Delivered", "Bounced", "Left Out")
)
# Machines open mails and follow links too; what they did is marked with `bot`.
DONE_BY_MACHINES_TOO = tuple(
    f"{channel} {what}" for channel in CHANNELS.values() for what in ("Opened", "Link Clicked")
)


class Event(msgspec.Struct, frozen=True):
    """Something a person did, with a time."""

    id: UUID
    profile: ProfileId
    name: str
    at: datetime
    received_at: datetime
    source: str = "api"
    properties: Mapping[str, Any] = msgspec.field(default_factory=dict)


class Device(NamedTuple):
    """What somebody used: the kind of device, its system and browser (empty where nobody knows), and when last."""

    type: str
    os: str
    browser: str
    country: str
    last_at: datetime
    events: int


class Shape(NamedTuple):
    """What events that look alike have in common: their name, and their properties by type, with dotted names.

    `others`: the types of truth values (which stand among the texts too), lists, nothing and numbers too large.
    """

    name: str
    texts: tuple[str, ...]
    numbers: tuple[str, ...]
    others: tuple[tuple[str, type], ...] = ()
