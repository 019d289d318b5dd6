"""What stands inside a token: 16 bytes of workspace, 16 of message, and for a click 2 of link number.

No address, no target and no name of a person travels in a URL.
"""

from __future__ import annotations

from uuid import UUID

from cadenza.base.ids import MessageId, WorkspaceId
from cadenza.outreach.tracking.types import Place

MOST_LINKS = 1 << 16


def pack(place: Place) -> bytes:
    """The bytes of a place."""
    return place.workspace.bytes + place.message.bytes + place.number.to_bytes(2, "big")


def unpack(data: bytes) -> Place:
    """The place in these bytes; raises ValueError where they are no place."""
    if len(data) != 34:
        raise ValueError("This is not a place.")
    return Place(
        WorkspaceId(UUID(bytes=data[:16])),
        MessageId(UUID(bytes=data[16:32])),
        int.from_bytes(data[32:], "big"),
    )
