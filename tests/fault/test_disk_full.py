"""On a full disk the server refuses honestly, loses nothing accepted, and goes on by itself once there is space."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator

import pytest

from tests import server as servers
from tests.fault.harness import Clients, Watcher, new_seed, publish, sized
from tests.fault.small_disk import MEGABYTE, SmallDisk

pytestmark = pytest.mark.fault

DISK_MEGABYTES = 1500
ROUNDS = sized(2, 20)
FULL_SECONDS = sized(5, 20)
AGAIN_SECONDS = 60.0
LEAVES = (
    0,
    1,
    4,
    12,
    30,
)  # megabytes: the first to find no space is the log, a table, the event store, a temporary file


@pytest.fixture(scope="module")
def disk() -> Iterator[SmallDisk]:
    found = SmallDisk(DISK_MEGABYTES)
    if not found.works:
        found.close()
        pytest.skip("a small disk cannot be mounted here: it takes root and `unshare --mount`")
    yield found
    found.close()


@pytest.fixture(scope="module")
def server(disk: SmallDisk) -> Iterator[servers.Server]:
    running = servers.Server(disk.here, servers.free_port(), before=disk.inside)
    try:
        running.start()
        running.make_keys()
        yield running
    finally:
        disk.empty()
        running.stop()


def test_on_a_full_disk_nothing_accepted_is_lost_and_accepting_resumes_by_itself(disk, server):
    seed = new_seed()
    chance = random.Random(seed)
    resumed: list[float] = []

    def fill() -> None:
        for _ in range(ROUNDS):
            time.sleep(chance.uniform(1, 2))
            disk.fill(but=chance.choice(LEAVES) * MEGABYTE)
            until = time.monotonic() + FULL_SECONDS
            while time.monotonic() < until:  # what the database gives back is taken too
                disk.fill(but=0)
                time.sleep(0.3)
            disk.empty()
            resumed.append(resumes(clients))

    clients = Clients(server, "Full", properties={"filler": "x" * 400})
    with Watcher(lambda: server.get("/health/live")[0]) as health:
        clients.under(fill)
    found = clients.outcome(120) | {"resumed_seconds": resumed, "health": dict(health.answers),
                                    "without_retry_after": clients.without_retry_after}  # fmt: skip
    publish("disk full", seed, load="6 clients", faults=f"{ROUNDS} × no space left for {FULL_SECONDS} s",
            observed=found,
            expected={"lost": 0, "doubled": 0, "answers": "200, or 503 or 507 with Retry-After"})  # fmt: skip
    assert (found["lost"], found["doubled"]) == (0, 0)
    assert set(clients.answers) <= {200, 503, 507}
    assert clients.answers[503] + clients.answers[507] > 0, "the disk was never full"
    assert clients.without_retry_after == 0
    assert server.process and server.process.poll() is None


def resumes(clients: Clients) -> float:
    """Seconds until something is accepted again."""
    began, before = time.monotonic(), clients.accepted
    while clients.accepted == before and time.monotonic() - began < AGAIN_SECONDS:
        time.sleep(0.1)
    assert clients.accepted > before, "nothing is accepted although there is space again"
    return round(time.monotonic() - began, 1)
