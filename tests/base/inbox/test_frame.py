"""A frame gives back what was packed, also to who knows more or less of its fields."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import msgspec

from cadenza.base.ids import WorkspaceId
from cadenza.base.inbox import frame
from cadenza.base.inbox.frame import Part, bundles, pack, unpack
from cadenza.base.inbox.port import Accepted

AT = datetime(2030, 1, 1, 12, 30, 15, 123456, tzinfo=UTC)


def part(name: str, payload: bytes = b"{}", flaws: bytes | None = None) -> Part:
    return Part(name, Accepted(WorkspaceId(UUID(int=7)), "batch", payload, AT, "api", flaws))


def test_a_frame_gives_back_what_was_packed():
    parts = [part("a", b"\x00\xff"), part("b", flaws=b"[]")]
    assert unpack(pack(parts)) == parts


def test_fields_of_another_version_do_no_harm():
    [told] = msgspec.msgpack.decode(pack([part("a")]))
    del told["accepted"]["source"], told["accepted"]["flaws"]
    newer = {**told, "accepted": {**told["accepted"], "of_tomorrow": 1}, "more": 2}
    assert unpack(msgspec.msgpack.encode([newer])) == [part("a")]


def test_frames_are_bounded_and_keep_the_order(monkeypatch):
    monkeypatch.setattr(frame, "MOST_BYTES", 100)
    parts = [part(str(n), b"x" * size) for n, size in enumerate([40, 40, 40, 300, 10, 80, 20])]
    found = [[one.name for one in bundle] for bundle in bundles(parts)]
    assert found == [["0", "1"], ["2"], ["3"], ["4", "5"], ["6"]]
    assert list(bundles([])) == []
