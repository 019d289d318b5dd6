"""What stands inside a token comes out again, and nothing else does."""

from __future__ import annotations

import pytest

from cadenza.base.ids import MessageId, WorkspaceId, new_id
from cadenza.outreach.tracking.pack import pack, unpack
from cadenza.outreach.tracking.types import Place


def test_a_place_survives_packing():
    place = Place(WorkspaceId(new_id()), MessageId(new_id()), 65_535)
    assert unpack(pack(place)) == place


@pytest.mark.parametrize("data", [b"", b"x" * 33, b"x" * 35])
def test_what_is_no_place_is_refused(data: bytes):
    with pytest.raises(ValueError):
        unpack(data)
