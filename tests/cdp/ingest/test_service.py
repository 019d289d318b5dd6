"""Ingestion's service: what is erased of kept requests, and what is sent again."""

from __future__ import annotations

import msgspec
import pytest

from cadenza.base import clock, database
from cadenza.base.inbox import service as inbox
from cadenza.base.problem import BadInput, NotFound
from cadenza.cdp.ingest import service as ingest
from cadenza.cdp.ingest import store
from cadenza.cdp.ingest.types import Flaw


def kept(workspace) -> list:
    """What the inbox holds, oldest first."""
    found = database.rows(
        "select payload from inbox_arrival where workspace_id = %s order by seq", [workspace]
    )
    return [msgspec.json.decode(bytes(payload)) for (payload,) in found]


def put(workspace, kind, told) -> None:
    inbox.append(workspace, kind, msgspec.json.encode(told))


BOB = {"userId": "bob", "event": "B", "n": 1, "size": "1"}
ANN = [{"userId": 1}, {"userId": " 1 "}, {"previousId": "1"}, {"traits": {"email": "Ann@Example.com "}}]


def test_erasing_takes_out_the_person_alone_and_every_place_holds(workspace):
    with database.scope(workspace):
        put(workspace, "batch", {"batch": [BOB, *ANN, BOB], "sentAt": "1"})
        put(workspace, "track", BOB)
        put(workspace, "track", {"userId": "u", "n": ["x1", "device-1", {"d": "device-1"}]})
        gone = ingest.scrub(
            workspace,
            [("external_id", "1"), ("email", "ann@example.com"), ("anonymous_id", "device-1"), ("email", "")],
        )
        assert kept(workspace) == [{"batch": [BOB, *[None] * 4, BOB], "sentAt": "1"}, BOB, None]
        assert gone["inbox_arrival"] == 2


def test_a_number_as_id_does_not_take_out_who_merely_holds_the_digit(workspace):
    other = {"userId": "bob", "event": "B", "at": "2021-01-01"}
    with database.scope(workspace):
        put(workspace, "track", other)
        put(workspace, "batch", {"batch": [other, {"userId": 1}, other]})
        store.reject(
            workspace,
            [(Flaw(0, "x", "x"), msgspec.json.encode(one)) for one in (other, {"userId": 1}, {"userId": "1"})],
            clock.now(), "api",
        )  # fmt: skip
        store.reject(workspace, [(Flaw(0, "x", "x"), b"{1")], clock.now(), "api")
        told = ingest.scrub(workspace, [("external_id", "1")])
        assert kept(workspace) == [other, {"batch": [other, None, other]}]
        assert told == {"inbox_arrival": 1, "ingest_rejectedevent": 3}
        assert [msgspec.json.decode(one.payload) for one in ingest.rejected(workspace)] == [other]


def test_escaped_letters_are_found(workspace):
    with database.scope(workspace):
        inbox.append(workspace, "track", b'{"userId":"\\u017eanis"}')
        inbox.append(workspace, "track", '{"userId":"žanis"}'.encode())
        assert ingest.scrub(workspace, [("external_id", "žanis")])["inbox_arrival"] == 2


def test_what_is_still_wrong_is_not_sent_again(workspace):
    with database.scope(workspace):
        store.reject(
            workspace,
            [(Flaw(0, "no_event_name", "x"), b'{"type":"track","userId":"u1"}')],
            clock.now(),
            "api",
        )
        [one] = ingest.rejected(workspace)
        for payload in (None, "{", '{"type":"track"}', "[]"):
            with pytest.raises(BadInput):
                ingest.replay(workspace, [one.id], payload)
        assert ingest.replay(workspace, [one.id], '{"type":"page","userId":"u1"}') == 1
        with pytest.raises(NotFound):
            ingest.replay(workspace, [one.id])


def test_items_of_other_modules_are_checked_too(workspace):
    with database.scope(workspace):
        told = ingest.take_in(workspace, [{"type": "page", "userId": "u1"}, {"type": "page"}], "import")
    assert told[0] is None and "userId" in told[1]
