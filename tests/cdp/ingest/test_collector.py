"""The door over ASGI: what it answers, and what it stores."""

from __future__ import annotations

import asyncio
import base64
import gzip
import zlib
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cadenza.base import clock, database, disk
from cadenza.base.config import config
from cadenza.base.inbox.port import Accepted
from cadenza.base.problem import TooMany
from cadenza.cdp.ingest import collector
from cadenza.cdp.ingest import service as ingest
from cadenza.cdp.ingest.collector import Collector
from cadenza.cdp.ingest.types import (
    LONGEST_AGENT,
    MOST_BATCH_BYTES,
    MOST_EVENT_BYTES,
    MOST_EVENTS,
    About,
    Policy,
)
from cadenza.trust.accounts import service as accounts
from tests.cdp.ingest.items import ANY, items

TRACK = {"userId": "u1", "event": "Searched"}


class Shelf:
    """A door that keeps what it is given in memory."""

    def __init__(self, full: bool = False) -> None:
        self.full, self.kept = full, []

    async def put(self, accepted: Accepted) -> None:
        if self.full:
            raise TooMany("Too much is arriving at once.")
        self.kept.append(accepted)


class Client:
    """Calls a collector as the server would."""

    def __init__(self, key: str, full: bool = False) -> None:
        self.shelf, self.key = Shelf(full), key
        self.collector = Collector(self.shelf)

    def call(
        self,
        path: str,
        body: Any = b"",
        method: str = "POST",
        headers: Any = None,
        whole: bool = True,
        client: Any = None,
    ) -> Any:
        """Status, headers and the answer's JSON."""
        raw = body if isinstance(body, bytes) else msgspec.json.encode(body)
        told = [(b"x-write-key", self.key.encode())] if headers is None else headers
        scope = {"type": "http", "method": method, "path": path, "headers": told, "client": client}
        parts = [{"type": "http.request", "body": raw[:100], "more_body": True}]
        parts.append({"type": "http.request", "body": raw[100:]} if whole else {"type": "http.disconnect"})
        sent: list[Any] = []

        async def receive() -> Any:
            return parts.pop(0)

        async def send(event: Any) -> None:
            sent.append(event)

        asyncio.run(self.collector(scope, receive, send))
        start, end = sent
        return (
            start["status"],
            dict(start["headers"]),
            msgspec.json.decode(end["body"]) if end["body"] else None,
        )

    def status(self, *args: Any, **kwargs: Any) -> int:
        return self.call(*args, **kwargs)[0]


@pytest.fixture
def key(workspace):
    with database.scope(workspace):
        return accounts.issue_key(workspace, "write", "shop")


@pytest.fixture
def client(key):
    return Client(key[1])


def test_an_event_is_stored_as_it_came(client, workspace):
    status, headers, told = client.call("/v1/track", TRACK)
    assert (status, told, headers[b"access-control-allow-origin"]) == (200, {"success": True}, b"*")
    [kept] = client.shelf.kept
    assert (kept.workspace, kept.kind, kept.flaws, msgspec.json.decode(kept.payload)) == (
        workspace,
        "track",
        None,
        TRACK,
    )


def test_short_paths_and_a_slash_at_the_end(client):
    assert [client.status(path, TRACK) for path in ("/v1/t", "/v1/i/", "/v1/p", "/v1/s")] == [200] * 4
    assert [one.kind for one in client.shelf.kept] == ["track", "identify", "page", "screen"]


def test_good_items_of_a_bad_batch_go_in_and_the_others_are_named(client):
    batch = [
        TRACK | {"type": "track"},
        {"type": "tack"},
        7,
        TRACK | {"type": "track", "properties": {"x": "y" * 33_000}},
    ]
    status, _, told = client.call("/v1/batch", {"batch": batch})
    assert (status, told["accepted"]) == (200, 1)
    assert [(one["index"], one["code"]) for one in told["rejected"]] == [
        (1, "unknown_type"), (2, "not_an_object"), (3, "too_large")
    ]  # fmt: skip
    assert len(msgspec.json.decode(client.shelf.kept[0].flaws)) == 3


def test_a_bad_single_event_is_kept_and_refused_with_its_place(client):
    status, _, told = client.call("/v1/track", {"userId": "u1"})
    assert (status, told["code"], told["at"]) == (422, "no_event_name", "event")
    assert client.shelf.kept[0].flaws


@pytest.mark.parametrize(
    "how",
    [
        lambda key: ([(b"authorization", b"Basic " + base64.b64encode(f"{key}:".encode()))], {}),
        lambda key: ([(b"authorization", b"basic " + base64.b64encode(key.encode()))], {}),
        lambda key: ([(b"authorization", f"Bearer {key}".encode())], {}),
        lambda key: ([(b"x-write-key", key.encode())], {}),
        lambda key: ([], {"writeKey": key}),
    ],
)
def test_a_key_may_stand_in_a_header_or_in_the_body(client, how):
    headers, inside = how(client.key)
    assert client.status("/v1/track", TRACK | inside, headers=headers) == 200
    assert client.status("/v1/batch", {"batch": []} | inside, headers=headers) == 200


@pytest.mark.parametrize(
    "headers",
    [[], [(b"x-write-key", b"no")], [(b"authorization", b"Basic \xff\xfe")], [(b"authorization", b"Basic !!")],
     [(b"authorization", b"")], [(b"authorization", b"Basic " + base64.b64encode(b"\xff"))],
     [(b"x-write-key", b"\xff\x00")]],
)  # fmt: skip
def test_without_a_key_nothing_is_stored(client, headers):
    status, told, _ = client.call("/v1/track", TRACK, headers=headers)
    assert (status, b"www-authenticate" in told, client.shelf.kept) == (401, True, [])


def test_a_revoked_key_ends_within_five_seconds(client, key, workspace):
    with clock.fixed(clock.now()) as fixed:
        assert client.status("/v1/track", TRACK) == 200
        with database.scope(workspace):
            accounts.revoke_key(workspace, key[0].id)
        fixed.move(seconds=5.1)
        assert client.status("/v1/track", TRACK) == 401


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH"])
def test_other_methods_and_paths_are_refused(client, method):
    assert client.status("/v1/track", TRACK, method=method) == 400
    assert client.status(f"/v1/{method}", TRACK) == 400
    assert client.status("/v1/track/more", TRACK) == 400
    assert client.shelf.kept == []


def test_a_browser_may_ask_first(client):
    status, headers, _ = client.call(
        "/v1/track", method="OPTIONS", headers=[(b"origin", b"https://shop.example")]
    )
    assert (status, headers[b"access-control-allow-methods"]) == (204, b"POST")
    assert b"authorization" in headers[b"access-control-allow-headers"]


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/v1/track", b"", 400), ("/v1/track", b"{", 400), ("/v1/track", b"[]", 400),
        ("/v1/track", b'"\xed\xa0\x80"', 400),
        ("/v1/track", b'{"writeKey":5}', 400), ("/v1/track", b"[" * 30_000, 400), ("/v1/batch", b'{"batch":7}', 400),
        ("/v1/batch", b"[]", 400), ("/v1/batch", b"{}", 400), ("/v1/batch", b'{"batch":[' + b"[" * 9000, 400),
        ("/v1/track", b" " * (MOST_EVENT_BYTES + 1), 413), ("/v1/batch", b" " * (MOST_BATCH_BYTES + 1), 413),
        ("/v1/batch", b'{"batch":[' + b"1," * MOST_EVENTS + b"1]}", 413),
        ("/v1/batch", b'{"batch":[' + b"1," * (MOST_EVENTS - 1) + b"1]}", 200),
        ("/v1/track", b'{"userId":"\\ud800","event":"A"}', 200),
        ("/v1/batch", b'{"batch":[{"userId":"\\ud800","event":"A","type":"track"}]}', 200),
        ("/v1/batch", b'{"batch":[{"n":' + b"1" * 5000 + b"}]}", 200), ("/v1/batch", b'{"batch":[{"n":1e999}]}', 200),
    ],
)  # fmt: skip
def test_bodies_that_cannot_be_read(client, path, body, status):
    assert client.status(path, body) == status
    assert len(client.shelf.kept) == (status == 200)


def test_letters_that_are_none_are_kept_as_rejected(client):
    assert client.status("/v1/track", b'{"userId":"\xff","event":"A"}') == 422
    status, _, told = client.call("/v1/batch", b'{"batch":[{"userId":"\xff"},{"type":"page","userId":"u1"}]}')
    assert (status, told["accepted"], told["rejected"][0]["code"]) == (200, 1, "not_json")


def test_half_an_emoji_costs_nobody_an_event(client):
    half = b'{"batch":[{"type":"track","userId":"u1","event":"A","properties":{"x":"cut \\ud83d"}}]}'
    assert client.call("/v1/batch", half)[2] == {"success": True}
    assert client.shelf.kept[0].payload == half.replace(b"d83d", b"fffd")


@pytest.mark.parametrize(
    ("raw", "coding", "status"),
    [
        (gzip.compress(msgspec.json.encode(TRACK)), b"gzip", 200),
        (gzip.compress(msgspec.json.encode(TRACK)), b"GZIP", 200),
        (msgspec.json.encode(TRACK), b"identity", 200), (msgspec.json.encode(TRACK), b"gzip", 400),
        (gzip.compress(b" " * 10_000_000), b"gzip", 413),
        (gzip.compress(msgspec.json.encode(TRACK))[:20], b"gzip", 400),
        (zlib.compress(b"{}"), b"deflate", 400), (b"{}", b"br", 400), (b"{}", b"gzip, gzip", 400),
    ],
)  # fmt: skip
def test_content_encodings(client, raw, coding, status):
    headers = [(b"content-encoding", coding), (b"x-write-key", client.key.encode())]
    assert client.status("/v1/track", raw, headers=headers) == status


def test_a_body_that_ends_early_is_not_taken_in(client):
    assert client.status("/v1/track", TRACK, whole=False) == 400
    assert client.shelf.kept == []


def test_a_full_door_says_when_to_come_again(key):
    status, headers, told = Client(key[1], full=True).call("/v1/track", TRACK)
    assert (status, headers[b"retry-after"], told["status"]) == (429, b"5", 429)


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    path=st.sampled_from(["/v1/track", "/v1/batch", "/v1/alias"]),
    body=ANY | items() | st.lists(items() | ANY, max_size=5),
)
def test_anything_gets_an_answer(client, path, body):
    told = {"batch": body} if path == "/v1/batch" else body
    assert client.status(path, told) in (200, 400, 413, 422)


def browser(client, *more):
    return [(b"x-write-key", client.key.encode()), (b"user-agent", b"Mozilla/5.0 (X11)"), *more]


def seen(client):
    return msgspec.json.decode(client.shelf.kept[-1].about, type=About)


def test_the_door_says_what_it_saw_of_the_request(client):
    signals = browser(client, (b"origin", b"https://shop.example"), (b"sec-gpc", b"1"), (b"dnt", b"1"))
    assert client.status("/v1/track", TRACK, headers=signals, client=("203.0.113.77", 5)) == 200
    assert seen(client) == About("203.0.113.0", "Mozilla/5.0 (X11)", "https://shop.example", True, True)
    assert client.status("/v1/track", TRACK, headers=browser(client, (b"dnt", b"0"))) == 200
    assert seen(client) == About(agent="Mozilla/5.0 (X11)")


def test_nothing_seen_is_nothing_kept(client):
    client.call("/v1/track", TRACK)
    assert client.shelf.kept[0].about is None


def test_the_whole_address_is_kept_only_where_the_installation_wants_it(client, monkeypatch):
    monkeypatch.setattr(collector, "config", lambda: replace(config(), truncate_ip=False))
    client.call("/v1/track", TRACK, client=("203.0.113.77", 5))
    assert seen(client).ip == "203.0.113.77"


def test_a_long_agent_is_cut(client):
    client.call("/v1/track", TRACK, headers=[*browser(client)[:1], (b"user-agent", b"M" * 5000)])
    assert len(seen(client).agent) == LONGEST_AGENT


def test_bodies_share_a_bounded_memory(client, monkeypatch):
    monkeypatch.setattr(collector, "MOST_HELD_BYTES", 150)
    status, headers, told = client.call("/v1/track", TRACK | {"properties": {"x": "y" * 200}})
    assert (status, headers[b"retry-after"], told["title"]) == (429, b"5", "Too many requests")
    squeezed = gzip.compress(msgspec.json.encode(TRACK | {"properties": {"x": "y" * 2000}}))
    headers = [(b"content-encoding", b"gzip"), (b"x-write-key", client.key.encode())]
    assert client.status("/v1/track", squeezed, headers=headers) == 429
    assert client.status("/v1/track", TRACK) == 200
    assert client.collector.held == 0


def test_what_is_held_is_let_go_whatever_happens(client):
    for body, whole in ((TRACK, True), (b"{", True), (TRACK, False), (b" " * (MOST_EVENT_BYTES + 1), True)):
        client.call("/v1/track", body, whole=whole)
    assert client.collector.held == 0


def test_a_body_that_does_not_arrive_is_given_up(client, monkeypatch):
    monkeypatch.setattr(collector, "BODY_SECONDS", 0.05)

    async def ask():
        sent = []

        async def never():
            await asyncio.sleep(60)

        async def send(event):
            sent.append(event)

        scope = {"type": "http", "method": "POST", "path": "/v1/track", "headers": []}
        await client.collector(scope, never, send)
        return sent[0]["status"]

    assert asyncio.run(ask()) == 408


def test_a_full_disk_refuses_honestly_and_recovers_by_itself(client):
    with disk.measured(0.975):
        status, headers, told = client.call("/v1/track", TRACK)
        assert (status, b"retry-after" in headers, "disk is full" in told["detail"]) == (503, True, True)
        assert client.status("/v1/track", method="OPTIONS") == 204
    with disk.measured(0.96):
        assert client.status("/v1/track", TRACK) == 200
    assert len(client.shelf.kept) == 1


def test_a_key_that_sends_more_than_it_may_is_told_when_to_come_again(client, workspace):
    assert b"ratelimit" not in client.call("/v1/track", TRACK)[1]  # off by default
    with database.scope(workspace):
        ingest.set_policy(workspace, Policy(events_per_second=10))
    client = Client(client.key)
    batch = {"batch": [TRACK | {"type": "track"}] * 60}
    status, headers, _ = client.call("/v1/batch", batch)
    assert (status, headers[b"ratelimit-policy"]) == (200, b'"key";q=10;w=1')
    status, headers, told = client.call("/v1/track", TRACK)
    assert (status, told["status"]) == (429, 429) and int(headers[b"retry-after"]) in (5, 6)
    assert headers[b"ratelimit"].startswith(b'"key";r=0;t=')
    assert len(client.shelf.kept) == 1


def test_guessing_keys_keeps_nobody_else_from_being_served(client, monkeypatch):
    assert client.status("/v1/track", TRACK) == 200
    monkeypatch.setattr(collector, "MOST_ASKING", 0)
    assert client.status("/v1/track", TRACK, headers=[(b"x-write-key", b"guess")]) == 429
    assert client.status("/v1/track", TRACK) == 200
