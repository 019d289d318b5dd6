"""Segment's own clients, unmodified, against the real server; and what the door says to bad input."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.server import Server, running

CLIENTS = Path(__file__).parent.parent / "clients"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with running() as one:
        yield one


def test_the_python_client_delivers(server):
    from segment.analytics.client import Client

    failed = []
    client = Client(server.write_key, host=server.url, on_error=lambda error, items: failed.append(error))
    client.identify("py-1", {"email": "py@example.com", "firstName": "Pia"})
    for index in range(150):
        client.track("py-1", "Article Read", {"index": index})
    client.page(None, None, "Home", anonymous_id="py-visitor")
    client.group("py-1", "team")
    client.shutdown()
    assert failed == []
    found = _until(server, "Article Read", 150)
    assert found["Article Read"] == 150
    status, person = server.post(
        "/api/v1/people/find", {"kind": "email", "value": "py@example.com"}, server.secret_key
    )
    assert (status, person["first_name"]) == (200, "Pia")


@pytest.mark.skipif(not shutil.which("node"), reason="Node is not installed")
@pytest.mark.skipif(not (CLIENTS / "node_modules").exists(), reason="run `npm ci` in tests/clients first")
def test_the_node_client_delivers(server):
    done = subprocess.run(
        ["node", "send.mjs", server.url, server.write_key], cwd=CLIENTS, capture_output=True, timeout=60
    )
    assert done.returncode == 0, done.stderr.decode()
    assert _until(server, "Product Viewed", 25)["Product Viewed"] == 25
    status, person = server.post(
        "/api/v1/people/find", {"kind": "external_id", "value": "node-1"}, server.secret_key
    )
    assert (status, person["email"]) == (200, "node@example.com")


def _until(server: Server, name: str, count: int) -> dict[str, int]:
    until = time.monotonic() + 20
    while (found := server.counted()).get(name, 0) < count and time.monotonic() < until:
        time.sleep(0.1)
    return found


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        (b"{", 400, "cannot be read"),
        (b'{"batch": 5}', 400, "cannot be read"),
        (b"\xff\xfe", 400, "cannot be read"),
        (b'{"batch": [' + b'{"a":1},' * 2600 + b'{"a":1}]}', 413, "at most 2500"),
        (b'{"batch": ["' + b"x" * 520_000 + b'"]}', 413, "512000 bytes"),
        (b"[" * 100_000, 400, "cannot be read"),
    ],
    ids=["cut off", "no list", "not UTF-8", "too many", "too large", "too deep"],
)
def test_a_malformed_batch_is_refused_with_the_way_out(server, body, status, words):
    answered, problem = server.post("/v1/batch", body)
    assert (answered, words in problem["detail"], bool(problem["hint"])) == (status, True, True)


def test_good_events_of_a_bad_batch_go_in_and_bad_ones_are_kept(server):
    deep: dict = {}
    inner = deep
    for _ in range(20):
        inner["a"] = inner = {}
    bad = [
        7,
        {"type": "track", "event": "X"},
        {"type": "unknown", "userId": "u"},
        {"type": "track", "userId": "u"},
        {"type": "track", "userId": "u", "event": "Big", "properties": {"a": "x" * 40_000}},
        {"type": "track", "userId": "u", "event": "Deep", "properties": deep},
        {"type": "track", "userId": "u", "event": "Future", "timestamp": "2999-01-01T00:00:00Z"},
        {"type": "track", "userId": "u", "event": "When", "timestamp": "yesterday"},
    ]
    good = {"type": "track", "userId": "u", "event": "Good Among Bad"}
    status, told = server.post("/v1/batch", {"batch": [*bad, good]})
    codes = [one["code"] for one in told["rejected"]]
    assert (status, told["accepted"]) == (200, 1)
    assert codes == [
        "not_an_object",
        "no_id",
        "unknown_type",
        "no_event_name",
        "too_large",
        "too_deep",
        "far_future",
        "bad_time",
    ]
    assert _until(server, "Good Among Bad", 1)["Good Among Bad"] == 1


def test_a_single_bad_event_says_what_is_wrong_and_where(server):
    status, problem = server.post("/v1/track", {"event": "X"})
    assert (status, problem["code"], problem["at"]) == (422, "no_id", "userId")


@pytest.mark.parametrize("key", ["", "cw_wrong", "cs_wrong"])
def test_a_wrong_key_is_refused(server, key):
    status, problem = server.post("/v1/track", {"userId": "u", "event": "X"}, key=key or "none")
    assert (status, bool(problem["hint"])) == (401, True)


def test_a_write_key_cannot_read(server):
    assert server.get("/api/v1/people/", key=server.write_key)[0] == 401


def test_what_was_accepted_survives_a_kill(server):
    for index in range(20):
        batch = [
            {"type": "track", "userId": "u", "event": "Before The Kill", "messageId": f"kill-{index}-{i}"}
            for i in range(50)
        ]
        assert server.post("/v1/batch", {"batch": batch})[0] == 200
    server.kill()
    server.start()
    assert _until(server, "Before The Kill", 1000)["Before The Kill"] == 1000


def test_a_second_server_on_one_folder_ends_with_a_clear_message(server):
    process = server.command("serve", "--port", "0")
    process.communicate(timeout=30)
    assert process.returncode == 1
