"""Typed identifiers, so that one kind of id is never handed in for another.

Rows get time-ordered UUIDs (version 7, RFC 9562); people get small integers from one database
sequence, because sets of people live in bitmaps.
"""

from __future__ import annotations

from typing import NewType
from uuid import UUID

import uuid_utils

WorkspaceId = NewType("WorkspaceId", UUID)
ProfileId = NewType("ProfileId", int)
UserId = NewType("UserId", int)
SegmentId = NewType("SegmentId", UUID)
TemplateId = NewType("TemplateId", UUID)
CampaignId = NewType("CampaignId", UUID)
MessageId = NewType("MessageId", UUID)
ImportId = NewType("ImportId", UUID)


def new_id() -> UUID:
    """A fresh UUIDv7: sorts by the time it was made."""
    return UUID(bytes=uuid_utils.uuid7().bytes)
