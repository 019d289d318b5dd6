"""Ready is who does the work: a loop that stopped, a backlog that grows old and a full disk are found."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import OperationalError

from cadenza.base import clock, database, disk, heartbeat, readiness
from cadenza.base.heartbeat import service as beating
from cadenza.base.inbox import service as inbox
from cadenza.base.projection import service as projection
from cadenza.cdp.ingest import pipeline


@pytest.fixture
def quiet(workspace):
    """No loop has beaten, nothing waits."""
    database.execute("delete from heartbeat_heartbeat")
    database.execute("update inbox_arrival set done_at = received_at where done_at is null")
    database.execute("delete from projection_batch")
    beating._last.clear()
    yield workspace
    beating._last.clear()
    database.execute("delete from heartbeat_heartbeat")


def wrong() -> set[str]:
    return {one.name for one in readiness.look() if not one.is_ok}


def all_beat() -> None:
    beating._last.clear()
    for name in readiness.LOOPS:
        heartbeat.beat(name)


def test_before_the_first_beat_nothing_is_ready(quiet):
    assert wrong() == set(readiness.LOOPS)
    assert readiness.alarms(readiness.look()) == []  # but nobody is called yet


def test_a_loop_that_falls_silent_is_found_within_the_minute(quiet):
    with clock.fixed(clock.now()) as fixed:
        all_beat()
        fixed.move(seconds=40)
        assert wrong() == set() and readiness.is_ready(readiness.look())
        fixed.move(seconds=21)
        assert wrong() == set(readiness.LOOPS)
        beating._last.clear()
        heartbeat.beat("pipeline")
        assert wrong() == set(readiness.LOOPS) - {"pipeline"}
        assert {one.name for one in readiness.alarms(readiness.look())} == wrong()


@pytest.mark.parametrize(("loop", "name"), [(pipeline.run, "pipeline"), (projection.run, "projection")])
def test_a_loop_beats_while_it_runs_and_stops_with_it(quiet, loop, name):
    stopping = threading.Event()
    thread = threading.Thread(target=loop, args=(stopping,))
    thread.start()
    for _ in range(200):
        if name in beating.beats():
            break
        threading.Event().wait(0.05)
    stopping.set()
    thread.join()
    assert name not in wrong()
    with clock.fixed(clock.now() + timedelta(seconds=70)):
        assert name in wrong()


def test_a_pipeline_that_fails_at_every_turn_does_not_beat(quiet, monkeypatch):
    def fails() -> int:
        raise OperationalError

    monkeypatch.setattr(pipeline, "step", fails)
    stopping = threading.Event()
    thread = threading.Thread(target=pipeline.run, args=(stopping,))
    thread.start()
    threading.Event().wait(0.3)
    stopping.set()
    thread.join()
    assert "pipeline" not in beating.beats()


def test_old_work_that_waits_is_found(quiet):
    with clock.fixed(clock.now()) as fixed:
        all_beat()
        with database.scope(quiet):
            inbox.append(quiet, "track", b"null")
            projection.append("event", [{"x": 1}])
        fixed.move(seconds=30)
        assert wrong() == set()
        fixed.move(seconds=31)
        beating._last.clear()
        all_beat()
        assert wrong() == {"inbox", "event store"}
        ages = {one.name: one.age_seconds for one in readiness.look()}
        assert ages["inbox"] == pytest.approx(61, abs=1)
    database.execute("delete from projection_batch")


def test_a_full_disk_is_not_ready_and_a_filling_one_raises_an_alarm(quiet):
    all_beat()
    with disk.measured(0.92):
        assert wrong() == set() and [one.name for one in readiness.alarms(readiness.look())] == ["disk"]
    with disk.measured(0.96):
        assert wrong() == {"disk"}


def test_without_a_database_that_is_all_that_can_be_said(monkeypatch):
    def away() -> None:
        raise OperationalError

    monkeypatch.setattr(beating, "beats", away)
    first = readiness.look()[0]
    assert (first.name, first.is_ok) == ("postgres", False)


def test_a_beat_is_written_every_few_seconds_only(quiet):
    heartbeat.beat("pipeline")
    first = beating.beats()["pipeline"]
    heartbeat.beat("pipeline")
    assert beating.beats()["pipeline"] == first and not heartbeat.due("pipeline")
