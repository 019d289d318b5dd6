"""When something happened, by our clock: the client's own may be wrong, and a wrong one may be absurd.

Segment's rule: time = received − (sentAt − originalTimestamp).
"""

from __future__ import annotations

from datetime import datetime


def correct(told: datetime | None, sent: datetime | None, received_at: datetime) -> datetime:
    """The corrected moment; where the sum leaves the calendar, it was received when it happened."""
    if told is None:
        return received_at
    try:
        return received_at - (sent - told) if sent else told
    except OverflowError:
        return received_at
