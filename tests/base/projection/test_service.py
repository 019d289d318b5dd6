"""What was committed reaches ClickHouse exactly once, in order, with its batch's number as version."""

from __future__ import annotations

import json
from uuid import UUID

import pytest
import zstandard
from django.db import transaction

from cadenza.base import clickhouse, database, projection
from cadenza.base.ids import new_id
from cadenza.base.problem import Unavailable
from cadenza.base.projection import service

NIL = str(UUID(int=0))


def profile(workspace, who, **more):
    row = {
        "workspace": str(workspace),
        "profile": who,
        "version": 0,
        "deleted": 0,
        "created_at": "2030-01-01T00:00:00Z",
    }
    return row | {"text": {}, "number": {}, "time": {}, "flag": {}} | more


def copied(workspace):
    return clickhouse.query(
        "select profile, version, text, number, flag from profile where workspace = {w:UUID} order by version, profile",
        {"w": str(workspace)},
    )


def put(table, rows):
    with transaction.atomic():
        projection.append(table, rows)


def test_what_was_rolled_back_is_not_copied(workspace):
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        projection.append("profile", [profile(workspace, 1)])
        raise ZeroDivisionError
    projection.drain()
    assert copied(workspace) == []


def test_a_batch_is_copied_once_though_it_is_tried_twice(workspace):
    put("profile", [profile(workspace, 1), profile(workspace, 2)])
    number, table, payload = database.rows(
        'select id, "table", payload from projection_batch order by id desc'
    )[0]
    lines = service._numbered(zstandard.decompress(bytes(payload)), number)
    clickhouse.insert_lines(table, lines, f"batch-{number}")  # as before a crash, which left the batch here
    projection.drain()
    assert [row[:2] for row in copied(workspace)] == [(1, number), (2, number)]
    assert service.backlog() == 0


def test_a_bundle_that_was_copied_before_a_crash_stays_the_same_and_is_copied_once(workspace):
    for who in (1, 2, 3):
        put("profile", [profile(workspace, who)])
    [bundle] = service._bundles()
    found = database.rows("select id, payload from projection_batch where bundle = %s order by id", [bundle])
    lines = b"".join(
        service._numbered(zstandard.decompress(bytes(payload)), number) for number, payload in found
    )
    clickhouse.insert_lines(
        "profile", lines, f"bundle-{bundle}"
    )  # as before a crash, which left the batches here
    put("profile", [profile(workspace, 4)])  # comes too late for that bundle
    assert service._bundles() == [bundle, bundle + 3]
    projection.drain()
    assert [row[0] for row in copied(workspace)] == [1, 2, 3, 4]
    assert [row[1] for row in copied(workspace)] == [bundle, bundle + 1, bundle + 2, bundle + 3]


def test_bundles_are_of_one_table_and_bounded(monkeypatch):
    monkeypatch.setattr(service, "MOST_ROWS", 10)
    waiting = [
        (1, "event", 4),
        (2, "profile", 1),
        (3, "event", 4),
        (4, "event", 4),
        (5, "profile", 20),
        (6, "event", 50),
    ]
    assert service._together(waiting) == {1: 1, 2: 2, 3: 1, 4: 4, 5: 5, 6: 6}


def test_equal_rows_of_two_batches_are_both_copied(workspace):
    event = {
        "workspace": str(workspace), "profile": 1, "name": "Seen", "at": "2030-01-01T00:00:00Z", "id": NIL,
        "received_at": "2030-01-01T00:00:00Z", "source": "api", "text": {}, "number": {}, "properties": "{}",
    }  # fmt: skip
    put("event", [event])
    put("event", [event])
    projection.drain()
    assert clickhouse.query(
        "select count() from event where workspace = {w:UUID}", {"w": str(workspace)}
    ) == [(2,)]


def test_later_batches_have_higher_versions(workspace):
    for who in range(70):
        put("profile", [profile(workspace, who)])
    assert projection.drain() >= 70
    found = copied(workspace)
    assert [row[0] for row in found] == list(range(70))
    assert len({row[1] for row in found}) == 70


@pytest.mark.parametrize("value", [0, 0.0, 0.5, 7])
def test_a_shops_own_field_called_version_stays_what_it_is(workspace, value):
    own = {"text": {"version": '"version":0'}, "number": {"version": value}, "flag": {"version": 0}}
    put("profile", [profile(workspace, 1), profile(workspace, 2, **own)])
    projection.drain()
    found = copied(workspace)
    assert found[0][1] == found[1][1] > 0
    assert found[1][2:] == ({"version": '"version":0'}, {"version": value}, {"version": 0})


def test_an_events_own_field_called_version_stays_what_it_is(workspace):
    event = {
        "workspace": str(workspace), "profile": 1, "name": "Seen", "at": "2030-01-01T00:00:00Z", "id": NIL,
        "received_at": "2030-01-01T00:00:00Z", "source": "api", "text": {}, "number": {"version": 0.5},
        "properties": json.dumps({"version": 0}),
    }  # fmt: skip
    put("event", [event])
    projection.drain()
    found = clickhouse.query(
        "select number['version'] from event where workspace = {w:UUID}", {"w": str(workspace)}
    )
    assert found == [(0.5,)]


def test_while_the_event_store_is_away_batches_wait(workspace, monkeypatch):
    def away(*_):
        raise Unavailable("The event store does not answer.")

    put("profile", [profile(workspace, 1)])
    with monkeypatch.context() as broken:
        broken.setattr(clickhouse, "insert_lines", away)
        with pytest.raises(Unavailable):
            projection.drain()
    assert service.backlog() == 1
    projection.drain()
    assert len(copied(workspace)) == 1
    assert projection.wait(1)


def test_waiting_ends_when_the_time_is_up(workspace):
    put("profile", [profile(new_id(), 1)])
    assert not projection.wait(0.05)
    projection.drain()
    assert projection.wait(0.05)
