"""The pipeline: whatever the door lets in is carried out, and nothing ever stops it."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cadenza.base import clock, database, projection
from cadenza.base.inbox import service as inbox
from cadenza.cdp.ingest import pipeline
from cadenza.cdp.ingest import service as ingest
from cadenza.cdp.ingest.check import check
from tests.cdp.ingest.items import items


def arrive(workspace: Any, *told: dict[str, Any], sent_at: Any = None) -> None:
    """Put items into the inbox as one request, and carry out all that waits."""
    with database.scope(workspace):
        inbox.append(workspace, "batch", msgspec.json.encode({"batch": told, "sentAt": sent_at}))
    while pipeline.step():
        pass


def sound(told: list[dict[str, Any]], sent_at: Any) -> list[dict[str, Any]]:
    """Those that the door lets in, as it reads them."""
    read = [(one, msgspec.json.decode(msgspec.json.encode(one))) for one in told]
    now = clock.now()
    return [one for one, item in read if check(item, 0, len(msgspec.json.encode(one)), now, sent_at) is None]


SENT = st.sampled_from([None, "2026-05-01T12:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", 5, {}])


@settings(
    max_examples=100, deadline=None, suppress_health_check=list(HealthCheck)
)  # of up to 20 items: two thousand
@given(told=st.lists(items(), min_size=20, max_size=20), sent_at=SENT)
def test_what_the_door_lets_in_is_carried_out(workspace, told, sent_at):
    before = faults(workspace)
    arrive(workspace, *sound(told, sent_at), sent_at=sent_at)
    projection.drain()
    assert faults(workspace) == before


def faults(workspace: Any) -> list[str]:
    with database.scope(workspace):
        return [one.payload for one in ingest.rejected(workspace, code="fault")]
