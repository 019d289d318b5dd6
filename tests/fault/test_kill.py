"""What was accepted is there once, though the server is killed and its database restarted again and again."""

from __future__ import annotations

import random
import subprocess
import time
from collections.abc import Iterator

import pytest

from cadenza.base.postgres.server import _servant, binaries
from tests import server as servers
from tests.fault.harness import CLIENTS, PER_BATCH, Clients, Watcher, new_seed, publish, sized

pytestmark = pytest.mark.fault

KILLS = sized(8, 45)
RESTARTS = sized(3, 12)
RESTART_EVERY = sized(1.5, 20.0)
LOAD = f"{CLIENTS} clients, batches of {PER_BATCH}"


@pytest.fixture(scope="module")
def server() -> Iterator[servers.Server]:
    with servers.running() as found:
        yield found


def test_killed_at_random_nothing_accepted_is_lost_and_nothing_doubled(server):
    seed = new_seed()
    chance = random.Random(seed)
    downs = []

    def kill() -> None:
        for _ in range(KILLS):
            time.sleep(chance.uniform(0.2, 1.2))
            server.kill()
            began = time.monotonic()
            server.start()
            downs.append(time.monotonic() - began)

    clients = Clients(server, "Killed", bad=1).under(kill)
    found = clients.outcome() | {"slowest_start": round(max(downs), 2)}
    found["rejected"] = rejected(server)
    publish("server killed", seed, load=LOAD + " and one bad item in each", faults=f"{KILLS} × kill -9",
            expected={"lost": 0, "doubled": 0, "rejected": clients.rejected}, observed=found)  # fmt: skip
    assert (found["lost"], found["doubled"], found["rejected"]) == (0, 0, clients.rejected)
    assert found["accepted"] > 0
    assert no_orphans(server), "a pipeline outlived the server that started it"


def rejected(server: servers.Server) -> int:
    """How many rejected items are kept: one of every accepted batch, never one of a batch tried in vain."""
    with servers.truth(server) as connection:
        return connection.execute("select count(*) from ingest_rejectedevent").fetchone()[0]


def no_orphans(server: servers.Server) -> bool:
    """Whether each process on this folder belongs to the server that runs now."""
    until = time.monotonic() + 10
    while len(pipelines := servers.processes(server, "pipeline")) > 2 and time.monotonic() < until:
        time.sleep(0.2)
    return len(pipelines) == 2


def test_a_restart_of_the_database_loses_nothing_and_shows_as_waiting_or_503(server):
    seed = new_seed()

    def restart() -> None:
        for _ in range(RESTARTS):
            time.sleep(RESTART_EVERY)
            restart_database(server)
        time.sleep(1.5)

    with Watcher(lambda: server.get("/api/v1/events/names")[0], 0.02) as pages:
        clients = Clients(server, "Restarted").under(restart)
    found = clients.outcome() | {
        "pages": dict(pages.answers),
        "without_retry_after": clients.without_retry_after,
    }
    publish("database restarted", seed, load=LOAD, faults=f"{RESTARTS} × pg_ctl restart -m immediate",
            expected={"lost": 0, "doubled": 0, "answers": "200 or 503 with Retry-After"}, observed=found)  # fmt: skip
    assert (found["lost"], found["doubled"]) == (0, 0)
    assert set(clients.answers) <= {200, 503}
    assert clients.without_retry_after == 0
    assert set(pages.answers) <= {200, 503}


def restart_database(server: servers.Server) -> None:
    """As a fault of the machine would: without a goodbye to those connected."""
    command = [str(binaries() / "pg_ctl"), "-D", str(server.data / "postgres"), "-m", "immediate", "-w",
               "-l", str(server.data / "postgres" / "server.log"), "restart"]  # fmt: skip
    if user := _servant():
        reach = ["--inh-caps=+dac_override", "--ambient-caps=+dac_override"]
        command = [
            "setpriv",
            f"--reuid={user.pw_uid}",
            f"--regid={user.pw_gid}",
            "--clear-groups",
            *reach,
            *command,
        ]
    subprocess.run(
        command,
        check=True,
        stdout=subprocess.DEVNULL,
        stdin=subprocess.DEVNULL,
        cwd="/",
        start_new_session=True,
    )
