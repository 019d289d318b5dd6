"""Sends inputs to a real server and complains of an answer that no input may get: a 5xx, none at all, or a late one."""

from __future__ import annotations

import http.client
import os
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.strategies import SearchStrategy

from tests import server as servers

FULL = os.environ.get("CADENZA_FUZZ_SCALE", "small") == "full"
SLOWEST_SECONDS = 2.0
TRIES = 3  # a busy machine is late now and then; an input that hangs is late each time


def sized(full: int) -> int:
    """How many inputs: the published number, or a fortieth of it."""
    return full if FULL else max(25, full // 40)


def try_all(strategy: SearchStrategy[Any], full: int, check: Callable[[Any], None]) -> int:
    """Check so many inputs, and make one that fails as small as it goes; gives their number."""
    many = sized(full)

    @settings(max_examples=many, deadline=None, database=None, suppress_health_check=list(HealthCheck),
              phases=[Phase.generate, Phase.shrink], report_multiple_bugs=False)  # fmt: skip
    @given(strategy)
    def run(value: Any) -> None:
        check(value)

    run()
    return many


class Asker:
    """A kept-alive line to a server."""

    def __init__(self, server: servers.Server) -> None:
        self._server = server
        self._line: http.client.HTTPConnection | None = None
        self.answers: Counter[int] = Counter()

    def ask(self, method: str, path: str, headers: dict[str, str], body: bytes) -> int:
        """The status of an answer that is fine; raises AssertionError for one that is not."""
        for attempt in range(TRIES):
            began = time.monotonic()
            status = self._once(method, path, headers, body)
            seconds = time.monotonic() - began
            assert status < 500, f"{method} {path} gave {status} for {body[:400]!r}"
            if seconds <= SLOWEST_SECONDS:
                break
            assert attempt + 1 < TRIES, f"{method} {path} took {seconds:.1f} s for {body[:400]!r}"
        self.answers[status] += 1
        return status

    def _once(self, method: str, path: str, headers: dict[str, str], body: bytes) -> int:
        for fresh in (False, True):  # a line that was closed after a refusal is opened anew, once
            if fresh or self._line is None:
                self._line = http.client.HTTPConnection("127.0.0.1", self._server.port, timeout=30)
            try:
                self._line.request(method, path, body, headers)
                answer = self._line.getresponse()
                answer.read()
                return answer.status
            except (OSError, http.client.HTTPException):
                self._line.close()
                if fresh:
                    raise
        raise AssertionError("unreachable")


def faults(server: servers.Server) -> list[str]:
    """What the pipeline could not carry out though the door let it in: each is a fault of ours."""
    until = time.monotonic() + 120
    with servers.truth(server) as connection:
        waiting = "select count(*) from inbox_arrival where done_at is null"
        while connection.execute(waiting).fetchone()[0] and time.monotonic() < until:
            time.sleep(0.2)
        found = connection.execute(
            "select detail, payload from ingest_rejectedevent where code = 'fault' limit 5"
        )
        return [f"{detail} {bytes(payload)[:600]!r}" for detail, payload in found]


def memory(server: servers.Server) -> int:
    """Megabytes that the server's process holds."""
    assert server.process
    with open(f"/proc/{server.process.pid}/statm") as told:
        return int(told.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") >> 20
