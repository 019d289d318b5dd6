"""The nouns of the event store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from cadenza.base.ids import ProfileId


@dataclass(frozen=True, slots=True)
class Event:
    """Something a person did, with a time."""

    id: UUID
    profile: ProfileId
    name: str
    at: datetime
    received_at: datetime
    source: str = "api"
    properties: Mapping[str, Any] = field(default_factory=dict)
