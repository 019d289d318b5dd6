"""ClickHouse may be away, or hang up in the middle of an insert: all else goes on, and it catches up exactly once."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import server as servers
from tests.fault import event_store
from tests.fault.harness import PER_BATCH, Clients, Watcher, new_seed, publish, sized
from tests.fault.pages import Pages

pytestmark = pytest.mark.fault

AWAY_SECONDS = sized(15, 600)
RATE = 500
CUTS = sized(30, 1000)
IN_A_ROW = 3  # the driver tries again once by itself, with the same token; after that the product does
CONSENTS = """external_id,email,topic,state,at
{number},away{number}@shop.example,newsletter,given,2026-05-01
"""


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[event_store.ClickHouse]:
    running = event_store.ClickHouse(tmp_path_factory.mktemp("clickhouse") / "store")
    running.start()
    yield running
    running.kill()


@pytest.fixture(scope="module")
def line(store: event_store.ClickHouse) -> event_store.Line:
    running = event_store.Line(store.port)
    running.start()
    return running


@pytest.fixture(scope="module")
def server(line: event_store.Line) -> Iterator[servers.Server]:
    with servers.running(CADENZA_CLICKHOUSE_URL=f"http://127.0.0.1:{line.port}") as found:
        yield found


def exactly(
    store: event_store.ClickHouse, server: servers.Server, event: str, seconds: float
) -> dict[str, object]:
    """Wait until the backlog is gone; how the rows of the event store compare with the log of accepted requests."""
    began = time.monotonic()
    while backlog(server) and time.monotonic() - began < seconds:
        time.sleep(0.2)
    drained = round(time.monotonic() - began, 1)
    log, held = event_store.told(server, event), event_store.stored(store, event)
    ids = {number for number, _ in held}
    return {
        "log": len(log), "stored": len(held), "lost": len(log.keys() - ids), "doubled": len(held) - len(ids),
        "same_hash": event_store.hash_sum(log.values()) == event_store.hash_sum(found for _, found in held),
        "backlog": backlog(server), "drained_seconds": drained,
    }  # fmt: skip


def backlog(server: servers.Server) -> int:
    """How many requests and batches of rows wait."""
    with servers.truth(server) as connection:
        asked = (
            "select (select count(*) from inbox_arrival where done_at is null)"
            " + (select count(*) from projection_batch)"
        )
        return int(connection.execute(asked).fetchone()[0])


def test_while_clickhouse_is_away_everything_else_goes_on_and_it_catches_up_exactly(store, server, tmp_path):
    seed, pages = new_seed(), Pages(server)
    server.post("/v1/identify", {"userId": "reader", "traits": {"firstName": "Ann"}, "messageId": "reader"})
    server.wait_for(0)
    person = f"/people/{known(server, 'reader')}/"

    def away() -> None:
        time.sleep(2)
        store.kill()
        agree(server, tmp_path, 1)
        time.sleep(AWAY_SECONDS)
        assert "the event store does not answer" in pages.read(person)
        store.start()
        time.sleep(2)

    with Watcher(lambda: pages.status(person)) as card, Watcher(lambda: pages.status("/people/")) as people:
        clients = Clients(server, "Away", rate=RATE).under(away)
    found = {"accepted": clients.accepted, "answers": dict(clients.answers), "person_pages": dict(card.answers),
             "people_pages": dict(people.answers), "slowest_page": round(card.slowest, 2), "consents": consents(server),
             **exactly(store, server, "Away", AWAY_SECONDS / 2 + 30)}  # fmt: skip
    publish("clickhouse away", seed, load=f"{RATE} events/s in batches of {PER_BATCH}",
            faults=f"kill -9 of ClickHouse, {AWAY_SECONDS} s away", observed=found,
            expected={"lost": 0, "doubled": 0, "same_hash": True, "backlog": 0, "answers": "only 200"})  # fmt: skip
    assert set(clients.answers) == {200}
    assert set(card.answers) == set(people.answers) == {200}
    assert found["consents"] == 1
    assert (found["lost"], found["doubled"], found["same_hash"], found["backlog"]) == (0, 0, True, 0)
    assert found["log"] == clients.accepted > RATE * AWAY_SECONDS * 0.9


def known(server: servers.Server, external: str) -> int:
    """The number of a person, once it is known."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        status, person = server.get(f"/api/v1/people/by/external_id/?value={external}")
        if status == 200:
            return int(person["id"])
        time.sleep(0.1)
    raise AssertionError(f"{external} never became known")


def agree(server: servers.Server, folder: Path, number: int) -> None:
    """Somebody's consent comes in by file."""
    file, mapping = folder / "consents.csv", folder / "consents.toml"
    file.write_text(CONSENTS.format(number=number))
    mapping.write_text(
        'kind = "consents"\nname = "Consents"\nsource = "till"\n[basis]\nlegal = "consent"\nsource = "The till."\n'
        '[columns]\nexternal_id = "external_id"\nemail = "email"\ntopic = "topic"\nstate = "state"\nat = "at"\n'
        '[constants]\nwording = "Yes, write to me."\n'
    )
    server.say("import", "consents", str(file), "--map", str(mapping))


def consents(server: servers.Server) -> int:
    """How many consents the ledger holds."""
    with servers.truth(server) as connection:
        return int(connection.execute("select count(*) from consent_entry").fetchone()[0])


def test_a_server_that_starts_while_clickhouse_is_away_takes_in_and_catches_up(store, server):
    seed = new_seed()

    def restart() -> None:
        store.kill()
        server.kill()
        server.start()
        time.sleep(3)
        store.start()

    clients = Clients(server, "Started", rate=RATE).under(restart)
    found = {"accepted": clients.accepted, **exactly(store, server, "Started", 60)}
    publish("started without clickhouse", seed, load=f"{RATE} events/s", faults="both killed, the server started first",
            expected={"lost": 0, "doubled": 0, "same_hash": True, "backlog": 0}, observed=found)  # fmt: skip
    assert (found["lost"], found["doubled"], found["same_hash"], found["backlog"]) == (0, 0, True, 0)


def test_an_insert_whose_answer_is_lost_is_stored_once(store, server, line):
    seed = new_seed()

    def cut() -> None:
        until, before = time.monotonic() + CUTS * 2, line.cuts
        while line.cuts - before < CUTS and time.monotonic() < until:
            line.cut(IN_A_ROW)
            time.sleep(0.5)
        line.cut(0)

    clients = Clients(server, "Cut", rate=RATE).under(cut)
    found = {"accepted": clients.accepted, "cuts": line.cuts, **exactly(store, server, "Cut", 60)}
    publish("insert cut", seed, load=f"{RATE} events/s", faults=f"{line.cuts} answers to inserts lost",
            expected={"lost": 0, "doubled": 0, "same_hash": True, "backlog": 0}, observed=found)  # fmt: skip
    assert line.cuts >= CUTS
    assert (found["lost"], found["doubled"], found["same_hash"], found["backlog"]) == (0, 0, True, 0)
