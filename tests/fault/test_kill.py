"""What was accepted is there once, though the server is killed and its database restarted again and again."""

from __future__ import annotations

import http.client
import json
import random
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

from cadenza.base.postgres.server import _servant, binaries
from tests import server as servers

pytestmark = pytest.mark.fault

CLIENTS = 6
PER_BATCH = 20
KILLS = 8
RESTARTS = 3


@dataclass
class Clients:
    """Threads that send batches of events, each again under the same ids until it is accepted, with pauses between."""

    server: servers.Server
    event: str
    pause: float = 0.0
    accepted: int = 0
    answers: dict[int, int] = field(default_factory=dict)
    stopping: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def work(self, client: int) -> None:
        number = 0
        while not self.stopping.is_set():
            self._send(f"c{client}-{number}")
            number += 1
            time.sleep(self.pause)

    def _send(self, name: str) -> None:
        batch = [
            {
                "type": "track",
                "event": self.event,
                "userId": f"{name}-{n}",
                "messageId": f"{self.event}-{name}-{n}",
            }
            for n in range(PER_BATCH)
        ]
        while True:  # to the end, also when it is time to stop: what was tried must become known
            status = self._try(batch)
            with self.lock:
                self.answers[status] = self.answers.get(status, 0) + 1
                if status == 200:
                    self.accepted += PER_BATCH
                    return
            time.sleep(0.05)

    def _try(self, batch: list[dict[str, str]]) -> int:
        try:
            return self.server.post("/v1/batch", {"batch": batch})[0]
        except (OSError, http.client.HTTPException, ValueError):
            return 0  # nobody answered: it may have been stored or not


def load(server: servers.Server, event: str, faults: Callable[[], None], pause: float = 0.0) -> Clients:
    """Clients at work while something goes wrong."""
    clients = Clients(server, event, pause)
    threads = [threading.Thread(target=clients.work, args=(n,)) for n in range(CLIENTS)]
    for one in threads:
        one.start()
    try:
        faults()
    finally:
        clients.stopping.set()
        for one in threads:
            one.join(60)
    return clients


@pytest.fixture(scope="module")
def server() -> Iterator[servers.Server]:
    with servers.running() as found:
        yield found


def outcome(name: str, server: servers.Server, clients: Clients, **more: object) -> dict[str, object]:
    """What came of it, printed as one JSON line."""
    until = time.monotonic() + 60
    while (stored := server.counted().get(clients.event, 0)) < clients.accepted and time.monotonic() < until:
        time.sleep(0.1)
    time.sleep(1)  # a double would come late
    stored = server.counted().get(clients.event, 0)
    found = {
        "name": name, "accepted": clients.accepted, "stored": stored, "lost": max(0, clients.accepted - stored),
        "doubled": max(0, stored - clients.accepted), "answers": clients.answers,
    } | more  # fmt: skip
    print(json.dumps(found))
    return found


def test_killed_at_random_nothing_accepted_is_lost_and_nothing_doubled(server):
    seed = random.randrange(10**6)
    chance = random.Random(seed)
    downs = []

    def kill() -> None:
        for _ in range(KILLS):
            time.sleep(chance.uniform(0.2, 1.2))
            server.kill()
            began = time.monotonic()
            server.start()
            downs.append(time.monotonic() - began)

    clients = load(server, "Killed", kill)
    found = outcome("kill", server, clients, kills=KILLS, seed=seed, slowest_start=round(max(downs), 2))
    assert (found["lost"], found["doubled"]) == (0, 0)
    assert found["accepted"] > 0


def test_a_restart_of_the_database_loses_nothing_and_shows_as_waiting_or_503(server):
    pages: dict[int, int] = {}
    watching = threading.Event()

    def watch() -> None:
        while not watching.is_set():
            try:
                status = server.get("/api/v1/events/names")[0]
            except (OSError, ValueError):
                status = 500  # not even JSON
            pages[status] = pages.get(status, 0) + 1
            time.sleep(0.02)

    def restart() -> None:
        for _ in range(RESTARTS):
            time.sleep(1.5)
            restart_database(server)
        time.sleep(1.5)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        clients = load(server, "Restarted", restart)
    finally:
        watching.set()
        watcher.join(60)
    found = outcome("database restart", server, clients, restarts=RESTARTS, pages=pages)
    assert (found["lost"], found["doubled"]) == (0, 0)
    assert set(clients.answers) <= {200, 503}
    assert set(pages) <= {200, 503}


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
