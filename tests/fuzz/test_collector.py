"""No input to the tracking API ends in a 5xx or a hang, and none chokes the pipeline."""

from __future__ import annotations

import json

from hypothesis import strategies as st

from tests.fuzz import hostile
from tests.fuzz.asking import Asker, faults, memory, sized, try_all

INPUTS = 60_000
PATHS = ("batch", "import", "track", "identify", "page", "screen", "group", "alias", "b", "t", "i", "p", "a", "g", "s",
         "batch/", "nowhere", "track/../batch", "%00", "")  # fmt: skip
METHODS = ("POST",) * 12 + ("GET", "OPTIONS", "PUT", "DELETE")


def test_no_input_to_the_collector_ends_badly(server):
    asker = Asker(server)
    before = memory(server)

    def check(told: tuple[str, str, tuple[dict[str, str], bytes]]) -> None:
        method, path, (headers, body) = told
        known = {"Content-Type": "application/json", "Authorization": f"Bearer {server.write_key}"}
        asker.ask(method, f"/v1/{path}", known | headers, body)

    strategy = st.tuples(st.sampled_from(METHODS), st.sampled_from(PATHS), hostile.requests())
    try_all(strategy, INPUTS, check)
    assert faults(server) == []
    told = {
        "inputs": sized(INPUTS),
        "answers": dict(asker.answers),
        "megabytes_more": memory(server) - before,
    }
    print(json.dumps({"name": "fuzz.collector", **told}))
    assert asker.answers[200] > sized(INPUTS) / 50, (
        "hardly anything was taken in: the inputs test the door's lock alone"
    )


def test_events_that_pass_the_door_pass_the_pipeline(server):
    """Mostly well-formed events, so that what is odd in them reaches every step."""
    asker = Asker(server)

    def check(batch: list[dict[str, object]]) -> None:
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {server.write_key}"}
        asker.ask("POST", "/v1/batch", headers, hostile.written({"batch": batch}))

    try_all(st.lists(hostile.fine_events(), min_size=1, max_size=20), 5_000, check)
    assert faults(server) == []
