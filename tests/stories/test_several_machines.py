"""Several machines on one PostgreSQL and NATS: one of them accepts, one carries out, one shows."""

from __future__ import annotations

import json
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from cadenza.base.postgres import server as postgres
from tests import nats_cluster
from tests import server as servers

pytestmark = pytest.mark.story


@pytest.fixture(scope="module")
def cluster() -> Iterator[nats_cluster.Cluster]:
    with nats_cluster.running() as found:
        yield found


@pytest.fixture(scope="module")
def server(cluster: nats_cluster.Cluster) -> Iterator[servers.Server]:
    with servers.running(CADENZA_INBOX_URL=cluster.url, CADENZA_INBOX_SYSTEM_URL=cluster.system_url) as found:
        yield found


def database_url(server: servers.Server) -> str:
    return postgres.address(server.data).url(postgres.APP)


@contextmanager
def machine(server: servers.Server, role: str) -> Iterator[servers.Server]:
    """Another machine with one role, on the same engines."""
    other = replace(server, port=servers.free_port(), process=None)
    other.process = other.command(
        "serve", "--role", role, "--port", str(other.port), CADENZA_DATABASE_URL=database_url(server)
    )
    try:
        yield other
    finally:
        other.process.terminate()
        assert other.process.wait(60) == 0


def wait_for(other: servers.Server) -> None:
    until = time.monotonic() + servers.START_SECONDS
    while time.monotonic() < until:
        try:
            urllib.request.urlopen(f"{other.url}/health/live", timeout=2).close()
            return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("the machine did not answer in time")


def said(server: servers.Server, *words: str, **settings: str) -> tuple[int, str]:
    """The exit code of a command and all that it said."""
    process = server.command(*words, stderr=subprocess.STDOUT, **settings)
    out, _ = process.communicate(timeout=90)
    return process.returncode, out.decode()


def test_what_one_machine_accepts_another_carries_out(server):
    with machine(server, "collector") as collector, machine(server, "pipeline"):
        wait_for(collector)
        items = [{"type": "track", "event": "Far away", "userId": f"u{n}"} for n in range(300)]
        assert collector.post("/v1/batch", {"batch": items})[0] == 200
        found = server.wait_for(300, seconds=90)
        assert found["Far away"] == 300
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(f"{collector.url}/account/login/")


def test_the_doctor_looks_at_nats(server):
    code, told = said(server, "doctor")
    assert "NATS 2." in told and "on 1 servers, writes reach the disk" in told
    assert code == 0
    assert json.loads(urllib.request.urlopen(f"{server.url}/health/live").read()) == {"status": "ok"}


def test_a_machine_that_could_lose_what_it_accepts_does_not_start(server, cluster):
    code, told = said(
        server, "serve", "--role", "collector", "--port", str(servers.free_port()),
        CADENZA_DATABASE_URL=database_url(server), CADENZA_INBOX_SYSTEM_URL="",
    )  # fmt: skip
    assert code == 1
    assert "CADENZA_INBOX_SYSTEM_URL" in told and "CADENZA_INBOX_DEGRADED=1" in told
    assert "Traceback" not in told


def test_a_part_says_what_it_needs(server):
    reached = {"CADENZA_DATABASE_URL": database_url(server)}
    for role, settings, what in (
        ("pipeline", {}, "CADENZA_DATABASE_URL"),
        ("worker", reached, "CADENZA_CLICKHOUSE_URL"),
        ("web", reached, "CADENZA_CLICKHOUSE_URL"),
        ("pipeline", {**reached, "CADENZA_DATA": f"{server.data}/none"}, "master.key"),
    ):
        code, told = said(server, "serve", "--role", role, **settings)
        assert (code, what in told, "Traceback" in told) == (1, True, False), told
