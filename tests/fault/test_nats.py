"""What was accepted over NATS is there once, though its servers, and the pipelines that read it, die under load."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from cadenza.base.postgres import server as postgres
from tests import nats_cluster
from tests import server as servers
from tests.fault.harness import CLIENTS, PER_BATCH, Clients, new_seed, publish, sized

pytestmark = pytest.mark.fault

NODE_LOSSES = sized(2, 30)
LOSS_SECONDS = 10.0
AWAY_SECONDS = 3.0
PIPELINE_LOSSES = sized(6, 40)
PAUSE_SECONDS = 16.0  # longer than PostgreSQL lets a silent pipeline hold a partition
STALLED_SECONDS = 60
RATE = 1000


@pytest.fixture(scope="module")
def cluster() -> Iterator[nats_cluster.Cluster]:
    with nats_cluster.running(3) as found:
        yield found


@pytest.fixture(scope="module")
def server(cluster: nats_cluster.Cluster) -> Iterator[servers.Server]:
    with servers.running(CADENZA_INBOX_URL=cluster.url, CADENZA_INBOX_SYSTEM_URL=cluster.system_url) as found:
        yield found


def start_pipeline(server: servers.Server) -> subprocess.Popen[bytes]:
    """One more machine that carries out, as far as PostgreSQL can tell."""
    url = postgres.address(server.data).url(postgres.APP)
    return server.command("serve", "--role", "pipeline", CADENZA_DATABASE_URL=url)


@contextmanager
def pipelines(server: servers.Server, count: int) -> Iterator[list[subprocess.Popen[bytes]]]:
    """So many pipelines of their own beside the server's."""
    found = [start_pipeline(server) for _ in range(count)]
    try:
        yield found
    finally:
        for process in found:
            process.kill()
            process.wait()


def stored_in_time(server: servers.Server, clients: Clients) -> int:
    """How many events there are, once there are enough, or no more come."""
    stored, since = 0, time.monotonic()
    while stored < clients.accepted and time.monotonic() - since < STALLED_SECONDS:
        time.sleep(0.1)
        if (now := server.counted().get(clients.event, 0)) > stored:
            stored, since = now, time.monotonic()
    time.sleep(1)  # a double would come late
    return server.counted().get(clients.event, 0)


@dataclass(frozen=True)
class Load:
    """What was sent under faults."""

    clients: Clients
    seconds: float

    def told(self) -> dict[str, object]:
        return {
            "clients": CLIENTS,
            "events_a_batch": PER_BATCH,
            "seconds": round(self.seconds, 1),
            "answers": dict(self.clients.answers),
        }


def outcome(name: str, server: servers.Server, sent: Load, seed: int, faults: object) -> dict[str, int]:
    """What came of it, published as one JSON line."""
    accepted, stored = sent.clients.accepted, stored_in_time(server, sent.clients)
    lost, doubled = max(0, accepted - stored), max(0, stored - accepted)
    observed = {"accepted": accepted, "stored": stored, "lost": lost, "doubled": doubled}
    expected = {"lost": 0, "doubled": 0}
    publish(name, seed, load=sent.told(), faults=faults, expected=expected, observed=observed)
    return observed


def under(server: servers.Server, event: str, faults: Callable[[], None]) -> Load:
    """Send while something goes wrong, no faster than pipelines on the same two cores can follow."""
    began = time.monotonic()
    clients = Clients(server, event, rate=RATE).under(faults)
    return Load(clients, time.monotonic() - began)


def test_one_of_three_nodes_is_lost_again_and_again(server, cluster):
    seed = new_seed()
    chance = random.Random(seed)

    def lose() -> None:
        for _ in range(NODE_LOSSES):
            began = time.monotonic()
            node = chance.choice(cluster.nodes)
            time.sleep(chance.uniform(0, 1))
            node.kill()
            time.sleep(AWAY_SECONDS)
            node.start()
            cluster.wait()  # a second one lost meanwhile would leave no majority
            time.sleep(max(0.0, LOSS_SECONDS - (time.monotonic() - began)))
        for node in cluster.nodes:
            node.kill()
        for node in cluster.nodes:
            node.start()
        cluster.wait()

    with pipelines(server, 1):
        sent = under(server, "Node lost", lose)
        found = outcome(
            "nats_node_loss", server, sent, seed, {"node_killed": NODE_LOSSES, "all_killed_at_once": 1}
        )
    assert (found["lost"], found["doubled"]) == (0, 0)
    assert found["accepted"] > 0
    assert set(sent.clients.answers) <= {200, 429, 503}


def test_without_a_majority_it_says_503_and_goes_on_by_itself_afterwards(server, cluster):
    left = next(node for node in cluster.nodes if node.leads())  # it still answers, and knows every id
    for node in cluster.nodes:
        if node is not left:
            node.kill()
    item = {"type": "track", "event": "No majority", "userId": "u", "messageId": "no-majority"}
    try:
        refuses(server, item)
    finally:
        for node in cluster.nodes:
            if node is not left:
                node.start()
        cluster.wait()
    until = time.monotonic() + 30
    while server.post("/v1/track", item)[0] != 200:
        assert time.monotonic() < until, "the door did not find its way back"
    while server.counted().get("No majority", 0) < 1 and time.monotonic() < until:
        time.sleep(0.1)
    assert server.counted()["No majority"] == 1


def refuses(server: servers.Server, item: dict[str, str]) -> None:
    """Whether the door says that it cannot take this now, and when to come again."""
    asked = urllib.request.Request(
        f"{server.url}/v1/track",
        data=json.dumps(item).encode(),
        headers={"Authorization": f"Bearer {server.write_key}", "Content-Type": "application/json"},
    )
    with pytest.raises(urllib.error.HTTPError) as refusal:
        urllib.request.urlopen(asked, timeout=30)
    assert refusal.value.code == 503
    assert int(refusal.value.headers["Retry-After"]) > 0


def test_pipelines_die_and_one_sleeps_while_others_take_over(server):
    seed = new_seed()
    chance = random.Random(seed)
    [own] = children(server)

    with pipelines(server, 2) as beside:

        def fault() -> None:
            time.sleep(3)  # until all are at work
            os.kill(own, signal.SIGSTOP)
            asleep = time.monotonic()
            for _ in range(PIPELINE_LOSSES):
                time.sleep(chance.uniform(0.5, 2.5))
                victim = chance.randrange(len(beside))
                beside[victim].kill()
                beside[victim].wait()
                beside[victim] = start_pipeline(server)
            time.sleep(max(0.0, PAUSE_SECONDS - (time.monotonic() - asleep)))

        sent = under(server, "Pipeline lost", fault)
        before_it_woke = stored_in_time(server, sent.clients)
        os.kill(own, signal.SIGCONT)
        time.sleep(2)
        faults = {"pipeline_killed": PIPELINE_LOSSES, "pipeline_paused": 1}
        found = outcome("nats_pipeline_loss", server, sent, seed, faults)
    assert before_it_woke == found["accepted"]
    assert (found["lost"], found["doubled"]) == (0, 0)


def children(server: servers.Server) -> list[int]:
    """The server's own pipeline."""
    assert server.process
    pid = server.process.pid
    found = Path(f"/proc/{pid}/task").glob("*/children")
    known = [int(child) for file in found for child in file.read_text().split()]
    return [
        child for child in known if b"pipeline" in Path(f"/proc/{child}/cmdline").read_bytes().split(b"\0")
    ]
