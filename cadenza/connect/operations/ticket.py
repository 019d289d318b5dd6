"""A customer's ticket: a signed token with which a browser may act for one customer, for a while."""

from __future__ import annotations

import struct
from datetime import datetime, timedelta

from cadenza.base import crypto
from cadenza.base.ids import ProfileId, WorkspaceId

PURPOSE = "customer-ticket"
LASTS = timedelta(hours=24)
FORM = struct.Struct(">16sQQ")  # workspace, person, last second


def issue(workspace: WorkspaceId, person: ProfileId, now: datetime) -> str:
    """A ticket for this person, good for a day."""
    until = int((now + LASTS).timestamp())
    return crypto.sign(PURPOSE, FORM.pack(workspace.bytes, person, until))


def holder(workspace: WorkspaceId, told: str, now: datetime) -> ProfileId | None:
    """Whose ticket this is; None for one that is not of this workspace, altered, or too old."""
    try:
        data = crypto.unsign(PURPOSE, told)
    except crypto.BadSignature:
        return None
    if len(data) != FORM.size:
        return None
    where, person, until = FORM.unpack(data)
    return ProfileId(person) if where == workspace.bytes and now.timestamp() <= until else None
