"""Is NATS to be believed, is the stream ours, and does erasing reach what lies in it?"""

from __future__ import annotations

import json
import os
from dataclasses import replace
from datetime import timedelta

import pytest
from django.test import Client

from cadenza.base import clock, database
from cadenza.base.config import config
from cadenza.base.inbox import founding, nats_log, service, stream
from cadenza.base.inbox.nats_log import Line, NatsLog
from cadenza.base.inbox.vouch import Server, judge
from cadenza.base.problem import BadInput, Conflict, Unavailable
from cadenza.cdp.ingest import service as ingest
from tests import nats_cluster
from tests.base.inbox.nats_inbox import batch, begin, begin_anew, carry_out, lying, put, taken_in, track


@pytest.fixture(scope="module")
def one():
    with nats_cluster.running() as found:
        yield found


@pytest.fixture
def configured(workspace, monkeypatch):
    """Gives a function that sets this process's inbox to a cluster, as an operator would."""
    lines = []

    def use(url, system_url="", **more):
        told = {"inbox_url": url, "inbox_system_url": system_url, "inbox_partitions": 4, **more}
        for name, value in told.items():
            monkeypatch.setitem(os.environ, f"CADENZA_{name.upper()}", str(value))
        config.cache_clear()
        service.line.cache_clear()
        lines.append(service.line())
        return lines[-1]

    yield use
    for line in lines:
        line.wait(line.stream.close())
    monkeypatch.undo()
    config.cache_clear()
    service.line.cache_clear()
    service.start()
    with database.system_scope():
        database.execute("delete from inbox_position")


def server(name, always=True, minutes=2.0, size=3):
    return Server(name, "2.15.1", always, minutes, size)


def test_a_majority_that_writes_first_is_believed():
    assert judge((server("a"), server("b"))).doubt is None
    assert judge((server("a", size=1),)).doubt is None


def test_one_that_writes_later_is_named_with_what_is_at_stake():
    told = judge((server("a"), server("b", always=False, minutes=10), server("c")))
    assert "b (every 10 minutes)" in told.doubt
    assert told.at_stake == "at most 10 minutes can be lost on power failure"


def test_a_minority_vouches_for_nobody():
    assert "1 of 3" in judge((server("a"),)).doubt
    assert judge(()).doubt


def test_it_starts_where_each_server_writes_first(one, configured):
    line = configured(one.url, one.system_url)
    service.start()
    assert service.degraded() is None
    found = line.wait(line.stream.info())["config"]
    assert (found["storage"], found["num_replicas"], found["subjects"]) == ("file", 1, ["cadenza.inbox.*"])
    assert found["max_age"] == 7 * 86_400 * 10**9
    assert found["duplicate_window"] == 120 * 10**9
    assert sorted(nats_log.positions()) == [0, 1, 2, 3]


def test_it_does_not_start_where_the_servers_cannot_be_asked(one, configured):
    for url in (
        "",
        "nats://system:wrong@127.0.0.1:1",
        one.url,
    ):  # the last: a user, but not of the system account
        configured(one.url, url)
        with pytest.raises(Conflict) as refusal:
            service.start()
        assert "CADENZA_INBOX_DEGRADED=1" in refusal.value.hint
        assert "at most 2 minutes can be lost on power failure" in refusal.value.hint
        assert "CADENZA_INBOX_SYSTEM_URL" in f"{refusal.value.detail} {refusal.value.hint}"


def test_lazy_servers_are_refused_or_loudly_accepted(configured, capfd):
    with nats_cluster.running(sync="sync_interval: 10s") as lazy:
        configured(lazy.url, lazy.system_url)
        with pytest.raises(Conflict, match="confirm what is not on disk yet: n0"):
            service.start()
        configured(lazy.url, lazy.system_url, inbox_degraded=1)
        service.start()
        assert "can be lost on power failure" in service.degraded()
        assert "inbox.degraded" in capfd.readouterr().err
        told = json.loads(Client(SERVER_NAME="localhost").get("/health/live").content)
        assert told["status"] == "degraded"
        assert "can be lost on power failure" in told["inbox"]


def test_the_usual_setting_of_nats_is_refused(configured):
    with nats_cluster.running(sync="") as usual:
        configured(usual.url, usual.system_url)
        with pytest.raises(Conflict, match="every 2 minutes"):
            service.start()


def test_servers_that_are_away_are_no_start_either_way(configured, monkeypatch):
    monkeypatch.setattr(stream, "CONNECT_SECONDS", 0.5)
    configured("nats://127.0.0.1:1", "nats://127.0.0.1:1", inbox_degraded=1)
    with pytest.raises(Unavailable):
        service.start()


def test_it_looks_again_and_says_what_it_sees(one, configured, workspace, capfd):
    line = configured(one.url, one.system_url)
    line.wait(line.stream.ask(f"STREAM.DELETE.{stream.NAME}", {}))
    service.start()
    put(one.url, batch(workspace, track("u")))
    service.watch()
    assert service.degraded() is None
    assert "inbox.waits_too_long" not in capfd.readouterr().err

    put(one.url, replace(batch(workspace, track("v")), received_at=clock.now() - timedelta(days=4)))
    configured(one.url, "")  # nobody can be asked any more
    service.watch()
    assert "can be lost on power failure" in service.degraded()
    told = capfd.readouterr().err
    assert "inbox.degraded" in told and "inbox.waits_too_long" in told
    carry_out(NatsLog(line))


def test_an_address_of_another_kind_is_named(configured):
    configured("http://127.0.0.1:1", "", inbox_degraded=1)
    with pytest.raises(BadInput, match="nats://"):
        service.start()


def test_the_stream_of_another_installation_is_left_alone(one, workspace):
    line = Line(one.url)
    begin_anew(line, installation="theirs")
    with pytest.raises(Conflict, match="belongs to another Cadenza"):
        begin(line, installation="ours")
    begin_anew(line, days=3)
    begin(line, days=9)
    assert line.wait(line.stream.info())["config"]["max_age"] == 9 * 86_400 * 10**9
    line.wait(line.stream.close())


def test_a_server_that_is_too_old_or_takes_too_little_is_named():
    for version, payload, what in (("2.9.10", 1 << 20, "too old"), ("2.15.1-beta", 65_536, "too small")):
        with pytest.raises(Conflict, match=what):
            founding.check_server({"version": version, "max_payload": payload})


def test_erasing_overwrites_what_waits_and_what_is_done(one, configured, workspace):
    line = configured(one.url, one.system_url)
    line.wait(line.stream.ask(f"STREAM.DELETE.{stream.NAME}", {}))
    service.start()
    ann = {"email": "ann.secret@example.com"}
    put(one.url, batch(workspace, track("ann", properties=ann, messageId="a1"), track("bob", messageId="b1")))
    carry_out(NatsLog(line))
    put(
        one.url,
        batch(workspace, *[track(f"u{n}") for n in range(8)], track("ann", properties=ann), track("eve")),
    )
    assert one.find(b"ann.secret@example.com")
    with database.scope(workspace):
        gone = ingest.scrub(workspace, [("email", "ann.secret@example.com"), ("external_id", "ann")])
    assert gone["inbox_arrival"] == 2
    assert not one.find(b"ann.secret@example.com")
    assert not [item for _, item in lying(line) if item and item["userId"] == "ann"]
    carry_out(NatsLog(line))
    assert taken_in(workspace) == 2 + 9


def test_erasing_twice_changes_nothing_more(one, configured, workspace):
    line = configured(one.url, one.system_url)
    service.start()
    put(one.url, batch(workspace, *[track(f"p{n}") for n in range(6)], track("ann-the-first")))
    for expected in (1, 0):
        with database.scope(workspace):
            assert ingest.scrub(workspace, [("external_id", "ann-the-first")])["inbox_arrival"] == expected
    carry_out(NatsLog(line))
    assert taken_in(workspace) == 6


def test_the_namesake_of_another_workspace_stays(one, configured, workspace):
    from cadenza.base.ids import new_id

    line = configured(one.url, one.system_url)
    service.start()
    put(one.url, batch(new_id(), track("ann-the-second")))
    with database.scope(workspace):
        assert ingest.scrub(workspace, [("external_id", "ann-the-second")])["inbox_arrival"] == 0
    assert any(item and item["userId"] == "ann-the-second" for _, item in lying(line))
    with database.system_scope():
        source = NatsLog(line)
        while waiting := source.take(100):  # nobody's: it must not be left for other tests
            source.done(waiting, waiting[0].accepted.received_at)
