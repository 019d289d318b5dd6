"""Who entered a segment and who left it is told once, though the server that follows them is killed again and again."""

from __future__ import annotations

import random
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests import server as servers
from tests.fault.harness import CLIENTS, PER_BATCH, Clients, new_seed, publish, sized

pytestmark = pytest.mark.fault

KILLS = sized(6, 40)
MOST_EACH = 4  # events of one person
PATIENCE_SECONDS = 90
SAMPLE = 25

TOLD = """
create table told (id bigint generated always as identity, segment uuid, profile bigint, entered bool);
grant insert on told to cadenza_app
"""
ONCE = {"did": "Passed"}
FEW = {"did": "Passed", "at_most": 2}  # who passes a third time leaves


@dataclass
class Passing(Clients):
    """Events of ever new people, one to four of each, mixed."""

    chance: random.Random = field(default_factory=random.Random)
    passed: Counter[str] = field(default_factory=Counter)

    def _event(self, name: str) -> dict[str, Any]:
        with self.lock:
            recent = [one for one in list(self.passed)[-200:] if self.passed[one] < MOST_EACH]
            who = self.chance.choice(recent) if recent and self.chance.random() < 0.5 else f"u{name}"
            self.passed[who] += 1
        return super()._event(name) | {"userId": who}


@pytest.fixture(scope="module")
def server() -> Iterator[servers.Server]:
    with servers.running() as found:
        with servers.truth(found) as connection:
            connection.execute(TOLD)
        found.stop()
        found.before = (sys.executable, "-m", "tests.fault.listening")
        found.start()
        yield found


def test_killed_at_random_who_came_and_went_is_told_once(server):
    seed = new_seed()
    chance = random.Random(seed)
    once, few = (_made(server, name, tree) for name, tree in (("Once", ONCE), ("Few", FEW)))

    def kill() -> None:
        for _ in range(KILLS):
            time.sleep(chance.uniform(0.5, 2.5))
            server.kill()
            server.start()
        time.sleep(2)

    clients = Passing(server, "Passed", rate=400, chance=random.Random(seed)).under(kill)
    stored = clients.outcome()
    _settled(server)
    with servers.truth(server) as connection:
        told = connection.execute("select segment, profile, entered from told order by id").fetchall()
        moved = connection.execute(
            "select segment_id, profile_id, entered from segments_transition order by id"
        ).fetchall()
    wrong = [
        key for key, moves in _by_person(told).items() if moves != [n % 2 == 0 for n in range(len(moves))]
    ]
    rarely = {who for who, times in clients.passed.items() if times <= 2}
    found = {
        "lost": stored["lost"], "doubled": stored["doubled"], "told": len(told), "told_twice": len(wrong),
        "once": server.get(f"/api/v1/segments/{once}")[1]["count"],
        "few": server.get(f"/api/v1/segments/{few}")[1]["count"],
    }  # fmt: skip
    expected = {
        "lost": 0, "doubled": 0, "told": len(moved), "told_twice": 0, "once": len(clients.passed), "few": len(rarely),
    }  # fmt: skip
    publish("segments followed", seed, load=f"{CLIENTS} clients, batches of {PER_BATCH}, {len(clients.passed)} people",
            faults=f"{KILLS} × kill -9", expected=expected, observed=found)  # fmt: skip
    assert found == expected
    assert _by_person(told) == _by_person(moved)
    assert [len(moves) for (segment, _), moves in _by_person(told).items() if str(segment) == once] == [
        1 for _ in clients.passed
    ]
    for who in chance.sample(sorted(clients.passed), min(SAMPLE, len(clients.passed))):
        asked = server.get(f"/api/v1/segments/{few}/member?kind=external_id&value={who}")[1]
        assert asked["member"] is (who in rarely), who


def _made(server: servers.Server, name: str, tree: dict[str, Any]) -> str:
    status, made = server.post("/api/v1/segments", {"name": name, "tree": tree}, server.secret_key)
    assert status == 201
    assert server.post(f"/api/v1/segments/{made['id']}/refresh", {}, server.secret_key)[0] == 200
    return str(made["id"])


def _settled(server: servers.Server) -> None:
    """Wait until nobody waits to be looked at."""
    until = time.monotonic() + PATIENCE_SECONDS
    with servers.truth(server) as connection:
        while time.monotonic() < until:
            if not connection.execute("select count(*) from segments_touched where taken is null").fetchone()[
                0
            ]:
                return
            time.sleep(0.3)
    raise AssertionError("people still wait to be looked at")


def _by_person(rows: list[tuple[Any, ...]]) -> dict[tuple[str, int], list[bool]]:
    found: dict[tuple[str, int], list[bool]] = defaultdict(list)
    for segment, profile, entered in rows:
        found[str(segment), profile].append(entered)
    return found
