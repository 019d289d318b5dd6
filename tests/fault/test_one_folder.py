"""One folder, one server: a second one ends with a message, and one that stood still for a while doubles nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator

import pytest

from tests import server as servers
from tests.fault.harness import CLIENTS, PER_BATCH, Clients, new_seed, publish, sized

pytestmark = pytest.mark.fault

STOPPED_SECONDS = sized(4, 60)
LOAD = f"{CLIENTS} clients, batches of {PER_BATCH}"


@pytest.fixture(scope="module")
def server() -> Iterator[servers.Server]:
    with servers.running() as found:
        yield found


def second(server: servers.Server) -> tuple[int, str]:
    """The end of another server on the same folder: its code and its last words."""
    told = servers.Server(server.data, servers.free_port())
    process = told.command("serve", "--port", str(told.port), stderr=subprocess.PIPE)
    _, said = process.communicate(timeout=120)
    return process.returncode, said.decode()


def still(server: servers.Server, word: str, how: signal.Signals) -> None:
    for number in servers.processes(server, word):
        os.kill(number, how)


def test_a_second_server_on_the_folder_ends_with_a_message(server):
    code, said = second(server)
    assert code == 1
    assert f"Another Cadenza (process {server.process.pid}) works on {server.data}" in said
    assert server.get("/health/live")[0] == 200


def test_a_server_that_stood_still_loses_and_doubles_nothing_and_nobody_takes_its_place(server):
    seed, refused = new_seed(), []

    def stop() -> None:
        time.sleep(2)
        still(server, "serve", signal.SIGSTOP)
        refused.append(second(server)[0])
        time.sleep(STOPPED_SECONDS)
        still(server, "serve", signal.SIGCONT)
        time.sleep(2)

    found = Clients(server, "Stood").under(stop).outcome()
    publish("server stopped", seed, load=LOAD, faults=f"SIGSTOP, {STOPPED_SECONDS} s, SIGCONT",
            expected={"lost": 0, "doubled": 0, "second_server": "refused"},
            observed=found | {"second_server": refused})  # fmt: skip
    assert (found["lost"], found["doubled"], refused) == (0, 0, [1])


def test_a_pipeline_that_stood_still_while_another_went_on_doubles_nothing(server):
    seed = new_seed()
    others = []

    def stop() -> None:
        time.sleep(1)
        first = servers.processes(server, "pipeline")
        others.append(server.command("pipeline", str(os.getpid())))
        time.sleep(3)
        for number in first:
            os.kill(number, signal.SIGSTOP)
        time.sleep(STOPPED_SECONDS)
        for number in first:
            os.kill(number, signal.SIGCONT)
        time.sleep(2)

    try:
        found = Clients(server, "Beside").under(stop).outcome()
    finally:
        for one in others:
            one.terminate()
            one.wait(60)
    publish("pipeline stopped", seed, load=LOAD, faults=f"two pipelines, one SIGSTOP for {STOPPED_SECONDS} s",
            expected={"lost": 0, "doubled": 0}, observed=found)  # fmt: skip
    assert (found["lost"], found["doubled"]) == (0, 0)
