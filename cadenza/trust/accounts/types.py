"""The nouns of the accounts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from cadenza.base.ids import WorkspaceId

KeyKind = Literal["write", "secret"]


@dataclass(frozen=True)
class Workspace:
    """One brand or shop: the tenant."""

    id: WorkspaceId
    name: str
    time_zone: str
    currency: str
    region: str
    website: str
    postal_address: str
    created_at: datetime
    is_demo: bool = False


@dataclass(frozen=True)
class Key:
    """What a program signs in with. A write key may only append; a secret key may read and change."""

    id: UUID
    workspace: WorkspaceId
    kind: KeyKind
    name: str
    hint: str
    created_at: datetime
    revoked_at: datetime | None = None
